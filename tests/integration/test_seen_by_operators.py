"""What whoever is on call sees of a long statement in ``pg_stat_activity``, which cuts its text."""

import re
import threading
from collections.abc import Iterator

import pytest

from tableferry import postgres
from tableferry.config import Publish
from tableferry.postgres.publish import merge, swap
from tableferry.values import target_schema
from tests.integration.loads import batch, planned_load
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase

SHOWN = 100
"""Characters at the beginning, of the 1,024 bytes that servers show by default."""

RUNNING = f"""\
SELECT left(query, {SHOWN}) FROM pg_stat_activity
WHERE state = 'active' AND wait_event = 'PgSleep' AND pid <> pg_backend_pid()"""


@pytest.fixture
def table(pg_database: PgDatabase) -> PgDatabase:
    """A table with an index that takes its time."""
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'old')",
        "CREATE FUNCTION slow(name text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS "
        "'BEGIN PERFORM pg_sleep(0.2); RETURN name; END'",
        "CREATE INDEX late ON t (slow(name))",
        "CREATE SCHEMA tableferry",
    )
    return pg_database


@pytest.fixture
def connection(table: PgDatabase) -> Iterator[postgres.TargetConnection]:
    with postgres.connect(settings_of(table)) as opened:
        yield opened


def seen_while_loading(
    connection: postgres.TargetConnection, table: PgDatabase, publish: Publish
) -> set[str]:
    """What is seen of the statements that take long."""
    seen: set[str] = set()
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.is_set():
            seen.update(str(query) for (query,) in table.rows(RUNNING))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        plan = planned_load(connection, publish)
        with postgres.open_load(connection, plan, target_schema(plan.columns)) as opened:
            opened.write(batch(plan, [(number, "new") for number in range(5)]))
            opened.prepare()
            postgres.publish_all(connection, [opened])
            connection.commit()
    finally:
        is_over.set()
        watching.join()
    return seen


@pytest.mark.parametrize("most", [-1, 10_000], ids=["step by step", "at once"])
def test_an_index_that_is_built_is_seen_at_the_beginning(
    connection: postgres.TargetConnection,
    table: PgDatabase,
    most: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(swap, "AT_ONCE", most)
    seen = seen_while_loading(connection, table, Publish.SWAP)
    assert any(re.match(r"/\* CREATE (UNIQUE )?INDEX", text) for text in seen), seen
    assert not any(
        text.startswith(("BEGIN", "COMMIT", "SET", "SELECT set_config")) for text in seen
    )


@pytest.mark.parametrize("most", [-1, 10_000], ids=["step by step", "at once"])
def test_a_merge_is_seen_at_the_beginning(
    connection: postgres.TargetConnection,
    table: PgDatabase,
    most: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(merge, "AT_ONCE", most)
    seen = seen_while_loading(connection, table, Publish.MERGE)
    assert seen
    assert not any(text.startswith(("BEGIN", "COMMIT", "SET", "SAVEPOINT")) for text in seen)


def test_a_name_cannot_end_the_comment_that_shows_it(
    connection: postgres.TargetConnection, pg_database: PgDatabase
) -> None:
    name = '"*/ DROP TABLE t; /*"'
    with connection.transaction():
        connection.execute(f"CREATE TABLE {name} (id int)")
    assert pg_database.rows("SELECT count(*) FROM t") == [(1,)]
    assert pg_database.rows(f"SELECT count(*) FROM {name}") == [(0,)]
