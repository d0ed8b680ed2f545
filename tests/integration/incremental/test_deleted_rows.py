"""What becomes of rows that Change Tracking reports as deleted."""

import pytest

from tableferry.runs.outcome import Status
from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import ROWS, Sync
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger


@pytest.fixture
def marking(target: PgDatabase) -> PgDatabase:
    target.run("ALTER TABLE t ADD COLUMN gone_at timestamptz")
    return target


def marked(target: PgDatabase) -> list[object]:
    return [row[0] for row in target.rows("SELECT id FROM t WHERE gone_at IS NOT NULL ORDER BY id")]


def test_a_deleted_row_is_marked_and_unmarked_when_it_comes_back(
    source: Sandbox, marking: PgDatabase, sync: Sync
) -> None:
    assert sync(deletes="soft:gone_at").reload == "first_load"
    source.run("DELETE FROM dbo.T WHERE ID <= 2; UPDATE dbo.T SET Name = N'new' WHERE ID = 3")
    outcome = sync(deletes="soft:gone_at")
    assert outcome.reload == ""
    assert outcome.changes == {"inserted": 0, "updated": 1, "deleted": 2, "unchanged": 0}
    assert marked(marking) == [1, 2]
    first = marking.rows("SELECT ctid::text, gone_at FROM t WHERE id = 1")
    source.run("INSERT INTO dbo.T VALUES (2, N'name 2'), (99, N'new')")
    source.run("DELETE FROM dbo.T WHERE ID = 99")
    outcome = sync(deletes="soft:gone_at")
    assert outcome.changes == {"inserted": 0, "updated": 1, "deleted": 0, "unchanged": 0}
    assert marked(marking) == [1]
    assert marking.rows("SELECT ctid::text, gone_at FROM t WHERE id = 1") == first
    assert marking.rows("SELECT count(*) FROM t") == [(ROWS,)]


def test_an_updated_key_is_a_marked_row_and_a_new_one(
    source: Sandbox, marking: PgDatabase, sync: Sync
) -> None:
    sync(deletes="soft:gone_at")
    source.run("UPDATE dbo.T SET ID = 1000 WHERE ID = 1")
    sync(deletes="soft:gone_at")
    assert marked(marking) == [1]
    assert marking.rows("SELECT name FROM t WHERE id = 1000") == [("name 1",)]


@pytest.mark.parametrize("chunks", [1, 3])
def test_a_reload_marks_what_was_deleted_in_between(
    source: Sandbox, marking: PgDatabase, sync: Sync, chunks: int
) -> None:
    sync(deletes="soft:gone_at", chunks=chunks)
    source.run("DELETE FROM dbo.T WHERE ID = 5")
    source.run("ALTER TABLE dbo.T DISABLE CHANGE_TRACKING")
    source.run("ALTER TABLE dbo.T ENABLE CHANGE_TRACKING")
    outcome = sync(deletes="soft:gone_at", chunks=chunks)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.reload
    assert outcome.publish == "merge"
    assert marked(marking) == [5]


def test_another_mark_begins_with_a_complete_load(
    source: Sandbox, marking: PgDatabase, sync: Sync
) -> None:
    sync(deletes="soft:gone_at")
    source.run("DELETE FROM dbo.T WHERE ID = 5")
    sync(deletes="soft:gone_at")
    marking.run("ALTER TABLE t ADD COLUMN deleted boolean")
    outcome = sync(deletes="soft:deleted", drift="ignore")
    assert outcome.reload == "entry_changed"
    assert marking.rows("SELECT id FROM t WHERE deleted") == [(5,)]


@pytest.mark.parametrize("chunks", [1, 3])
def test_deleted_rows_that_are_ignored_stay_and_the_outcome_says_so(
    source: Sandbox, target: PgDatabase, sync: Sync, chunks: int
) -> None:
    first = sync(deletes="ignore", chunks=chunks)
    assert first.status is Status.OK, first.error
    source.run("DELETE FROM dbo.T WHERE ID = 1; UPDATE dbo.T SET Name = N'new' WHERE ID = 2")
    outcome = sync(deletes="ignore", chunks=chunks)
    assert outcome.status is Status.OK, outcome.error
    assert any("deletes not followed" in warning for warning in outcome.warnings)
    assert target.rows("SELECT id, name FROM t WHERE id <= 2 ORDER BY id") == [
        (1, "name 1"),
        (2, "new"),
    ]


@pytest.mark.parametrize("chunks", [1, 3])
@pytest.mark.parametrize("keeps", ["ignore", "soft:gone_at"])
def test_rows_that_stay_survive_a_reload_of_an_emptied_source(
    source: Sandbox, target: PgDatabase, sync: Sync, keeps: str, chunks: int
) -> None:
    target.run("ALTER TABLE t ADD gone_at timestamptz")
    sync(deletes=keeps, drift="ignore", chunks=chunks, max_shrink=100)
    source.run("TRUNCATE TABLE dbo.T; INSERT INTO dbo.T VALUES (1, N'the only one')")
    outcome = sync(deletes=keeps, drift="ignore", chunks=chunks, max_shrink=100)
    assert (outcome.status, outcome.reload) == (Status.OK, "truncated"), outcome.error
    assert outcome.publish == "merge"
    assert target.rows("SELECT count(*) FROM t") == [(ROWS,)]
    assert target.rows("SELECT name FROM t WHERE id = 1") == [("the only one",)]
    assert not any("is empty now" in warning for warning in outcome.warnings)
