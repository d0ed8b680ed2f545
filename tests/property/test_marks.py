"""Random loads of a table whose deleted rows are marked, against a model in Python.

The unmarked rows are always the source's, no row is ever lost, and what need not change is not
touched, whether a load holds every row or changes alone.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tableferry.model.schema import PgType, TargetColumn
from tableferry.planning.mark import Mark
from tableferry.postgres.publish.merge_sql import Merging
from tests.support.databases import PgDatabase

SOMETIMES = settings(deadline=None, max_examples=25)

KEYS = st.integers(1, 5)
ROWS = st.dictionaries(KEYS, st.sampled_from(["a", "b", None]))
STEP = st.tuples(ROWS, st.booleans(), st.sets(KEYS))
STEPS = st.lists(STEP, min_size=1, max_size=6)

Row = tuple[str | None, bool]
Place = tuple[str | None, bool, object, str]


@pytest.fixture(scope="module")
def connection(module_pg_database: PgDatabase) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(module_pg_database.conninfo, autocommit=True) as opened:
        yield opened


def merging(mark: Mark, *, complete: bool) -> Merging:
    return Merging(
        target="ONLY t",
        staging="staged",
        columns=["id", "v"],
        key=["id"],
        complete=complete,
        deleted_keys="" if complete else "keys",
        mark=mark,
    )


def expected(
    before: dict[int, Row], rows: dict[int, str | None], gone: set[int]
) -> tuple[dict[int, Row], tuple[int, int, int]]:
    """What a load leaves, and how many rows it inserts, updates and marks."""
    after = {**before, **{key: (value, False) for key, value in rows.items()}}
    marked = [key for key in gone if key in before and not before[key][1]]
    after |= {key: (before[key][0], True) for key in marked}
    updated = [key for key in rows if key in before and before[key] != after[key]]
    return after, (len(rows.keys() - before.keys()), len(updated), len(marked))


def places(connection: psycopg.Connection[Any], mark: Mark) -> dict[int, Place]:
    """Each row: its value, whether it is marked, the mark, and where the row is."""
    found = connection.execute(
        f"SELECT id, v, {mark.is_set}, t.{mark.name}::text, ctid::text FROM t"
    )
    return {key: (value, marked, text, place) for key, value, marked, text, place in found}


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp", "bool"])
@SOMETIMES
@given(steps=STEPS)
def test_loads_leave_what_a_model_of_them_leaves(
    connection: psycopg.Connection[Any], kind: str, steps: list[Any]
) -> None:
    mark = Mark(TargetColumn("gone", PgType(kind)))
    connection.execute(
        f"DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v text, gone {kind})"
    )
    model: dict[int, Row] = {}
    for rows, complete, deleted in steps:
        connection.execute(
            "DROP TABLE IF EXISTS staged, keys; CREATE TEMP TABLE keys (id int); "
            "CREATE TEMP TABLE staged (id int PRIMARY KEY, v text)"
        )
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO staged VALUES (%s, %s)", list(rows.items()))
            cursor.executemany("INSERT INTO keys VALUES (%s)", [(key,) for key in deleted])
        gone = (model.keys() if complete else deleted) - rows.keys()
        after, counts = expected(model, rows, gone)
        before = places(connection, mark)
        done = connection.execute(merging(mark, complete=complete).statement).fetchone()
        found = places(connection, mark)
        assert done == counts
        assert {key: row[:2] for key, row in found.items()} == after
        same = [key for key in model if model[key] == after[key]]
        assert {key: found[key] for key in same} == {key: before[key] for key in same}
        model = after
