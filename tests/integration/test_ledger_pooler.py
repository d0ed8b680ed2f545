"""Behind a connection pooler in transaction mode, where no two statements share a session."""

import threading
import time
from collections.abc import Iterator

import pytest

from tableferry import postgres
from tableferry.errors import LeaseHeldError, LeaseLostError
from tableferry.postgres.ledger import checkpoint, decide_seal
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.ledger import SLOW, a_run, seal_now
from tests.support.pgbouncer import pooled

pytestmark = pytest.mark.needs_packages("pgbouncer")


@pytest.fixture
def pooler(pg_database: PgDatabase) -> Iterator[PgDatabase]:
    """The test's database by way of PgBouncer, with a table t."""
    pg_database.run("CREATE TABLE t (id int)", "INSERT INTO t VALUES (0)")
    with pooled(pg_database) as database:
        yield database


def test_one_connection_is_many_sessions(pooler: PgDatabase) -> None:
    with postgres.connect(settings_of(pooler)) as connection:
        deadline = time.monotonic() + 30
        sessions = set[object]()
        while len(sessions) < 3:
            sessions.update(connection.rows("SELECT pg_backend_pid()"))
            assert time.monotonic() < deadline


def test_a_whole_run_with_chunks_and_a_commit_to_be_decided(pooler: PgDatabase) -> None:
    settings = settings_of(pooler)
    with a_run(pooler) as run, postgres.connect(settings) as connection:
        lease = run.acquire()
        run.ledger.stage(lease, "t_staging", [f"range {number}" for number in range(12)])
        connection.execute("CREATE TABLE tableferry.t_staging (id int)")
        for number in range(12):  # more often than psycopg takes to prepare a statement
            connection.begin()
            connection.execute("INSERT INTO tableferry.t_staging VALUES (%s)", (number,))
            checkpoint(connection, lease, number, 1)
            connection.commit()
            run.ledger.progress(run.table, phase="load", rows_written=number)
            run.ledger.require(lease)
        assert len(run.ledger.done_chunks(lease)) == 12
        connection.begin()
        connection.execute("UPDATE t SET id = 1")
        seal_now(connection, lease, rows=12)
        decided: list[bool] = []
        asker = threading.Thread(
            target=lambda: decided.append(decide_seal(settings, lease).was_committed)
        )
        asker.start()
        connection.commit()
        asker.join()
        assert decided == [True]
        run.ledger.release(lease)
        run.ledger.end_table(run.table, "ok", rows_read=12, rows_written=12)
        run.ledger.end_run("ok")
        assert run.ledger.take_warnings() == ()
        assert run.row("status", "rows_written") == ("ok", 12)


def test_a_second_run_is_kept_out_and_a_zombie_too(pooler: PgDatabase) -> None:
    with a_run(pooler) as first, a_run(pooler) as second:
        first.ledger.release(first.acquire())
        lease = first.acquire()
        with pytest.raises(LeaseHeldError):
            second.acquire()
        first.ledger.release(lease)
    with a_run(pooler, key="silent", timing=SLOW) as silent, a_run(pooler, key="next") as run:
        old = silent.acquire()
        run.publish(run.acquire(), 2)
        with pytest.raises(LeaseLostError):
            silent.publish(old, 3)
    assert pooler.rows("SELECT id FROM t") == [(2,)]


def test_runs_that_start_at_once_make_one_ledger_and_one_gets_the_lease(
    pooler: PgDatabase,
) -> None:
    got: list[int] = []
    held: list[LeaseHeldError] = []
    together, done = threading.Barrier(3), threading.Barrier(3)

    def want() -> None:
        together.wait()
        with a_run(pooler) as run:
            try:
                got.append(run.acquire().generation)
            except LeaseHeldError as error:
                held.append(error)
            done.wait(60)

    threads = [threading.Thread(target=want) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (got, len(held)) == ([1], 2)
