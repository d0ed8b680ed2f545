"""A link lost at COMMIT is decided from the ledger: published, not published, or not known."""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from tableferry import postgres
from tableferry.errors import (
    CommitUnknownError,
    ConfigError,
    LeaseLostError,
    SchemaError,
    TransientError,
    VerificationError,
)
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger import Lease, decide_seal, seal
from tableferry_sandbox.local_postgres import LocalPostgres
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.ledger import SLOW, Run, a_run, seal_now
from tests.support.proxy import Direction, TcpProxy


@pytest.fixture
def database(pg_database: PgDatabase) -> PgDatabase:
    return with_old_row(pg_database)


def with_old_row(database: PgDatabase) -> PgDatabase:
    database.run("CREATE TABLE t (id int)", "INSERT INTO t VALUES (0)")
    return database


def load(connection: TargetConnection, lease: Lease) -> None:
    """Everything that a load does before COMMIT."""
    connection.begin()
    connection.execute("UPDATE t SET id = 1")
    seal_now(connection, lease)


def seen(database: PgDatabase) -> list[tuple[object, ...]]:
    return database.rows("SELECT id FROM t")


def published(run: Run, lease: Lease, patience: float = 60.0) -> bool:
    return decide_seal(settings_of(run.database), lease, patience=patience).was_committed


def soon(action: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(0.5, action)
    timer.start()
    return timer


def test_a_commit_that_arrived_is_known_though_its_answer_was_lost(
    database: PgDatabase, pg_proxy: TcpProxy
) -> None:
    through = settings_of(database.through(pg_proxy.host, pg_proxy.port))
    with a_run(database) as run, postgres.connect(through) as connection:
        lease = run.acquire()
        load(connection, lease)
        pg_proxy.faults.stall(Direction.TO_CLIENT)
        cut = soon(pg_proxy.cut_all)
        with pytest.raises(CommitUnknownError):
            connection.commit()
        cut.join()
        assert published(run, lease)
        run.ledger.end_table(run.table, "ok", rows_read=1, rows_written=1)
        assert run.row("status") == ("ok",)
        assert run.ledger.take_warnings() == ()
    assert seen(database) == [(1,)]


def test_a_commit_that_never_arrived_is_known_too(database: PgDatabase, pg_proxy: TcpProxy) -> None:
    through = settings_of(database.through(pg_proxy.host, pg_proxy.port))
    with a_run(database) as run, postgres.connect(through) as connection:
        lease = run.acquire()
        load(connection, lease)
        pg_proxy.faults.cut_after(0, Direction.TO_SERVER)
        with pytest.raises(CommitUnknownError):
            connection.commit()
        assert not published(run, lease)
        with postgres.connect(settings_of(database)) as again:
            load(again, run.acquire())
            again.commit()
        assert published(run, lease)
    assert seen(database) == [(1,)]


def test_a_message_that_is_late_does_not_commit_what_was_decided_not_to_be(
    database: PgDatabase,
) -> None:
    """It may wait in a pooler, or in the server's own memory, while the next one asks."""
    with a_run(database) as run, postgres.connect(settings_of(database)) as late:
        lease = run.acquire()
        late.begin()
        late.execute("UPDATE t SET id = 1")
        sealing = postgres.Sealing(lambda: [seal(late, lease, rows_read=1, rows_written=1)])
        decision = decide_seal(settings_of(database), lease)
        assert not decision.was_committed
        with pytest.raises(LeaseLostError):
            sealing.commit(late)
        late.rollback()
        assert seen(database) == [(0,)]
        again = run.ledger.renumbered(lease, decision.generation or 0)
        assert again == run.acquire()
        run.publish(again, 2)
    assert seen(database) == [(2,)]


def test_a_lease_that_was_lost_undoes_what_is_sent_with_the_commit(database: PgDatabase) -> None:
    with (
        a_run(database, timing=SLOW) as run,
        postgres.connect(settings_of(database)) as connection,
    ):
        lease = run.acquire()
        connection.begin()
        connection.execute("UPDATE t SET id = 1")
        sealing = postgres.Sealing(lambda: [seal(connection, lease, rows_read=1, rows_written=1)])
        database.run("UPDATE tableferry.leases SET generation = generation + 1")
        with pytest.raises(LeaseLostError, match=r"took over public\.t"):
            sealing.commit(connection)
    assert seen(database) == [(0,)]


def test_a_run_marked_as_abandoned_undoes_what_is_sent_with_the_commit(
    database: PgDatabase,
) -> None:
    with a_run(database) as run, postgres.connect(settings_of(database)) as connection:
        lease = run.acquire()
        connection.begin()
        connection.execute("UPDATE t SET id = 1")
        sealing = postgres.Sealing(lambda: [seal(connection, lease, rows_read=1, rows_written=1)])
        database.run("UPDATE tableferry.table_runs SET status = 'abandoned', ended_at = now()")
        with pytest.raises(LeaseLostError):
            sealing.commit(connection)
    assert seen(database) == [(0,)]


@pytest.mark.parametrize("commits", [True, False])
def test_a_commit_that_is_under_way_is_waited_for(database: PgDatabase, commits: bool) -> None:
    with a_run(database) as run, postgres.connect(settings_of(database)) as connection:
        lease = run.acquire()
        load(connection, lease)
        end = soon(connection.commit if commits else connection.rollback)
        assert published(run, lease) is commits
        end.join()
    assert seen(database) == [(1,) if commits else (0,)]


def test_a_transaction_that_does_not_end_leaves_it_unknown(database: PgDatabase) -> None:
    with a_run(database) as run, postgres.connect(settings_of(database)) as connection:
        lease = run.acquire()
        load(connection, lease)
        with pytest.raises(CommitUnknownError, match="could not be determined") as raised:
            published(run, lease, patience=1.0)
        assert "the next run determines it" in raised.value.hint


def test_a_server_that_is_killed_at_commit_tells_it_when_it_is_back(
    own_postgres: LocalPostgres,
) -> None:
    database = with_old_row(
        PgDatabase(
            own_postgres.host, own_postgres.port, "postgres", own_postgres.user,
            own_postgres.password,
        )
    )  # fmt: skip
    with a_run(database, timing=SLOW) as run, postgres.connect(settings_of(database)) as connection:
        lease = run.acquire()
        load(connection, lease)
        [(session,)] = connection.rows("SELECT pg_backend_pid()")
        # The session first: without its server it would live on for a moment, and could commit.
        os.kill(session, signal.SIGKILL)
        own_postgres.kill()
        with pytest.raises(TransientError):
            connection.commit()
        back = soon(own_postgres.start)
        decision = decide_seal(settings_of(database), lease)
        assert not decision.was_committed
        back.join()
        assert seen(database) == [(0,)]
    lease = replace(lease, generation=decision.generation or 0)
    with postgres.connect(settings_of(database)) as connection:
        load(connection, lease)
        connection.commit()
        own_postgres.kill()
        back = soon(own_postgres.start)
        assert published(run, lease)
        back.join()
    assert seen(database) == [(1,)]


def test_a_session_that_ends_at_commit_leaves_it_open_whatever_was_said(
    database: PgDatabase,
) -> None:
    database.run(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_sleep(30); RETURN NULL; END'",
        "CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION wait()",
    )
    with a_run(database) as run, postgres.connect(settings_of(database)) as connection:
        lease = run.acquire()
        load(connection, lease)
        connection.execute("SET LOCAL transaction_timeout = '1s'")
        with pytest.raises(CommitUnknownError) as raised:
            connection.commit()
        assert raised.value.code == "25P04"
        assert not published(run, lease)
    assert seen(database) == [(0,)]


def test_a_commit_that_is_answered_by_a_rollback_is_no_commit(database: PgDatabase) -> None:
    with postgres.connect(settings_of(database)) as connection:
        connection.begin()
        connection.execute("UPDATE t SET id = 1")
        with pytest.raises(SchemaError):
            connection.execute("SELECT nothing")
        with pytest.raises(VerificationError, match="rolled back"):
            connection.commit()
    assert seen(database) == [(0,)]


def test_a_password_that_was_changed_meanwhile_leaves_it_unknown(database: PgDatabase) -> None:
    with a_run(database) as run:
        lease = run.acquire()
        wrong = settings_of(database).model_copy(update={"user": "nobody_of_this_name"})
        tries: list[float] = []
        with pytest.raises(CommitUnknownError) as raised:
            decide_seal(wrong, lease, sleep=tries.append)
        assert isinstance(raised.value.__cause__, ConfigError)
        assert tries == [], "a refused login is not tried again"


def test_a_run_that_was_succeeded_meanwhile_has_not_published(database: PgDatabase) -> None:
    with a_run(database, timing=SLOW) as silent:
        lease = silent.acquire()
        database.run("UPDATE tableferry.leases SET expires_at = clock_timestamp()")
        with a_run(database) as run:
            run.publish(run.acquire(), 2)
            assert not published(silent, lease)
    assert seen(database) == [(2,)]
