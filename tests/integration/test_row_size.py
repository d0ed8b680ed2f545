"""Rows too large for PostgreSQL's page are predicted with PostgreSQL's own arithmetic."""

from collections.abc import Iterator

import pytest

from tableferry.config import TableSpec, parse_table_configs
from tableferry.errors import SchemaError
from tableferry.inspect.plan_report import plan_tables
from tableferry.model.identifiers import TargetTable
from tableferry.model.schema import SourceColumn, SourceType, TargetColumn
from tableferry.planning.column_plan import ColumnPlan
from tableferry.planning.row_size import MAX_ROW_BYTES, least_bytes, most_bytes, require_row_fits
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry, planned

pytestmark = pytest.mark.with_ledger

TEXT = SourceType("nvarchar", 100)
KINDS = [
    (TEXT, "'12345678901234567890123'"),
    (SourceType("varchar", 3), "'€€€'"),
    (SourceType("varbinary", 8000), r"'\x0102030405060708090a0b0c0d0e0f1011121314151617'"),
    (SourceType("decimal", 17, 38, 0), "99999999999999999999999999999999999999"),
    (SourceType("decimal", 9, 19, 4), "922337203685477.5807"),
    (SourceType("bit", 1, 1), "true"),
    (SourceType("smallint", 2, 5), "1"),
    (SourceType("bigint", 8, 19), "1"),
    (SourceType("uniqueidentifier", 16), "'00000000-0000-0000-0000-000000000001'"),
    (SourceType("datetimeoffset", 10, 34, 7), "now()"),
    (SourceType("time", 5, 16, 7), "'10:00'"),
    (SourceType("date", 3, 10), "'2024-01-01'"),
]


def most_that_fit(*kinds: SourceType) -> int:
    """How many times these columns, one after the other, have room whatever their values."""
    once = [planned("c", kind) for kind in kinds]
    count = MAX_ROW_BYTES // most_bytes(once)
    while most_bytes(once * (count + 1)) <= MAX_ROW_BYTES:
        count += 1
    return min(count, 1599 // len(kinds))


def store(database: PgDatabase, count: int, kinds: list[tuple[SourceType, str]]) -> None:
    made = [(planned("c", kind).target.type, value) for kind, value in kinds]
    types = ", ".join(f"c{n}_{i} {made[i][0]}" for n in range(count) for i in range(len(made)))
    values = ", ".join(value for _ in range(count) for _, value in made)
    database.run("DROP TABLE IF EXISTS t", f"CREATE TABLE t (void int, {types})")
    database.run(f"INSERT INTO t VALUES (NULL, {values})")


@pytest.mark.parametrize("kinds", [KINDS[1:3], KINDS[3:5], [KINDS[8]], KINDS[5:8], KINDS], ids=len)
def test_a_row_that_should_fit_fits_into_postgresql(
    pg_database: PgDatabase, kinds: list[tuple[SourceType, str]]
) -> None:
    store(pg_database, most_that_fit(*(kind for kind, _ in kinds)), kinds)
    assert pg_database.rows("SELECT count(*) FROM t") == [(1,)]


def test_a_row_of_long_values_is_measured_to_the_column(pg_database: PgDatabase) -> None:
    store(pg_database, most_that_fit(TEXT), KINDS[:1])
    with pytest.raises(Exception, match="row is too big"):
        store(pg_database, most_that_fit(TEXT) + 1, KINDS[:1])


def test_columns_whose_rows_can_never_fit_are_refused(pg_database: PgDatabase) -> None:
    moment = SourceType("smalldatetime", 4, 16)
    plans = [
        ColumnPlan(
            SourceColumn(f"c{number}", moment, nullable=False),
            TargetColumn(f"c{number}", planned("c", moment).target.type),
            "",
            "truncate",
            "",
            moment,
        )
        for number in range(1024)
    ]
    assert least_bytes(plans) == 24 + 1024 * 8
    with pytest.raises(SchemaError, match=r"Every row of t would take 8,216 bytes or more"):
        require_row_fits(TargetTable("", "t"), plans)
    with pytest.raises(Exception, match="row is too big"):
        store(pg_database, 1024, [(moment, "'2024-01-01'")])


def sync(sandbox: Sandbox, database: PgDatabase, **changes: object) -> TableOutcome:
    return sync_table(spec_of(**changes), sandbox.settings(database))


def spec_of(**changes: object) -> TableSpec:
    own = {"columns": None, "pg_columns": None, "primary_key": None, "order_by": "ID"}
    made = entry(sql_table="dbo.T", pg_table="t", **own, **changes)
    return parse_table_configs({"t": made})["t"]


@pytest.fixture(scope="module")
def wide(running_sandbox: Sandbox) -> Iterator[None]:
    """A table that the tests of this module read."""
    names = [f"c{number}" for number in range(400)]
    values = ", ".join(["N'a value of 23 letters..'"] * 400)
    running_sandbox.run(
        f"CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, "
        f"{', '.join(f'{name} nvarchar(50) NULL' for name in names)}); "
        "INSERT INTO dbo.T (ID) VALUES (1); "
        f"INSERT INTO dbo.T (ID, {', '.join(names)}) "
        f"SELECT 2, {values}; "
        "INSERT INTO dbo.T (ID) VALUES (3)"
    )
    yield
    running_sandbox.run("DROP TABLE dbo.T")


@pytest.mark.usefixtures("wide")
def test_a_row_that_may_be_too_large_is_predicted_and_refused_with_the_reason(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    (planned_,) = plan_tables([spec_of()], sandbox.settings(pg_database)).tables
    assert planned_.plan is not None
    assert planned_.plan.warnings[-1].startswith(
        "a row of t takes up to 9,684 bytes in PostgreSQL, whose page has room for 8,160"
    )
    outcome = sync(sandbox, pg_database)
    assert outcome.error is not None
    assert outcome.error.code == "54000"
    assert "a row is larger than a page of PostgreSQL" in outcome.error.message
    assert "or one of the 1,000 before it" in outcome.error.message
    assert "'exclude'" in outcome.error.hint


@pytest.mark.usefixtures("wide")
def test_a_row_that_is_too_large_goes_into_quarantine_alone(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    outcome = sync(sandbox, pg_database, on_invalid="quarantine", max_invalid=1)
    assert outcome.status is Status.OK, outcome.error
    assert pg_database.rows("SELECT id FROM t ORDER BY id") == [(1,), (3,)]
    assert pg_database.rows("SELECT row_key, reason, sqlstate FROM tableferry.quarantine") == [
        ({"ID": 2}, "a row is larger than a page of PostgreSQL", "54000")
    ]
