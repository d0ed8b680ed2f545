"""Pages with room: a row that is updated stays in its page, and no index gets an entry for it."""

import time

import pyarrow as pa
import pytest

from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import Sync
from tests.support.databases import PgDatabase

ROWS = 4_000
EVERY = 20
"""A change in so many rows is at most nine in a page, for which a tenth of it has room."""

COUNTED = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 't'"
FACTOR = "SELECT reloptions FROM pg_class WHERE relname = 't'"


@pytest.fixture
def filled(source: Sandbox, target: PgDatabase) -> PgDatabase:
    """A target without the table, of a source with ROWS rows."""
    target.run("DROP TABLE t")
    source.run("DELETE FROM dbo.T")
    names = pa.array([f"name {n}" for n in range(ROWS)], pa.large_string())
    made = pa.table({"ID": pa.array(range(ROWS), pa.int32()), "Name": names})
    source.engine.database("McTM").load("dbo", "T", made)
    return target


def updates(target: PgDatabase) -> tuple[int, int]:
    """How many rows were updated, and how many of them stayed in their page.

    A session's counts arrive when it has ended.
    """
    for _ in range(600):
        [(all_of_them, in_their_page)] = target.rows(COUNTED)
        if all_of_them:
            return all_of_them, in_their_page
        time.sleep(0.1)
    raise AssertionError("no update was counted")


def change_some(source: Sandbox) -> None:
    source.run(f"UPDATE dbo.T SET Name = Name + N'!' WHERE ID % {EVERY} = 7")


def test_updates_of_a_created_table_leave_its_index_alone(
    source: Sandbox, filled: PgDatabase, sync: Sync
) -> None:
    sync()
    size = filled.rows("SELECT pg_relation_size('t_pkey')")
    change_some(source)
    sync()
    assert updates(filled) == (ROWS // EVERY, ROWS // EVERY)
    assert filled.rows("SELECT pg_relation_size('t_pkey')") == size


def test_a_table_of_the_users_keeps_its_pages_as_they_are(
    source: Sandbox, filled: PgDatabase, sync: Sync
) -> None:
    filled.run("CREATE TABLE t (id int PRIMARY KEY, name text)")
    sync()
    change_some(source)
    sync()
    assert filled.rows(FACTOR) == [(None,)]
    assert updates(filled)[1] < ROWS // EVERY // 2


@pytest.mark.parametrize("publish", ["swap", "truncate", "merge"])
def test_a_reload_leaves_the_room_again(
    source: Sandbox, filled: PgDatabase, sync: Sync, publish: str
) -> None:
    sync(publish=publish)
    filled.run("DELETE FROM tableferry.watermarks")
    assert sync(publish=publish).reload
    assert filled.rows(FACTOR) == [(["fillfactor=90"],)]
    change_some(source)
    sync(publish=publish)
    assert updates(filled) == (ROWS // EVERY, ROWS // EVERY)


def test_a_table_whose_every_load_is_complete_is_filled_as_ever(
    filled: PgDatabase, sync: Sync
) -> None:
    sync(mode="full")
    assert filled.rows(FACTOR) == [(None,)]
