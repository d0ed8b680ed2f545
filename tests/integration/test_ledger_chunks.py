"""Chunks that are stored stay stored: who resumes reads nothing twice and misses nothing."""

import threading
import time
from collections.abc import Iterator

import pytest

from tableferry import postgres
from tableferry.errors import ErrorReport, LeaseLostError
from tableferry.model.identifiers import TargetTable
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger import Lease, ResumeLimit, UnfinishedLoad, checkpoint
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.ledger import SLOW, Run, a_run

pytestmark = pytest.mark.with_ledger

RANGES = ("id < 10", "id >= 10 AND id < 20", "id >= 20")
PLAN = {"fingerprint": "abc", "publish": "swap"}
AN_HOUR = ResumeLimit(3600.0)


@pytest.fixture
def database(pg_database: PgDatabase) -> PgDatabase:
    pg_database.run("CREATE TABLE t (id int)")
    return pg_database


@pytest.fixture
def connection(database: PgDatabase) -> Iterator[TargetConnection]:
    """The connection that stores the rows."""
    with postgres.connect(settings_of(database)) as opened:
        yield opened


def described(run: Run, **changes: str) -> Lease:
    """Take the lease and write the plan down."""
    lease = run.acquire()
    plan = {"consistency": "snapshot", "read_at_one_moment": False, **PLAN, **changes}
    run.ledger.describe(run.table, **plan)  # type: ignore[arg-type]
    return lease


def staged(run: Run, name: str = "t_staging", **changes: str) -> Lease:
    """Take the lease and make a staging table with three chunks to be filled."""
    lease = described(run, **changes)
    run.ledger.stage(lease, name, RANGES)
    run.database.run(f"CREATE TABLE tableferry.{name} (id int)")
    return lease


def store(
    connection: TargetConnection,
    lease: Lease,
    number: int,
    *,
    commit: bool = True,
    age: float = 0.0,
) -> None:
    """Store five rows as a part of a load does, which the source was asked for ``age`` s ago."""
    connection.begin()
    connection.execute(
        f"INSERT INTO tableferry.t_staging SELECT {number} FROM generate_series(1,5)"
    )
    checkpoint(connection, lease, number, 5, age=age)
    if commit:
        connection.commit()


def cut_off(database: PgDatabase, connection: TargetConnection, status: str = "deadline") -> None:
    """A run that ended with chunks 0 and 2 stored."""
    with a_run(database) as run:
        lease = staged(run)
        store(connection, lease, 0)
        store(connection, lease, 2)
        run.ledger.release(lease)
        run.ledger.end_table(run.table, status)
        run.ledger.end_run(status)


def left(run: Run, limit: ResumeLimit = AN_HOUR, **changes: str) -> UnfinishedLoad | None:
    lease = described(run, **changes)
    return run.ledger.unfinished(lease, limit=limit, **{**PLAN, **changes})


def test_a_chunk_is_done_if_and_only_if_its_rows_are_stored(
    database: PgDatabase, connection: TargetConnection
) -> None:
    with a_run(database) as run:
        lease = staged(run)
        store(connection, lease, 1)
        store(connection, lease, 2, commit=False)
        assert run.ledger.done_chunks(lease) == {1: 5}
        connection.rollback()
        assert run.ledger.done_chunks(lease) == {1: 5}
    assert database.rows("SELECT DISTINCT id FROM tableferry.t_staging") == [(1,)]


def test_parallel_chunks_and_the_signs_of_life_do_not_wait_for_each_other(
    database: PgDatabase, connection: TargetConnection
) -> None:
    with a_run(database) as run, postgres.connect(settings_of(database)) as second:
        lease = staged(run)
        store(connection, lease, 0, commit=False)
        store(second, lease, 1, commit=False)
        renewed = "SELECT renewed_at FROM tableferry.leases"
        before = database.rows(renewed)
        deadline = time.monotonic() + 30
        while database.rows(renewed) == before:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        second.commit()
        connection.commit()
        assert run.ledger.done_chunks(lease) == {0: 5, 1: 5}


def test_a_chunk_is_not_stored_twice(database: PgDatabase, connection: TargetConnection) -> None:
    with a_run(database) as run:
        lease = staged(run)
        store(connection, lease, 0)
        with pytest.raises(LeaseLostError):
            store(connection, lease, 0)
        connection.rollback()
    assert database.rows("SELECT count(*) FROM tableferry.t_staging") == [(5,)]


def test_a_checkpoint_without_its_transaction_is_refused(
    database: PgDatabase, connection: TargetConnection
) -> None:
    with a_run(database) as run:
        lease = staged(run)
        with pytest.raises(RuntimeError):
            checkpoint(connection, lease, 0, 5)
        assert run.ledger.done_chunks(lease) == {}


@pytest.mark.parametrize("status", ["deadline", "cancelled"])
def test_a_load_that_was_cut_off_is_taken_up_by_the_next_run(
    database: PgDatabase, connection: TargetConnection, status: str
) -> None:
    cut_off(database, connection, status)
    with a_run(database) as run:
        found = left(run)
        assert found is not None
        assert (found.ranges, found.rows, found.stored) == (RANGES, (5, None, 5), 10)
        lease = run.acquire()
        run.ledger.resume(lease, found)
        assert run.ledger.orphans(lease) == ()
        assert run.ledger.done_chunks(lease) == {0: 5, 2: 5}
        store(connection, lease, 1)
        assert run.ledger.done_chunks(lease) == {0: 5, 1: 5, 2: 5}
        assert run.row("staging") == ("t_staging",)


def test_taking_a_load_up_twice_is_taking_it_up_once(
    database: PgDatabase, connection: TargetConnection
) -> None:
    cut_off(database, connection)
    with a_run(database) as run:
        found = left(run)
        assert found is not None
        lease = run.acquire()
        run.ledger.resume(lease, found)
        run.ledger.resume(lease, found)
        assert run.ledger.done_chunks(lease) == {0: 5, 2: 5}


def test_a_load_that_was_taken_up_and_cut_off_again_is_taken_up_again(
    database: PgDatabase, connection: TargetConnection
) -> None:
    cut_off(database, connection)
    with a_run(database) as second:
        found = left(second)
        assert found is not None
        lease = second.acquire()
        second.ledger.resume(lease, found)
        store(connection, lease, 1)
        second.ledger.release(lease)
        second.ledger.end_table(second.table, "cancelled")
    with a_run(database) as third:
        found = left(third)
        assert found is not None
        assert (found.run_id, found.stored) == (second.ledger.run_id, 15)


def test_a_killed_runs_chunks_are_resumed_and_its_zombie_stores_nothing_more(
    database: PgDatabase, connection: TargetConnection
) -> None:
    with a_run(database, timing=SLOW) as silent:
        old = staged(silent)
        store(connection, old, 0)
        connection.begin()
        connection.execute("INSERT INTO tableferry.t_staging VALUES (99)")
        with a_run(database) as run:
            found = left(run)
            assert found is not None
            assert silent.row("status") == ("abandoned",)
            run.ledger.resume(run.acquire(), found)
            with pytest.raises(LeaseLostError):
                checkpoint(connection, old, 1, 1)
            connection.rollback()
            with pytest.raises(LeaseLostError):
                silent.ledger.stage(old, "another", RANGES)
            assert run.ledger.done_chunks(run.acquire()) == {0: 5}
    assert database.rows("SELECT DISTINCT id FROM tableferry.t_staging") == [(0,)]


def test_nobody_takes_over_in_the_midst_of_a_chunk(
    database: PgDatabase, connection: TargetConnection
) -> None:
    with a_run(database, timing=SLOW) as silent:
        old = staged(silent)
        store(connection, old, 0, commit=False)
        with a_run(database) as run:
            later = threading.Timer(SLOW.ttl + 0.3, connection.commit)
            later.start()
            found = left(run)
            later.join()
            assert found is not None
            assert found.stored == 5


@pytest.mark.parametrize("changes", [{"fingerprint": "other"}, {"publish": "merge"}])
def test_another_plans_load_is_an_orphan(
    database: PgDatabase, connection: TargetConnection, changes: dict[str, str]
) -> None:
    cut_off(database, connection)
    with a_run(database) as run:
        assert left(run, **changes) is None
        assert run.ledger.orphans(run.acquire()) == ("t_staging",)


@pytest.mark.parametrize(
    ("kind", "resumed"), [("TransientError", True), ("VerificationError", False)]
)
def test_only_what_may_go_well_the_next_time_is_resumed(
    database: PgDatabase, connection: TargetConnection, kind: str, resumed: bool
) -> None:
    with a_run(database) as run:
        lease = staged(run)
        store(connection, lease, 0)
        run.ledger.release(lease)
        run.ledger.end_table(run.table, "failed", error=ErrorReport(kind, "", ""))
    with a_run(database) as run:
        assert (left(run) is not None) is resumed


@pytest.mark.parametrize(
    ("age", "continues", "resumed"),
    [(3500, False, True), (3700, False, False), (3700, True, True)],
)
def test_chunks_that_were_read_longer_ago_than_allowed_are_read_again(
    database: PgDatabase,
    connection: TargetConnection,
    age: int,
    continues: bool,
    resumed: bool,
) -> None:
    """Only the first chunk is so old; a run that continues a chain counts from the last one."""
    with a_run(database) as run:
        lease = staged(run)
        store(connection, lease, 0, age=age)
        store(connection, lease, 1)
        run.ledger.release(lease)
        run.ledger.end_table(run.table, "deadline")
    with a_run(database) as run:
        assert (left(run, ResumeLimit(3600.0, continues)) is not None) is resumed
        if not resumed:
            assert run.ledger.orphans(run.acquire()) == ("t_staging",)


def test_a_chain_whose_last_chunk_is_too_old_is_over(
    database: PgDatabase, connection: TargetConnection
) -> None:
    cut_off(database, connection)
    database.run("UPDATE tableferry.chunks SET done_at = done_at - interval '61 minutes'")
    with a_run(database) as run:
        assert left(run, ResumeLimit(3600.0, continues=True)) is None


def test_chunks_of_an_older_version_count_from_when_they_were_stored(
    database: PgDatabase, connection: TargetConnection
) -> None:
    cut_off(database, connection)
    database.run("UPDATE tableferry.chunks SET read_at = NULL")
    with a_run(database) as run:
        assert left(run) is not None
        database.run("UPDATE tableferry.chunks SET done_at = done_at - interval '61 minutes'")
        assert left(run) is None


def test_the_oldest_chunk_is_the_one_that_was_read_first(
    database: PgDatabase, connection: TargetConnection
) -> None:
    with a_run(database) as run:
        lease = staged(run)
        assert run.ledger.oldest_chunk(lease) is None
        store(connection, lease, 0, age=10)
        store(connection, lease, 1, age=500)
        oldest = run.ledger.oldest_chunk(lease)
        assert oldest is not None
        read_at = "SELECT read_at FROM tableferry.chunks WHERE number = 1"
        assert database.rows(read_at) == [(oldest.read_at,)]
        assert oldest.age >= 500


def test_what_was_read_before_others_rows_were_published_is_not_taken_up(
    database: PgDatabase, connection: TargetConnection
) -> None:
    with a_run(database) as first:
        lease = staged(first)
        store(connection, lease, 0)
        first.ledger.release(lease)  # and its end cannot be written down
        with a_run(database) as second:
            second.publish(described(second), 7)
        first.ledger.end_table(first.table, "cancelled")
    with a_run(database) as third:
        assert left(third) is None
        assert third.ledger.orphans(third.acquire()) == ("t_staging",)


def test_a_load_with_nothing_stored_or_no_staging_table_is_begun_anew(
    database: PgDatabase, connection: TargetConnection
) -> None:
    with a_run(database) as run:
        lease = staged(run, "empty_staging")
        run.ledger.release(lease)
        run.ledger.end_table(run.table, "cancelled")
    cut_off(database, connection)
    database.run("DROP TABLE tableferry.t_staging")
    with a_run(database) as run:
        assert left(run) is None
        assert run.ledger.orphans(run.acquire()) == ("empty_staging",)


def test_a_running_loads_staging_table_and_another_tables_are_no_orphans(
    database: PgDatabase, connection: TargetConnection
) -> None:
    cut_off(database, connection)
    database.run("CREATE TABLE other (id int)", "CREATE TABLE tableferry.nobody_knows ()")
    with (
        a_run(database, key="other", at=TargetTable.parse("other")) as elsewhere,
        a_run(database) as run,
    ):
        lease = elsewhere.acquire()
        assert elsewhere.ledger.orphans(lease) == ()
        assert run.ledger.orphans(staged(run, "mine")) == ("t_staging",)


def test_beginning_anew_forgets_the_chunks_of_the_attempt_before(
    database: PgDatabase, connection: TargetConnection
) -> None:
    with a_run(database) as run:
        lease = staged(run)
        store(connection, lease, 0)
        run.ledger.stage(lease, "t_staging", RANGES[:2])
        assert run.ledger.done_chunks(lease) == {}
        assert database.rows("SELECT number, key_range FROM tableferry.chunks ORDER BY 1") == [
            (0, RANGES[0]),
            (1, RANGES[1]),
        ]
