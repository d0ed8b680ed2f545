"""Several read a table at once: into one stream, or each chunk into its own part."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

import psycopg
import pyarrow as pa
import pytest

from tableferry import postgres, sqlserver
from tableferry.config import parse_table_configs
from tableferry.errors import (
    CommitUnknownError,
    DataError,
    TableferryError,
    TransientError,
    VerificationError,
)
from tableferry.planning.plan import SyncPlan
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES, TargetConnection
from tableferry.postgres.copying import CopyIn
from tableferry.transfer import prefetch, workers
from tableferry.transfer.budget import Budget
from tableferry.transfer.chunk_loader import LoadedChunks, StoredChunk, Writing, load_chunks
from tableferry.transfer.readers import Chunk, Reading, numbered, read_chunks
from tableferry.values import Converter, target_schema
from tableferry_sandbox.faults import EndEarly, SendError, Stall
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.specs import entry

ROWS, CHUNKS = 20_000, 8
FROM_T = r"FROM \[McTM\]\.\[dbo\]\.\[T\] AS t.*ROWCOUNT"


@pytest.fixture(scope="module")
def full(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    """A sandbox with T filled, for all tests of this module."""
    running_sandbox.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(99) NULL)")
    table = pa.table(
        {
            "ID": pa.array(range(ROWS), pa.int32()),
            "Name": pa.array(["new" * 30] * ROWS, pa.large_string()),
        }
    )
    running_sandbox.engine.database("McTM").load("dbo", "T", table)
    yield running_sandbox
    running_sandbox.run("DROP TABLE dbo.T")


@pytest.fixture
def from_t(full: Sandbox) -> Iterator[Sandbox]:
    yield full
    full.server.faults.clear()
    assert threads() == []


@pytest.fixture
def into_t(pg_database: PgDatabase) -> PgDatabase:
    """A staging table, and one for the checkpoints."""
    pg_database.run(
        "CREATE TABLE t (id int, name text)",
        "CREATE TABLE done (number int PRIMARY KEY, rows bigint)",
    )
    return pg_database


def threads() -> list[str]:
    names = {prefetch.THREAD, workers.THREAD}
    return [thread.name for thread in threading.enumerate() if thread.name in names]


def reading_of(
    sandbox: Sandbox,
    parallel: int,
    chunks: int = CHUNKS,
    only: Callable[[Chunk], bool] = lambda _chunk: True,
    *,
    budget: Budget | None = None,
    check: Callable[[], None] = lambda: None,
    **changes: Any,
) -> Reading:
    """Plan and cut T as the settings say."""
    configured = entry(
        sql_table="dbo.T", batch_size=500, chunks=chunks, parallel=parallel, **changes
    )
    spec = parse_table_configs({"t": configured})["t"]

    def opened() -> sqlserver.SourceConnection:
        return sqlserver.connect(
            sandbox.source(),
            lock_timeout=spec.lock_timeout,
            statement_timeout=spec.statement_timeout,
        )

    with opened() as connection:
        schema = sqlserver.read_schema(connection, spec.source)
        isolation = sqlserver.read_isolation(connection, "McTM")
        plan = plan_table(spec, schema, None, strategies=STRATEGIES, isolation=isolation)
        cut = sqlserver.split_table(connection, plan)
    wanted = [chunk for chunk in numbered(cut.ranges) if only(chunk)]
    return Reading(plan, wanted, opened, sqlserver.RateLimit(), budget or Budget(), check)


class CopiedPart:
    """A part as a staged load makes it."""

    def __init__(self, connection: TargetConnection, plan: SyncPlan) -> None:
        self._connection = connection
        self._copy = CopyIn(connection, "t", ["id", "name"], target_schema(plan.columns))

    @property
    def rows(self) -> int:
        return self._copy.rows

    def __enter__(self) -> Self:
        self._connection.begin()
        self._copy.__enter__()
        return self

    def write(self, batch: pa.RecordBatch) -> None:
        self._copy.write(batch)

    def commit(self, checkpoint: Callable[[TargetConnection], None]) -> None:
        self._copy.finish()
        checkpoint(self._connection)
        self._connection.commit()

    def settle(self) -> None:
        """Nobody counts what is stored."""

    def __exit__(self, *error: object) -> None:
        self._copy.__exit__(*error)
        self._connection.rollback()


def load(reading: Reading, database: PgDatabase, **changes: Any) -> LoadedChunks:
    def checkpoint(connection: TargetConnection, stored: StoredChunk) -> None:
        connection.execute(f"INSERT INTO done VALUES ({stored.number}, {stored.rows})")

    spec = reading.plan.spec
    given: dict[str, Any] = {
        "open_target": lambda: postgres.connect(settings_of(database)),
        "part": lambda connection, _refusals: CopiedPart(connection, reading.plan),
        "converter": lambda refusals: Converter(
            reading.plan.columns, spec.on_invalid, spec.trailing_blanks, refusals
        ),
        "checkpoint": checkpoint,
        "is_stored": lambda _number: False,
    }
    return load_chunks(reading, Writing(**{**given, **changes}))


def done(database: PgDatabase) -> dict[int, int]:
    return {int(str(n)): int(str(rows)) for n, rows in database.rows("SELECT * FROM done")}


@pytest.mark.parametrize("parallel", [1, 3, 16])
def test_the_rows_of_all_chunks_come_in_one_stream_once(from_t: Sandbox, parallel: int) -> None:
    reading = reading_of(from_t, parallel)
    assert reading.workers == min(parallel, CHUNKS)
    with read_chunks(reading) as gathered:
        found = [number for batch in gathered for number in batch.column(0).to_pylist()]
    assert sorted(found) == list(range(ROWS))
    assert gathered.rows == ROWS


def test_memory_is_bounded_by_one_budget_for_all(from_t: Sandbox) -> None:
    budget = Budget(200_000)
    most = 0
    with read_chunks(reading_of(from_t, 4, budget=budget)) as gathered:
        for _ in gathered:
            time.sleep(0.005)
            most = max(most, budget.used)
    assert 100_000 < most < 200_000 + 100_000
    assert budget.used == 0


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (SendError(601, "Could not continue scan with NOLOCK due to data movement.", 700),
         TransientError),
        (SendError(8134, "Divide by zero error encountered."), DataError),
        (EndEarly(after_rows=100), VerificationError),
    ],
)  # fmt: skip
def test_the_first_error_ends_all_and_is_told(
    from_t: Sandbox, fault: Any, kind: type[TableferryError]
) -> None:
    reading = reading_of(from_t, 3)
    from_t.server.faults.on_statement(FROM_T, fault)
    with pytest.raises(kind), read_chunks(reading) as gathered:
        list(gathered)


def test_a_check_that_raises_ends_all(from_t: Sandbox) -> None:
    asked = threading.Semaphore(10)

    def check() -> None:
        if not asked.acquire(blocking=False):
            raise TimeoutError("it is time")

    with (
        pytest.raises(TimeoutError, match="it is time"),
        read_chunks(reading_of(from_t, 3, check=check)) as gathered,
    ):
        list(gathered)


def test_one_of_several_that_says_nothing_is_given_up(
    from_t: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefetch, "LEAVING_SECONDS", 10.0)
    reading = reading_of(from_t, 3, statement_timeout=1)
    from_t.server.faults.on_statement(FROM_T, Stall(3.0, after_rows=100))
    with (
        pytest.raises(TransientError, match="said nothing for 1 seconds"),
        read_chunks(reading) as gathered,
    ):
        list(gathered)


@pytest.mark.parametrize(
    ("parallel", "consistency", "moments"),
    [(1, "snapshot", False), (2, "snapshot", True), (1, "nolock", True)],
)
def test_that_chunks_were_read_at_different_moments_is_told(
    from_t: Sandbox, parallel: int, consistency: str, moments: bool
) -> None:
    from_t.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")
    reading = reading_of(from_t, parallel, consistency=consistency)
    with read_chunks(reading) as gathered:
        assert sum(batch.num_rows for batch in gathered) == ROWS
    assert reading.is_of_one_moment is not moments
    assert any("different moments" in text for text in reading.warnings) is moments


@pytest.mark.parametrize("parallel", [1, 3])
def test_every_chunk_is_stored_with_its_checkpoint(
    from_t: Sandbox, into_t: PgDatabase, parallel: int
) -> None:
    told: list[tuple[int, int]] = []
    reading = reading_of(from_t, parallel)
    loaded = load(reading, into_t, on_batch=lambda *batch: told.append(batch))
    assert loaded.rows == ROWS
    assert sum(rows for rows, _ in told) == ROWS
    assert all(size > 0 for _, size in told)
    assert done(into_t) == dict.fromkeys(range(CHUNKS), ROWS // CHUNKS)
    assert into_t.rows("SELECT count(*), count(DISTINCT id) FROM t") == [(ROWS, ROWS)]


def test_chunks_without_rows_are_stored_too(from_t: Sandbox, into_t: PgDatabase) -> None:
    reading = reading_of(from_t, 2)
    from_t.run("DELETE FROM dbo.T WHERE ID >= 5000")
    try:
        assert load(reading, into_t).rows == 5000
    finally:
        from_t.run(
            "INSERT INTO dbo.T SELECT value, REPLICATE(N'new', 30) "
            f"FROM GENERATE_SERIES(5000, {ROWS - 1})"
        )
    assert done(into_t) == {n: ROWS // CHUNKS if n < 2 else 0 for n in range(CHUNKS)}


def test_what_is_stored_stays_when_another_chunk_fails_and_only_the_rest_is_read_again(
    from_t: Sandbox, into_t: PgDatabase
) -> None:
    reading = reading_of(from_t, 2)
    text = "Could not continue scan with NOLOCK due to data movement."
    from_t.server.faults.on_statement(r"CAST\(10000 AS int\).*ROWCOUNT", SendError(601, text, 700))
    with pytest.raises(TransientError):
        load(reading, into_t)
    stored = done(into_t)
    assert 0 < len(stored) < CHUNKS
    assert into_t.rows("SELECT count(*) FROM t") == [(sum(stored.values()),)]
    rest = reading_of(from_t, 2, only=lambda chunk: chunk.number not in stored)
    assert load(rest, into_t).rows == ROWS - sum(stored.values())
    assert done(into_t) == dict.fromkeys(range(CHUNKS), ROWS // CHUNKS)
    assert into_t.rows("SELECT count(*), count(DISTINCT id) FROM t") == [(ROWS, ROWS)]


def test_a_backend_that_is_killed_ends_all_and_leaves_whole_chunks(
    from_t: Sandbox, into_t: PgDatabase
) -> None:
    def kill_one(_rows: int, _bytes: int) -> None:
        into_t.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE query LIKE 'COPY%' AND datname = current_database() LIMIT 1"
        )

    with pytest.raises(TransientError):
        load(reading_of(from_t, 3), into_t, on_batch=kill_one)
    assert into_t.rows("SELECT count(*) FROM t") == [(sum(done(into_t).values()),)]


def test_a_commit_whose_answer_was_lost_is_to_be_looked_up_and_tried_again(
    from_t: Sandbox, into_t: PgDatabase
) -> None:
    reading = reading_of(from_t, 2)

    class Unlucky(CopiedPart):
        def commit(self, checkpoint: Callable[[TargetConnection], None]) -> None:
            super().commit(checkpoint)
            raise CommitUnknownError("The connection was lost", code="08006")

    with pytest.raises(TransientError, match="chunk") as raised:
        load(reading, into_t, part=lambda connection, _: Unlucky(connection, reading.plan))
    assert not isinstance(raised.value, CommitUnknownError)
    assert done(into_t)


def test_what_converting_has_touched_is_counted_over_all_workers(
    from_t: Sandbox, into_t: PgDatabase
) -> None:
    changed = "UPDATE dbo.T SET Name = N'a' + NCHAR(0) WHERE ID % 5000 = 0"
    from_t.run(changed)
    try:
        loaded = load(reading_of(from_t, 3, on_invalid="strip"), into_t)
    finally:
        from_t.run("UPDATE dbo.T SET Name = REPLICATE(N'new', 30) WHERE ID % 5000 = 0")
    assert sum(loaded.touched["Name"].values()) == 4


def test_who_waits_for_a_lock_in_the_target_is_cancelled_when_another_fails(
    from_t: Sandbox, into_t: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "LEAVING_SECONDS", 5.0)
    copied, blocked = threading.Event(), threading.Event()

    def checkpoint(connection: TargetConnection, stored: StoredChunk) -> None:
        if stored.number == 0:
            copied.set()
            blocked.wait(10)
            raise DataError("a chunk failed")
        if not blocked.is_set():
            # Behind who waits for this lock the other's COPY would wait too.
            copied.wait(10)
            blocked.set()
            connection.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")

    with into_t.connect(autocommit=False) as other:
        other.execute("SELECT FROM t")
        with pytest.raises(DataError, match="a chunk failed"):
            load(reading_of(from_t, 2), into_t, checkpoint=checkpoint)
        assert other.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
    assert into_t.rows("SELECT count(*) FROM t") == [(0,)]
