"""Event triggers of the target that forbid DDL: the plan names them, and auto does without."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tableferry.config import Settings, parse_table_configs
from tableferry.inspect.check import check_tables
from tableferry.postgres.publish import merge_check
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.specs import entry

FORBID = (
    "CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql "
    "AS 'BEGIN RAISE EXCEPTION ''no''; END'"
)


@pytest.fixture
def source(sandbox: Sandbox, table_in: Callable[[str], None]) -> Sandbox:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20) NULL)")
    sandbox.run("INSERT INTO dbo.T VALUES (1, N'new'), (3, N'new')")
    return sandbox


@pytest.fixture
def guarded(pg_database: PgDatabase, source: Sandbox) -> Iterator[PgDatabase]:
    """A database with a table and a ledger, in which no DDL is allowed any longer."""
    pg_database.run("CREATE TABLE t (id int PRIMARY KEY, name text)", FORBID)
    assert sync(source, pg_database).status is Status.OK
    pg_database.run(
        "CREATE EVENT TRIGGER guard ON ddl_command_start EXECUTE FUNCTION forbid()",
    )
    yield pg_database
    pg_database.run("DROP EVENT TRIGGER IF EXISTS guard")


def sync(source: Sandbox, target: PgDatabase, **changes: Any) -> TableOutcome:
    return sync_table(configured(**changes)["t"], settings(source, target))


def configured(**changes: Any) -> Any:
    return parse_table_configs({"t": entry(**{"sql_table": "dbo.T", "pg_table": "t", **changes})})


def settings(source: Sandbox, target: PgDatabase) -> Settings:
    return Settings({"mctm": source.source()}, settings_of(target))


def warned(source: Sandbox, target: PgDatabase, **changes: Any) -> bool:
    """Whether the check names the event trigger, as a warning of the table."""
    specs = configured(**changes)
    [table] = check_tables(list(specs.values()), settings(source, target)).tables
    assert table.ok, table.error
    return any("the event trigger 'guard'" in warning for warning in table.warnings)


@pytest.mark.parametrize(
    "changes",
    [{"publish": "swap"}, {"publish": "merge"}, {"pg_table": "made"}],
)
def test_a_load_whose_statements_an_event_trigger_may_refuse_says_so_beforehand(
    source: Sandbox, guarded: PgDatabase, changes: dict[str, Any]
) -> None:
    assert warned(source, guarded, **changes)
    outcome = sync(source, guarded, **changes)
    assert (outcome.status, outcome.attempts) == (Status.FAILED, 1)
    assert outcome.error is not None
    assert outcome.error.code == "P0001"
    assert "event trigger" in outcome.error.hint
    assert guarded.rows("SELECT count(*) FROM t") == [(2,)]


def test_auto_does_without_such_statements(source: Sandbox, guarded: PgDatabase) -> None:
    assert not warned(source, guarded, publish="auto")
    outcome = sync(source, guarded, publish="auto")
    assert (outcome.status, outcome.publish) == (Status.OK, "truncate"), outcome.error


@pytest.mark.parametrize(
    "harmless",
    [
        "ALTER EVENT TRIGGER guard DISABLE",
        "ALTER EVENT TRIGGER guard ENABLE REPLICA",
        (
            "DROP EVENT TRIGGER guard; CREATE EVENT TRIGGER guard ON ddl_command_end "
            "WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION forbid()"
        ),
        (
            "DROP EVENT TRIGGER guard; CREATE EVENT TRIGGER guard ON table_rewrite "
            "EXECUTE FUNCTION forbid()"
        ),
        (
            "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || "
            "' SET event_triggers = off'; END $$"
        ),
    ],
)
def test_an_event_trigger_that_does_not_run_for_a_load_is_nothing_to_mention(
    source: Sandbox, guarded: PgDatabase, harmless: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge_check, "SMALL_ROWS", -1)  # not to be merged for its size
    guarded.run(harmless)
    assert not warned(source, guarded, publish="swap")
    outcome = sync(source, guarded, publish="auto")
    assert (outcome.status, outcome.publish) == (Status.OK, "swap"), outcome.error
