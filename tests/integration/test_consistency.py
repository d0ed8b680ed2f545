"""How the source is read: a snapshot where it is allowed, and what the run says of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tableferry.config import Consistency, parse_table_configs
from tableferry.inspect.check import check_tables
from tableferry.inspect.plan_report import plan_tables
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.faults import SendError
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
    engine.database("New").run("CREATE VIEW dbo.Elsewhere AS SELECT ID, Name FROM Old.dbo.T")
    with SandboxServer(engine) as server:
        yield Sandbox(engine, server)


def sync(
    sandbox: Sandbox,
    database: PgDatabase,
    name: str,
    consistency: str,
    table: str = "T",
    **changes: Any,
) -> TableOutcome:
    configured = entry(
        db_type="mctm",
        sql_server_db=name,
        sql_table=f"[{name}].[dbo].[{table}]",
        pg_table="t",
        consistency=consistency,
        **changes,
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


@pytest.mark.parametrize("changes", [{}, {"publish": "merge", "chunks": 2}])
def test_a_view_of_a_database_without_snapshots_is_read_by_the_next_best(
    two_databases: Sandbox, module_pg_database: PgDatabase, changes: dict[str, Any]
) -> None:
    """The view's own database allows them; the other one refuses with 3952."""
    outcome = sync(two_databases, module_pg_database, "New", "auto", "Elsewhere", **changes)
    assert outcome.error is None
    assert outcome.consistency == "nolock"
    [warning] = [one for one in outcome.warnings if "NOLOCK" in one]
    assert "New.dbo.Elsewhere reads what does not support SNAPSHOT isolation (3952)" in warning
    assert module_pg_database.rows("SELECT * FROM t") == [(1, "a")]
    recorded = module_pg_database.rows(
        "SELECT consistency, read_at_one_moment FROM tableferry.table_runs "
        "ORDER BY started_at DESC LIMIT 1"
    )
    assert recorded == [("nolock", False)]


def test_the_newest_value_of_a_watermark_is_asked_for_by_the_next_best_as_well(
    two_databases: Sandbox, module_pg_database: PgDatabase
) -> None:
    """The view is read once to ask for it; NOLOCK is never the next best of such a mode."""
    how = {"mode": "watermark", "watermark": "ID", "deletes": "ignore", "primary_key": "ID"}
    how["publish"] = "auto"
    module_pg_database.run("DROP TABLE IF EXISTS t")
    for _run in range(2):
        outcome = sync(two_databases, module_pg_database, "New", "auto", "Elsewhere", **how)
        assert outcome.error is None
        assert (outcome.consistency, outcome.rows_read) == ("read_committed", 1)
    assert module_pg_database.rows("SELECT * FROM t") == [(1, "a")]


def test_plan_and_check_show_the_next_best_that_a_sync_of_the_view_will_take(
    two_databases: Sandbox, module_pg_database: PgDatabase
) -> None:
    configured = entry(
        db_type="mctm", sql_server_db="New", sql_table="[New].[dbo].[Elsewhere]", pg_table="t"
    )
    specs = list(parse_table_configs({"t": configured}).values())
    settings = two_databases.settings(module_pg_database)
    settings.sources["mctm"] = two_databases.source("New")
    planned = plan_tables(specs, settings).tables[0].plan
    (checked,) = check_tables(specs, settings).tables
    assert planned is not None
    assert planned.consistency is Consistency.NOLOCK
    assert "WITH (NOLOCK)" in planned.select
    for warnings in (planned.warnings, checked.warnings):
        assert any("does not support SNAPSHOT isolation (3952)" in one for one in warnings)
    # The reviewed plan is the one that the sync makes: its fingerprint says so.
    outcome = sync_table(specs[0], settings, fingerprint=planned.fingerprint)
    assert outcome.error is None
    assert outcome.consistency == "nolock"


def test_with_row_versions_the_next_best_is_read_committed(
    two_databases: Sandbox, module_pg_database: PgDatabase
) -> None:
    switch = "ALTER DATABASE New SET READ_COMMITTED_SNAPSHOT "
    two_databases.engine.database("New").run(switch + "ON")
    try:
        outcome = sync(two_databases, module_pg_database, "New", "auto", "Elsewhere")
    finally:
        two_databases.engine.database("New").run(switch + "OFF")
    assert outcome.error is None
    assert outcome.consistency == "read_committed"
    assert any("with READ COMMITTED, at different moments" in one for one in outcome.warnings)


LINKED = (
    SendError(7420, 'Remote access is not supported for transaction isolation level "SNAPSHOT".'),
    SendError(7377, "Cannot specify an index or locking hint for a remote data source."),
)
IN_MEMORY = (
    SendError(
        41332,
        "Memory optimized tables and natively compiled modules cannot be accessed or created when "
        "the session TRANSACTION ISOLATION LEVEL is set to SNAPSHOT.",
    ),
    SendError(10794, "The table option 'nolock' is not supported with memory optimized tables."),
)


@pytest.mark.parametrize("refusals", [LINKED, IN_MEMORY], ids=["linked server", "in memory"])
def test_what_takes_neither_snapshots_nor_hints_is_read_under_read_committed(
    two_databases: Sandbox, module_pg_database: PgDatabase, refusals: tuple[SendError, ...]
) -> None:
    for refusal in refusals:
        two_databases.server.faults.on_statement(r"FROM .*\[T\].*ROWCOUNT", refusal)
    outcome = sync(two_databases, module_pg_database, "New", "auto")
    assert outcome.error is None
    assert outcome.consistency == "read_committed"
    codes = ", ".join(str(refusal.number) for refusal in refusals)
    [warning] = [one for one in outcome.warnings if "READ COMMITTED" in one]
    assert f"({codes})" in warning
    assert not any("NOLOCK" in one for one in outcome.warnings)


@pytest.mark.parametrize("name", ["New", "Old"])
def test_a_check_finds_out_what_a_sync_would(
    two_databases: Sandbox, module_pg_database: PgDatabase, name: str
) -> None:
    configured = entry(sql_server_db=name, sql_table=f"[{name}].[dbo].[T]", pg_table="t")
    spec = parse_table_configs({"t": configured})["t"]
    settings = two_databases.settings(module_pg_database)
    settings.sources["mctm"] = two_databases.source(name)
    for refusal in LINKED[name == "Old" :]:
        two_databases.server.faults.on_statement(r"TOP \(0\)", refusal)
    [table] = check_tables([spec], settings).tables
    assert table.ok, table.error
    assert any("so rows are read with READ COMMITTED" in one for one in table.warnings)
    assert not any("NOLOCK:" in one for one in table.warnings)


@pytest.mark.parametrize("asked", ["snapshot", "nolock"])
def test_a_consistency_that_was_asked_for_is_not_replaced(
    two_databases: Sandbox, module_pg_database: PgDatabase, asked: str
) -> None:
    refusal = LINKED[asked == "nolock"]
    two_databases.server.faults.on_statement(r"FROM .*\[T\].*ROWCOUNT", refusal)
    outcome = sync(two_databases, module_pg_database, "New", asked)
    assert outcome.status is Status.FAILED
    assert outcome.error is not None
    assert outcome.error.code == str(refusal.number)


def test_the_fingerprint_of_a_reviewed_plan_holds_for_the_next_best(
    two_databases: Sandbox, module_pg_database: PgDatabase
) -> None:
    sync(two_databases, module_pg_database, "New", "auto", "Elsewhere")
    configured = entry(sql_server_db="New", sql_table="[New].[dbo].[Elsewhere]", pg_table="t")
    spec = parse_table_configs({"t": configured})["t"]
    settings = two_databases.settings(module_pg_database)
    settings.sources["mctm"] = two_databases.source("New")
    [planned] = plan_tables([spec], settings).tables
    assert planned.plan is not None
    outcome = sync_table(spec, settings, fingerprint=planned.plan.fingerprint)
    assert outcome.error is None
    assert outcome.consistency == "nolock"


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
