"""An existing target's own indexes: rows that may be too long for a btree are told beforehand."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from tableferry.config import TableSpec, parse_table_configs
from tableferry.inspect.plan_report import plan_tables
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_table
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger

UTF8 = "COLLATE Latin1_General_100_CI_AS_SC_UTF8"


def spec_of(**changes: Any) -> TableSpec:
    made = {"db_type": "mctm", "sql_server_db": "McTM", "sql_table": "dbo.T", "pg_table": "x"}
    return parse_table_configs({"t": {**made, **changes}})["t"]


def index_warnings(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> list[str]:
    (planned,) = plan_tables([spec_of(**changes)], sandbox.settings(database)).tables
    assert planned.plan is not None, planned.error
    return [warning for warning in planned.plan.warnings if "btree" in warning]


@pytest.mark.parametrize("publish", ["swap", "truncate", "merge"])
def test_a_row_too_long_for_the_targets_own_index_is_told_before_it_fails_the_load(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Callable[[str], None], publish: str
) -> None:
    table_in("CREATE TABLE dbo.T (ID int PRIMARY KEY, B varbinary(2700))")
    table_in(f"INSERT INTO dbo.T VALUES (1, 0x{random.Random(1).randbytes(2700).hex()})")
    pg_database.run("CREATE TABLE x (id int PRIMARY KEY, b bytea)")
    pg_database.run("CREATE INDEX xb ON x (id) INCLUDE (b)")
    (warning,) = index_warnings(sandbox, pg_database, publish=publish)
    assert warning == (
        "a row of the index 'xb' of x can have 2,720 bytes, more than the 2,704 that a "
        "btree of PostgreSQL takes: such a row would fail the load"
    )
    outcome = sync_table(spec_of(publish=publish), sandbox.settings(pg_database))
    assert outcome.error is not None
    assert outcome.error.code == "54000"
    assert "index 'xb'" in outcome.error.message
    assert "constraint" not in outcome.error.message


@pytest.mark.parametrize(
    ("source", "into", "index", "warned"),
    [
        ("varbinary(2688)", "bytea", "(id) INCLUDE (b)", False),
        ("varbinary(2689)", "bytea", "(id) INCLUDE (b)", True),
        ("nvarchar(901)", "text", "(b)", True),
        ("nvarchar(max)", "text", "(b)", True),
        ("nvarchar(max)", "varchar(500)", "(b)", False),
        ("nvarchar(1000)", "varchar(1000)", "(b)", True),
        ("varchar(1000)", "text", "(b)", True),
        (f"varchar(1000) {UTF8}", "text", "(b)", False),
        ("int", "text", "(b)", False),
        ("nvarchar(1000)", "text", "(md5(b))", False),
        ("nvarchar(1000)", "text", "USING hash (b)", False),
    ],
)
def test_only_an_index_that_a_row_may_overflow_is_told(
    sandbox: Sandbox,
    pg_database: PgDatabase,
    table_in: Callable[[str], None],
    source: str,
    into: str,
    index: str,
    warned: bool,
) -> None:
    table_in(f"CREATE TABLE dbo.T (ID int PRIMARY KEY, B {source})")
    table_in("INSERT INTO dbo.T (ID) VALUES (1)")
    pg_database.run(f"CREATE TABLE x (id int PRIMARY KEY, b {into})")
    pg_database.run(f"CREATE INDEX xb ON x {index}")
    named = {"primary_key": "ID", "type_overrides": {"B": into}}
    found = index_warnings(sandbox, pg_database, **named)
    assert bool(found) == warned
    assert sync_table(spec_of(**named), sandbox.settings(pg_database)).status is Status.OK


def test_the_index_that_a_load_made_itself_is_not_told_at_the_next(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Callable[[str], None]
) -> None:
    table_in(f"CREATE TABLE dbo.T (ID int PRIMARY KEY, B varchar(1500) {UTF8})")
    table_in("CREATE INDEX IX ON dbo.T (B)")
    assert sync_table(spec_of(), sandbox.settings(pg_database)).status is Status.OK
    assert pg_database.rows("SELECT count(*) FROM pg_index WHERE indrelid = 'x'::regclass") == [
        (2,)
    ]
    assert index_warnings(sandbox, pg_database) == []
