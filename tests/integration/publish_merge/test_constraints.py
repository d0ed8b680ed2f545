"""A merge with what a target's constraints, triggers and other tables ask of it."""

from typing import Any

import psycopg
import pytest

from tableferry import postgres
from tableferry.config import Publish
from tableferry.errors import DataError, SchemaError, VerificationError
from tableferry.model.schema import SourceType
from tableferry.postgres.publish import Changes
from tests.integration.loads import FLOAT, INT, MONEY, TEXT, load, planned_load
from tests.support.databases import PgDatabase

Connection = postgres.TargetConnection
VALUE = (("id", INT), ("v", TEXT))
GUID = SourceType("uniqueidentifier", 16)
BYTES = SourceType("varbinary", 100)
MOMENT = SourceType("datetime2", 8, 27, 6)


@pytest.mark.parametrize(
    ("column", "source"),
    [
        ("text UNIQUE", TEXT),
        ("text NOT NULL UNIQUE", TEXT),
        ("text NOT NULL UNIQUE NULLS NOT DISTINCT", TEXT),
        ("varchar(200) NOT NULL UNIQUE", TEXT),
        ("varchar(50) NOT NULL UNIQUE", TEXT),
        ("text NOT NULL, EXCLUDE USING btree (v WITH =)", TEXT),
        ("text NOT NULL, w text GENERATED ALWAYS AS (lower(v)) STORED UNIQUE", TEXT),
        ("int NOT NULL UNIQUE", INT),
        ("bigint NOT NULL UNIQUE", INT),
        ("numeric NOT NULL UNIQUE", INT),
        ("float8 NOT NULL UNIQUE", INT),
    ],
)
def test_rows_that_exchange_a_unique_value_are_merged(
    connection: Connection, pg_database: PgDatabase, column: str, source: SourceType
) -> None:
    pg_database.run(
        f"CREATE TABLE t (id int PRIMARY KEY, v {column})",
        "CREATE TABLE orders (t_id int REFERENCES t ON DELETE CASCADE)",
        "INSERT INTO t SELECT n, n FROM generate_series(1, 4) n",
        "INSERT INTO orders SELECT generate_series(1, 4)",
    )
    values: list[Any] = ["2", "3", "1", "4", "5"] if source is TEXT else [2, 3, 1, 4, 5]
    plan = planned_load(connection, Publish.MERGE, (("id", INT), ("v", source)))
    merged = load(connection, plan, list(enumerate(values, 1)))
    assert pg_database.rows("SELECT v::text FROM t ORDER BY id") == [
        (str(value),) for value in values
    ]
    assert merged.changes == Changes(1, 3, 0, 1)
    assert pg_database.rows("SELECT count(*) FROM orders") == [(4,)]


@pytest.mark.parametrize(
    ("column", "source", "values"),
    [
        ("uuid", GUID, (b"\1" * 16, b"\2" * 16)),
        ("bytea", BYTES, (b"a", b"b")),
        ("timestamp", MOMENT, (10, 20)),
        ("date", SourceType("date", 3, 10), (10, 20)),
        ("numeric(12,4)", MONEY, (1, 2)),
        ("float8", FLOAT, (1.5, 2.5)),
        ("smallint", SourceType("tinyint", 1, 3), (1, 2)),
        ("varchar(1)", SourceType("varchar", 1), ("a", "b")),
        ("varchar(3)", SourceType("varchar", 3), ("a", "b")),
    ],
)
def test_values_of_any_type_can_be_exchanged(
    connection: Connection,
    pg_database: PgDatabase,
    column: str,
    source: SourceType,
    values: tuple[Any, Any],
) -> None:
    pg_database.run(f"CREATE TABLE t (id int PRIMARY KEY, v {column} NOT NULL UNIQUE)")
    columns = (("id", INT), ("v", source))
    plan = planned_load(connection, Publish.MERGE, columns)
    load(connection, plan, [(1, values[0]), (2, values[1])])
    before = pg_database.rows("SELECT v FROM t ORDER BY id")
    merged = load(connection, plan, [(1, values[1]), (2, values[0])])
    assert pg_database.rows("SELECT v FROM t ORDER BY id DESC") == before
    assert merged.changes == Changes(0, 2, 0, 0)


def test_rows_that_exchange_the_values_of_several_indexes_are_merged(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b text, c int UNIQUE)",
        "CREATE UNIQUE INDEX ON t (a, b)",
        "CREATE UNIQUE INDEX ON t (lower(b))",
        "CREATE UNIQUE INDEX ON t ((a + c)) WHERE b <> 'no'",
        "INSERT INTO t VALUES (1, 1, 'x', 10), (2, 2, 'y', 20), (3, 3, 'z', 30)",
    )
    columns = (("id", INT), ("a", INT), ("b", TEXT), ("c", INT))
    plan = planned_load(connection, Publish.MERGE, columns)
    rows = [(1, 2, "Y", 20), (2, 1, "X", 10), (3, 3, "z", None)]
    assert load(connection, plan, rows).changes == Changes(0, 3, 0, 0)
    assert pg_database.rows("SELECT * FROM t ORDER BY id") == rows


@pytest.mark.parametrize("kept", ["CHECK (v > 0)", "REFERENCES town"])
def test_values_that_cannot_be_exchanged_are_told_with_what_helps(
    connection: Connection, pg_database: PgDatabase, kept: str
) -> None:
    pg_database.run(
        "CREATE TABLE town (id int PRIMARY KEY)",
        "INSERT INTO town VALUES (1), (2)",
        f"CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL UNIQUE CONSTRAINT kept {kept})",
        "INSERT INTO t VALUES (1, 1), (2, 2)",
    )
    plan, rows = (
        planned_load(connection, Publish.MERGE, (("id", INT), ("v", INT))),
        [(1, 2), (2, 1)],
    )
    with pytest.raises(DataError, match="t_v_key") as raised:
        load(connection, plan, rows)
    assert raised.value.code == "23505"
    assert "constraint 'kept'" in raised.value.hint
    assert "DEFERRABLE" in raised.value.hint
    assert pg_database.rows("SELECT * FROM t ORDER BY 1") == [(1, 1), (2, 2)]
    pg_database.run(
        "ALTER TABLE t DROP CONSTRAINT t_v_key, ADD CONSTRAINT t_v_key UNIQUE (v) DEFERRABLE"
    )
    load(connection, plan, rows)
    assert pg_database.rows("SELECT * FROM t ORDER BY 1") == rows


def test_a_value_that_two_rows_of_the_source_have_is_refused(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, v text UNIQUE)",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
    )
    plan = planned_load(connection, Publish.MERGE, VALUE)
    with pytest.raises(DataError, match="t_v_key") as raised:
        load(connection, plan, [(1, "canary"), (2, "canary")])
    assert "canary" not in raised.value.message
    assert pg_database.rows("SELECT * FROM t ORDER BY 1") == [(1, "a"), (2, "b")]


def test_a_value_passes_from_a_row_that_goes_to_one_that_stays_to_one_that_comes(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL UNIQUE)",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
    )
    plan = planned_load(connection, Publish.MERGE, VALUE)
    assert load(connection, plan, [(2, "a"), (3, "b")]).changes == Changes(1, 1, 1, 0)


@pytest.mark.parametrize("action", ["NO ACTION", "CASCADE", "SET NULL", "RESTRICT"])
def test_rows_of_the_same_table_may_point_to_rows_that_come_and_leave_those_that_go(
    connection: Connection, pg_database: PgDatabase, action: str
) -> None:
    pg_database.run(
        f"CREATE TABLE t (id int PRIMARY KEY, boss int REFERENCES t ON DELETE {action})",
        "INSERT INTO t VALUES (1, NULL), (2, 1), (3, 1), (4, NULL)",
    )
    plan = planned_load(connection, Publish.MERGE, (("id", INT), ("boss", INT)))
    rows = [(1, None), (2, 9), (3, 2), (9, 3)]
    load(connection, plan, rows)
    assert pg_database.rows("SELECT * FROM t ORDER BY 1") == rows


def test_a_row_that_others_still_point_to_is_not_deleted(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, v text)",
        "CREATE TABLE orders (t_id int REFERENCES t)",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
        "INSERT INTO orders VALUES (2)",
    )
    plan = planned_load(connection, Publish.MERGE, VALUE)
    with pytest.raises(DataError) as raised:
        load(connection, plan, [(1, "new")])
    assert raised.value.code == "23503"
    assert "table 'orders', constraint 'orders_t_id_fkey'" in raised.value.message
    assert "cannot be deleted before theirs are" in raised.value.hint
    assert pg_database.rows("SELECT * FROM t ORDER BY 1") == [(1, "a"), (2, "b")]


def test_foreign_keys_that_take_rows_with_them_are_told(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, v text)",
        "CREATE TABLE orders (t_id int REFERENCES t ON DELETE CASCADE)",
    )
    (warning,) = planned_load(connection, Publish.MERGE, VALUE).warnings
    assert "orders_t_id_fkey of orders, ON DELETE CASCADE" in warning


def test_key_columns_that_are_equal_in_postgresql_are_refused_before_anything_changes(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id numeric PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'old')"
    )
    plan = planned_load(connection, Publish.MERGE, (("id", MONEY), ("v", TEXT)))
    with pytest.raises(DataError, match='have the same key \\("id"\\)') as raised:
        load(connection, plan, [(1, "canary"), (1, "other")])
    assert "canary" not in f"{raised.value.message}{raised.value.hint}"
    assert raised.value.__cause__ is None
    assert pg_database.rows("SELECT count(*) FROM pg_class WHERE relname LIKE 'staging%'") == [(0,)]


def test_a_key_without_a_value_is_refused(connection: Connection, pg_database: PgDatabase) -> None:
    pg_database.run("CREATE TABLE t (id int, v text)", "INSERT INTO t VALUES (1, 'old')")
    plan = planned_load(connection, Publish.MERGE, VALUE)
    with pytest.raises(DataError) as raised:
        load(connection, plan, [(None, "new")])
    assert raised.value.code == "23502"
    assert "has no value in 'id', which is part of the key" in raised.value.message
    assert "'primary_key'" in raised.value.hint
    assert pg_database.rows("SELECT * FROM t") == [(1, "old")]


SWALLOW = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"


@pytest.mark.parametrize("event", ["INSERT", "DELETE"])
def test_rows_that_a_trigger_keeps_from_a_merge_fail_it(
    connection: Connection, pg_database: PgDatabase, event: str
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, v text)",
        "INSERT INTO t VALUES (1, 'old')",
        SWALLOW,
        f"CREATE TRIGGER g BEFORE {event} ON t FOR EACH ROW EXECUTE FUNCTION f()",
    )
    plan = planned_load(connection, Publish.MERGE, VALUE)
    assert "the trigger 'g' of t" in plan.warnings[0]
    with pytest.raises(VerificationError, match="does not hold"):
        load(connection, plan, [(2, "new")])
    assert pg_database.rows("SELECT * FROM t") == [(1, "old")]


def test_rules_are_refused_in_the_plan(connection: Connection, pg_database: PgDatabase) -> None:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, v text)",
        "CREATE RULE quiet AS ON DELETE TO t DO INSTEAD NOTHING",
    )
    with pytest.raises(SchemaError, match="'quiet'"):
        planned_load(connection, Publish.MERGE, VALUE)


@pytest.mark.parametrize(
    ("publication", "merges"),
    [
        ("TABLE t", False),
        ("ALL TABLES", False),
        ("TABLE t1", True),  # the other partition's rows are published by nobody
        ("TABLE t2 WITH (publish_via_partition_root)", False),
        ("TABLE t2 WITH (publish = 'insert, truncate')", True),
    ],
)
def test_partitions_published_without_a_replica_identity_are_refused_in_the_plan(
    connection: Connection, pg_database: PgDatabase, publication: str, merges: bool
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)",
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (5)",
        "CREATE TABLE t2 PARTITION OF t DEFAULT",
        "INSERT INTO t VALUES (1, 'old'), (9, 'old')",
        "ALTER TABLE t2 REPLICA IDENTITY NOTHING",
        "DROP PUBLICATION IF EXISTS feed",
        f"CREATE PUBLICATION feed FOR {publication}",
    )
    try:
        if merges:
            plan = planned_load(connection, Publish.MERGE, VALUE)
            load(connection, plan, [(9, "new")])
            assert pg_database.rows("SELECT * FROM t") == [(9, "new")]
        else:
            with pytest.raises(SchemaError, match="without a replica identity: 't2 in feed'"):
                planned_load(connection, Publish.MERGE, VALUE)
            with pytest.raises(psycopg.Error, match="replica identity"):
                pg_database.run("UPDATE t SET v = 'x' WHERE id = 9")
    finally:
        pg_database.run("DROP PUBLICATION feed")


FULL = "ALTER TABLE t REPLICA IDENTITY FULL"
BY_CODE = "ALTER TABLE t REPLICA IDENTITY USING INDEX by_code"


@pytest.mark.parametrize(
    ("identity", "publication", "refused"),
    [
        ("ALTER TABLE t REPLICA IDENTITY NOTHING", "TABLE t", "without a replica identity"),
        ("ALTER TABLE t REPLICA IDENTITY NOTHING", "ALL TABLES", "without a replica identity"),
        (
            "ALTER TABLE t REPLICA IDENTITY NOTHING",
            "TABLES IN SCHEMA public",
            "without a replica identity",
        ),
        (
            "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id) DEFERRABLE",
            "TABLE t",
            "without a replica identity",
        ),
        ("ALTER TABLE t REPLICA IDENTITY NOTHING", "TABLE t WITH (publish = 'insert')", ""),
        (
            "ALTER TABLE t REPLICA IDENTITY NOTHING",
            "TABLE t WHERE (v = 'x') WITH (publish = 'insert, truncate')",
            "",
        ),
        ("SELECT", "TABLE t", ""),
        ("SELECT", "TABLE t (id)", ""),
        ("SELECT", "TABLE t (code, v)", "not covered by its publication"),
        ("SELECT", "TABLE t WHERE (id > 0)", ""),
        ("SELECT", "TABLE t WHERE (v <> '')", "not covered by its publication"),
        ("SELECT", "TABLE t (id, v) WHERE (v <> '')", "not covered by its publication"),
        (BY_CODE, "TABLE t (code)", ""),
        (BY_CODE, "TABLE t (id)", "not covered by its publication"),
        (BY_CODE, "TABLE t WHERE (code > 0)", ""),
        (FULL, "TABLE t", ""),
        (FULL, "TABLE t WHERE (v <> '')", ""),
        (FULL, "TABLE t (id, v, code)", "not covered by its publication"),
        (
            "ALTER TABLE t ADD g int GENERATED ALWAYS AS (id) STORED, REPLICA IDENTITY FULL",
            "TABLE t",
            "not covered by its publication",
        ),
    ],
)
def test_what_a_publication_lets_nobody_update_is_refused_in_the_plan(
    connection: Connection,
    pg_database: PgDatabase,
    identity: str,
    publication: str,
    refused: str,
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, v text, code int NOT NULL DEFAULT 7)",
        "CREATE UNIQUE INDEX by_code ON t (code)",
        "INSERT INTO t VALUES (1, 'old', 1), (9, 'old', 9)",
        identity,
        "DROP PUBLICATION IF EXISTS feed",
        f"CREATE PUBLICATION feed FOR {publication}",
    )
    try:
        if refused:
            with pytest.raises(SchemaError, match=f"{refused}.* 't in feed'"):
                planned_load(connection, Publish.MERGE, VALUE)
            with pytest.raises(psycopg.Error, match="cannot update table"):
                pg_database.run("UPDATE t SET v = 'x' WHERE id = 9")
        else:
            plan = planned_load(connection, Publish.MERGE, VALUE)
            load(connection, plan, [(9, "new")])
            assert pg_database.rows("SELECT id, v FROM t") == [(9, "new")]
    finally:
        pg_database.run("DROP PUBLICATION feed")


def test_a_column_that_only_postgresql_numbers_is_refused_unless_it_is_the_key(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE TABLE t (id int PRIMARY KEY, v int GENERATED ALWAYS AS IDENTITY)")
    with pytest.raises(SchemaError, match="PostgreSQL numbers 'v' of t itself"):
        planned_load(connection, Publish.MERGE, (("id", INT), ("v", INT)))


def test_a_merge_without_a_key_is_refused_in_the_plan(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE TABLE t (id int, v text)")
    with pytest.raises(SchemaError, match="without a key") as raised:
        planned_load(connection, Publish.MERGE, VALUE, key=())
    assert "'primary_key'" in raised.value.hint
