"""Several tables become visible in one transaction; nobody waits for one for another's sake."""

import contextlib
import functools

import pytest

from tableferry import postgres
from tableferry.config import Publish
from tableferry.errors import DataError, TransientError
from tableferry.planning.plan import SyncPlan
from tableferry.postgres import locks
from tableferry.postgres.publish import together
from tableferry.values import target_schema
from tests.integration.loads import PEOPLE, batch, planned_load
from tests.support.databases import PgDatabase

Connection = postgres.TargetConnection
NAMES = ("a", "b", "c")


@pytest.fixture
def tables(pg_database: PgDatabase) -> PgDatabase:
    for name in NAMES:
        pg_database.run(
            f"CREATE TABLE {name} (id int PRIMARY KEY, name text)",
            f"INSERT INTO {name} VALUES (1, 'old')",
        )
    return pg_database


def seen(database: PgDatabase) -> list[object]:
    return [database.rows(f"SELECT name FROM {name}")[0][0] for name in NAMES]


def plans(connection: Connection) -> dict[str, SyncPlan]:
    ways = (Publish.SWAP, Publish.MERGE, Publish.SWAP)
    return {
        name: planned_load(connection, way, PEOPLE, target=name)
        for name, way in zip(NAMES, ways, strict=True)
    }


def filled(
    connection: Connection, stack: contextlib.ExitStack, rows: dict[str, list[tuple[int, str]]]
) -> list[postgres.Load]:
    loads = []
    for name, plan in plans(connection).items():
        load = stack.enter_context(
            postgres.open_load(connection, plan, target_schema(plan.columns))
        )
        load.write(batch(plan, rows.get(name, [(1, "new")])))
        load.prepare()
        loads.append(load)
    return loads


def test_tables_become_visible_together(connection: Connection, tables: PgDatabase) -> None:
    with contextlib.ExitStack() as stack:
        loads = filled(connection, stack, {})
        assert seen(tables) == ["old"] * 3
        postgres.publish_all(connection, loads)
        connection.commit()
    assert seen(tables) == ["new"] * 3
    assert tables.rows("SELECT relname FROM pg_class WHERE relname LIKE 'staging%'") == []


def test_the_failure_of_one_keeps_the_old_rows_of_all(
    connection: Connection, tables: PgDatabase
) -> None:
    tables.run("CREATE TABLE orders (b_id int REFERENCES b)", "INSERT INTO orders VALUES (1)")
    with contextlib.ExitStack() as stack:
        loads = filled(connection, stack, {"b": [(2, "new")]})
        with pytest.raises(DataError):
            postgres.publish_all(connection, loads)
    assert seen(tables) == ["old"] * 3
    assert tables.rows("SELECT relname FROM pg_class WHERE relname LIKE 'staging%'") == []


def test_no_table_is_locked_while_the_lock_on_another_is_not_to_be_had(
    connection: Connection, tables: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[float] = []

    def read_between(pause: float) -> None:
        tried.append(pause)
        assert seen(tables) == ["old"] * 3, "readers of the other tables get in"
        if len(tried) == 3:
            holder.rollback()

    patient = functools.partial(locks.retry_brief_locks, sleep=read_between)
    monkeypatch.setattr(together, "retry_brief_locks", patient)
    with contextlib.ExitStack() as stack:
        loads = filled(connection, stack, {})
        holder = stack.enter_context(tables.connect(autocommit=False))
        holder.execute("SELECT * FROM c")
        postgres.publish_all(connection, loads)
        connection.commit()
    assert len(tried) == 3
    assert seen(tables) == ["new"] * 3


def test_a_transaction_that_is_open_already_is_joined_and_survives_a_lock_that_is_not_to_be_had(
    connection: Connection, tables: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = functools.partial(locks.retry_brief_locks, patience=0.2)
    monkeypatch.setattr(together, "retry_brief_locks", impatient)
    tables.run("CREATE TABLE book (entry text)")
    with contextlib.ExitStack() as stack:
        loads = filled(connection, stack, {})
        holder = stack.enter_context(tables.connect(autocommit=False))
        holder.execute("SELECT * FROM a")
        connection.begin()
        connection.execute("INSERT INTO book VALUES ('in the same transaction')")
        with pytest.raises(TransientError, match="has held a, c for"):
            postgres.publish_all(connection, loads)
        assert connection.rows("SELECT count(*) FROM book") == [(1,)]
        holder.rollback()
        connection.rollback()
        connection.begin()
        connection.execute("INSERT INTO book VALUES ('again')")
        postgres.publish_all(connection, loads)
        connection.commit()
    assert seen(tables) == ["new"] * 3
    assert tables.rows("SELECT entry FROM book") == [("again",)]
