"""How the source is read: a snapshot where it is allowed, and what the run says of it."""

from collections.abc import Iterator

import pytest

from tableferry.config import parse_table_configs
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.tds_server import SandboxServer
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry


@pytest.fixture(scope="module")
def two_databases() -> Iterator[Sandbox]:
    """A sandbox whose database Old allows no snapshots, and New does."""
    engine = Server()
    engine.add_login(USER, PASSWORD)
    for name in ("Old", "New"):
        engine.create_database(name).run(
            "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(9) NULL);"
            "INSERT INTO dbo.T VALUES (1, N'a')"
        )
    engine.database("New").run("ALTER DATABASE New SET ALLOW_SNAPSHOT_ISOLATION ON")
    with SandboxServer(engine) as server:
        yield Sandbox(engine, server)


def sync(sandbox: Sandbox, database: PgDatabase, name: str, consistency: str) -> TableOutcome:
    configured = entry(
        db_type="mctm",
        sql_server_db=name,
        sql_table=f"[{name}].[dbo].[T]",
        pg_table="t",
        consistency=consistency,
    )
    spec = parse_table_configs({"t": configured})["t"]
    settings = sandbox.settings(database)
    settings.sources["mctm"] = sandbox.source(name)
    return sync_table(spec, settings)


@pytest.mark.parametrize(
    ("name", "asked", "taken", "warned"),
    [
        ("New", "auto", "snapshot", False),
        ("New", "snapshot", "snapshot", False),
        ("New", "read_committed", "read_committed", False),
        ("New", "nolock", "nolock", False),
        ("Old", "auto", "nolock", True),
        ("Old", "read_committed", "read_committed", False),
    ],
)
def test_the_outcome_tells_how_the_source_was_read(
    two_databases: Sandbox,
    module_pg_database: PgDatabase,
    name: str,
    asked: str,
    taken: str,
    warned: bool,
) -> None:
    outcome = sync(two_databases, module_pg_database, name, asked)
    assert outcome.error is None
    assert outcome.consistency == taken
    assert any("NOLOCK" in warning for warning in outcome.warnings) is warned
    assert module_pg_database.rows("SELECT * FROM t") == [(1, "a")]


def test_a_snapshot_that_the_database_does_not_allow_is_refused(
    two_databases: Sandbox, module_pg_database: PgDatabase
) -> None:
    outcome = sync(two_databases, module_pg_database, "Old", "snapshot")
    assert outcome.status is Status.FAILED
    assert outcome.error is not None
    assert "ALLOW_SNAPSHOT_ISOLATION" in outcome.error.hint


def test_a_view_and_an_alias_type_and_another_schema_are_read_like_a_table(
    sandbox: Sandbox, module_pg_database: PgDatabase
) -> None:
    made = [
        "CREATE SCHEMA sales",
        "CREATE TABLE sales.T (ID int NOT NULL PRIMARY KEY, Name sysname NOT NULL)",
        "INSERT INTO sales.T VALUES (1, N'a')",
    ]
    for statement in made:
        sandbox.run(statement)
    configured = entry(sql_table="sales.T", pg_table="other_schema")
    spec = parse_table_configs({"t": configured})["t"]
    try:
        outcome = sync_table(spec, sandbox.settings(module_pg_database))
    finally:
        sandbox.run("DROP TABLE sales.T")
        sandbox.run("DROP SCHEMA sales")
    assert outcome.error is None
    assert module_pg_database.rows("SELECT * FROM other_schema") == [(1, "a")]
