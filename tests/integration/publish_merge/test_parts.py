"""A staging table that is filled in parts, over several connections, by one run or two."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from tableferry import postgres
from tableferry.config import Publish
from tableferry.errors import DataError, VerificationError
from tableferry.postgres.publish import Changes
from tableferry.values import target_schema
from tests.integration.loads import batch, load, planned_load
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase

Connection = postgres.TargetConnection
STAGING = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'tableferry'::regnamespace "
    "AND relkind = 'r' ORDER BY 1"
)


@pytest.fixture
def table(pg_database: PgDatabase) -> PgDatabase:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')",
        "CREATE TABLE tableferry.done (part int)",
    )
    return pg_database


def test_parts_come_over_several_connections_at_once_each_with_its_checkpoint(
    connection: Connection, table: PgDatabase
) -> None:
    plan = planned_load(connection, Publish.MERGE)
    opened = postgres.open_load(
        connection, plan, target_schema(plan.columns), postgres.Staging(parts=True)
    )
    with opened as merged:

        def carry(number: int) -> None:
            with (
                postgres.connect(settings_of(table)) as own,
                merged.part(own) as part,
            ):
                for n in range(5):
                    part.write(batch(plan, [(number * 100 + n, "new")]))
                part.commit(lambda c: c.execute(f"INSERT INTO tableferry.done VALUES ({number})"))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(carry, range(8)))
        assert merged.rows == 40
        merged.prepare()
        postgres.publish_all(connection, [merged])
        connection.commit()
    assert merged.changes == Changes(37, 3, 0, 0)
    assert table.rows("SELECT count(*), count(DISTINCT id) FROM t") == [(40, 40)]
    assert table.rows("SELECT count(*) FROM tableferry.done") == [(8,)]
    assert table.rows(STAGING) == [("done",)]


def test_a_part_that_fails_leaves_neither_rows_nor_its_checkpoint_and_is_read_again(
    connection: Connection, table: PgDatabase
) -> None:
    plan = planned_load(connection, Publish.MERGE)
    staging = postgres.Staging(parts=True)

    def checkpoint(own: Connection) -> None:
        own.execute("INSERT INTO tableferry.done VALUES (1)")
        own.execute("SELECT 1 / 0")

    with postgres.open_load(connection, plan, target_schema(plan.columns), staging) as merged:
        with pytest.raises(DataError), merged.part(connection) as part:
            part.write(batch(plan, [(1, "x")]))
            part.commit(checkpoint)
        assert merged.rows == 0
        with merged.part(connection) as part:
            part.write(batch(plan, [(1, "x")]))
            part.commit()
        merged.prepare()
        postgres.publish_all(connection, [merged])
        connection.commit()
    assert table.rows("SELECT * FROM t") == [(1, "x")]
    assert table.rows("SELECT count(*) FROM tableferry.done") == [(0,)]


def test_what_one_run_has_left_another_takes_up(connection: Connection, table: PgDatabase) -> None:
    plan = planned_load(connection, Publish.MERGE)
    staging = postgres.Staging(parts=True)
    schema = target_schema(plan.columns)
    with (
        contextlib.suppress(KeyboardInterrupt),
        postgres.open_load(connection, plan, schema, staging) as cut,
    ):
        cut.keep = True
        with cut.part(connection) as part:
            part.write(batch(plan, [(1, "first"), (2, "first")]))
            part.commit()
        raise KeyboardInterrupt
    assert table.rows("SELECT name FROM t ORDER BY id") == [("a",), ("b",), ("c",)]
    again = postgres.Staging(staging.name, parts=True, resumed=2)
    with postgres.open_load(connection, plan, schema, again) as resumed:
        with resumed.part(connection) as part:
            part.write(batch(plan, [(7, "second")]))
            part.commit()
        resumed.prepare()
        postgres.publish_all(connection, [resumed])
        connection.commit()
    assert resumed.rows == 3
    assert table.rows("SELECT * FROM t ORDER BY id") == [(1, "first"), (2, "first"), (7, "second")]
    assert table.rows(STAGING) == [("done",)]


def test_a_staging_table_that_lost_rows_is_not_gone_on_with(
    connection: Connection, table: PgDatabase
) -> None:
    plan = planned_load(connection, Publish.MERGE)
    schema = target_schema(plan.columns)
    staging = postgres.Staging(parts=True)
    with postgres.open_load(connection, plan, schema, staging) as merged:
        with merged.part(connection) as part:
            part.write(batch(plan, [(1, "x"), (2, "x")]))
            part.commit()
        table.run(f"TRUNCATE tableferry.{staging.name}")  # as after a crash: it is unlogged
        with pytest.raises(VerificationError, match="holds 0 of 2 rows"):
            merged.prepare()
    table.run(f"CREATE TABLE tableferry.{staging.name} (id int, name text)")
    again = postgres.Staging(staging.name, parts=True, resumed=2)
    with (
        pytest.raises(VerificationError, match="holds 0 of 2 rows"),
        postgres.open_load(connection, plan, schema, again),
    ):
        pass
    assert table.rows("SELECT count(*) FROM t") == [(3,)]
    assert table.rows(STAGING) == [("done",)]


def test_an_orphan_of_the_same_name_is_replaced(connection: Connection, table: PgDatabase) -> None:
    plan = planned_load(connection, Publish.MERGE)
    staging = postgres.Staging()
    table.run(f"CREATE TABLE tableferry.{staging.name} (left_over int)")
    load(connection, plan, [(1, "a")], staging)
    assert table.rows("SELECT * FROM t") == [(1, "a")]
    postgres.drop_staging(connection, staging.name)


def test_a_missing_table_is_filled_in_parts_whatever_the_way(
    connection: Connection, pg_database: PgDatabase
) -> None:
    for publish in (Publish.MERGE, Publish.SWAP):
        plan = planned_load(connection, publish)
        staging = postgres.Staging(parts=True)
        with postgres.open_load(connection, plan, target_schema(plan.columns), staging) as filled:
            with filled.part(connection) as part:
                part.write(batch(plan, [(1, "x"), (2, None)]))
                part.commit()
            filled.prepare()
            postgres.publish_all(connection, [filled])
            connection.commit()
        assert pg_database.rows("SELECT * FROM t ORDER BY 1") == [(1, "x"), (2, None)]
        assert pg_database.rows("SELECT count(*) FROM pg_constraint WHERE conname = 't_pkey'") == [
            (1,)
        ]
        pg_database.run("DROP TABLE t")
