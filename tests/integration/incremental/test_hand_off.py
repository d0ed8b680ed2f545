"""A first load in chunks is of one moment, however much changes while it is read."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tableferry import sqlserver
from tableferry.model.key_range import KeyRange
from tableferry.runs import load_together
from tableferry.runs.outcome import Status
from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import ROWS, Sync, rows, source_rows
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger

MOVES = [
    "UPDATE dbo.T SET ID = 1002 WHERE ID = 2",  # read at its old key, not at its new one
    "UPDATE dbo.T SET ID = -50 WHERE ID = 50",  # read at neither
    "UPDATE dbo.T SET ID = 1040 WHERE ID = 40",  # read at its new key
    "UPDATE dbo.T SET Name = N'early' WHERE ID = 3",  # changed after it was read
    "UPDATE dbo.T SET Name = N'late' WHERE ID = 45",  # changed before it was read
    "DELETE FROM dbo.T WHERE ID = 4",
    "DELETE FROM dbo.T WHERE ID = 44",
    "INSERT INTO dbo.T VALUES (-1, N'first'), (2000, N'last')",
    "DELETE FROM dbo.T WHERE ID = 5; INSERT INTO dbo.T VALUES (5, N'used again')",
]
"""After the first chunk (1 to 12 or so) was read, before the last."""

IN_CHUNKS: dict[str, Any] = {"chunks": 4, "parallel": 1}
Between = Callable[[int, Callable[[], None]], None]


@pytest.fixture
def before_chunk(monkeypatch: pytest.MonkeyPatch) -> Between:
    """Run something at the source before the SELECT of a chunk, counted from 0, is sent."""

    def at(number: int, work: Callable[[], None]) -> None:
        batches = sqlserver.TableReader.batches
        seen = iter(range(1000))

        def counted(reader: sqlserver.TableReader, *keys: KeyRange) -> Iterator[Any]:
            if keys and keys[0].condition and next(seen) == number:
                work()
            return batches(reader, *keys)

        monkeypatch.setattr(sqlserver.TableReader, "batches", counted)

    return at


@pytest.mark.parametrize("publish", ["swap", "merge", "auto"])
@pytest.mark.parametrize("create", [False, True])
def test_what_moves_changes_or_goes_while_chunks_are_read_is_as_it_is_at_the_end(
    source: Sandbox,
    target: PgDatabase,
    sync: Sync,
    before_chunk: Between,
    publish: str,
    create: bool,
) -> None:
    if create:
        target.run("DROP TABLE t")
    before_chunk(2, lambda: [source.run(move) for move in MOVES] and None)
    outcome = sync(publish=publish, **IN_CHUNKS)
    assert outcome.status is Status.OK, outcome.error
    assert rows(target) == source_rows(source)
    assert not any("different moments" in warning for warning in outcome.warnings)
    assert target.rows("SELECT read_at_one_moment FROM tableferry.table_runs") == [(True,)]
    source.run("UPDATE dbo.T SET Name = N'after' WHERE ID = 6")
    assert sync(publish=publish, **IN_CHUNKS).rows_read == 1
    assert rows(target) == source_rows(source)


def test_a_unique_value_that_moves_with_its_row_between_chunks_is_there_once(
    source: Sandbox, target: PgDatabase, sync: Sync, before_chunk: Between
) -> None:
    target.run("ALTER TABLE t ADD UNIQUE (name)")
    before_chunk(2, lambda: source.run("UPDATE dbo.T SET ID = 1002 WHERE ID = 2"))
    outcome = sync(publish="swap", **IN_CHUNKS)
    assert outcome.status is Status.OK, outcome.error
    assert rows(target) == source_rows(source)


def test_a_resumed_load_is_of_one_moment_too(
    source: Sandbox, target: PgDatabase, sync: Sync, before_chunk: Between
) -> None:
    def cut_off() -> None:
        raise KeyboardInterrupt

    before_chunk(2, cut_off)
    assert sync(publish="swap", **IN_CHUNKS).status is Status.CANCELLED
    for move in MOVES:
        source.run(move)
    outcome = sync(publish="swap", **IN_CHUNKS)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.rows_resumed > 0
    assert rows(target) == source_rows(source)


def test_a_table_that_is_truncated_while_its_chunks_are_read_is_read_again(
    source: Sandbox, target: PgDatabase, sync: Sync, before_chunk: Between
) -> None:
    def truncate() -> None:
        source.run("TRUNCATE TABLE dbo.T")
        source.run("INSERT INTO dbo.T VALUES (1, N'the only one')")

    before_chunk(2, truncate)
    outcome = sync(publish="swap", max_shrink=100, **IN_CHUNKS)
    assert outcome.status is Status.OK, outcome.error
    assert "read in vain: the source table was truncated" in outcome.retried[0]
    assert rows(target) == [(1, "the only one")]


def test_no_snapshot_stays_open_from_one_chunk_to_the_next(
    source: Sandbox, target: PgDatabase, sync: Sync, before_chunk: Between
) -> None:
    """One that did would not see the row that is deleted before its chunk is read."""
    before_chunk(3, lambda: source.run("DELETE FROM dbo.T WHERE ID = 50"))
    assert sync(publish="merge", **IN_CHUNKS).rows_read == ROWS - 1
    assert rows(target) == source_rows(source)


def test_a_load_in_one_stream_reads_in_the_snapshot_of_its_version(
    source: Sandbox, target: PgDatabase, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = sqlserver.TableReader.batches

    def late(reader: sqlserver.TableReader, *keys: KeyRange) -> Iterator[Any]:
        source.run("UPDATE dbo.T SET Name = N'late' WHERE ID = 50")
        return batches(reader, *keys)

    with monkeypatch.context() as patched:
        patched.setattr(sqlserver.TableReader, "batches", late)
        assert sync(publish="truncate").rows_read == ROWS
    assert (50, "late") not in rows(target)
    outcome = sync(publish="truncate")
    assert outcome.rows_read == 1, outcome.error
    assert rows(target) == source_rows(source)


def test_a_watchdog_that_the_catch_up_could_not_start_is_a_warning_of_the_outcome(
    source: Sandbox, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.run("ALTER TABLE dbo.T ALTER COLUMN Name nvarchar(max)")
    fill = load_together.load_rows

    def then_without_a_python(*given: Any, **more: Any) -> Any:
        load = fill(*given, **more)
        monkeypatch.setattr(sys, "executable", "/dev/null/python")
        return load

    monkeypatch.setattr(load_together, "load_rows", then_without_a_python)
    outcome = sync(chunks=2, publish="swap")
    assert outcome.ok, outcome.error
    warning = "the watchdog process could not be started: Not a directory"
    assert outcome.warnings.count(warning) == 1
