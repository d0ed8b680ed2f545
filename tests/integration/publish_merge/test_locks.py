"""Readers never notice a merge; writers wait for its transaction, and deadlocks are told."""

import threading
import time
from collections.abc import Callable

import pytest

from tableferry import postgres
from tableferry.config import DriftPolicy, Publish
from tableferry.errors import TransientError
from tableferry.postgres import locks
from tableferry.postgres.publish import merge
from tableferry.values import target_schema
from tests.integration.loads import INT, PEOPLE, batch, load, planned_load
from tests.support.databases import PgDatabase

Connection = postgres.TargetConnection


@pytest.fixture
def table(pg_database: PgDatabase) -> PgDatabase:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')",
    )
    return pg_database


ROWS = [(1, "new"), (3, "c"), (4, "d")]


def test_readers_read_the_old_rows_while_a_merge_is_under_way_and_wait_for_nothing(
    connection: Connection, table: PgDatabase
) -> None:
    plan = planned_load(connection, Publish.MERGE)
    with (
        table.connect() as reader,
        postgres.open_load(connection, plan, target_schema(plan.columns)) as merged,
    ):
        reader.execute("SET lock_timeout = 1")
        reading = "SELECT id, name FROM t ORDER BY id"
        old = reader.execute(reading).fetchall()
        for step in (lambda: merged.write(batch(plan, ROWS)), merged.prepare, merged.publish):
            step()
            assert reader.execute(reading).fetchall() == old
            assert reader.execute(f"{reading} FOR SHARE SKIP LOCKED").fetchall()
        connection.commit()
        assert reader.execute(reading).fetchall() == ROWS


def test_a_merge_does_not_wait_for_a_query_that_never_ends(
    connection: Connection, table: PgDatabase
) -> None:
    plan = planned_load(connection, Publish.MERGE)
    with table.connect(autocommit=False) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old = reader.execute("SELECT * FROM t").fetchall()
        load(connection, plan, ROWS)
        assert reader.execute("SELECT * FROM t").fetchall() == old


def test_a_writer_that_holds_the_table_is_waited_for_and_then_the_merge_gives_up(
    connection: Connection, table: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient: Callable[..., None] = lambda *args, **more: locks.lock_beside_readers(  # noqa: E731
        *args, **more, patience=0.2
    )
    monkeypatch.setattr(merge, "lock_beside_readers", impatient)
    plan = planned_load(connection, Publish.MERGE)
    with table.connect(autocommit=False) as writer:
        writer.execute("UPDATE t SET name = 'mine' WHERE id = 2")
        with pytest.raises(TransientError, match=r"has held public\.t") as raised:
            load(connection, plan, ROWS)
        writer.commit()
    assert raised.value.code == "55P03"
    assert table.rows("SELECT name FROM t ORDER BY id") == [("a",), ("mine",), ("c",)]


def test_a_deadlock_is_transient_and_the_next_try_publishes_the_same_staging_table(
    connection: Connection, table: PgDatabase
) -> None:
    table.run("CREATE TABLE other (id int)")
    plan = planned_load(connection, Publish.MERGE)
    with (
        table.connect(autocommit=False) as rival,
        postgres.open_load(connection, plan, target_schema(plan.columns)) as merged,
    ):
        merged.write(batch(plan, ROWS))
        merged.prepare()
        # The rival has a row that the merge needs, and wants what the merge has.
        rival.execute("SET deadlock_timeout = '1h'")  # so it is the merge that notices
        rival.execute("SELECT * FROM t WHERE id = 1 FOR UPDATE")

        def want() -> None:
            while not table.rows("SELECT FROM pg_locks WHERE NOT granted"):
                time.sleep(0.01)
            rival.execute("UPDATE t SET name = 'rival' WHERE id = 3")
            rival.rollback()

        wanting = threading.Thread(target=want)
        wanting.start()
        with pytest.raises(TransientError) as raised:
            postgres.publish_all(connection, [merged])
        connection.rollback()
        wanting.join()
        assert raised.value.code == "40P01"
        postgres.publish_all(connection, [merged])
        connection.commit()
    assert table.rows("SELECT id, name FROM t ORDER BY 1") == ROWS


def test_added_columns_lock_readers_out_and_the_lock_is_asked_for_briefly(
    connection: Connection, table: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient: Callable[..., None] = lambda *args, **more: locks.lock_exclusively(  # noqa: E731
        *args, **more, patience=0.2
    )
    monkeypatch.setattr(merge, "lock_exclusively", impatient)
    columns = (*PEOPLE, ("age", INT))
    plan = planned_load(connection, Publish.MERGE, columns, drift=DriftPolicy.ADD_COLUMNS)
    with table.connect(autocommit=False) as reader:
        reader.execute("SELECT * FROM t")
        with pytest.raises(TransientError, match=r"has held public\.t"):
            load(connection, plan, [(*row, 1) for row in ROWS])
    assert table.rows("SELECT count(*) FROM t") == [(3,)]
