"""Several tables of a run at once: ``jobs``."""

import os
import signal
import threading
from dataclasses import replace
from typing import Any

import pytest

from tableferry import postgres, sqlserver
from tableferry.config import Settings
from tableferry.errors import ConfigError
from tableferry.frontend.signals import stop_on_signals
from tableferry.model.identifiers import TargetTable
from tableferry.runs import side_by_side
from tableferry.runs.deadline import Deadline
from tableferry.runs.events import Event, PhaseStarted, TableFinished, TableStarted
from tableferry.runs.outcome import Status
from tableferry.runs.retry import Retries
from tableferry.runs.run import sync_tables
from tableferry.runs.run_options import RunOptions
from tableferry.runs.run_stop import RunStop
from tableferry.runs.run_tables import run_tables
from tableferry.runs.task import Task
from tests.integration.conftest import Sandbox
from tests.integration.jobs.conftest import NAMES, gate, meanwhile, rows, tables
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.proxy import TcpProxy

NEW = ["new", "newer"]
OLD = ["old"]
TWO = RunOptions(jobs=2)
OUTCOMES = "SELECT table_key, status FROM tableferry.table_runs ORDER BY table_key"


def test_two_tables_are_loaded_at_once(settings: Settings, target: PgDatabase) -> None:
    with gate(target, "a", "b") as held:

        def let_both_through() -> None:
            held.await_all()  # with one job, b would never come
            held.open()

        with meanwhile(let_both_through, held):
            run = sync_tables(tables(), settings, on_event=held.event, options=TWO)
    assert run.ok, [table.error for table in run.tables]
    assert [rows(target, name) for name in NAMES] == [NEW, NEW, NEW]


def test_no_table_waits_for_a_slow_one_and_the_outcomes_stay_in_order(
    settings: Settings, target: PgDatabase
) -> None:
    with gate(target, "a") as held:

        def let_it_through_last() -> None:
            held.await_end_of("b")
            held.await_end_of("c")
            held.open()

        with meanwhile(let_it_through_last, held):
            run = sync_tables(tables(), settings, on_event=held.event, options=TWO)
    assert run.ok, [table.error for table in run.tables]
    assert [table.table for table in run.tables] == ["a", "b", "c"]
    assert held.finished == ["b", "c", "a"]


def test_the_failure_of_one_table_leaves_the_others(
    source: Sandbox, settings: Settings, target: PgDatabase
) -> None:
    source.run("INSERT INTO dbo.Job_b VALUES (3, NULL)")
    target.run("ALTER TABLE b ALTER name SET NOT NULL")
    run = sync_tables(tables(), settings, options=TWO)
    assert [table.status for table in run.tables] == [Status.OK, Status.FAILED, Status.OK]
    assert [rows(target, name) for name in NAMES] == [NEW, OLD, NEW]
    assert target.rows(OUTCOMES) == [("a", "ok"), ("b", "failed"), ("c", "ok")]


def test_after_a_failure_no_table_is_begun_where_the_run_is_to_fail_fast(
    settings: Settings, target: PgDatabase
) -> None:
    target.run("DROP TABLE a", "CREATE VIEW a AS SELECT 1 AS id, 'x' AS name")
    with gate(target, "b") as held:

        def let_it_through() -> None:
            held.await_end_of("a")
            held.open()

        with meanwhile(let_it_through, held):
            run = sync_tables(
                tables(), settings, on_event=held.event, options=replace(TWO, fail_fast=True)
            )
    assert [table.status for table in run.tables] == [Status.FAILED, Status.OK, Status.SKIPPED]
    assert rows(target, "b") == NEW, "what was begun goes on to its end"
    assert rows(target, "c") == OLD


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_every_table_and_the_old_rows_stay(
    settings: Settings, target: PgDatabase, number: signal.Signals
) -> None:
    with gate(target, "a", "b") as held, stop_on_signals():

        def stop() -> None:
            held.await_all()
            os.kill(os.getpid(), number)

        with meanwhile(stop, held):
            run = sync_tables(tables(), settings, on_event=held.event, options=TWO)
        held.open()
    cancelled, skipped = Status.CANCELLED, Status.SKIPPED
    assert [table.status for table in run.tables] == [cancelled, cancelled, skipped]
    assert run.stopped_by is number
    assert [rows(target, name) for name in NAMES] == [OLD, OLD, OLD]
    assert target.rows(OUTCOMES)[:2] == [("a", "cancelled"), ("b", "cancelled")]
    assert target.rows("SELECT status FROM tableferry.runs") == [("cancelled",)]
    left = "SELECT count(*) FROM tableferry.leases WHERE expires_at > clock_timestamp()"
    assert target.rows(left) == [(0,)]
    again = sync_tables(tables(), settings, options=TWO)
    assert again.ok, [table.error for table in again.tables]


def test_a_signal_that_comes_while_all_is_committed_is_told_by_the_next_table(
    settings: Settings, target: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = postgres.TargetConnection.commit
    both = threading.Barrier(2, timeout=60)
    asked = threading.Event()
    ask = RunStop.ask

    def note(stop: RunStop, reason: BaseException) -> None:
        ask(stop, reason)
        asked.set()

    def be_stopped(connection: postgres.TargetConnection, *questions: Any) -> Any:
        answers = commit(connection, *questions)
        if both.wait() == 0:
            os.kill(os.getpid(), signal.SIGINT)
            assert asked.wait(60)  # before a thread takes the next table
        both.wait()
        return answers

    monkeypatch.setattr(RunStop, "ask", note)
    monkeypatch.setattr(postgres.TargetConnection, "commit", be_stopped)
    with stop_on_signals():
        run = sync_tables(tables(), settings, options=TWO)
    assert [table.status for table in run.tables] == [Status.OK, Status.OK, Status.CANCELLED]
    assert run.stopped_by is signal.SIGINT
    assert [rows(target, name) for name in NAMES] == [NEW, NEW, OLD]


def test_a_statement_that_runs_long_in_the_target_is_cancelled(
    settings: Settings, target: PgDatabase
) -> None:
    target.run(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM pg_notify('slow', TG_TABLE_NAME); PERFORM pg_sleep(3600); RETURN NEW; END $$",
        "CREATE TRIGGER slow BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION slow()",
    )
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"

    def stop() -> None:
        for _ in range(600):
            if target.rows(sleeping) == [(1,)]:
                break
            threading.Event().wait(0.1)
        os.kill(os.getpid(), signal.SIGINT)

    with stop_on_signals(), meanwhile(stop):
        run = sync_tables(tables(["a", "b"]), settings, options=TWO)
    assert run.tables[0].status is Status.CANCELLED
    assert rows(target, "a") == OLD
    assert target.rows(sleeping) == [(0,)]


def test_a_target_that_answers_no_more_holds_a_stop_up_for_seconds_only(
    settings: Settings,
    target: PgDatabase,
    pg_proxy: TcpProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(side_by_side, "ROLLBACK_SECONDS", 0.1)
    monkeypatch.setattr(side_by_side, "CANCEL_SECONDS", 0.1)
    through = settings_of(target.through(pg_proxy.host, pg_proxy.port))
    begun = threading.Semaphore(0)

    def event(event: Event) -> None:
        if isinstance(event, PhaseStarted) and event.phase == "load":
            pg_proxy.faults.go_deaf()
            begun.release()

    def stop() -> None:
        assert begun.acquire(timeout=60)
        os.kill(os.getpid(), signal.SIGINT)

    both = tables(["a", "b"], ledger="off", publish="truncate")
    with stop_on_signals(), meanwhile(stop):
        run = sync_tables(both, Settings(settings.sources, through), on_event=event, options=TWO)
    assert run.stopped_by is signal.SIGINT
    assert {table.status for table in run.tables} == {Status.CANCELLED}
    assert [rows(target, name) for name in NAMES] == [OLD, OLD, OLD]


def test_a_schema_that_another_table_is_just_creating_is_waited_for_and_used(
    settings: Settings, target: PgDatabase
) -> None:
    with target.connect(autocommit=False) as other:
        other.execute("CREATE SCHEMA fresh")
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'transactionid'"

        def create_it() -> None:
            for _ in range(600):
                if target.rows(waiting) == [(2,)]:
                    break
                threading.Event().wait(0.1)
            other.commit()

        both = [
            replace(one, target=TargetTable("fresh", one.target.name)) for one in tables(["a", "b"])
        ]
        with meanwhile(create_it):
            run = sync_tables(both, settings, options=TWO)
    assert run.ok, [table.error for table in run.tables]
    assert [table.attempts for table in run.tables] == [1, 1]
    assert [rows(target, f"fresh.{name}") for name in ("a", "b")] == [NEW, NEW]


def test_at_the_deadline_no_table_goes_on(settings: Settings, target: PgDatabase) -> None:
    now = [0.0]

    def pass_time(event: Event) -> None:
        if isinstance(event, PhaseStarted) and event.phase == "load":
            now[0] = 200.0

    options = replace(TWO, deadline=Deadline(100.0, lambda: now[0]))
    run = sync_tables(tables(), settings, on_event=pass_time, options=options)
    assert run.status is Status.DEADLINE
    assert {table.status for table in run.tables} <= {Status.DEADLINE, Status.SKIPPED}
    assert [rows(target, name) for name in NAMES] == [OLD, OLD, OLD]


def test_callbacks_are_called_one_at_a_time(settings: Settings) -> None:
    inside = threading.Lock()
    overlaps: list[Event] = []
    told: list[Event] = []

    def event(event: Event) -> None:
        if not inside.acquire(blocking=False):
            overlaps.append(event)
            return
        threading.Event().wait(0.002)
        told.append(event)
        inside.release()

    sync_tables(tables(), settings, on_event=event, options=RunOptions(jobs=3))
    assert not overlaps
    started = [one for one in told if isinstance(one, TableStarted)]
    assert {(one.table, one.number, one.tables) for one in started} == {
        ("a", 1, 3),
        ("b", 2, 3),
        ("c", 3, 3),
    }
    assert {one.table for one in told if isinstance(one, TableFinished)} == set(NAMES)


def test_a_failing_callback_is_a_warning_of_its_own_table(settings: Settings) -> None:
    def event(event: Event) -> None:
        if event.table == "b" and not isinstance(event, TableFinished):
            raise ValueError

    run = sync_tables(tables(), settings, on_event=event, options=RunOptions(jobs=3))
    warned = {table.table: bool(table.warnings) for table in run.tables}
    assert warned == {"a": False, "b": True, "c": False}


def test_what_a_callback_raises_that_is_no_exception_ends_the_run(
    settings: Settings, target: PgDatabase
) -> None:
    class TimedOut(BaseException):
        pass

    def event(event: Event) -> None:
        if isinstance(event, PhaseStarted) and event.phase == "load":
            raise TimedOut

    with pytest.raises(TimedOut):
        sync_tables(tables(), settings, on_event=event, options=TWO)
    assert [rows(target, name) for name in NAMES] == [OLD, OLD, OLD]
    assert target.rows("SELECT status FROM tableferry.runs") == [("cancelled",)]


def test_all_readers_of_a_run_share_one_memory_budget(settings: Settings) -> None:
    tasks: list[Task] = []
    run_tables(tables(), settings, options=TWO, verify=lambda task, _: tasks.append(task))
    assert len(tasks) == 3
    assert len({id(task.budget) for task in tasks}) == 1
    assert tasks[0].budget.used == 0, "all of it is given back"


def test_a_refused_login_is_tried_once_whatever_the_number_of_tables(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []
    connect = sqlserver.connect

    def count(*given: object, **named: object) -> sqlserver.SourceConnection:
        tried.append(1)
        return connect(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(sqlserver, "connect", count)
    wrong = settings.sources["mctm"].model_copy(update={"user": "nobody"})
    run = sync_tables(
        tables(), Settings({"mctm": wrong}, settings.target), options=RunOptions(jobs=3)
    )
    assert [table.status for table in run.tables] == [Status.FAILED] * 3
    assert len(tried) == 1


def test_where_connections_run_out_the_hint_names_the_jobs(
    settings: Settings, target: PgDatabase
) -> None:
    role = f"few_{target.name}"
    target.run(
        f"CREATE ROLE {role} LOGIN PASSWORD 'x' CONNECTION LIMIT 1",
        f"GRANT ALL ON SCHEMA public TO {role}",
        f"CREATE SCHEMA tableferry AUTHORIZATION {role}",
    )
    few = replace(settings, target=settings_of(replace(target, user=role, password="x")))
    try:
        run = sync_tables(tables(), few, options=replace(TWO, retries=Retries(attempts=1)))
    finally:
        target.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    errors = [table.error for table in run.tables]
    assert [error.code for error in errors if error] == ["53300"] * 3
    hint = "This run loads 2 tables at once: with fewer 'jobs' it needs fewer connections."
    assert all(hint in error.hint for error in errors if error)


def test_tables_that_are_published_together_take_one_job() -> None:
    with pytest.raises(ConfigError, match="does not go with publish_together"):
        RunOptions(together=True, jobs=2)


@pytest.mark.parametrize("jobs", [0, -1, 65])
def test_a_number_of_jobs_that_no_run_can_have_is_refused(jobs: int) -> None:
    with pytest.raises(ConfigError, match="from 1 to 64"):
        RunOptions(jobs=jobs)
