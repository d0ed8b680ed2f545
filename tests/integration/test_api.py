"""The functions of ``import tableferry``, against a real PostgreSQL and a real TDS connection."""

import contextlib
import json
import threading
from pathlib import Path
from uuid import uuid4

import pytest

import tableferry
from tableferry import (
    ConfigError,
    Event,
    PhaseStarted,
    Progress,
    Retrying,
    SchemaError,
    Table,
    TableFinished,
    TableStarted,
)
from tableferry.errors import TransientError
from tableferry_sandbox.faults import CutConnection
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.support.databases import PgDatabase
from tests.support.urls import source_url, target_url


@pytest.fixture
def source(sandbox: Sandbox) -> str:
    return source_url(sandbox.server.host, sandbox.server.port, USER, PASSWORD)


@pytest.fixture
def target(pg_database: PgDatabase) -> str:
    return target_url(pg_database)


@pytest.fixture
def numbers(table_in: object, sandbox: Sandbox) -> None:
    sandbox.run("CREATE TABLE dbo.T (id int NOT NULL PRIMARY KEY, name nvarchar(20))")
    values = ", ".join(f"({n}, N'n{n}')" for n in range(1_000))
    sandbox.run(f"INSERT INTO dbo.T VALUES {values}")


@pytest.mark.usefixtures("numbers")
def test_one_call_carries_a_table(source: str, target: str, pg_database: PgDatabase) -> None:
    outcome = tableferry.copy_table("dbo.T", "t", source=source, target=target)
    assert outcome.raise_for_failure() is outcome
    assert (outcome.ok, outcome.table, outcome.rows_written) == (True, "t", 1_000)
    assert pg_database.rows("SELECT count(*), max(name) FROM t") == [(1_000, "n999")]
    assert json.loads(json.dumps(outcome.to_dict()))["status"] == "ok"


@pytest.mark.usefixtures("numbers")
def test_the_options_of_a_table_are_those_of_its_entry(
    source: str, target: str, pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE TABLE t (id int PRIMARY KEY)")
    outcome = tableferry.copy_table(
        "dbo.T",
        "t",
        source=source,
        target=target,
        key="numbers",
        columns=["id"],
        where="id < 10",
        publish="swap",
        ledger="on",
    )
    assert (outcome.table, outcome.publish, outcome.rows_written) == ("numbers", "swap", 10)
    assert pg_database.rows("SELECT * FROM t WHERE id = 9") == [(9,)]


@pytest.mark.usefixtures("numbers")
def test_the_ledger_the_result_and_its_json_say_the_same_words(
    source: str, target: str, pg_database: PgDatabase
) -> None:
    run_id = uuid4()
    tables = [Table("dbo.T", "t"), Table("dbo.Missing", "u"), Table("dbo.T", "v")]
    run = tableferry.sync(tables, source=source, target=target, run_id=run_id)
    assert run.run_id == str(run_id)
    assert not run.ok
    with pytest.raises(SchemaError, match=r"^u: "):
        run.raise_for_failure()
    told = [(run.status.value, *(table.status.value for table in run.tables))]
    as_json = run.to_dict()
    assert told == [(as_json["status"], *(table["status"] for table in as_json["tables"]))]
    assert told == [("partial", "ok", "failed", "ok")]
    assert pg_database.rows("SELECT status FROM tableferry.runs") == [("partial",)]
    assert pg_database.rows("SELECT status FROM tableferry.table_runs ORDER BY table_key") == [
        ("ok",),
        ("failed",),
        ("ok",),
    ]


@pytest.mark.usefixtures("numbers")
def test_events_come_in_their_order(source: str, target: str, sandbox: Sandbox) -> None:
    events: list[Event] = []
    tables = [Table("dbo.T", "t", batch_size=500), Table("dbo.Missing", "u")]
    tableferry.sync(tables, source=source, target=target, on_event=events.append)
    assert [
        event.phase.value if isinstance(event, PhaseStarted) else type(event) for event in events
    ] == [
        TableStarted,
        "connect",
        "plan",
        "load",
        Progress,
        Progress,
        "prepare",
        "publish",
        TableFinished,
        TableStarted,
        "connect",
        "plan",
        "connect",  # once more: it was missing when both tables were asked about together
        "plan",
        TableFinished,
    ]
    assert [event.table for event in events] == ["t"] * 9 + ["u"] * 6
    assert [event.rows for event in events if isinstance(event, Progress)] == [500, 1_000]


@pytest.mark.usefixtures("numbers")
def test_a_retry_is_an_event_with_its_reason_and_its_pause(
    source: str, target: str, sandbox: Sandbox
) -> None:
    sandbox.server.faults.on_statement("FROM .*T", CutConnection())
    events: list[Event] = []
    outcome = tableferry.copy_table(
        "dbo.T", "t", source=source, target=target, on_event=events.append
    )
    assert (outcome.ok, outcome.attempts) == (True, 2)
    [retry] = [event for event in events if isinstance(event, Retrying)]
    assert (retry.table, retry.error.kind) == ("t", TransientError.__name__)
    assert 0 < retry.pause < 30


@pytest.mark.usefixtures("numbers")
def test_a_callback_that_fails_is_a_warning_in_the_result_and_the_ledger(
    source: str, target: str, pg_database: PgDatabase
) -> None:
    def broken(event: Event) -> None:
        raise RuntimeError("canary")

    run = tableferry.sync([Table("dbo.T", "t")], source=source, target=target, on_event=broken)
    assert run.ok
    [warning] = run.tables[0].warnings
    assert "The callback on_event raised RuntimeError at test_api.py:" in warning
    assert "the load was not affected" in warning
    [at_the_end] = run.warnings
    assert "on_event raised RuntimeError" in at_the_end
    assert pg_database.rows("SELECT warnings::text FROM tableferry.table_runs") == [
        (json.dumps([warning]),)
    ]


@pytest.mark.usefixtures("numbers")
def test_an_interrupt_is_raised_once_the_load_is_rolled_back(
    source: str, target: str, pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE TABLE t (id int PRIMARY KEY, name text)", "INSERT INTO t VALUES (-1)")

    def interrupt(event: Event) -> None:
        if isinstance(event, Progress):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="0 of 1 table was synced"):
        tableferry.copy_table("dbo.T", "t", source=source, target=target, on_event=interrupt)
    assert pg_database.rows("SELECT id FROM t") == [(-1,)]
    assert pg_database.rows("SELECT status FROM tableferry.runs") == [("cancelled",)]


class OrchestratorTimeout(BaseException):
    """As an orchestrator raises in a task that takes too long: no Exception."""


@pytest.mark.usefixtures("numbers")
def test_a_foreign_timeout_passes_through_and_leaves_nothing_behind(
    source: str, target: str, pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE TABLE t (id int PRIMARY KEY, name text)", "INSERT INTO t VALUES (-1)")

    def give_up(event: Event) -> None:
        if isinstance(event, Progress):
            raise OrchestratorTimeout

    with pytest.raises(OrchestratorTimeout):
        tableferry.copy_table("dbo.T", "t", source=source, target=target, on_event=give_up)
    assert pg_database.rows("SELECT id FROM t") == [(-1,)]
    assert pg_database.rows("SELECT status FROM tableferry.runs") == [("cancelled",)]
    assert pg_database.rows("SELECT status, error_message FROM tableferry.table_runs") == [
        ("cancelled", "The run was stopped (OrchestratorTimeout)")
    ]
    outcome = tableferry.copy_table("dbo.T", "t", source=source, target=target, max_shrink=100)
    assert outcome.ok, outcome.error


@pytest.mark.parametrize("end", [OrchestratorTimeout, SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize("kind", [TableStarted, TableFinished])
@pytest.mark.usefixtures("numbers")
def test_the_ledger_knows_the_end_whenever_a_callback_ends_the_run(
    source: str,
    target: str,
    pg_database: PgDatabase,
    kind: type[Event],
    end: type[BaseException],
) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, kind) and event.table == "t":
            raise end

    tables = [Table("dbo.T", "s"), Table("dbo.T", "t"), Table("dbo.T", "u")]
    with contextlib.suppress(end):
        tableferry.sync(tables, source=source, target=target, on_event=stop)
    assert pg_database.rows("SELECT status FROM tableferry.runs") == [("cancelled",)]
    ended = dict(pg_database.rows("SELECT table_key, status FROM tableferry.table_runs"))
    assert ended["s"] == "ok"
    assert "running" not in ended.values()
    assert ended.get("t", "cancelled") == ("ok" if kind is TableFinished else "cancelled")


@pytest.mark.usefixtures("numbers")
def test_it_works_in_a_thread_that_is_not_the_main_thread(source: str, target: str) -> None:
    found: list[tableferry.TableOutcome] = []

    def work() -> None:
        found.append(
            tableferry.copy_table(
                "dbo.T", "t", source=source, target=target, publish="swap", chunks=4, parallel=2
            )
        )

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    [outcome] = found
    assert outcome.ok, outcome.error


@pytest.mark.usefixtures("numbers")
def test_a_plan_is_kept_to(source: str, target: str, pg_database: PgDatabase) -> None:
    tables = Table("dbo.T", "t")
    plan = tableferry.plan(tables, source=source, target=target)
    assert plan.raise_for_failure() is plan
    assert "it will be created" in plan._repr_html_()
    assert pg_database.rows("SELECT to_regclass('t') IS NULL") == [(True,)]
    pg_database.run("CREATE TABLE t (id bigint PRIMARY KEY, name text)")
    run = tableferry.sync(tables, source=source, target=target, plan=plan)
    assert run.tables[0].error is not None
    assert "has changed since the plan was made" in run.tables[0].error.message
    other = Table("dbo.T", "v")
    with pytest.raises(ConfigError, match="The plan holds no plan of v"):
        tableferry.sync(other, source=source, target=target, plan=plan)


@pytest.mark.usefixtures("numbers")
def test_a_plan_that_cannot_be_made_raises_when_it_is_asked_to(source: str, target: str) -> None:
    plan = tableferry.plan(Table("dbo.Missing", "t"), source=source, target=target)
    assert not plan.ok
    assert "SchemaError" in plan._repr_html_()
    with pytest.raises(SchemaError, match=r"^t: "):
        plan.raise_for_failure()


@pytest.mark.usefixtures("numbers")
def test_a_check_names_what_is_down_once(source: str, target: str, sandbox: Sandbox) -> None:
    tables = [Table("dbo.T", "t"), Table("dbo.T", "u")]
    report = tableferry.check(tables, source=source, target=target)
    assert report.raise_for_failure() is report
    assert "<table>" in report._repr_html_()
    wrong = source.replace(f":{sandbox.server.port}/", ":1/")
    with pytest.raises(TransientError, match=r"^source: SQL Server at .* cannot be reached"):
        tableferry.check(tables, source=wrong, target=target).raise_for_failure()


def test_what_is_discovered_can_be_synced(source: str, target: str) -> None:
    found = tableferry.discover(source, like="Cust%")
    assert [one.config["pg_table"] for one in found] == ["mctm_customer"]
    [named] = tableferry.discover(source, like="Cust%", db_type="crm")
    assert named.config["pg_table"] == "crm_customer"
    assert [one.key for one in found] == ["customer"]
    assert len(found) == 1
    assert "<td>customer</td>" in found._repr_html_()
    assert found.to_dict()["tables"][0]["key"] == "customer"
    tables = [Table(key=one.key, **one.config) for one in found]
    run = tableferry.sync(tables, source=source, target=target).raise_for_failure()
    assert run.rows_written > 0


@pytest.mark.usefixtures("numbers")
def test_a_deadline_is_in_seconds_from_the_call(source: str, target: str) -> None:
    outcome = tableferry.copy_table("dbo.T", "t", source=source, target=target, deadline=0.0)
    assert outcome.status is tableferry.Status.DEADLINE
    with pytest.raises(tableferry.DeadlineError):
        outcome.raise_for_failure()


@pytest.mark.usefixtures("numbers")
def test_variables_of_the_environment_are_not_looked_at(
    source: str, target: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("PG_HOST=nowhere.invalid\n")
    for name in ("PG_HOST", "PG_DB", "SQL_SERVER_SOURCE_HOST", "SQL_SERVER_SOURCE_DB"):
        monkeypatch.setenv(name, "nowhere.invalid")
    assert tableferry.copy_table("dbo.T", "t", source=source, target=target).ok


def test_a_refused_login_names_the_side_and_no_variable(source: str, target: str) -> None:
    wrong = target.replace("@", "x@")
    [database] = [
        one
        for one in tableferry.check(Table("dbo.T", "t"), source=source, target=wrong).databases
        if one.error
    ]
    assert database.error is not None
    assert "the target URL's password" in database.error.hint
    assert "PG_" not in database.error.hint


@pytest.mark.usefixtures("numbers")
def test_tables_that_are_published_together_fail_together(
    source: str, target: str, pg_database: PgDatabase
) -> None:
    tables = [Table("dbo.T", "t"), Table("dbo.Missing", "u")]
    run = tableferry.sync(tables, source=source, target=target, publish_together=True)
    assert [table.status.value for table in run.tables] == ["skipped", "failed"]
    with pytest.raises(SchemaError, match=r"^u: "):
        run.raise_for_failure()
    assert pg_database.rows("SELECT to_regclass('t') IS NULL") == [(True,)]


@pytest.mark.usefixtures("numbers")
def test_after_a_failure_the_rest_is_skipped_where_that_is_asked_for(
    source: str, target: str
) -> None:
    events: list[Event] = []
    tables = [Table("dbo.Missing", "u"), Table("dbo.T", "t")]
    run = tableferry.sync(
        tables, source=source, target=target, fail_fast=True, on_event=events.append
    )
    assert [table.status.value for table in run.tables] == ["failed", "skipped"]
    assert [type(event) for event in events if event.table == "t"] == [TableFinished]


@pytest.mark.usefixtures("numbers")
def test_a_status_is_the_one_that_the_command_prints(
    source: str, target: str, pg_database: PgDatabase
) -> None:
    table = Table("dbo.T", "t", max_age=3600)
    before = tableferry.status(table, source=source, target=target)
    assert (before.ok, before.tables[0].word) == (False, tableferry.Word.NEVER)
    assert pg_database.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'tableferry'") == []
    with pytest.raises(TransientError, match="t: "):
        before.raise_for_failure()
    tableferry.sync(table, source=source, target=target).raise_for_failure()
    found = tableferry.status([table], source=source, target=target)
    assert found.raise_for_failure() is found
    (state,) = found.tables
    assert (state.word, state.rows, state.max_age) == (tableferry.Word.FRESH, 1_000, 3600)
    assert json.loads(json.dumps(found.to_dict()))["totals"]["fresh"] == 1


@pytest.mark.usefixtures("numbers")
def test_a_status_asks_no_source_and_says_what_is_wrong_by_class(
    source: str, target: str, sandbox: Sandbox
) -> None:
    table = Table("dbo.T", "t")
    tableferry.sync(table, source=source, target=target).raise_for_failure()
    sandbox.run("DROP TABLE dbo.T")
    tableferry.sync(table, source=source, target=target)
    closed = source.replace(f":{sandbox.server.port}/", ":1/")
    found = tableferry.status(table, source=closed, target=target)
    assert (found.complete, found.tables[0].word) == (True, tableferry.Word.FAILING)
    assert found.tables[0].command == "tableferry.plan(...)  # with the table 't'"
    with pytest.raises(SchemaError, match=r"^t: Its last run"):
        found.raise_for_failure()


@pytest.mark.usefixtures("numbers")
def test_a_status_of_a_pattern_whose_source_is_down_is_not_complete(
    source: str, target: str, sandbox: Sandbox
) -> None:
    tableferry.sync(Table("dbo.T*"), source=source, target=target).raise_for_failure()
    closed = source.replace(f":{sandbox.server.port}/", ":1/")
    found = tableferry.status(Table("dbo.T*"), source=closed, target=target)
    assert (found.complete, found.tables, len(found.others)) == (False, (), 1)
    assert "is not known at the moment" in found.notes[0]
