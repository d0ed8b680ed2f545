"""What a run does is written down, ends in one outcome, and is never worth a run."""

import signal
import threading
import time
import uuid
from collections.abc import Callable

import psycopg
import pytest
from psycopg.errors import ObjectNotInPrerequisiteState

from tableferry import __version__, postgres
from tableferry.errors import ErrorReport, LeaseLostError, TransientError
from tableferry.model.identifiers import TargetTable
from tableferry.postgres.ledger import Ledger, runs, shared_connection
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.ledger import QUICK, SLOW, T, a_run, outcomes, seal_now
from tests.support.proxy import Direction, TcpProxy

pytestmark = pytest.mark.with_ledger

ERROR = ErrorReport("DataError", "two rows have the same key", "Look at the source.", "23505")


@pytest.fixture
def database(pg_database: PgDatabase) -> PgDatabase:
    pg_database.run("CREATE TABLE t (id int)", "INSERT INTO t VALUES (0)")
    return pg_database


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_run_is_seen_from_its_beginning_to_its_end(database: PgDatabase) -> None:
    with a_run(database) as run:
        assert database.rows("SELECT status, ended_at, version FROM tableferry.runs") == [
            ("running", None, __version__)
        ]
        lease = run.acquire()
        run.ledger.describe(
            run.table,
            publish="merge",
            consistency="snapshot",
            fingerprint="abc",
            read_at_one_moment=True,
        )
        assert run.row("status", "source", "target", "generation", "publish", "consistency") == (
            "running", "McTM.dbo.T", "public.t", lease.generation, "merge", "snapshot",
        )  # fmt: skip
        run.publish(lease, 7)
        assert run.row("status", "rows_read", "rows_written") == ("ok", 1, 1)
        run.ledger.end_table(run.table, "ok", rows_read=1, rows_written=1, warnings=["a word"])
        run.ledger.end_run("ok")
        assert run.row("status", "warnings", "error_kind") == ("ok", ["a word"], None)
        assert run.ledger.take_warnings() == ()
    assert database.rows("SELECT status, ended_at >= started_at FROM tableferry.runs") == [
        ("ok", True)
    ]


def test_progress_is_written_down_now_and_then(database: PgDatabase) -> None:
    with a_run(database) as run:
        for rows in range(1_000):
            run.ledger.progress(run.table, phase="load", rows_read=rows + 1, rows_written=rows)
        wait_for(lambda: run.row("phase", "rows_read", "rows_written") == ("load", 1_000, 999))


def test_a_failure_is_written_down_with_its_code_and_its_hint(database: PgDatabase) -> None:
    with a_run(database) as run:
        run.ledger.end_table(run.table, "failed", rows_read=5, error=ERROR)
        assert run.row("status", "error_kind", "error_code", "error_message", "error_hint") == (
            "failed", ERROR.kind, ERROR.code, ERROR.message, ERROR.hint,
        )  # fmt: skip


def test_a_message_with_what_postgresql_cannot_store_is_stored_without_it(
    database: PgDatabase,
) -> None:
    odd = "a\0b\ud800c"
    with a_run(database) as run:
        error = ErrorReport("SchemaError", odd, odd)
        run.ledger.end_table(run.table, "failed", error=error, warnings=[odd])
        assert run.ledger.take_warnings() == ()
        plain = "a\ufffdb\ufffdc"
        assert run.row("error_message", "warnings") == (plain, [plain])


def test_the_first_outcome_stays_and_a_second_one_is_told(database: PgDatabase) -> None:
    with a_run(database) as run:
        run.publish(run.acquire(), 7)
        run.ledger.end_table(run.table, "failed", error=ERROR)
        assert run.row("status", "error_kind") == ("ok", None)
        [warning] = run.ledger.take_warnings()
        assert "the ledger has the outcome 'ok'" in warning
        run.ledger.end_run("ok")
        run.ledger.end_run("failed")
        assert database.rows("SELECT status FROM tableferry.runs") == [("ok",)]


@pytest.mark.parametrize("table", ["runs", "table_runs"])
def test_the_database_itself_refuses_a_second_outcome(database: PgDatabase, table: str) -> None:
    with a_run(database) as run:
        run.ledger.end_table(run.table, "cancelled")
        run.ledger.end_run("cancelled")
    with pytest.raises(ObjectNotInPrerequisiteState, match="cancelled is recorded already"):
        database.run(f"UPDATE tableferry.{table} SET status = 'ok'")
    with pytest.raises(psycopg.errors.CheckViolation):
        database.run(f"UPDATE tableferry.{table} SET ended_at = NULL")


def test_a_run_that_fell_silent_is_abandoned_by_the_next_one(database: PgDatabase) -> None:
    with a_run(database, timing=SLOW) as silent, a_run(database, key="other") as alive:
        time.sleep(SLOW.ttl + 0.1)
        with a_run(database):
            assert silent.row("status") == ("abandoned",)
            assert alive.row("status") == ("running",)
        assert database.rows("SELECT status FROM tableferry.runs ORDER BY started_at") == [
            ("abandoned",),
            ("running",),
            ("running",),
        ]


def test_a_run_that_was_taken_for_dead_publishes_nothing_and_begins_nothing(
    database: PgDatabase,
) -> None:
    with a_run(database, timing=SLOW) as silent:
        lease = silent.acquire()
        time.sleep(SLOW.ttl + 0.1)
        with a_run(database, key="other", at=TargetTable.parse("other")):
            pass
        with pytest.raises(LeaseLostError):
            silent.publish(lease, 7)
        with pytest.raises(LeaseLostError):
            silent.ledger.begin_table("next", "McTM.dbo.Next", TargetTable.parse("next"))
    assert database.rows("SELECT id FROM t") == [(0,)]


def test_one_table_has_one_name_however_it_is_written(database: PgDatabase) -> None:
    database.run("CREATE SCHEMA s", 'CREATE TABLE s."a.b" ()')
    with a_run(database, at=TargetTable.parse("t")) as run:
        assert run.table.target == "public.t"

        def target_of(text: str) -> str:
            return run.ledger.begin_table(text, "", TargetTable.parse(text)).target

        assert target_of("missing") == "public.missing"
        assert target_of("s.missing") == "s.missing"
        assert target_of('s."a.b"') == "s.[a.b]"


def test_history_that_cannot_be_written_is_a_warning(database: PgDatabase) -> None:
    with a_run(database) as run:
        run.publish(run.acquire(), 7)
        database.run("ALTER TABLE tableferry.table_runs RENAME TO gone")
        database.run("ALTER TABLE tableferry.runs RENAME TO gone_too")
        run.ledger.end_table(run.table, "ok", warnings=["a word"])
        run.ledger.end_run("ok")
        table, whole = run.ledger.take_warnings()
        assert "t: its outcome (ok) could not be written to the ledger" in table
        assert "The run: its outcome (ok) could not be written" in whole
        assert database.password not in table + whole


def test_a_ledger_connection_that_is_terminated_is_opened_again(database: PgDatabase) -> None:
    with a_run(database) as run:
        lease = run.acquire()
        for _ in range(3):
            database.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            run.ledger.describe(
                run.table,
                publish="truncate",
                consistency="nolock",
                fingerprint="f",
                read_at_one_moment=False,
            )
        time.sleep(2 * QUICK.ttl)
        run.ledger.require(lease)
        run.ledger.end_table(run.table, "failed", error=ERROR)
        assert run.row("status") == ("failed",)
        assert run.ledger.take_warnings() == ()


def test_a_ledger_that_says_nothing_is_not_waited_for_for_ever(
    database: PgDatabase, pg_proxy: TcpProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_connection, "ANSWER_SECONDS", 0.5)
    through = database.through(pg_proxy.host, pg_proxy.port)
    with a_run(through, timing=SLOW, connect_timeout=2) as run:
        pg_proxy.faults.stall(Direction.TO_CLIENT)
        run.ledger.end_table(run.table, "failed", error=ERROR)
        [warning] = run.ledger.take_warnings()
        assert "could not be written to the ledger" in warning


def test_a_ledger_that_could_not_be_begun_is_begun_again(
    database: PgDatabase, pg_proxy: TcpProxy
) -> None:
    through = settings_of(database.through(pg_proxy.host, pg_proxy.port))
    ledger = Ledger(through, uuid.uuid4(), timing=QUICK)
    with pytest.raises(TransientError), ledger:
        pg_proxy.faults.cut_after(0, Direction.TO_SERVER)
        ledger.begin_run()
    pg_proxy.faults.heal()
    with ledger:
        ledger.begin_run()
        lease = ledger.acquire(ledger.begin_table("t", "", T))
        time.sleep(2 * QUICK.ttl)
        ledger.require(lease)


def test_an_interrupted_statement_leaves_the_ledger_usable(database: PgDatabase) -> None:
    with a_run(database, timing=SLOW) as run, database.connect(autocommit=False) as other:
        other.execute("LOCK TABLE tableferry.table_runs")
        interrupt = threading.Timer(0.5, signal.raise_signal, (signal.SIGINT,))
        interrupt.start()
        with pytest.raises(KeyboardInterrupt):
            run.ledger.end_table(run.table, "failed", error=ERROR)
        interrupt.join()
        other.rollback()
        run.ledger.end_table(run.table, "cancelled")
        assert run.row("status") == ("cancelled",)
        assert run.ledger.take_warnings() == ()


def test_a_ledger_whose_tables_are_locked_is_given_up_and_told(
    database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_connection, "STATEMENT_TIMEOUT", "300ms")
    with a_run(database, timing=SLOW) as run, database.connect(autocommit=False) as other:
        other.execute("LOCK TABLE tableferry.table_runs")
        run.ledger.end_table(run.table, "failed", error=ERROR)
        [warning] = run.ledger.take_warnings()
        assert "57014" in warning


def test_the_transaction_that_publishes_does_not_hold_up_the_signs_of_life(
    database: PgDatabase,
) -> None:
    with a_run(database) as run, postgres.connect(settings_of(database)) as connection:
        lease = run.acquire()
        connection.begin()
        seal_now(connection, lease, rows=0)
        run.ledger.progress(run.table, phase="publish")
        renewed = "SELECT renewed_at FROM tableferry.leases"
        before = database.rows(renewed)
        wait_for(lambda: database.rows(renewed) != before)
        time.sleep(2 * QUICK.ttl)
        run.ledger.require(lease)
        connection.commit()
        assert run.row("status", "phase") == ("ok", "publish")


def test_the_oldest_history_is_pruned_and_what_it_is_needed_for_stays(
    database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "PRUNED_AT_ONCE", 2 * runs.KEPT_RUNS)
    with a_run(database):
        pass
    database.run(
        "INSERT INTO tableferry.runs (run_id, process, version, status, started_at, ended_at) "
        "SELECT gen_random_uuid(), 'host pid 1', '0', 'ok', now() - interval '1 day' * n, now() "
        "FROM generate_series(1, 1200) n",
        "INSERT INTO tableferry.table_runs "
        "(run_id, table_key, source, target, status, ended_at, staging) "
        "SELECT run_id, 't', '', 'public.t', 'ok', now(), "
        "CASE WHEN started_at < now() - interval '1199.5 days' THEN 'left_behind' END "
        "FROM tableferry.runs WHERE status = 'ok'",
        "CREATE TABLE tableferry.left_behind ()",
    )
    with a_run(database):
        counted = "SELECT count(*) FROM tableferry.runs"
        assert database.rows(counted) == [(runs.KEPT_RUNS + 1,)]
        kept = database.rows("SELECT run_id FROM tableferry.table_runs WHERE staging IS NOT NULL")
        assert len(kept) == 1


def test_the_ledger_needs_a_run_that_it_knows(database: PgDatabase) -> None:
    with Ledger(settings_of(database), uuid.uuid4()) as ledger, pytest.raises(LeaseLostError):
        ledger.begin_table("t", "", T)
    assert outcomes(database) == []
