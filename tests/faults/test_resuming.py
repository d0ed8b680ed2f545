"""A load in chunks that was cut off goes on where it stopped."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tableferry.config import Publish, Settings, parse_table_configs
from tableferry.errors import TransientError
from tableferry.postgres import STRATEGIES
from tableferry.postgres.ledger import Lease, Ledger
from tableferry.runs.deadline import Deadline
from tableferry.runs.events import Progress
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_table, sync_tables
from tableferry.runs.run_options import RunOptions
from tableferry_sandbox.faults import SendError, Stall
from tests.faults.support import (
    FROM_T,
    OLD,
    ONCE,
    QUICK,
    ROWS,
    lose_the_answer,
    once,
    seen,
    start_sync,
    sync,
    wait_for,
)
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.proxy import TcpProxy
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

STAGED = [Publish.SWAP, Publish.MERGE]
ENDS_EARLY = SendError(40197, "The service has encountered an error processing your request.", 100)
LEFT = "SELECT relname FROM pg_class WHERE relname LIKE 'staging%' AND relkind = 'r'"


@pytest.mark.parametrize("publish", STAGED)
def test_an_attempt_that_failed_is_followed_by_one_that_reads_what_is_missing(
    source: Sandbox, old_rows: PgDatabase, publish: Publish
) -> None:
    source.server.faults.on_statement(FROM_T + r".*>= [^<]*15000", ENDS_EARLY)
    told: list[int] = []

    def count(now: Progress) -> None:
        told.append(now.rows)

    outcome = sync(source, old_rows, options=QUICK, publish=publish, chunks=4, on_progress=count)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.attempts == 2
    assert outcome.rows_written == ROWS
    assert len(seen(old_rows)) == ROWS
    again = told[told.index(max(told[:-1])) :]
    assert min(again) >= 3 * ROWS // 4, "only the chunk that failed was read again"
    assert old_rows.rows(LEFT) == []


@pytest.mark.parametrize("publish", STAGED)
def test_a_run_that_failed_is_followed_by_one_that_reads_what_is_missing(
    source: Sandbox, old_rows: PgDatabase, publish: Publish
) -> None:
    source.server.faults.on_statement(FROM_T + r".*>= [^<]*15000", ENDS_EARLY)
    failed = sync(source, old_rows, options=ONCE, publish=publish, chunks=4)
    assert failed.status is Status.FAILED
    assert seen(old_rows) == OLD
    assert len(old_rows.rows(LEFT)) == 1
    told: list[int] = []
    outcome = sync(
        source,
        old_rows,
        options=ONCE,
        publish=publish,
        chunks=4,
        on_progress=lambda now: told.append(now.rows),
    )
    assert outcome.status is Status.OK, outcome.error
    assert min(told) > 3 * ROWS // 4
    assert len(seen(old_rows)) == ROWS
    assert any("read by an earlier run" in warning for warning in outcome.warnings)
    moments = old_rows.rows(
        "SELECT read_at_one_moment FROM tableferry.table_runs WHERE status = 'ok'"
    )
    assert moments == [(False,)]
    assert old_rows.rows(LEFT) == []


@pytest.fixture
def bad_rows(source: Sandbox) -> Iterator[list[str]]:
    """Four rows hold U+0000: two in the first of four chunks, one in the last."""
    bad = ["1", "4000", "7000", str(ROWS - 1)]
    source.run(f"UPDATE dbo.T SET Name = NCHAR(0) WHERE ID IN ({', '.join(bad)})")
    yield bad
    source.run(f"UPDATE dbo.T SET Name = N'mended' WHERE ID IN ({', '.join(bad)})")


IN_QUARANTINE = "SELECT row_key->>'ID' FROM tableferry.quarantine ORDER BY (row_key->>'ID')::int"


@pytest.mark.parametrize("publish", STAGED)
def test_refused_rows_of_stored_chunks_are_neither_lost_nor_doubled_by_the_next_attempt(
    source: Sandbox, old_rows: PgDatabase, bad_rows: list[str], publish: Publish
) -> None:
    source.server.faults.on_statement(FROM_T + r".*>= [^<]*15000", ENDS_EARLY)
    outcome = sync(
        source,
        old_rows,
        options=QUICK,
        publish=publish,
        chunks=4,
        parallel=2,
        on_invalid="quarantine",
        max_invalid=len(bad_rows),
    )
    assert outcome.status is Status.OK, outcome.error
    assert outcome.attempts == 2
    assert (outcome.rows_read, outcome.rows_written) == (ROWS, ROWS - len(bad_rows))
    assert outcome.to_dict()["quarantined"] == {"Name": {"U+0000": len(bad_rows)}}
    assert len(seen(old_rows)) == ROWS - len(bad_rows)
    assert old_rows.rows(IN_QUARANTINE) == [(key,) for key in bad_rows]


@pytest.mark.parametrize("publish", STAGED)
def test_refused_rows_of_stored_chunks_count_in_the_next_run(
    source: Sandbox, old_rows: PgDatabase, bad_rows: list[str], publish: Publish
) -> None:
    changes = {"publish": publish, "chunks": 4, "on_invalid": "quarantine"}

    def fail_in_the_last_chunk() -> None:
        source.server.faults.on_statement(FROM_T + r".*>= [^<]*15000", ENDS_EARLY)
        failed = sync(source, old_rows, options=ONCE, max_invalid=3, **changes)
        assert failed.error is not None
        assert failed.error.code == "40197"
        assert old_rows.rows("SELECT count(*) FROM tableferry.quarantine") == [(0,)]

    fail_in_the_last_chunk()
    few = sync(source, old_rows, options=ONCE, max_invalid=2, **changes)
    assert few.error is not None
    assert "3 rows were refused, 'max_invalid' allows 2" in few.error.message
    assert seen(old_rows) == OLD
    fail_in_the_last_chunk()
    outcome = sync(source, old_rows, options=ONCE, max_invalid=4, **changes)
    assert outcome.status is Status.OK, outcome.error
    assert any("read by an earlier run" in warning for warning in outcome.warnings)
    assert outcome.to_dict()["quarantined"] == {"Name": {"U+0000": 4}}
    assert old_rows.rows(IN_QUARANTINE) == [(key,) for key in bad_rows]
    [(run_id,)] = old_rows.rows("SELECT DISTINCT run_id FROM tableferry.quarantine")
    waiting = f"SELECT number FROM tableferry.chunks WHERE run_id = '{run_id}' AND {{}}"
    assert len(old_rows.rows(waiting.format("done_at IS NOT NULL"))) == 4
    assert old_rows.rows(waiting.format("refused IS NOT NULL")) == []


@pytest.mark.parametrize("publish", STAGED)
def test_a_run_with_another_policy_reads_all_rows_again(
    source: Sandbox, old_rows: PgDatabase, bad_rows: list[str], publish: Publish
) -> None:
    changes = {"publish": publish, "chunks": 4, "options": ONCE}
    source.server.faults.on_statement(FROM_T + r".*>= [^<]*15000", ENDS_EARLY)
    failed = sync(source, old_rows, on_invalid="quarantine", max_invalid=9, **changes)
    assert failed.status is Status.FAILED
    outcome = sync(source, old_rows, on_invalid="replace", **changes)
    assert outcome.status is Status.OK, outcome.error
    assert not any("earlier run" in warning for warning in outcome.warnings)
    assert outcome.rows_written == len(seen(old_rows)) == ROWS
    assert old_rows.rows("SELECT count(*) FROM tableferry.quarantine") == [(0,)]
    assert old_rows.rows(LEFT) == []


@pytest.mark.parametrize("publish", STAGED)
def test_a_deadline_keeps_the_chunks_that_are_stored_and_the_next_run_goes_on(
    source: Sandbox, old_rows: PgDatabase, publish: Publish
) -> None:
    now = [0.0]

    def pass_time(progress: Progress) -> None:
        if progress.rows > ROWS // 2:
            now[0] = 200.0

    options = RunOptions(deadline=Deadline(100.0, lambda: now[0]))
    changes: dict[str, Any] = {"publish": publish, "chunks": 10}
    outcome = sync(source, old_rows, on_progress=pass_time, options=options, **changes)
    assert (outcome.status, outcome.resumable) == (Status.DEADLINE, True), outcome
    assert seen(old_rows) == OLD
    told: list[int] = []
    outcome = sync(source, old_rows, on_progress=lambda p: told.append(p.rows), **changes)
    assert outcome.status is Status.OK, outcome.error
    assert min(told) > ROWS // 2
    assert len(seen(old_rows)) == ROWS


ACTIVE = (
    "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query NOT LIKE '%pg_stat_activity%'"
)


def over_when(database: PgDatabase, busy_with: str) -> Deadline:
    """A time that is over as soon as PostgreSQL is busy with this."""
    over: list[float] = []

    def clock() -> float:
        if not over and database.rows(f"{ACTIVE} AND query LIKE '{busy_with}'"):
            over.append(1.0)
        return over[0] if over else 0.0

    return Deadline(0.2, clock)


def test_indexes_that_take_longer_than_a_run_has_are_built_by_several(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    slow = (
        "CREATE OR REPLACE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql "
        "AS 'BEGIN IF $1 > 2 THEN PERFORM pg_sleep({}); END IF; RETURN $1; END'"
    )
    old_rows.run(slow.format(5), "CREATE INDEX z_the_last ON t (slow(id))")
    changes: dict[str, Any] = {"publish": "swap", "chunks": 4}
    for resumable in (True, False):  # the second run gets nothing done
        options = RunOptions(deadline=over_when(old_rows, "%CREATE INDEX%slow(id)%"))
        outcome = sync(source, old_rows, options=options, **changes)
        assert (outcome.status, outcome.resumable) == (Status.DEADLINE, resumable), outcome
        assert seen(old_rows) == OLD
    [(built,)] = old_rows.rows(
        "SELECT indexrelid FROM pg_index JOIN pg_class c ON c.oid = indrelid AND c.relname LIKE "
        "'staging%' WHERE indisunique"
    )
    old_rows.run(slow.format(0))
    outcome = sync(source, old_rows, **changes)
    assert outcome.status is Status.OK, outcome.error
    assert any("4 of 4 chunks had been read" in warning for warning in outcome.warnings)
    assert old_rows.rows("SELECT 't_pkey'::regclass::oid") == [(built,)]
    assert len(seen(old_rows)) == ROWS


def test_a_merge_that_takes_longer_than_its_run_has_is_rolled_back(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    old_rows.run(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql "
        "AS 'BEGIN PERFORM pg_sleep(5); RETURN NEW; END'",
        "CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION slow()",
    )
    options = RunOptions(deadline=over_when(old_rows, "%OVERRIDING SYSTEM VALUE%"))
    outcome = sync(source, old_rows, options=options, publish="merge", chunks=4)
    assert (outcome.status, outcome.resumable) == (Status.DEADLINE, True), outcome
    assert seen(old_rows) == OLD
    old_rows.run("DROP TRIGGER slow ON t")
    outcome = sync(source, old_rows, publish="merge", chunks=4)
    assert outcome.status is Status.OK, outcome.error
    assert any("4 of 4 chunks had been read" in warning for warning in outcome.warnings)
    assert len(seen(old_rows)) == ROWS


def test_ten_chunks_cross_though_each_run_has_time_for_three(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    statuses = []
    for _ in range(6):
        now = [0.0]
        begun: set[int] = set()

        def pass_time(progress: Progress, begun: set[int] = begun, now: list[float] = now) -> None:
            begun.add((progress.rows - 1) // (ROWS // 10))
            if len(begun) > 3:
                now[0] = 200.0

        options = RunOptions(deadline=Deadline(100.0, lambda now=now: now[0]))  # type: ignore[misc]
        outcome = sync(
            source, old_rows, on_progress=pass_time, options=options, publish="merge", chunks=10
        )
        statuses.append(outcome.status)
        if outcome.status is Status.OK:
            break
    assert statuses[:-1] == [Status.DEADLINE] * (len(statuses) - 1)
    assert statuses[-1] is Status.OK
    assert len(statuses) >= 3
    assert len(seen(old_rows)) == ROWS


def test_a_load_whose_staging_table_has_lost_its_rows_is_begun_anew(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    source.server.faults.on_statement(FROM_T + r".*>= [^<]*15000", ENDS_EARLY)
    assert sync(source, old_rows, publish="merge", chunks=4).status is Status.FAILED
    [(name,)] = old_rows.rows(LEFT)
    old_rows.run(f"TRUNCATE tableferry.{name}")  # as a crash does to an unlogged table
    outcome = sync(source, old_rows, options=QUICK, publish="merge", chunks=4)
    assert outcome.status is Status.OK, outcome.error
    assert len(seen(old_rows)) == ROWS


@pytest.mark.parametrize("chunks", [1, 4])
def test_a_staging_table_that_could_not_be_recorded_is_recorded_by_the_next_attempt(
    source: Sandbox, old_rows: PgDatabase, monkeypatch: pytest.MonkeyPatch, chunks: int
) -> None:
    begin_load = Ledger.begin_load
    recorded: list[object] = []

    def fails_once(self: Ledger, lease: Lease, table: Any, load: Any) -> tuple[str, ...]:
        recorded.append(table)
        if len(recorded) == 1:
            raise TransientError("canceling statement due to statement timeout", code="57014")
        return begin_load(self, lease, table, load)

    monkeypatch.setattr(Ledger, "begin_load", fails_once)
    outcome = sync(source, old_rows, options=QUICK, publish="swap", chunks=chunks)
    assert outcome.status is Status.OK, outcome.error
    assert recorded[0] is not None
    assert recorded[0] == recorded[1]
    assert len(seen(old_rows)) == ROWS
    assert old_rows.rows(LEFT) == []


@pytest.mark.parametrize("publish", [Publish(name) for name in STRATEGIES])
@pytest.mark.parametrize("parallel", [1, 3])
def test_chunks_arrive_whole_under_each_way(
    source: Sandbox, old_rows: PgDatabase, publish: Publish, parallel: int
) -> None:
    outcome = sync(source, old_rows, publish=publish, chunks=7, parallel=parallel)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.rows_read == outcome.rows_written == ROWS
    assert old_rows.rows("SELECT count(DISTINCT id), min(id), max(id) FROM t") == [
        (ROWS, 0, ROWS - 1)
    ]
    told = any("different moments" in warning for warning in outcome.warnings)
    assert told == (parallel > 1 or outcome.consistency != "snapshot")


def test_an_unfinished_load_of_another_plan_is_an_orphan_that_the_next_run_drops(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    source.server.faults.on_statement(FROM_T + r".*>= [^<]*15000", ENDS_EARLY)
    assert sync(source, old_rows, publish="merge", chunks=4).status is Status.FAILED
    assert len(old_rows.rows(LEFT)) == 1
    specs = parse_table_configs({"t": entry(sql_table="dbo.T", pg_table="t")})
    settings = Settings({"mctm": source.source()}, settings_of(old_rows))
    assert sync_table(specs["t"], settings).status is Status.OK
    assert old_rows.rows(LEFT) == []


LAST_CHUNK = FROM_T + r".*>= [^<]*15000"
MOVED = SendError(40197, "The service has encountered an error processing your request.", 100)


@pytest.mark.parametrize("publish", STAGED)
def test_chunks_stay_stored_when_it_is_another_table_that_has_to_be_read_again(
    source: Sandbox, old_rows: PgDatabase, publish: Publish
) -> None:
    old_rows.run("CREATE TABLE u (LIKE t INCLUDING ALL)", "INSERT INTO u VALUES (7, 'old')")
    source.server.faults.on_statement(FROM_T + r".*1 = 1", MOVED)
    told: list[int] = []

    def count(now: Progress) -> None:
        if now.table == "t":
            told.append(now.rows)

    specs = parse_table_configs(
        {
            "t": entry(sql_table="dbo.T", pg_table="t", publish=publish.value, chunks=4),
            "u": entry(sql_table="dbo.T", pg_table="u", publish="merge", where="1 = 1"),
        }
    )
    run = sync_tables(
        list(specs.values()),
        Settings({"mctm": source.source()}, settings_of(old_rows)),
        on_progress=count,
        options=RunOptions(together=True, retries=QUICK.retries),
    )
    assert run.ok, [table.error for table in run.tables]
    assert [table.attempts for table in run.tables] == [2, 2]
    assert told == sorted(told), "no chunk was read again"
    assert len(seen(old_rows)) == ROWS
    assert old_rows.rows(LEFT) == []


def test_a_load_that_is_stopped_by_a_signal_is_taken_up_by_the_next_run(
    source: Sandbox, old_rows: PgDatabase, tmp_path: Path
) -> None:
    source.server.faults.on_statement(LAST_CHUNK, Stall(3.0))
    with start_sync(source, old_rows, tmp_path, publish="merge", chunks=4) as process:
        stored = "SELECT count(*) FROM tableferry.chunks WHERE done_at IS NOT NULL"
        ledger = "SELECT to_regclass('tableferry.chunks') IS NOT NULL"
        assert wait_for(lambda: old_rows.rows(ledger) == [(True,)])
        assert wait_for(lambda: old_rows.rows(stored) == [(3,)])
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "3 of 4 chunks are kept: the next run continues from there, until 2" in said
    assert "rolled back" not in said
    assert seen(old_rows) == OLD
    source.server.faults.clear()
    outcome = sync(source, old_rows, publish="merge", chunks=4)
    assert outcome.status is Status.OK, outcome.error
    assert any("3 of 4 chunks had been read" in warning for warning in outcome.warnings)
    assert len(seen(old_rows)) == ROWS
    assert old_rows.rows(LEFT) == []


def test_a_load_that_was_taken_up_and_whose_plan_then_changes_leaves_nothing_behind(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    source.server.faults.on_statement(LAST_CHUNK, MOVED, times=2)
    assert sync(source, old_rows, publish="merge", chunks=4).status is Status.FAILED

    def alter(_pause: float) -> None:
        old_rows.run("ALTER TABLE t ALTER name TYPE varchar(500)")

    options = RunOptions(retries=QUICK.retries, deadline=Deadline(wait=alter))
    outcome = sync(source, old_rows, options=options, publish="merge", chunks=4)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.attempts == 2
    assert len(seen(old_rows)) == ROWS
    assert old_rows.rows(LEFT) == []


def test_who_was_taken_over_leaves_the_staging_table_to_who_goes_on(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    def take_over() -> None:
        old_rows.run(
            "UPDATE tableferry.leases SET generation = generation + 1, run_id = NULL, "
            "table_key = NULL, expires_at = clock_timestamp()"
        )

    outcome = sync(source, old_rows, publish="merge", chunks=4, on_progress=once(take_over))
    assert outcome.error is not None
    assert outcome.error.kind == "LeaseLostError"
    assert len(old_rows.rows(LEFT)) == 1
    assert sync(source, old_rows, publish="merge", chunks=4).status is Status.OK
    assert old_rows.rows(LEFT) == []


@pytest.mark.parametrize("arrived", [True, False])
def test_a_link_lost_when_a_chunk_is_committed_is_decided_before_it_is_read_again(
    source: Sandbox,
    old_rows: PgDatabase,
    pg_proxy: TcpProxy,
    monkeypatch: pytest.MonkeyPatch,
    arrived: bool,
) -> None:
    # After two chunks'.
    calls = lose_the_answer(monkeypatch, pg_proxy, commit=3, arrived=arrived)
    through = settings_of(old_rows.through(pg_proxy.host, pg_proxy.port))
    outcome = sync(source, old_rows, target=through, options=QUICK, publish="merge", chunks=4)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.attempts == 2
    # Four chunks, the load; one more where a chunk was lost with its link.
    assert len(calls) == (5 if arrived else 6)
    assert len(seen(old_rows)) == ROWS


def test_rows_whose_policy_has_changed_are_read_again(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    source.server.faults.on_statement(LAST_CHUNK, MOVED)
    assert sync(source, old_rows, publish="merge", chunks=4).status is Status.FAILED
    outcome = sync(source, old_rows, publish="merge", chunks=4, trailing_blanks="trim")
    assert outcome.status is Status.OK, outcome.error
    assert not any("earlier run" in warning for warning in outcome.warnings)
    assert old_rows.rows(LEFT) == []


def test_rows_of_another_server_are_not_mixed_with_what_was_stored(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    source.server.faults.on_statement(LAST_CHUNK, MOVED)
    assert sync(source, old_rows, publish="merge", chunks=4).status is Status.FAILED
    with TcpProxy(source.server.host, source.server.port) as another:
        moved = {"port": another.port}
        outcome = sync(source, old_rows, source=moved, publish="merge", chunks=4)
    assert outcome.status is Status.OK, outcome.error
    assert not any("earlier run" in warning for warning in outcome.warnings)
    assert len(seen(old_rows)) == ROWS
    assert old_rows.rows(LEFT) == []
