"""Generated values, texts that PostgreSQL cannot store, and types of SQL Server 2025."""

import struct
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from tableferry import postgres, sqlserver, values
from tableferry.config import parse_table_configs
from tableferry.model.identifiers import SourceTable
from tableferry.model.schema import UNLIMITED, Isolation, SourceColumn, SourceSchema, SourceType
from tableferry.planning.plan import SyncPlan
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES
from tableferry.runs.outcome import Status
from tableferry.verification.compare_table import compare_table
from tableferry.verification.sides import Sides
from tests.contract.types.conftest import Types, require_equal
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase

ALL_UNITS = """\
WITH d AS (SELECT v FROM (VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9),(10),(11),(12),(13),(14),
(15)) AS x(v))
INSERT INTO dbo.T (ID, V)
SELECT a.v * 4096 + b.v * 256 + c.v * 16 + d.v, NCHAR(a.v * 4096 + b.v * 256 + c.v * 16 + d.v)
FROM d AS a CROSS JOIN d AS b CROSS JOIN d AS c CROSS JOIN d AS d"""


def make(types: Types, type_: str, *written: str) -> None:
    types.run(
        "DROP TABLE IF EXISTS dbo.T",
        f"CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V {type_} NULL)",
    )
    for place, text in enumerate(written):
        types.run(f"INSERT INTO dbo.T (ID, V) VALUES ({place}, {text})")


def test_all_65536_utf16_units_arrive_or_are_treated_and_counted(types: Types) -> None:
    make(types, "nvarchar(1)")
    types.run(ALL_UNITS)
    outcome = types.sync(on_invalid="replace")
    assert outcome.status is Status.OK, outcome.error
    verified = types.verify(on_invalid="replace")
    require_equal(verified, 65536)
    assert verified.touched == outcome.to_dict()["touched"]
    assert outcome.to_dict()["touched"] == {
        "V": {
            "U+0000 replaced by U+FFFD": 1,
            "an unpaired surrogate replaced by U+FFFD": 2048,
        }
    }
    halves = range(0xD800, 0xE000)
    expected = ["\ufffd" if n == 0 or n in halves else chr(n) for n in range(65536)]
    assert [row[0] for row in types.found()] == expected


@pytest.mark.parametrize(
    ("type_", "written", "reason"),
    [
        ("nvarchar(9)", "NCHAR(97) + NCHAR(0xDC00)", "an unpaired surrogate"),
        ("nvarchar(max)", "NCHAR(0xD83D) + N'x'", "an unpaired surrogate"),
        ("nchar(4)", "NCHAR(0xD83D)", "an unpaired surrogate"),
        ("ntext", "CAST(NCHAR(0xD83D) AS nvarchar(9))", "an unpaired surrogate"),
        ("sql_variant", "NCHAR(0xD83D)", "an unpaired surrogate"),
        ("nvarchar(9)", "NCHAR(97) + NCHAR(0)", "U+0000"),
        ("varchar(9)", "CHAR(97) + CHAR(0)", "U+0000"),
        ("text", "CAST(CHAR(0) AS varchar(9))", "U+0000"),
    ],
)
def test_what_postgresql_cannot_hold_is_refused_by_column_and_row_or_stripped(
    types: Types, type_: str, written: str, reason: str
) -> None:
    make(types, type_, "'fine'", "NULL", written)
    outcome = types.sync()
    assert outcome.error is not None
    assert outcome.error.kind == "DataError"
    assert f"'V' holds {reason} in row 3" in outcome.error.message
    stripped = types.sync(on_invalid="strip")
    assert stripped.status is Status.OK, stripped.error
    assert stripped.to_dict()["touched"] == {"V": {f"{reason} stripped": 1}}
    require_equal(types.verify(on_invalid="strip"), 3)
    last = types.found()[-1][0]
    assert not {"\0", "\ufffd"} & set(last)


@pytest.mark.parametrize("type_", ["char(4)", "nchar(4)"])
def test_trailing_blanks_are_kept_or_trimmed_as_configured(types: Types, type_: str) -> None:
    make(types, type_, "'ab'", "''", "'abcd'", "NULL")
    types.sync()
    assert types.found() == [("ab  ",), ("    ",), ("abcd",), (None,)]
    outcome = types.sync(trailing_blanks="trim")
    assert types.found() == [("ab",), ("",), ("abcd",), (None,)]
    assert outcome.to_dict()["touched"] == {"V": {"trailing blanks trimmed": 2}}


def test_a_rowversion_arrives_as_its_bytes_or_its_number(types: Types) -> None:
    types.run(
        "DROP TABLE IF EXISTS dbo.T",
        "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V rowversion NOT NULL)",
        "INSERT INTO dbo.T (ID) VALUES (1), (2), (3)",
    )
    sent = types.connection.rows("SELECT CAST(V AS binary(8)) AS v FROM dbo.T ORDER BY ID", ["v"])
    types.sync()
    assert types.found() == [(bytes(row[0]),) for row in sent]
    require_equal(types.verify(), 3)
    types.sync(type_overrides={"V": "bigint"})
    require_equal(types.verify(type_overrides={"V": "bigint"}), 3)
    numbers = [row[0] for row in types.found()]
    assert numbers == [int.from_bytes(row[0], "big") for row in sent]
    assert numbers == sorted(set(numbers))


def test_identity_and_computed_columns_arrive_as_their_values(types: Types) -> None:
    types.run(
        "DROP TABLE IF EXISTS dbo.T",
        "CREATE TABLE dbo.T (ID int IDENTITY(5, 2) NOT NULL PRIMARY KEY, V AS (ID * 2), "
        "W AS (ID + 1) PERSISTED)",
        "INSERT INTO dbo.T DEFAULT VALUES",
        "INSERT INTO dbo.T DEFAULT VALUES",
    )
    outcome = types.sync(columns=["ID", "V", "W"], pg_columns=["id", "v", "w"])
    assert outcome.status is Status.OK, outcome.error
    assert types.found("id, v, w") == [(5, 10, 6), (7, 14, 8)]
    require_equal(types.verify(columns=["ID", "V", "W"], pg_columns=["id", "v", "w"]), 2)


NEWER: list[tuple[str, str, list[Any], list[Any]]] = [
    (
        "json",
        "jsonb",
        ['{"b": [1, 2.50, null], "a": "я😀\\u0041"}', "[]", None],
        [{"a": "я😀A", "b": [1, 2.5, None]}, [], None],
    ),
    (
        "vector",
        "real[]",
        ["[1.0000000e+000,-2.5000000e-001]", "[3.4028235e+038,0.0000000e+000]", None],
        [[1.0, -0.25], [3.4028234663852886e38, 0.0], None],
    ),
]


@pytest.mark.parametrize(("type_", "becomes", "sent", "kept"), NEWER, ids=["json", "vector"])
def test_a_type_of_sql_server_2025_arrives_as_the_text_that_it_casts_to(
    types: Types, type_: str, becomes: str, sent: list[Any], kept: list[Any]
) -> None:
    """On a server without the type, the column is nvarchar(max), as the SELECT casts it."""
    written = ["NULL" if v is None else f"N'{v}'" for v in sent]
    if types.connection.rows(f"SELECT name AS n FROM sys.types WHERE name = '{type_}'", ["n"]):
        make(types, "vector(2)" if type_ == "vector" else type_, *written)
        outcome = types.sync()
        assert outcome.status is Status.OK, outcome.error
    else:
        make(types, "nvarchar(max)", *written)
        types.target.run("DROP TABLE IF EXISTS t")
        plan = carry_as(types, type_)
        assert str(plan.columns[1].target.type) == becomes
    assert [row[0] for row in types.found()] == kept


def test_a_vector_goes_into_a_column_of_pgvector(
    types: Types, module_pg_database: PgDatabase
) -> None:
    """Uses our own PostgreSQL, which has the extension; another one may not have it."""
    types = replace(types, target=module_pg_database)
    sent = ["[1.0000000e+000,-2.5000000e-001]", None, "[3.4028235e+038,0.0000000e+000]"]
    make(types, "nvarchar(max)", *("NULL" if v is None else f"N'{v}'" for v in sent))
    types.target.run(
        "CREATE EXTENSION IF NOT EXISTS vector",
        "DROP TABLE IF EXISTS t",
        "CREATE TABLE t (id int NOT NULL, v vector(2))",
    )
    carry_as(types, "vector")
    assert types.target.rows("SELECT v::real[] FROM t ORDER BY id") == [
        ([1.0, -0.25],),
        (None,),
        ([3.4028235e38, 0.0],),
    ]


SHAPE = """\
CREATE TYPE {0};
CREATE FUNCTION {0}_in(cstring) RETURNS {0} LANGUAGE internal IMMUTABLE STRICT AS 'byteain';
CREATE FUNCTION {0}_out({0}) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'byteaout';
CREATE FUNCTION {0}_recv(internal) RETURNS {0} LANGUAGE internal IMMUTABLE STRICT AS 'bytearecv';
CREATE FUNCTION {0}_send({0}) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'byteasend';
CREATE TYPE {0} (INPUT = {0}_in, OUTPUT = {0}_out, RECEIVE = {0}_recv, SEND = {0}_send)"""
"""A type with PostGIS's name that stores any bytes, so that the test can inspect them."""


@pytest.mark.parametrize(
    ("type_", "written", "kept"),
    [
        ("geography", "geography::Point(2, 1, 4326)", "0101000020e6100000"),
        ("geometry", "geometry::STGeomFromText('POINT (1 2)', 999999)", "01010000203f420f00"),
        ("geometry", "geometry::STGeomFromText('POINT (1 2 3)', 0)", "01e903002000000000"),
    ],
)
def test_a_shape_goes_into_a_column_of_postgis_with_its_srid(
    types: Types, type_: str, written: str, kept: str
) -> None:
    make(types, type_, written, "NULL")
    types.target.run(
        f"DROP TYPE IF EXISTS {type_} CASCADE", "DROP TABLE IF EXISTS t",
        *SHAPE.format(type_).split(";\n"), f"CREATE TABLE t (id int NOT NULL, v {type_})",
    )  # fmt: skip
    outcome = types.sync(keep=True)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.losses == ()
    [(shape,), nothing] = types.target.rows(f"SELECT {type_}_send(v) FROM t ORDER BY id")
    assert nothing == (None,)
    assert shape.hex().startswith(kept)
    assert struct.unpack_from("<2d", shape, 9) == (1.0, 2.0)
    require_equal(types.verify(), 2)
    types.target.run("DROP TABLE t", f"DROP TYPE {type_} CASCADE")


def carry_as(types: Types, type_: str) -> SyncPlan:
    """Carry dbo.T with a plan that reads V as a column of this type; t may exist."""
    entry = {
        "db_type": "types",
        "sql_server_db": types.source.db,
        "sql_table": "dbo.T",
        "pg_table": "t",
        "columns": ["ID", "V"],
        "pg_columns": ["id", "v"],
        "primary_key": "ID",
        "order_by": "ID",
    }
    spec = parse_table_configs({"t": entry})["t"]
    table = SourceTable.parse("dbo.T", types.source.db)
    own = sqlserver.read_schema(types.connection, table).columns[0]
    schema = SourceSchema((own, SourceColumn("V", SourceType(type_, UNLIMITED))))
    with postgres.connect(settings_of(types.target)) as into:
        there = postgres.read_schema(into, spec.target)
    plan = plan_table(spec, schema, there, strategies=STRATEGIES, isolation=Isolation())
    convert = values.Converter(plan.columns)
    batches: list[pa.RecordBatch] = []
    with sqlserver.connect(types.source) as from_:
        batches = list(sqlserver.TableReader(from_, plan).batches())
    with (
        postgres.connect(settings_of(types.target)) as into,
        postgres.open_load(into, plan, values.target_schema(plan.columns)) as refresh,
    ):
        for batch in batches:
            refresh.write(convert(batch))
        refresh.prepare()
        postgres.publish_all(into, [refresh])
        into.commit()
    with (
        postgres.connect(settings_of(types.target)) as into,
        into.transaction(),
        pytest.MonkeyPatch.context() as patch,
    ):
        # On a server without the type, the table's is not the one that was planned.
        patch.setattr(sqlserver, "require_unaltered", lambda *_: None)
        sides = Sides(lambda: sqlserver.connect(types.source), into, lambda: None)
        require_equal(compare_table(plan, sides), sum(batch.num_rows for batch in batches))
    return plan
