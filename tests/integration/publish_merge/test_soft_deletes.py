"""Rows whose source row is gone are marked, once, and lose the mark when they come back."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest

from tableferry import postgres
from tableferry.config import DeleteHandling, Deletes, DriftPolicy, Publish
from tableferry.errors import DataError, GuardError, SchemaError, VerificationError
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.publish import Changes
from tests.integration.loads import INT, TEXT, Row, batch, load, planned_load
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase

Connection = postgres.TargetConnection
SOFT = Deletes(DeleteHandling.SOFT, "gone")

MARKS = [
    "timestamptz",
    "timestamptz(0) DEFAULT now()",
    "timestamp",
    "boolean",
    "boolean NOT NULL",
    "boolean NOT NULL DEFAULT true",
]


def planned(connection: Connection, publish: Publish = Publish.MERGE, **changes: Any) -> SyncPlan:
    return planned_load(connection, publish, **{"deletes": SOFT, **changes})


def carry(connection: Connection, rows: Sequence[Row], **changes: Any) -> Changes | None:
    return load(connection, planned(connection, **changes), rows).changes


def make(database: PgDatabase, mark: str, key: str = "PRIMARY KEY") -> None:
    database.run(
        f"CREATE TABLE t (id int {key}, name text, gone {mark})",
        "INSERT INTO t SELECT n, 'name ' || n, "
        + ("false" if "boolean" in mark else "NULL")
        + " FROM generate_series(1, 4) n",
    )


def rows_of(database: PgDatabase) -> list[tuple[object, ...]]:
    """Each row, and whether it is marked."""
    return database.rows(
        "SELECT id, name, coalesce(gone::text, 'false') <> 'false' FROM t ORDER BY id, name"
    )


def versions(database: PgDatabase) -> dict[object, object]:
    """Where each row is: an update puts it elsewhere."""
    return dict(database.rows("SELECT id, ctid::text FROM t"))  # type: ignore[arg-type]


@pytest.mark.parametrize("mark", MARKS)
def test_a_row_that_is_gone_is_marked_and_the_new_ones_are_not(
    connection: Connection, pg_database: PgDatabase, mark: str
) -> None:
    make(pg_database, mark)
    changes = carry(connection, [(1, "name 1"), (2, "new"), (3, "name 3"), (9, "come")])
    assert changes == Changes(inserted=1, updated=1, deleted=1, unchanged=2)
    assert rows_of(pg_database) == [
        (1, "name 1", False),
        (2, "new", False),
        (3, "name 3", False),
        (4, "name 4", True),
        (9, "come", False),
    ]


@pytest.mark.parametrize("mark", MARKS)
def test_a_marked_row_is_not_touched_by_later_loads(
    connection: Connection, pg_database: PgDatabase, mark: str
) -> None:
    make(pg_database, mark)
    carry(connection, [(1, "name 1")])
    before = versions(pg_database), pg_database.rows("SELECT id, gone FROM t")
    assert carry(connection, [(1, "name 1")]) == Changes(0, 0, 0, 1)
    assert (versions(pg_database), pg_database.rows("SELECT id, gone FROM t")) == before


@pytest.mark.parametrize("name", ["name 4", "another"])
@pytest.mark.parametrize("mark", MARKS)
def test_a_row_that_comes_back_loses_its_mark_and_counts_as_updated(
    connection: Connection, pg_database: PgDatabase, mark: str, name: str
) -> None:
    make(pg_database, mark)
    others = [(1, "name 1"), (2, "name 2"), (3, "name 3")]
    assert carry(connection, others) == Changes(0, 0, 1, 3)
    assert carry(connection, [*others, (4, name)]) == Changes(0, 1, 0, 3)
    assert rows_of(pg_database)[-1] == (4, name, False)


def test_a_table_whose_only_column_is_the_key_is_marked_and_unmarked(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, gone boolean)",
        "INSERT INTO t (gone) VALUES (NULL), (NULL)",
    )
    only = [("id", INT)]
    plan = planned(connection, columns=only)
    assert load(connection, plan, [(1,)]).changes == Changes(0, 0, 1, 1)
    assert load(connection, plan, [(1,), (2,)]).changes == Changes(0, 1, 0, 1)
    assert pg_database.rows("SELECT id, gone FROM t ORDER BY id") == [(1, None), (2, False)]


def test_a_time_is_that_of_the_transaction_and_without_a_zone_in_utc(
    connection: Connection, pg_database: PgDatabase
) -> None:
    make(pg_database, "timestamp, at timestamptz")
    pg_database.run(f"ALTER DATABASE {pg_database.name} SET timezone = 'Asia/Tokyo'")
    carry(connection, [(1, "name 1")])
    found = pg_database.rows("SELECT DISTINCT gone, now() AT TIME ZONE 'UTC' FROM t WHERE id > 1")
    [(gone, now)] = found
    assert isinstance(gone, dt.datetime)
    assert isinstance(now, dt.datetime)
    assert abs(now - gone) < dt.timedelta(minutes=5)


@pytest.mark.parametrize("mark", MARKS)
def test_changes_alone_mark_the_keys_that_were_deleted_and_nothing_else(
    connection: Connection, pg_database: PgDatabase, mark: str
) -> None:
    make(pg_database, mark)
    marked = "true" if "boolean" in mark else "'2020-01-01'"
    pg_database.run(f"INSERT INTO t VALUES (5, 'gone before', {marked})")
    before = versions(pg_database)
    plan, staging = planned(connection), postgres.Staging()
    keys = batch(plan.of_key(), [(2,), (3,), (5,), (77,)])
    opened = postgres.open_load(
        connection, plan, batch(plan, []).schema, staging, complete=False, deletes=True
    )
    with opened, postgres.connect(settings_of(pg_database)) as beside:
        postgres.store_deleted_keys(beside, plan.of_key(), staging, [keys])
        opened.write(batch(plan, [(3, "changed"), (6, "come")]))
        opened.prepare()
        postgres.publish_all(connection, [opened])
        connection.commit()
    assert opened.changes == Changes(inserted=1, updated=1, deleted=1, unchanged=0)
    assert rows_of(pg_database) == [
        (1, "name 1", False),
        (2, "name 2", True),
        (3, "changed", False),
        (4, "name 4", False),
        (5, "gone before", True),
        (6, "come", False),
    ]
    after = versions(pg_database)
    assert all(after[key] == before[key] for key in (1, 4, 5))


@pytest.mark.parametrize("mark", ["timestamptz", "boolean"])
def test_the_shrink_guard_counts_the_rows_that_are_not_marked(
    connection: Connection, pg_database: PgDatabase, mark: str
) -> None:
    make(pg_database, mark)
    marked = "true" if mark == "boolean" else "now()"
    pg_database.run(f"INSERT INTO t SELECT n, 'long gone', {marked} FROM generate_series(11, 99) n")
    rows = [(1, "name 1"), (2, "name 2")]
    assert carry(connection, rows, max_shrink=50) == Changes(0, 0, 2, 2)
    with pytest.raises(GuardError, match="came back with no rows, t has 2 rows"):
        carry(connection, [], max_shrink=50)
    assert [row[2] for row in rows_of(pg_database)[:4]] == [False, False, True, True]


def test_a_unique_value_of_a_marked_row_is_free_where_its_index_leaves_such_rows_out(
    connection: Connection, pg_database: PgDatabase
) -> None:
    make(pg_database, "timestamptz")
    pg_database.run("CREATE UNIQUE INDEX ON t (name) WHERE gone IS NULL")
    assert carry(connection, [(1, "name 1"), (7, "name 2")]) == Changes(1, 0, 3, 1)
    assert carry(connection, [(1, "name 1"), (8, "name 2")]) == Changes(1, 0, 1, 1)


@pytest.mark.parametrize(
    ("mark", "condition"), [("timestamptz", "IS NULL"), ("boolean", "IS NOT TRUE")]
)
def test_a_unique_value_that_a_marked_row_keeps_is_refused_with_the_index_to_use(
    connection: Connection, pg_database: PgDatabase, mark: str, condition: str
) -> None:
    make(pg_database, mark)
    pg_database.run("CREATE UNIQUE INDEX ON t (name)")
    with pytest.raises(DataError) as refused:
        carry(connection, [(1, "name 1"), (7, "name 2")])
    assert f'WHERE "gone" {condition}' in refused.value.hint
    assert len(rows_of(pg_database)) == 4
    assert not any(marked for _, _, marked in rows_of(pg_database))


def test_rows_exchange_a_unique_value_while_others_lose_their_mark(
    connection: Connection, pg_database: PgDatabase
) -> None:
    make(pg_database, "timestamptz")
    pg_database.run("CREATE UNIQUE INDEX ON t (name)", "UPDATE t SET gone = now() WHERE id = 4")
    rows = [(1, "name 2"), (2, "name 1"), (3, "name 3"), (4, "name 4")]
    assert carry(connection, rows) == Changes(0, 3, 0, 1)
    assert rows_of(pg_database) == [(*row, False) for row in rows]


def test_of_several_rows_with_one_key_one_is_left(
    connection: Connection, pg_database: PgDatabase
) -> None:
    make(pg_database, "timestamptz", key="NOT NULL")
    pg_database.run("INSERT INTO t VALUES (1, 'again', now()), (4, 'again', NULL)")
    carry(connection, [(1, "name 1"), (2, "name 2"), (3, "name 3")])
    assert rows_of(pg_database) == [
        (1, "name 1", False),
        (2, "name 2", False),
        (3, "name 3", False),
        (4, "name 4", True),
    ]


def test_foreign_keys_of_other_tables_may_point_to_a_marked_row(
    connection: Connection, pg_database: PgDatabase
) -> None:
    make(pg_database, "timestamptz")
    pg_database.run(
        "CREATE TABLE orders (t_id int REFERENCES t ON DELETE CASCADE)",
        "INSERT INTO orders VALUES (4)",
    )
    plan = planned(connection)
    assert not [warning for warning in plan.warnings if "take rows" in warning]
    load(connection, plan, [(1, "name 1")])
    assert pg_database.rows("SELECT * FROM orders") == [(4,)]


def test_a_trigger_that_keeps_a_row_from_being_marked_fails_the_load(
    connection: Connection, pg_database: PgDatabase
) -> None:
    make(pg_database, "timestamptz")
    pg_database.run(
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF new.gone IS NOT NULL THEN RETURN NULL; END IF; RETURN new; END $$",
        "CREATE TRIGGER keep BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION keep()",
    )
    with pytest.raises(VerificationError, match="does not hold 1 row, as the source does"):
        carry(connection, [(1, "name 1")])
    assert not any(marked for _, _, marked in rows_of(pg_database))


def test_a_mark_whose_type_has_changed_since_the_plan_is_refused(
    connection: Connection, pg_database: PgDatabase
) -> None:
    make(pg_database, "timestamptz")
    plan = planned(connection)
    pg_database.run("ALTER TABLE t ALTER gone TYPE boolean USING gone IS NOT NULL")
    with pytest.raises(SchemaError, match="was altered during the load: 'gone'"):
        load(connection, plan, [(1, "name 1")])


@pytest.mark.parametrize(
    ("mark", "problem"),
    [
        ("text", "cannot mark deleted rows: it is of type text"),
        ("date", "cannot mark deleted rows: it is of type date"),
        ("timestamptz NOT NULL DEFAULT 'infinity'", "may not be NULL"),
        ("boolean GENERATED ALWAYS AS (id > 0) STORED", "is generated and takes no values"),
    ],
)
def test_a_column_that_cannot_mark_is_refused_by_the_plan(
    connection: Connection, pg_database: PgDatabase, mark: str, problem: str
) -> None:
    pg_database.run(f"CREATE TABLE t (id int PRIMARY KEY, name text, gone {mark})")
    with pytest.raises(SchemaError, match=problem) as refused:
        planned(connection)
    assert "timestamptz or timestamp that may be NULL, or a boolean" in refused.value.hint


@pytest.mark.parametrize("drift", DriftPolicy)
def test_a_table_without_the_column_is_refused_with_the_statement_that_adds_it(
    connection: Connection, pg_database: PgDatabase, drift: DriftPolicy
) -> None:
    pg_database.run("CREATE TABLE t (id int PRIMARY KEY, name text)")
    with pytest.raises(SchemaError, match="t has no column 'gone'") as refused:
        planned(connection, drift=drift)
    assert 'ALTER TABLE "t" ADD COLUMN "gone" timestamptz' in refused.value.hint


@pytest.mark.parametrize("publish", [Publish.SWAP, Publish.TRUNCATE])
def test_a_strategy_that_replaces_all_rows_is_refused(
    connection: Connection, pg_database: PgDatabase, publish: Publish
) -> None:
    make(pg_database, "timestamptz")
    with pytest.raises(SchemaError, match=f"'publish': '{publish}' replaces all of them"):
        planned(connection, publish)


def test_columns_of_the_target_alone_keep_their_values_in_a_marked_row(
    connection: Connection, pg_database: PgDatabase
) -> None:
    make(pg_database, "timestamptz, note text DEFAULT 'ours'")
    carry(connection, [(1, "name 1")])
    assert pg_database.rows("SELECT DISTINCT note FROM t") == [("ours",)]


def test_rows_of_text_keys_are_marked_and_come_back_by_the_targets_equality(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id text PRIMARY KEY, gone timestamptz)",
        "INSERT INTO t VALUES ('a', NULL), ('A', NULL)",
    )
    plan = planned(connection, columns=[("id", TEXT)])
    assert load(connection, plan, [("a",)]).changes == Changes(0, 0, 1, 1)
    assert load(connection, plan, [("A",)]).changes == Changes(0, 1, 1, 0)
