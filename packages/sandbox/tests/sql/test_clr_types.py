"""hierarchyid, geography and geometry: their methods, their texts and their bytes."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_support.batch_result import BatchResult
from tableferry_sandbox.engine.types import clr_hierarchy
from tableferry_sandbox.events import SqlError

Ask = Callable[..., BatchResult]
Refuse = Callable[..., SqlError]


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/", ""),
        ("/1/", "58"),
        ("/2/", "68"),
        ("/1/1/", "5ac0"),
        ("/1.1/", "62c0"),
        ("/3/", "78"),
        ("/0/", "48"),
        ("/-1/", "3f80"),
    ],
)
def test_a_path_has_sql_servers_bytes(ask: Ask, path: str, written: str) -> None:
    found = ask(f"SELECT CAST(hierarchyid::Parse('{path}') AS varbinary(892)) AS x").value
    assert found.hex() == written
    assert ask(f"SELECT CAST(0x{written} AS hierarchyid).ToString() AS x").value == path


NUMBERS = st.one_of(
    st.integers(-281479271682120, 281479271683150),
    st.sampled_from([-4294971465, -4294971464, -4169, -4168, -73, -72, -9, -8, -1, 0, 3, 4, 7]),
    st.sampled_from([8, 15, 16, 79, 80, 1103, 1104, 5199, 5200, 4294972495, 4294972496]),
)
PATHS = st.lists(st.lists(NUMBERS, min_size=1, max_size=3), max_size=5)


def shown(path: list[list[int]]) -> str:
    return "/" + "".join(".".join(map(str, label)) + "/" for label in path)


@given(PATHS)
def test_every_path_survives_the_round_trip(path: list[list[int]]) -> None:
    assert clr_hierarchy.path(clr_hierarchy.parse(shown(path))) == shown(path)


@given(PATHS, PATHS)
def test_bytes_sort_depth_first(left: list[list[int]], right: list[list[int]]) -> None:
    """A node comes before what is under it; ``1.x`` comes behind all that is under ``1``."""
    small, large = sorted([left, right])
    assert (clr_hierarchy.parse(shown(small)) < clr_hierarchy.parse(shown(large))) == (
        left != right
    )


def test_a_hierarchyid_can_be_a_key_and_sorts(ask: Ask) -> None:
    ask("CREATE TABLE dbo.H (Node hierarchyid NOT NULL PRIMARY KEY, Name nvarchar(9))")
    ask("INSERT INTO dbo.H VALUES ('/2/', N'c'), (hierarchyid::GetRoot(), N'a'), ('/1/3/', N'b')")
    found = ask("SELECT h.Node.ToString(), h.Node.GetLevel() FROM dbo.H AS h ORDER BY Node")
    assert found.rows == [("/", 0), ("/1/3/", 2), ("/2/", 1)]
    assert ask("SELECT Name FROM dbo.H WHERE Node = '/1/3/'").value == "b"


POINT = "geography::Point(47.651, -122.349, 4326)"


def test_a_geography_has_sql_servers_bytes_and_wkb(ask: Ask) -> None:
    """The point of Microsoft's examples: latitude first in the bytes, longitude first in WKB."""
    whole = ask(f"SELECT CAST({POINT} AS varbinary(max)) AS x").value
    assert whole.hex() == "e6100000010c17d9cef753d347407593180456965ec0"
    assert ask(f"SELECT {POINT}.STAsBinary() AS x").value.hex() == (
        "01010000007593180456965ec017d9cef753d34740"
    )
    assert ask(f"SELECT {POINT}.ToString() AS x").value == "POINT (-122.349 47.651)"
    assert ask(f"SELECT {POINT}.STSrid AS x").value == 4326


def test_only_asbinaryzm_includes_z_and_m(ask: Ask) -> None:
    """Microsoft's example of AsBinaryZM()."""
    point = "CAST('Point(1 1 2 3)' AS geometry)"
    assert ask(f"SELECT {point}.STAsBinary() AS x").value.hex() == (
        "0101000000000000000000f03f000000000000f03f"
    )
    assert ask(f"SELECT {point}.AsBinaryZM() AS x").value.hex() == (
        "01b90b0000000000000000f03f000000000000f03f00000000000000400000000000000840"
    )
    assert ask(f"SELECT {point}.STAsText() AS x").value == "POINT (1 1)"


@pytest.mark.parametrize(
    "text",
    [
        "POINT (-1.5 2)",
        "POINT (1 2 NULL 4)",
        "LINESTRING (0 0, 1 1)",
        "LINESTRING (0 0 1, 1 1 2, 2 0 3)",
        "POLYGON ((0 0, 4 0, 4 4, 0 0), (1 1, 2 1, 2 2, 1 1))",
    ],
)
def test_a_shapes_text_survives_the_round_trip(ask: Ask, text: str) -> None:
    found = ask(
        f"DECLARE @g geometry = geometry::STGeomFromText('{text}', 25832); "
        "SELECT @g.ToString(), @g.STSrid, CAST(CAST(@g AS varbinary(max)) AS geometry).ToString()"
    )
    assert found.rows == [(text, 25832, text)]


def test_null_has_no_text_no_bytes_and_no_srid(ask: Ask) -> None:
    ask("CREATE TABLE dbo.S (g geography NULL, h hierarchyid NULL)")
    ask("INSERT INTO dbo.S VALUES (NULL, NULL)")
    found = ask("SELECT s.g.AsBinaryZM(), s.g.STSrid, s.h.ToString(), g.STSrid FROM dbo.S AS s")
    assert found.rows == [(None, None, None, None)]


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("SELECT hierarchyid::Parse('1/2')", 6522),
        ("SELECT hierarchyid::Parse('/1//')", 6522),
        ("SELECT geography::Point(91, 0, 4326)", 6522),
        ("SELECT geography::Point(0, 0, 1)", 6522),
        ("SELECT geometry::STGeomFromText('POLYGON((0 0, 1 0, 1 1, 0 1))', 0)", 6522),
        ("SELECT geometry::STGeomFromText('nonsense', 0)", 6522),
        ("SELECT geometry::STGeomFromText('POINT EMPTY', 0)", 50000),
        ("SELECT geometry::STGeomFromText('MULTIPOINT((0 0))', 0)", 50000),
        (f"SELECT {POINT}.tostring()", 6506),
        (f"SELECT {POINT}.STBuffer(1)", 6506),
        (f"SELECT {POINT}.STX", 6592),
        ("DECLARE @n int = 1; SELECT @n.ToString()", 258),
        ("SELECT dbo.nothing(1)", 4121),
    ],
)
def test_invalid_and_unsupported_shapes_raise_errors(refuse: Refuse, sql: str, number: int) -> None:
    assert refuse(sql).number == number
