"""What the merging statement reads of the target: a plan of PostgreSQL's, never a time."""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest

from tableferry import postgres
from tableferry.config import Publish
from tableferry.postgres.publish.merge_sql import Merging
from tableferry.values import target_schema
from tests.integration.loads import batch, planned_load
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase

ROWS = 20_000
CHANGED = range(1, 2_001)

Connection = psycopg.Connection[Any]
Node = dict[str, Any]


@pytest.fixture
def connection(pg_database: PgDatabase) -> Iterator[Connection]:
    """A target of ROWS rows, and a staging table and a table of keys to be filled by a test."""
    with psycopg.connect(pg_database.conninfo, autocommit=True) as opened:
        opened.execute(
            "CREATE TABLE t (id int PRIMARY KEY, v text) WITH (autovacuum_enabled = false); "
            "CREATE TABLE staged (id int PRIMARY KEY, v text); CREATE TABLE keys (id int)"
        )
        opened.execute(f"INSERT INTO t SELECT n, 'old' FROM generate_series(1, {ROWS}) AS n")
        opened.execute("VACUUM ANALYZE t")
        yield opened


def plan_of_merge(
    connection: Connection, staged: Sequence[int], keys: Sequence[int]
) -> dict[str, list[Node]]:
    """Merge, and return what was done to the target or read of it, by the statement's parts."""
    for table, new in (
        ("staged", [(key, "new") for key in staged]),
        ("keys", [(k,) for k in keys]),
    ):
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in new:
                copy.write_row(row)
        connection.execute(f"ANALYZE {table}")
    merging = Merging(
        target="ONLY t",
        staging="staged",
        columns=["id", "v"],
        key=["id"],
        complete=False,
        deleted_keys="keys",
    )
    explain = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {merging.statement}"
    ((((plan,),),),) = [connection.execute(explain).fetchall()]
    parts: dict[str, list[Node]] = {}
    for part in plan["Plan"]["Plans"]:
        of_target = [node for node in nodes(part) if node.get("Relation Name") == "t"]
        parts.setdefault(part.get("Subplan Name", ""), []).extend(of_target)
    return parts


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for below in node.get("Plans", ()):
        yield from nodes(below)


def test_the_target_is_not_read_for_deleted_rows_where_every_key_has_its_row(
    connection: Connection,
) -> None:
    parts = plan_of_merge(connection, CHANGED, CHANGED)
    read = [node for node in parts["CTE gone"] if node["Node Type"] != "ModifyTable"]
    assert [node["Actual Loops"] for node in read] == [0]


def test_few_deleted_rows_among_many_changed_ones_are_found_by_their_keys(
    connection: Connection,
) -> None:
    parts = plan_of_merge(connection, CHANGED[10:], CHANGED)
    read = [node for node in parts["CTE gone"] if node["Node Type"] != "ModifyTable"]
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in read) == 10
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (ROWS - 10,)


def test_new_rows_are_found_before_others_are_updated(connection: Connection) -> None:
    parts = plan_of_merge(connection, [*CHANGED, ROWS + 1], [])
    assert [node["Node Type"] for node in parts["CTE come"]] == ["ModifyTable"]
    (sought,) = parts["CTE fresh"]
    assert sought.get("Heap Fetches", 0) == 0
    assert connection.execute("SELECT count(*) FROM t WHERE v = 'new'").fetchone() == (2001,)
    assert connection.execute("SELECT max(id) FROM t").fetchone() == (ROWS + 1,)


def test_of_the_staged_rows_only_the_keys_are_sampled(
    pg_database: PgDatabase,
) -> None:
    pg_database.run("CREATE TABLE t (id int PRIMARY KEY, name text)")
    with postgres.connect(settings_of(pg_database)) as connection:
        plan = planned_load(connection, Publish.MERGE)
        with postgres.open_load(connection, plan, target_schema(plan.columns)) as merged:
            merged.write(batch(plan, [(n, "x") for n in range(50)]))
            merged.prepare()
            sampled = "SELECT attname FROM pg_stats WHERE schemaname = 'tableferry'"
            assert connection.rows(sampled) == [("id",)]
