"""Whoever waits says for whom: another run's lease, a reader of the target, the first rows."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tableferry.config import Publish, Settings, parse_table_configs
from tableferry.postgres import locks
from tableferry.postgres.publish import together
from tableferry.runs.events import (
    Event,
    Phase,
    PhaseStarted,
    Progress,
    TableFinished,
    TableStarted,
    WaitingForLease,
    WaitingForSessions,
)
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_tables
from tableferry.runs.run_options import RunOptions
from tableferry_sandbox.faults import SendError, Stall
from tests.faults.support import FROM_T, QUICK, ROWS, sync, wait_for
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

KILLED = "1f3a9c04-0000-4000-8000-000000000000"

ALWAYS = tuple(phase for phase in Phase if phase not in {Phase.VERIFY, Phase.REPAIR})
"""The phases of a load whose entry asks for no verification."""


def phases_of(events: list[Event]) -> list[Phase]:
    return [event.phase for event in events if isinstance(event, PhaseStarted)]


@pytest.mark.parametrize(
    "changes",
    [
        {"publish": "truncate"},
        {"publish": "merge"},
        {"publish": "swap"},
        {"publish": "swap", "chunks": 4, "parallel": 2},
        {"pg_table": "is_created"},
        {"ledger": "off"},
    ],
    ids=str,
)
def test_a_load_goes_through_every_phase_in_order(
    source: Sandbox, old_rows: PgDatabase, changes: dict[str, Any]
) -> None:
    events: list[Event] = []
    outcome = sync(source, old_rows, on_event=events.append, **changes)
    assert outcome.status is Status.OK, outcome.error
    assert phases_of(events) == list(ALWAYS)
    assert isinstance(events[0], TableStarted)
    assert events[-1] == TableFinished(outcome)
    loading = [at for at, event in enumerate(events) if isinstance(event, Progress)]
    assert loading
    assert events.index(PhaseStarted("t", Phase.LOAD)) < loading[0]
    assert loading[-1] < events.index(PhaseStarted("t", Phase.PREPARE))


def test_each_table_has_its_place_in_the_run(source: Sandbox, old_rows: PgDatabase) -> None:
    specs = parse_table_configs(
        {key: entry(sql_table="dbo.T", pg_table=key) for key in ("t", "u", "v")}
    )
    settings = Settings({"mctm": source.source()}, settings_of(old_rows))
    for as_one in (False, True):
        events: list[Event] = []
        options = RunOptions(together=as_one)
        run = sync_tables(list(specs.values()), settings, on_event=events.append, options=options)
        assert run.ok, [table.error for table in run.tables]
        begun = [event for event in events if isinstance(event, TableStarted)]
        assert [(one.table, one.number, one.tables) for one in begun] == [
            ("t", 1, 3),
            ("u", 2, 3),
            ("v", 3, 3),
        ]


def test_who_waits_for_the_lease_of_a_killed_run_names_it_and_when_it_expires(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    assert sync(source, old_rows).status is Status.OK
    old_rows.run(
        "INSERT INTO tableferry.runs (run_id, process, version) "
        f"VALUES ('{KILLED}', 'db7 pid 4242', '0')",
        f"INSERT INTO tableferry.table_runs (run_id, table_key, source, target) "
        f"VALUES ('{KILLED}', 't', '', 'public.t')",
        f"UPDATE tableferry.leases SET run_id = '{KILLED}', table_key = 't', "
        "process = 'db7 pid 4242', expires_at = clock_timestamp() + interval '2 seconds'",
    )
    events: list[Event] = []
    assert sync(source, old_rows, on_event=events.append).status is Status.OK
    waited = [event for event in events if isinstance(event, WaitingForLease)]
    assert len(waited) >= 2
    assert {(one.process, one.run_id) for one in waited} == {("db7 pid 4242", KILLED)}
    assert [one.seconds for one in waited] == sorted((w.seconds for w in waited), reverse=True)
    assert 0 <= waited[-1].seconds < waited[0].seconds <= 2
    assert phases_of(events) == list(ALWAYS)


@contextmanager
def reader_of(database: PgDatabase, sql: str = "SELECT count(*) FROM t") -> Iterator[int]:
    """A session that holds what it has read, in an open transaction; yields its pid."""
    with psycopg.connect(database.conninfo) as reader:
        reader.execute("SET idle_in_transaction_session_timeout = 0")
        reader.execute(sql)
        yield reader.info.backend_pid


def released_when(condition: Callable[[], bool], release: Callable[[], None]) -> threading.Thread:
    def wait() -> None:
        wait_for(condition)
        release()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


@pytest.mark.parametrize("publish", [Publish.SWAP, Publish.TRUNCATE])
def test_a_reader_that_keeps_a_load_waiting_is_named_by_its_pid(
    source: Sandbox, old_rows: PgDatabase, publish: Publish
) -> None:
    events: list[Event] = []

    def waits() -> list[WaitingForSessions]:
        return [event for event in events if isinstance(event, WaitingForSessions)]

    with psycopg.connect(old_rows.conninfo) as reader:
        reader.execute("SELECT count(*) FROM t")
        pid = reader.info.backend_pid
        releasing = released_when(lambda: len(waits()) >= 3, reader.rollback)
        outcome = sync(source, old_rows, on_event=events.append, publish=publish)
        releasing.join()
    assert outcome.status is Status.OK, outcome.error
    assert {one.pids for one in waits()} == {(pid,)}
    seconds = [one.seconds for one in waits()]
    assert seconds == sorted(seconds)
    after = events[events.index(waits()[-1]) + 1]
    assert isinstance(after, PhaseStarted), "the wait is over, the phase goes on"


def test_a_writer_that_keeps_a_merge_waiting_is_named_by_its_pid(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    events: list[Event] = []

    def waits() -> list[WaitingForSessions]:
        return [event for event in events if isinstance(event, WaitingForSessions)]

    with psycopg.connect(old_rows.conninfo) as writer, reader_of(old_rows):
        writer.execute("UPDATE t SET name = name")
        pid = writer.info.backend_pid
        releasing = released_when(lambda: bool(waits()), writer.rollback)
        outcome = sync(source, old_rows, on_event=events.append, publish="merge")
        releasing.join()
    assert outcome.status is Status.OK, outcome.error
    assert [one.pids for one in waits()] == [(pid,)], "the reader keeps no merge waiting"
    after = events[events.index(waits()[-1]) + 1]
    assert after == PhaseStarted("t", Phase.PUBLISH)


def test_a_lock_that_is_never_free_is_told_with_the_pid(
    source: Sandbox, old_rows: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hurried(*arguments: Any, **options: Any) -> None:
        locks.retry_brief_locks(*arguments, **{**options, "patience": 0.5})

    monkeypatch.setattr(together, "retry_brief_locks", hurried)
    with reader_of(old_rows) as pid:
        outcome = sync(source, old_rows, publish="swap")
    assert outcome.error is not None
    assert f"Another session (pid {pid}) has held" in outcome.error.message


def test_the_rate_of_a_resumed_load_leaves_out_what_an_earlier_run_has_stored(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    cut = SendError(40197, "The service has encountered an error processing your request.", 100)
    source.server.faults.on_statement(FROM_T + r".*>= [^<]*15000", cut)
    assert sync(source, old_rows, publish="merge", chunks=4).resumable
    source.server.faults.clear()
    told: list[Progress] = []
    outcome = sync(source, old_rows, publish="merge", chunks=4, on_progress=told.append)
    assert outcome.status is Status.OK, outcome.error
    assert {now.stored for now in told} == {3 * ROWS // 4}
    assert all(now.rows > now.stored for now in told)
    for now in told:
        assert now.rows_per_second == round((now.rows - now.stored) / now.seconds)
    assert outcome.rows_written == ROWS
    assert outcome.to_dict()["rows_resumed"] == 3 * ROWS // 4
    assert outcome.rows_per_second == round(ROWS / 4 / outcome.seconds)


def test_rows_of_an_earlier_attempt_of_the_same_run_count(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    cut = SendError(40197, "The service has encountered an error processing your request.", 100)
    source.server.faults.on_statement(FROM_T + r".*>= [^<]*15000", cut)
    outcome = sync(source, old_rows, publish="merge", chunks=4, options=QUICK)
    assert (outcome.status, outcome.attempts) == (Status.OK, 2)
    assert outcome.rows_resumed == 0
    assert outcome.rows_per_second == round(ROWS / outcome.seconds)


def test_the_seconds_of_progress_are_those_of_loading(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    """And not those of planning, which is held up here."""
    held_up = 0.5
    source.server.faults.on_statement("sys.columns", Stall(held_up))
    begun = time.monotonic()
    told: list[tuple[float, Progress]] = []
    sync(
        source,
        old_rows,
        on_progress=lambda progress: told.append((time.monotonic() - begun, progress)),
    )
    first, progress = told[0]
    assert progress.seconds <= first - held_up
