"""The largest row of an index is predicted with PostgreSQL's own arithmetic."""

import random
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tableferry.config import parse_table_configs
from tableferry.inspect.plan_report import plan_tables
from tableferry.model.schema import PgType, SourceColumn, SourceType, TargetColumn
from tableferry.planning.ddl.index_row import MAX_INDEX_ROW_BYTES, max_index_row_bytes
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tableferry.typemap import RULES
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger

INT = SourceType("int", 4, 10)
UTF8 = "Latin1_General_100_CI_AS_SC_UTF8"


def pair(
    name: str, source: SourceType, *, nullable: bool = False
) -> tuple[SourceColumn, TargetColumn]:
    kind = RULES[source.name].create(source)
    return SourceColumn(name, source, nullable), TargetColumn(name, kind, nullable=nullable)


def takes(database: PgDatabase, kinds: list[PgType], values: list[object]) -> bool:
    """Whether PostgreSQL builds an index on columns of these types over one row."""
    columns = ", ".join(f"c{place} {kind}" for place, kind in enumerate(kinds))
    included = ", ".join(f"c{place}" for place in range(1, len(kinds)))
    places = ", ".join(["%s"] * len(values))
    with psycopg.connect(database.conninfo) as connection:
        connection.execute(f"CREATE TEMPORARY TABLE x ({columns})")
        for place, kind in enumerate(kinds):
            if kind.name in {"text", "bytea"}:  # as it arrives: nothing is compressed
                connection.execute(f"ALTER TABLE x ALTER c{place} SET STORAGE EXTERNAL")
        connection.execute(f"INSERT INTO x VALUES ({places})", values)
        try:
            connection.execute(
                f"CREATE INDEX ON x (c0) {f'INCLUDE ({included})' if included else ''}"
            )
        except psycopg.errors.ProgramLimitExceeded:
            return False
        finally:
            connection.rollback()
    return True


def largest(source: SourceType, chosen: random.Random) -> object:
    """The longest value of a type, of which nothing can be compressed."""
    match source.name:
        case "int" | "smallint" | "bigint":
            return 1
        case "bit":
            return True
        case "decimal":
            digits = "9" * source.precision
            whole = digits[: source.precision - source.scale] or "0"
            return f"{whole}.{digits[: source.scale]}"
        case "uniqueidentifier":
            return "00000000-0000-0000-0000-000000000001"
        case "datetime2":
            return "2024-01-01"
        case "varbinary":
            return chosen.randbytes(source.length)
        case "nvarchar":
            return "".join(chr(chosen.randrange(0x4E00, 0x9FFF)) for _ in range(source.length // 2))
    raise AssertionError(source)


@pytest.mark.parametrize(("length", "fits"), [(2688, True), (2689, False), (2692, False)])
def test_the_boundary_of_a_key_and_an_included_column_is_postgresqls(
    pg_database: PgDatabase, length: int, fits: bool
) -> None:
    columns = [pair("K", INT), pair("B", SourceType("varbinary", length))]
    found = max_index_row_bytes(columns, {})
    assert found is not None
    assert (found <= MAX_INDEX_ROW_BYTES) == fits
    values = [1, random.Random(7).randbytes(length)]
    assert takes(pg_database, [into.type for _, into in columns], values) == fits


@pytest.mark.parametrize("seed", range(40))
def test_a_row_is_predicted_to_fit_exactly_where_postgresql_takes_it(
    pg_database: PgDatabase, seed: int
) -> None:
    """The last column is as long as the prediction allows, and then one byte longer."""
    chosen = random.Random(seed)
    kinds = [
        INT,
        SourceType("bit", 1),
        SourceType("smallint", 2, 5),
        SourceType("bigint", 8, 19),
        SourceType("decimal", 17, chosen.randrange(19, 39), chosen.randrange(19)),
        SourceType("uniqueidentifier", 16),
        SourceType("datetime2", 8, 27, 7),
        SourceType("varbinary", chosen.randrange(1, 900)),
        SourceType("varbinary", chosen.randrange(120, 130)),
        SourceType("nvarchar", 2 * chosen.randrange(1, 300)),
    ]
    first = [
        pair(f"C{n}", chosen.choice(kinds), nullable=chosen.random() < 0.3)
        for n in range(chosen.randrange(1, 5))
    ]

    def size(length: int) -> int:
        found = max_index_row_bytes([*first, pair("L", SourceType("varbinary", length))], {})
        assert found is not None
        return found

    length = next(n for n in range(2700) if size(n + 1) > MAX_INDEX_ROW_BYTES)
    types = [into.type for _, into in first]
    values = [largest(source.type, chosen) for source, _ in first]
    # A row with a NULL is larger where the bitmap takes more than the value.
    nulls = [None] + [place for place, (_, into) in enumerate(first) if into.nullable]
    rows = [[None if place == null else v for place, v in enumerate(values)] for null in nulls]

    def all_fit(longest: int) -> bool:
        tried = [[*row, chosen.randbytes(longest)] for row in rows]
        return all(takes(pg_database, [*types, PgType("bytea")], row) for row in tried)

    assert all_fit(length)
    assert not all_fit(length + 1)


def test_a_utf8_collation_counts_each_byte_once_and_a_code_page_three_times() -> None:
    columns = [pair("C", SourceType("varchar", 900))]
    assert max_index_row_bytes(columns, {"C": UTF8}) == 912
    assert max_index_row_bytes(columns, {"C": "Latin1_General_100_CI_AS"}) == 2712
    assert max_index_row_bytes(columns, {}) == 2712


@pytest.mark.parametrize("kind", ["xml", "text", "ntext", "image", "geography"])
def test_a_type_without_a_limit_has_none(kind: str) -> None:
    assert max_index_row_bytes([pair("K", INT), pair("C", SourceType(kind, -1))], {}) is None


def chinese(length: int) -> str:
    return str(largest(SourceType("nvarchar", 2 * length), random.Random(length)))


def sync(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> TableOutcome:
    configured = {"db_type": "mctm", "sql_server_db": "McTM", "sql_table": "dbo.T"}
    spec = parse_table_configs({"t": {**configured, "pg_table": "t", **changes}})["t"]
    (planned,) = plan_tables([spec], sandbox.settings(database)).tables
    assert planned.plan is not None, planned.error
    outcome = sync_table(spec, sandbox.settings(database))
    assert set(planned.plan.warnings) <= set(outcome.warnings)
    return outcome


@pytest.mark.parametrize(
    ("columns", "value", "included"),
    [
        (
            "K int NOT NULL, B varbinary(2688)",
            f"1, 0x{random.Random(1).randbytes(2688).hex()}",
            True,
        ),
        ("K int, B varbinary(2688)", f"NULL, 0x{random.Random(1).randbytes(2688).hex()}", False),
        ("K int, B varbinary(2700)", f"1, 0x{random.Random(1).randbytes(2700).hex()}", False),
        (
            "K nvarchar(100), B nvarchar(800)",
            f"N'{chinese(100)}', N'{chinese(800)}'",
            False,
        ),
    ],
)
def test_an_included_column_that_may_be_too_long_is_left_out_before_the_rows_are_read(
    sandbox: Sandbox,
    pg_database: PgDatabase,
    table_in: Callable[[str], None],
    columns: str,
    value: str,
    included: bool,
) -> None:
    table_in(f"CREATE TABLE dbo.T (ID int PRIMARY KEY, {columns})")
    table_in("CREATE INDEX IX ON dbo.T (K) INCLUDE (B)")
    table_in(f"INSERT INTO dbo.T VALUES (1, {value})")
    outcome = sync(sandbox, pg_database)
    assert outcome.status is Status.OK, outcome.error
    warned = any("'IX' does not include 'B'" in warning for warning in outcome.warnings)
    assert warned == (not included)
    found = pg_database.rows("SELECT indnatts FROM pg_index WHERE indrelid = 't'::regclass "
                             "AND NOT indisprimary")  # fmt: skip
    assert found == [(2 if included else 1,)]


def test_a_key_whose_header_makes_it_too_long_is_a_warning(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Callable[[str], None]
) -> None:
    """Its values alone have 2,703 bytes."""
    table_in("CREATE TABLE dbo.T (ID int PRIMARY KEY, K nvarchar(901))")
    table_in("CREATE INDEX IX ON dbo.T (K)")
    outcome = sync(sandbox, pg_database)
    assert outcome.status is Status.OK, outcome.error
    assert any("'IX' is not created" in warning for warning in outcome.warnings)
