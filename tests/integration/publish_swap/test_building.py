"""The shadow's indexes and keys, where it takes more than one attempt to build them."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tableferry import postgres
from tableferry.config import Publish
from tableferry.errors import TransientError
from tableferry.postgres.publish import shadow, swap
from tableferry.values import RefusedRows, target_schema
from tests.integration.loads import Row, batch, planned_load
from tests.support.databases import PgDatabase

Connection = postgres.TargetConnection
NEW = [(1, "new"), (3, "newer")]
BUILT = """\
SELECT pg_get_indexdef(i.indexrelid), i.indexrelid FROM pg_index i
WHERE i.indrelid = (SELECT oid FROM pg_class WHERE relname LIKE 'staging%' AND relkind = 'r')
ORDER BY 1"""
INDEXES = """\
SELECT c.relname, pg_get_indexdef(i.indexrelid), pg_get_constraintdef(k.oid), i.indexrelid::int
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid
WHERE i.indrelid = 't'::regclass ORDER BY 1"""


@pytest.fixture(autouse=True)
def step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with more rows than those that are prepared in one message."""
    monkeypatch.setattr(swap, "AT_ONCE", -1)


@pytest.fixture
def table(pg_database: PgDatabase) -> PgDatabase:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "ALTER TABLE t ADD CONSTRAINT one_name UNIQUE (name) DEFERRABLE INITIALLY DEFERRED",
        "ALTER TABLE t ADD CONSTRAINT no_other EXCLUDE (id WITH =) WITH (fillfactor = 70)",
        'CREATE UNIQUE INDEX "it\'s long" ON t (lower(name)) INCLUDE (id) WHERE id > 0',
        "CREATE INDEX by_name ON t (name DESC NULLS LAST) WITH (fillfactor = 80)",
        "INSERT INTO t VALUES (1, 'old')",
    )
    return pg_database


@contextlib.contextmanager
def loaded(
    connection: Connection, rows: Sequence[Row], refusals: RefusedRows | None = None
) -> Iterator[postgres.Load]:
    plan = planned_load(connection, Publish.SWAP)
    with postgres.open_load(connection, plan, target_schema(plan.columns), None, refusals) as load:
        load.write(batch(plan, rows))
        yield load


def cut_off_at(monkeypatch: pytest.MonkeyPatch, statement: str) -> None:
    """Have the connection break before this statement, once."""
    run = shadow.run

    def breaking(connection: Connection, statements: list[str], **how: bool) -> None:
        if any(statement in one for one in statements):
            monkeypatch.setattr(shadow, "run", run)
            raise TransientError("cut off", hint="")
        run(connection, statements, **how)

    monkeypatch.setattr(shadow, "run", breaking)


def unlike(one: list[tuple[Any, ...]], other: list[tuple[Any, ...]]) -> int:
    """How many are not among the others: each index has an oid of its own, and a number."""
    return len(set(one) - set(other))


@pytest.mark.parametrize(
    ("broken_at", "ready"), [("fillfactor='80'", 0), ("EXCLUDE", 2), ("USING INDEX", 5)]
)
def test_an_attempt_goes_on_with_the_indexes_that_an_earlier_one_has_built(
    connection: Connection,
    table: PgDatabase,
    monkeypatch: pytest.MonkeyPatch,
    broken_at: str,
    ready: int,
) -> None:
    before = table.rows(INDEXES)
    with loaded(connection, NEW) as swapped:
        cut_off_at(monkeypatch, broken_at)
        with pytest.raises(TransientError, match="cut off"):
            swapped.prepare()
        built = table.rows(BUILT)
        assert len(built) == ready
        swapped.prepare()
        assert unlike(built, table.rows(BUILT)) == 0
        postgres.publish_all(connection, [swapped])
        connection.commit()
    assert [row[:3] for row in table.rows(INDEXES)] == [row[:3] for row in before]


def test_keys_that_are_there_are_not_made_again(connection: Connection, table: PgDatabase) -> None:
    before = table.rows(INDEXES)
    with loaded(connection, NEW) as swapped:
        swapped.prepare()
        built = table.rows(BUILT)
        swapped.prepare()
        assert table.rows(BUILT) == built
        postgres.publish_all(connection, [swapped])
        connection.commit()
    assert [row[:3] for row in table.rows(INDEXES)] == [row[:3] for row in before]


@pytest.mark.parametrize(
    ("altered", "anew"),
    [
        ("ALTER INDEX by_name SET (fillfactor = 60)", 1),
        ("ALTER TABLE t DROP CONSTRAINT one_name, ADD CONSTRAINT one_name UNIQUE (name)", 1),
        ("ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id) INCLUDE (name)", 1),
        ("ALTER TABLE t DROP CONSTRAINT one_name", 2),
    ],
)
def test_what_was_altered_between_two_attempts_is_built_anew(
    connection: Connection, table: PgDatabase, altered: str, anew: int
) -> None:
    with loaded(connection, NEW) as swapped:
        swapped.prepare()
        built = table.rows(BUILT)
        table.run(altered)
        wanted = table.rows(INDEXES)
        swapped.prepare()
        assert unlike(built, table.rows(BUILT)) == anew
        postgres.publish_all(connection, [swapped])
        connection.commit()
    assert [row[:3] for row in table.rows(INDEXES)] == [row[:3] for row in wanted]


def test_keys_that_refused_rows_one_by_one_are_not_built_a_second_time(
    connection: Connection, table: PgDatabase
) -> None:
    refusals = RefusedRows(("id",), 1)
    with loaded(connection, [*NEW, (3, "newest")], refusals) as swapped:
        built = table.rows(BUILT)
        swapped.prepare()
        postgres.publish_all(connection, [swapped])
        connection.commit()
    assert [row.reason for row in refusals.rows]
    assert {row[3] for row in table.rows(INDEXES)} >= {oid for _, oid in built}
