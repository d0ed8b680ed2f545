"""The key ranges of chunks cover every row exactly once, whatever the key's type."""

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tableferry import sqlserver
from tableferry.config import parse_table_configs
from tableferry.model.key_range import KeyRange
from tableferry.planning.plan import SyncPlan
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES
from tableferry.sqlserver import chunking
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.tds_server import SandboxServer
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.support.specs import entry

SLOWLY = settings(deadline=None, max_examples=5)


def hexed(encoding: str) -> Any:
    return lambda text: f"0x{text.encode(encoding, 'surrogatepass').hex()}"


def cast(kind: str) -> Any:
    return lambda value: f"CAST({value} AS {kind})"


def quoted(value: object) -> str:
    return f"'{value}'"


def whole(bits: int) -> st.SearchStrategy[str]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1).map(str)


def digits(before: int, after: int) -> st.SearchStrategy[str]:
    return st.decimals(
        -(10**before) + 1, 10**before - 1, places=after, allow_nan=False, allow_infinity=False
    ).map(lambda value: quoted(f"{value:f}"))


SIGNS = st.sampled_from([*"aAbBzZ äÄéß-'_%09.]Ж", "\U0001f600", "\ud83d", "\u00ad"])
WESTERN = st.sampled_from(list("aAbBzZ äÄéß-'_%09.]€"))
NATIONAL = st.lists(SIGNS, max_size=6).map("".join).map(hexed("utf-16-le"))
CODE_PAGE = st.lists(WESTERN, max_size=8).map("".join).map(hexed("cp1252"))
MOMENTS = st.datetimes().map(lambda moment: quoted(moment.isoformat(timespec="microseconds")))
SINCE_1753 = st.datetimes(min_value=dt.datetime(1753, 1, 1)).map(
    lambda moment: quoted(moment.isoformat(timespec="milliseconds"))
)
OLD_MOMENTS = st.datetimes(
    min_value=dt.datetime(1900, 1, 1),
    max_value=dt.datetime(2079, 6, 6),
).map(lambda moment: quoted(moment.isoformat(timespec="seconds")))
OFFSETS = st.tuples(
    st.datetimes(
        min_value=dt.datetime(2, 1, 1),
        max_value=dt.datetime(9998, 1, 1),
    ),
    st.sampled_from(["+00:00", "+14:00", "-05:30"]),
).map(lambda pair: quoted(f"{pair[0].isoformat(' ', timespec='microseconds')} {pair[1]}"))

KEYS: dict[str, st.SearchStrategy[str]] = {
    "bit": st.sampled_from("01"),
    "tinyint": st.integers(0, 255).map(str),
    "smallint": whole(16),
    "int": whole(32),
    "bigint": whole(64) | st.integers(0, 9).map(str),
    "decimal(38, 0)": digits(38, 0),
    "decimal(5, 2)": digits(3, 2),
    "numeric(38, 38)": digits(0, 38),
    "money": digits(14, 4),
    "smallmoney": digits(5, 4),
    "date": st.dates().map(quoted),
    "time(7)": st.times().map(lambda moment: quoted(f"{moment.isoformat('microseconds')}7")),
    "smalldatetime": OLD_MOMENTS,
    "datetime": SINCE_1753,
    "datetime2(7)": MOMENTS,
    "datetime2(0)": MOMENTS,
    "datetimeoffset(7)": OFFSETS,
    "uniqueidentifier": st.uuids().map(quoted),
    "nvarchar(6)": NATIONAL,
    "nvarchar(6) COLLATE Latin1_General_CS_AS": NATIONAL,
    "nvarchar(6) COLLATE Latin1_General_CI_AI": NATIONAL,
    "nvarchar(6) COLLATE Latin1_General_BIN2": NATIONAL,
    "nchar(8)": NATIONAL,
    "varchar(8)": CODE_PAGE,
    "varchar(8) COLLATE Latin1_General_BIN": CODE_PAGE,
    "char(10) COLLATE Latin1_General_CS_AS": CODE_PAGE,
    "varbinary(4)": st.binary(max_size=4).map(lambda raw: f"0x{raw.hex()}"),
    "binary(3)": st.binary(max_size=3).map(lambda raw: f"0x{raw.hex()}"),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with an empty McTM, for all tests of this module."""
    engine = Server()
    engine.add_login(USER, PASSWORD)
    engine.create_database("McTM")
    with SandboxServer(engine) as server:
        yield Sandbox(engine, server)


@pytest.fixture(scope="module")
def connection(sandbox: Sandbox) -> Iterator[sqlserver.SourceConnection]:
    with sqlserver.connect(sandbox.source()) as opened:
        yield opened


def planned(
    connection: sqlserver.SourceConnection, key: list[str], chunks: int, **changes: Any
) -> SyncPlan:
    configured = entry(
        sql_table="dbo.T",
        columns=None,
        pg_columns=None,
        primary_key=key,
        order_by=None,
        chunks=chunks,
        **changes,
    )
    spec = parse_table_configs({"t": configured})["t"].located_in("McTM")
    schema = sqlserver.read_schema(connection, spec.source)
    isolation = sqlserver.read_isolation(connection, "McTM")
    return plan_table(spec, schema, None, strategies=STRATEGIES, isolation=isolation)


def numbers(
    connection: sqlserver.SourceConnection, keys: KeyRange, where: str = "1 = 1"
) -> list[int]:
    condition = keys.condition or "1 = 1"
    found = connection.rows(f"SELECT t.n AS n FROM dbo.T AS t WHERE {where} AND {condition}", ["n"])
    return [row[0] for row in found]


def fill(sandbox: Sandbox, columns: dict[str, str], rows: list[tuple[str, ...]]) -> None:
    sandbox.run("DROP TABLE IF EXISTS dbo.T")
    lines = ", ".join(f"{name} {kind} NULL" for name, kind in columns.items())
    sandbox.run(f"CREATE TABLE dbo.T (n int NOT NULL, {lines})")
    kinds = [kind.split(" COLLATE")[0] for kind in columns.values()]
    lines = []
    for number, row in enumerate(rows):
        values = [f"CAST({value} AS {kind})" for value, kind in zip(row, kinds, strict=True)]
        lines.append(f"({number}, {', '.join(values)})")
    if lines:
        sandbox.run(f"INSERT INTO dbo.T VALUES {', '.join(lines)}")


@pytest.mark.parametrize("kind", KEYS)
@SLOWLY
@given(data=st.data())
def test_the_ranges_of_a_key_hold_every_row_once(
    sandbox: Sandbox, connection: sqlserver.SourceConnection, kind: str, data: st.DataObject
) -> None:
    values = data.draw(st.lists(KEYS[kind] | st.just("NULL"), max_size=25))
    chunks = data.draw(st.integers(2, 6))
    fill(sandbox, {"k": kind}, [(value,) for value in values])
    cut = sqlserver.split_table(connection, planned(connection, ["k"], chunks))
    assert 1 <= len(cut.ranges) <= chunks
    found = [number for keys in cut.ranges for number in numbers(connection, keys)]
    assert sorted(found) == list(range(len(values)))
    for keys in cut.ranges:
        assert KeyRange.from_json(keys.to_json()) == keys


@settings(SLOWLY, max_examples=20)
@given(data=st.data())
def test_the_ranges_of_a_key_of_several_columns_hold_every_row_once(
    sandbox: Sandbox, connection: sqlserver.SourceConnection, data: st.DataObject
) -> None:
    kinds = data.draw(st.lists(st.sampled_from(list(KEYS)), min_size=2, max_size=3))
    # Few distinct values, so that the later key columns matter.
    few = [
        data.draw(st.lists(KEYS[kind] | st.just("NULL"), min_size=1, max_size=3)) for kind in kinds
    ]
    rows = data.draw(st.lists(st.tuples(*(st.sampled_from(values) for values in few)), max_size=30))
    columns = {f"k{place}": kind for place, kind in enumerate(kinds)}
    fill(sandbox, columns, rows)
    cut = sqlserver.split_table(connection, planned(connection, list(columns), 5, where="t.n <> 3"))
    found = [n for keys in cut.ranges for n in numbers(connection, keys, "t.n <> 3")]
    assert Counter(found) == Counter(n for n in range(len(rows)) if n != 3)


@settings(SLOWLY, max_examples=10)
@given(
    before=st.lists(st.integers(-9, 9), max_size=20),
    after=st.lists(st.none() | st.integers(-99, 99), max_size=10),
    gone=st.sets(st.integers(0, 19)),
)
def test_rows_inserted_after_the_cut_are_in_exactly_one_range(
    sandbox: Sandbox,
    connection: sqlserver.SourceConnection,
    before: list[int],
    after: list[int | None],
    gone: set[int],
) -> None:
    fill(sandbox, {"k": "int"}, [(str(value),) for value in before])
    cut = sqlserver.split_table(connection, planned(connection, ["k"], 4))
    for place in gone:
        sandbox.run(f"DELETE FROM dbo.T WHERE n = {place}")
    for number, value in enumerate(after, 100):
        sandbox.run(f"INSERT INTO dbo.T VALUES ({number}, {'NULL' if value is None else value})")
    found = [number for keys in cut.ranges for number in numbers(connection, keys)]
    there = [n for n in range(len(before)) if n not in gone]
    assert sorted(found) == [*there, *range(100, 100 + len(after))]


def test_all_methods_of_cutting_cover_every_row(
    sandbox: Sandbox, connection: sqlserver.SourceConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.run("DROP TABLE IF EXISTS dbo.T")
    sandbox.run("CREATE TABLE dbo.T (n int NOT NULL, k bigint NOT NULL PRIMARY KEY)")
    sandbox.run("INSERT INTO dbo.T SELECT value, value * CAST(value AS bigint) "
                "FROM GENERATE_SERIES(0, 19999)")  # fmt: skip
    plan = planned(connection, ["k"], 3)
    monkeypatch.setattr(chunking, "PAGES_PER_CHUNK", 10)
    for sampled_rows, gaps, way in [
        (1, 1.25, "sampled"),
        (10**9, 1.25, "counted"),
        (10**9, 10.0**9, "even"),
    ]:
        monkeypatch.setattr(chunking, "SAMPLED_ROWS", sampled_rows)
        monkeypatch.setattr(chunking, "GAPS", gaps)
        cut = sqlserver.split_table(connection, plan)
        assert (cut.method, len(cut.ranges)) == (way, 3)
        parts = [numbers(connection, keys) for keys in cut.ranges]
        assert sorted(itertools.chain(*parts)) == list(range(20_000))
        if way == "counted":
            assert {len(part) for part in parts} <= {6666, 6667}
