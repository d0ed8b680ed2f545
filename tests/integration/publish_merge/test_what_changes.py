"""A merge touches what differs, to the last bit, and nothing else."""

import datetime as dt
from decimal import Decimal

import pytest

from tableferry import postgres
from tableferry.config import DriftPolicy, Publish
from tableferry.model.identifiers import TargetTable
from tableferry.model.schema import SourceType
from tableferry.postgres.publish import Changes
from tests.integration.loads import FLOAT, INT, MONEY, TEXT, load, planned_load
from tests.support.databases import PgDatabase

Connection = postgres.TargetConnection


def places(database: PgDatabase) -> dict[object, tuple[object, object]]:
    """Where each row is, and which transaction wrote it, by its id."""
    found = database.rows("SELECT id, ctid::text, xmin::text FROM t")
    return {row[0]: (row[1], row[2]) for row in found}


def test_rows_come_go_and_change_and_the_others_stay_where_they_are(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'same'), (2, 'old'), (3, 'gone'), (4, NULL)",
    )
    before = places(pg_database)
    plan = planned_load(connection, Publish.MERGE)
    merged = load(connection, plan, [(1, "same"), (2, "new"), (4, None), (5, "come")])
    assert pg_database.rows("SELECT id, name FROM t ORDER BY 1") == [
        (1, "same"),
        (2, "new"),
        (4, None),
        (5, "come"),
    ]
    after = places(pg_database)
    assert (after[1], after[4]) == (before[1], before[4])
    assert after[2] != before[2]
    assert merged.changes == Changes(inserted=1, updated=1, deleted=1, unchanged=2)
    assert merged.rows == 4
    assert (
        pg_database.rows(
            "SELECT relname FROM pg_class WHERE relnamespace = 'tableferry'::regnamespace"
        )
        == []
    )


def test_a_source_that_has_not_changed_rewrites_nothing(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "INSERT INTO t SELECT n, repeat('long ', 3000) FROM generate_series(1, 50) n",
    )
    before = places(pg_database)
    plan = planned_load(connection, Publish.MERGE)
    merged = load(connection, plan, [(n, "long " * 3000) for n in range(1, 51)])
    assert merged.changes == Changes(0, 0, 0, 50)
    assert places(pg_database) == before


DATE = SourceType("date", 3, 10)
JSON = SourceType("json", -1)
BYTES = SourceType("varbinary", 100)


@pytest.mark.parametrize(
    ("column", "source", "old", "new"),
    [
        ("float8", FLOAT, "0", -0.0),
        ("numeric", MONEY, "1.0", Decimal("1.0000")),
        ("text", TEXT, "'a'", "a "),
        ("text", TEXT, "'a'", "A"),
        ("json", JSON, "'{\"a\": 1}'", '{"a":1}'),
        ("bytea", BYTES, "'\\x00'", b"\x00\x00"),
        ("date", DATE, "NULL", dt.date(1, 1, 1)),
        ("text", TEXT, "''", None),
    ],
)
def test_values_are_told_apart_by_their_bytes(
    connection: Connection,
    pg_database: PgDatabase,
    column: str,
    source: SourceType,
    old: str,
    new: object,
) -> None:
    pg_database.run(
        f"CREATE TABLE t (id int PRIMARY KEY, v {column})",
        f"INSERT INTO t VALUES (1, {old})",
    )
    plan = planned_load(connection, Publish.MERGE, (("id", INT), ("v", source)))
    assert load(connection, plan, [(1, new)]).changes == Changes(0, 1, 0, 0)
    assert load(connection, plan, [(1, new)]).changes == Changes(0, 0, 0, 1)


def test_a_key_that_differs_in_its_bytes_only_is_the_same_row(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id numeric PRIMARY KEY, name text)",
        "CREATE TABLE orders (t_id numeric REFERENCES t)",
        "INSERT INTO t VALUES (1.0, 'same')",
        "INSERT INTO orders VALUES (1)",
    )
    plan = planned_load(connection, Publish.MERGE, (("id", MONEY), ("name", TEXT)))
    assert load(connection, plan, [(Decimal("1.0000"), "same")]).changes == Changes(0, 1, 0, 0)
    assert pg_database.rows("SELECT id::text FROM t") == [("1.0000",)]


def test_columns_that_only_the_target_has_keep_their_values(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text, seen int DEFAULT 7, "
        "twice int GENERATED ALWAYS AS (id * 2) STORED)",
        "INSERT INTO t VALUES (1, 'old', 100)",
    )
    plan = planned_load(connection, Publish.MERGE)
    load(connection, plan, [(1, "new"), (2, "come")])
    assert pg_database.rows("SELECT * FROM t ORDER BY 1") == [
        (1, "new", 100, 2),
        (2, "come", 7, 4),
    ]


def test_a_key_of_several_columns_tells_rows_apart(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (a int, b text, v text, PRIMARY KEY (b, a))",
        "INSERT INTO t VALUES (1, 'x', 'old'), (1, 'y', 'same'), (2, 'x', 'gone')",
    )
    columns = (("a", INT), ("b", TEXT), ("v", TEXT))
    plan = planned_load(connection, Publish.MERGE, columns, key=("a", "b"))
    merged = load(connection, plan, [(1, "x", "new"), (1, "y", "same"), (2, "y", "come")])
    assert merged.changes == Changes(1, 1, 1, 1)


def test_a_target_without_a_unique_index_loses_its_doubled_rows(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int, name text)",
        "INSERT INTO t VALUES (1, 'a'), (1, 'b'), (1, 'a'), (2, 'c'), (NULL, 'nobody')",
    )
    plan = planned_load(connection, Publish.MERGE)
    merged = load(connection, plan, [(1, "a"), (2, "c")])
    assert pg_database.rows("SELECT * FROM t ORDER BY 1") == [(1, "a"), (2, "c")]
    assert merged.changes == Changes(0, 0, 3, 2)


def test_a_table_of_nothing_but_its_key_is_merged(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY)",
        "INSERT INTO t OVERRIDING SYSTEM VALUE VALUES (1), (2)",
    )
    plan = planned_load(connection, Publish.MERGE, (("id", INT),))
    assert load(connection, plan, [(2,), (3,)]).changes == Changes(1, 0, 1, 1)


def test_a_numbered_key_takes_the_sources_numbers_and_goes_on_past_them(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text)",
        "INSERT INTO t (name) VALUES ('one'), ('two')",
    )
    plan = planned_load(connection, Publish.MERGE)
    load(connection, plan, [(2, "zwei"), (40, "vierzig")])
    pg_database.run("INSERT INTO t (name) VALUES ('next')")
    assert pg_database.rows("SELECT * FROM t ORDER BY 1") == [
        (2, "zwei"),
        (40, "vierzig"),
        (41, "next"),
    ]


def test_a_partitioned_target_is_merged_and_rows_move_between_its_partitions(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int, name text) PARTITION BY LIST (name)",
        "CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('a')",
        "CREATE TABLE t_rest PARTITION OF t DEFAULT",
        "INSERT INTO t VALUES (1, 'a'), (2, 'a'), (3, 'b'), (3, 'a')",
    )
    plan = planned_load(connection, Publish.MERGE)
    merged = load(connection, plan, [(1, "b"), (2, "a"), (3, "b"), (4, "a")])
    assert pg_database.rows("SELECT tableoid::regclass::text, id FROM t ORDER BY 2") == [
        ("t_rest", 1),
        ("t_a", 2),
        ("t_rest", 3),
        ("t_a", 4),
    ]
    assert merged.rows == 4


def test_tables_that_inherit_from_the_target_keep_their_rows_in_a_merge(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "CREATE TABLE child (more int) INHERITS (t)",
        "INSERT INTO child VALUES (1, 'kept', 2), (9, 'kept', 2)",
        "INSERT INTO t VALUES (9, 'old')",
    )
    plan = planned_load(connection, Publish.MERGE)
    load(connection, plan, [(1, "new"), (9, "new")])
    assert pg_database.rows("SELECT * FROM child ORDER BY 1") == [(1, "kept", 2), (9, "kept", 2)]
    assert pg_database.rows("SELECT * FROM ONLY t ORDER BY 1") == [(1, "new"), (9, "new")]


@pytest.mark.parametrize("rows", [[], [(1, "a"), (2, "b")]])
def test_a_missing_table_is_created_and_filled(
    connection: Connection, pg_database: PgDatabase, rows: list[tuple[object, ...]]
) -> None:
    plan = planned_load(connection, Publish.MERGE)
    assert plan.create is not None
    load(connection, plan, rows)
    assert pg_database.rows("SELECT * FROM t ORDER BY 1") == rows
    assert pg_database.rows(
        "SELECT conname FROM pg_constraint WHERE conrelid = 't'::regclass AND contype = 'p'"
    ) == [("t_pkey",)]


def test_columns_that_the_source_has_gained_are_added_and_filled_at_the_same_time(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
    )
    columns = (("id", INT), ("name", TEXT), ("age", INT))
    plan = planned_load(connection, Publish.MERGE, columns, drift=DriftPolicy.ADD_COLUMNS)
    load(connection, plan, [(1, "a", 10), (3, "c", None)])
    assert pg_database.rows("SELECT id, name, age FROM t ORDER BY 1") == [
        (1, "a", 10),
        (3, "c", None),
    ]


@pytest.mark.parametrize(
    "name", ['we"ird', "gone", "come", "changed", "s", "t", "a\nb", "100%s", "{0}", "имя"]
)
def test_a_hostile_name_is_a_name_to_a_merge(
    connection: Connection, pg_database: PgDatabase, name: str
) -> None:
    quoted = target_name(name)
    pg_database.run(
        f"CREATE TABLE {quoted} ({quoted} int PRIMARY KEY, v int UNIQUE)",
        f"INSERT INTO {quoted} VALUES (1, 1), (2, 2)",
    )
    columns = ((name, INT), ("v", INT))
    plan = planned_load(connection, Publish.MERGE, columns, target=quoted)
    assert plan.spec.target == TargetTable("", name)
    load(connection, plan, [(1, 2), (2, 1)])
    assert pg_database.rows(f"SELECT * FROM {quoted} ORDER BY 1") == [(1, 2), (2, 1)]


def target_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
