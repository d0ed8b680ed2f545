"""A login on SQL Server that may read the tables, and nothing else."""

from collections.abc import Iterator

import pytest

from tableferry.config import Settings, parse_table_configs
from tableferry.inspect.check import check_tables
from tableferry.inspect.discover import discover
from tableferry.runs.outcome import RunOutcome, Status
from tableferry.runs.run import sync_tables
from tableferry_sandbox.sample import table_configs
from tests.faults.support import wait_for
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase

READER, READER_PASSWORD = "ferry_reader", "Reader'pass;1"
GRANTS = {
    "McTM": (
        f"CREATE USER {READER} FOR LOGIN {READER};"
        f"GRANT SELECT ON dbo.Customer TO {READER}; GRANT SELECT ON dbo.Module TO {READER}"
    ),
    "VoipDB": f"CREATE USER {READER} FOR LOGIN {READER}; GRANT SELECT ON SCHEMA::dbo TO {READER}",
}


@pytest.fixture
def reader(sandbox: Sandbox) -> Iterator[None]:
    written = READER_PASSWORD.replace("'", "''")
    sandbox.run(f"CREATE LOGIN {READER} WITH PASSWORD = N'{written}'")
    for database, grants in GRANTS.items():
        sandbox.run(grants, database)
    yield
    # The server hears of a connection's end a moment after the client has closed it.
    assert wait_for(lambda: sandbox.server.connections == 0)
    for database in GRANTS:
        sandbox.run(f"DROP USER {READER}", database)
    sandbox.run(f"DROP LOGIN {READER}")


@pytest.fixture
def settings(sandbox: Sandbox, pg_database: PgDatabase, reader: None) -> Settings:
    return sandbox.settings(pg_database, user=READER, password=READER_PASSWORD)


def synced(settings: Settings) -> RunOutcome:
    return sync_tables(list(parse_table_configs(table_configs()).values()), settings)


def test_select_on_the_tables_is_all_that_a_sync_needs(settings: Settings) -> None:
    first, again = synced(settings), synced(settings)
    for run in (first, again):
        assert [table.status for table in run.tables] == [Status.OK] * 4, run.to_dict()
    warnings = [w for table in again.tables for w in table.warnings if "NOLOCK" not in w]
    assert warnings == []


def test_defaults_that_it_may_not_see_are_told_and_nothing_else_is(settings: Settings) -> None:
    told = {w for table in synced(settings).tables for w in table.warnings if "NOLOCK" not in w}
    assert told
    assert all("default" in warning for warning in told), told


def test_what_the_catalog_hides_from_it_is_neither_lost_nor_guessed(
    sandbox: Sandbox, pg_database: PgDatabase, settings: Settings
) -> None:
    sandbox.run("CREATE TYPE dbo.Mail FROM nvarchar(40)")
    sandbox.run(
        "CREATE TABLE dbo.Hidden (ID int PRIMARY KEY, Mail dbo.Mail NULL, Code int NULL);"
        "CREATE UNIQUE INDEX Once ON dbo.Hidden (Code) WHERE Code > 5;"
        "INSERT dbo.Hidden VALUES (1, N'a', 1), (2, N'b', 1), (3, NULL, 7);"
        f"GRANT SELECT ON dbo.Hidden TO {READER}"
    )
    entry = table_configs()["customer"] | {"sql_table": "dbo.Hidden", "pg_table": "hidden"}
    for left_out in ("columns", "pg_columns", "order_by", "primary_key"):
        del entry[left_out]
    [table] = sync_tables(list(parse_table_configs({"hidden": entry}).values()), settings).tables
    assert table.status is Status.OK, table.error
    sandbox.run("DROP TABLE dbo.Hidden; DROP TYPE dbo.Mail")
    rows = pg_database.rows("SELECT id, mail, code FROM hidden ORDER BY id")
    assert rows == [(1, "a", 1), (2, "b", 1), (3, None, 7)]
    assert any("'Once' is not created" in w and "VIEW DEFINITION" in w for w in table.warnings)


def test_it_can_be_checked_and_discovered(settings: Settings) -> None:
    report = check_tables(list(parse_table_configs(table_configs()).values()), settings)
    assert report.ok, report.to_dict()
    found = discover("mctm", settings.sources["mctm"])
    assert [table.key for table in found] == ["customer", "module"]


def test_a_table_that_it_may_not_read_is_told_as_that(
    sandbox: Sandbox, pg_database: PgDatabase, settings: Settings
) -> None:
    sandbox.run(f"REVOKE SELECT ON dbo.Module FROM {READER}")
    by_table = {table.table: table for table in synced(settings).tables}
    assert by_table["mctm_module"].status is Status.FAILED
    error = by_table["mctm_module"].error
    assert error is not None
    assert READER in error.message
    assert "208" in error.message
    assert by_table["customer"].status is Status.OK
    sandbox.run(f"GRANT INSERT ON dbo.Module TO {READER}")
    error = {table.table: table for table in synced(settings).tables}["mctm_module"].error
    assert error is not None
    assert "229" in error.message
    assert pg_database.rows("SELECT to_regclass('mctm_module')") == [(None,)]


def test_a_database_without_a_user_for_it_is_told_at_once(
    sandbox: Sandbox, settings: Settings
) -> None:
    sandbox.run(f"DROP USER {READER}", "VoipDB")
    try:
        by_table = {table.table: table for table in synced(settings).tables}
    finally:
        sandbox.run(GRANTS["VoipDB"], "VoipDB")
    assert by_table["customer"].status is Status.OK
    error = by_table["voipdb_customer"].error
    assert error is not None
    assert "4060" in error.message
    assert "SQL_SERVER_VOIPDB_DB" in error.hint
