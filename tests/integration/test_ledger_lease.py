"""One run a table: races, killed holders, and zombies that wake up too late."""

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

from tableferry import postgres
from tableferry.errors import LeaseHeldError, LeaseLostError
from tableferry.model.identifiers import TargetTable
from tableferry.postgres.ledger import Lease
from tableferry.postgres.ledger.ledger import this_process
from tests.integration.support import settings_of
from tests.support import loaded_process
from tests.support.databases import PgDatabase
from tests.support.ledger import QUICK, SLOW, a_run, outcomes, seal_now
from tests.support.loaded_process import LoadedProcess
from tests.support.proxy import TcpProxy

pytestmark = pytest.mark.with_ledger


@pytest.fixture
def database(pg_database: PgDatabase) -> PgDatabase:
    pg_database.run("CREATE TABLE t (id int)", "INSERT INTO t VALUES (0)")
    return pg_database


def holder(database: PgDatabase, value: int) -> LoadedProcess:
    """A process that takes the lease, says so, and publishes ``value`` at a word on its input."""
    return loaded_process.start(
        *("-m", "tests.support.lease_holder", str(value)),
        env={"PATH": os.environ["PATH"], **database.environment},
        stdin=loaded_process.PIPE,
        stderr=None,
    )


def said(process: LoadedProcess) -> dict[str, str]:
    assert process.stdout is not None
    answer: dict[str, str] = json.loads(process.stdout.readline())
    return answer


def publish(process: LoadedProcess) -> None:
    assert process.stdin is not None
    process.stdin.write("publish\n")
    process.stdin.flush()


def seen(database: PgDatabase) -> list[tuple[object, ...]]:
    return database.rows("SELECT id FROM t")


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def at_once(count: int, action: Callable[[], object]) -> None:
    """Run it in so many threads that begin together; every exception fails the test."""
    together = threading.Barrier(count)
    failures: list[BaseException] = []

    def one() -> None:
        together.wait()
        try:
            action()
        except Exception as error:  # noqa: BLE001 - the test fails for it, in its own thread
            failures.append(error)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_second_run_is_told_who_loads_the_table_and_since_when(database: PgDatabase) -> None:
    with a_run(database) as first, a_run(database) as second:
        lease = first.acquire()
        with pytest.raises(LeaseHeldError) as raised:
            second.acquire()
        [(since,)] = database.rows(
            "SELECT to_char(acquired_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') "
            "FROM tableferry.leases"
        )
        assert f"public.t is being loaded by {this_process()} since {since} UTC" in str(
            raised.value
        )
        assert str(first.ledger.run_id) in str(raised.value)
        first.ledger.require(lease)


def test_a_lease_that_was_given_back_is_had_at_once_with_the_next_generation(
    database: PgDatabase,
) -> None:
    with a_run(database) as first, a_run(database, timing=SLOW) as second:
        lease = first.acquire()
        first.ledger.release(lease)
        assert second.acquire().generation == lease.generation + 1
        with pytest.raises(LeaseLostError):
            first.ledger.require(lease)


def test_leases_of_several_tables_are_held_side_by_side(database: PgDatabase) -> None:
    with a_run(database) as run:
        other = run.ledger.begin_table("other", "", TargetTable.parse("other"))
        leases = [run.acquire(), run.ledger.acquire(other)]
        time.sleep(2 * QUICK.ttl)
        for lease in leases:
            run.ledger.require(lease)
        twice = run.ledger.begin_table("t_again", "", TargetTable.parse("t"))
        with pytest.raises(LeaseHeldError):
            run.ledger.acquire(twice)


@pytest.mark.parametrize("isolation", ["read committed", "serializable"])
def test_of_many_that_want_it_at_once_one_gets_it(database: PgDatabase, isolation: str) -> None:
    database.run(f"ALTER DATABASE {database.name} SET default_transaction_isolation='{isolation}'")
    got: list[Lease] = []
    held: list[LeaseHeldError] = []
    done = threading.Barrier(6)

    def want() -> None:
        with a_run(database) as run:
            try:
                got.append(run.acquire())
            except LeaseHeldError as error:
                held.append(error)
            done.wait()

    at_once(6, want)
    assert (len(got), len(held)) == (1, 5)


def test_of_many_that_find_it_expired_one_gets_it(database: PgDatabase) -> None:
    with a_run(database, timing=SLOW) as silent:
        old = silent.acquire()
        time.sleep(SLOW.ttl + 0.1)
        got: list[Lease] = []
        done = threading.Barrier(4)

        def want() -> None:
            with a_run(database) as run:
                with contextlib.suppress(LeaseHeldError):
                    got.append(run.acquire())
                done.wait()

        at_once(4, want)
        assert [lease.generation for lease in got] == [old.generation + 1]
        assert silent.row("status") == ("abandoned",)


def test_a_holder_in_another_process_keeps_it_and_one_that_is_killed_is_succeeded(
    database: PgDatabase,
) -> None:
    with a_run(database) as run, holder(database, 1) as process:
        assert said(process)["got"] == "1"
        with pytest.raises(LeaseHeldError, match=f"pid {process.pid} since"):
            run.acquire()
        process.send_signal(signal.SIGKILL)
        process.wait()
        lease = run.acquire()
        assert lease.generation == 2
        assert outcomes(database) == [("running",), ("abandoned",)]
        run.publish(lease, 2)
        assert database.rows("SELECT status FROM tableferry.runs ORDER BY started_at") == [
            ("running",),
            ("abandoned",),
        ]
    assert seen(database) == [(2,)]


def test_two_processes_that_start_together_do_not_both_publish(database: PgDatabase) -> None:
    with holder(database, 1) as one, holder(database, 2) as other:
        answers = {1: said(one), 2: said(other)}
        [winner] = [value for value, answer in answers.items() if "got" in answer]
        publish(one if winner == 1 else other)
        assert said(one if winner == 1 else other) == {"published": "yes"}
        for process in (one, other):
            process.communicate()
    assert seen(database) == [(winner,)]


def test_a_zombie_that_wakes_up_after_its_lease_has_expired_publishes_nothing(
    database: PgDatabase,
) -> None:
    with holder(database, 1) as zombie, a_run(database) as run:
        assert said(zombie)["got"] == "1"
        zombie.send_signal(signal.SIGSTOP)
        lease = run.acquire()
        run.publish(lease, 2)
        publish(zombie)
        zombie.send_signal(signal.SIGCONT)
        answer = said(zombie)
        assert answer["error"] == "LeaseLostError"
        assert "Another run took over public.t" in answer["message"]
        zombie.communicate()
        run.ledger.require(lease)
    assert seen(database) == [(2,)]
    assert sorted(outcomes(database)) == [("abandoned",), ("ok",)]  # either may have begun first


def test_nobody_takes_over_while_a_publishing_transaction_is_open(database: PgDatabase) -> None:
    with (
        a_run(database, timing=SLOW) as silent,
        postgres.connect(settings_of(database)) as connection,
    ):
        lease = silent.acquire()
        connection.begin()
        connection.execute("UPDATE t SET id = 1")
        seal_now(connection, lease)
        time.sleep(SLOW.ttl + 0.1)
        with a_run(database) as run:
            with pytest.raises(LeaseHeldError):
                run.acquire()
            connection.commit()
            assert run.acquire().generation == lease.generation + 1
    assert seen(database) == [(1,)]
    assert outcomes(database) == [("ok",), ("running",)]


def test_a_holder_that_cannot_renew_knows_that_it_may_have_lost_it_and_stays_with_that(
    database: PgDatabase, pg_proxy: TcpProxy
) -> None:
    through = database.through(pg_proxy.host, pg_proxy.port)
    last_sign = "SELECT updated_at FROM tableferry.runs"
    with a_run(through, connect_timeout=2) as run:
        lease = run.acquire()
        run.ledger.require(lease)
        pg_proxy.faults.go_deaf()
        pg_proxy.cut_all()
        time.sleep(QUICK.ttl + 0.5)
        with pytest.raises(LeaseLostError, match="not renewed for 1 seconds") as raised:
            run.ledger.require(lease)
        assert database.password not in str(raised.value)
        silent = database.rows(last_sign)
        pg_proxy.faults.heal()
        wait_for(lambda: database.rows(last_sign) != silent)
        with pytest.raises(LeaseLostError):
            run.ledger.require(lease)


def test_a_holder_learns_by_itself_that_another_has_taken_over(database: PgDatabase) -> None:
    with a_run(database) as run:
        lease = run.acquire()
        database.run("UPDATE tableferry.leases SET generation = generation + 1")
        time.sleep(5 * QUICK.renew)
        with pytest.raises(LeaseLostError):
            run.ledger.require(lease)


def test_a_run_whose_lease_ran_out_while_nobody_wanted_it_takes_it_again(
    database: PgDatabase,
) -> None:
    with a_run(database, timing=SLOW) as run:
        old = run.acquire()
        assert run.acquire() == old
        time.sleep(SLOW.ttl + 0.1)
        with pytest.raises(LeaseLostError):
            run.ledger.require(old)
        new = run.acquire()
        run.ledger.require(new)
        assert new.generation == old.generation + 1
        with pytest.raises(LeaseLostError):
            run.publish(old, 1)
        run.publish(new, 2)
        assert run.row("status", "generation") == ("ok", new.generation)
    assert seen(database) == [(2,)]


def test_a_run_that_was_succeeded_does_not_get_it_back(database: PgDatabase) -> None:
    with a_run(database, timing=SLOW) as silent:
        silent.acquire()
        time.sleep(SLOW.ttl + 0.1)
        with a_run(database) as run:
            run.ledger.release(run.acquire())
        with pytest.raises(LeaseLostError):
            silent.acquire()
        assert database.rows("SELECT generation, run_id FROM tableferry.leases") == [(2, None)]


def test_no_clock_but_the_databases_decides(
    database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_time() -> float:
        raise AssertionError("the local clock was read")

    monkeypatch.setattr(time, "time", no_time)
    with a_run(database, timing=SLOW) as silent, a_run(database) as run:
        old = silent.acquire()
        # The database's clock goes on: as if the first had been silent for a while.
        database.run("UPDATE tableferry.leases SET expires_at = clock_timestamp()")
        assert run.acquire().generation == old.generation + 1
        # And when it is set back by an hour, a live holder is still alive.
        database.run(
            "UPDATE tableferry.leases SET renewed_at = renewed_at + interval '1 hour', "
            "expires_at = expires_at + interval '1 hour'"
        )
        with a_run(database) as third, pytest.raises(LeaseHeldError):
            third.acquire()
