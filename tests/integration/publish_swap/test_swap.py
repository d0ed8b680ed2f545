"""Another table takes the target's place: what readers see, and what comes of it."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import psycopg
import pytest

from tableferry import postgres
from tableferry.config import DriftPolicy, Publish
from tableferry.errors import DataError, SchemaError, TransientError
from tableferry.model.identifiers import TargetTable
from tableferry.model.schema import Isolation, SourceColumn, SourceSchema
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES, locks
from tableferry.postgres.publish import shadow, swap, together
from tableferry.values import target_schema
from tests.integration.loads import BIGINT, INT, PEOPLE, batch, load, planned_load
from tests.support.databases import PgDatabase
from tests.support.specs import spec

Connection = postgres.TargetConnection
OLD, NEW = [(1, "old"), (2, "old")], [(1, "new"), (3, "new")]
LEFT = "SELECT relname FROM pg_class WHERE relname LIKE 'staging%'"


@pytest.fixture
def table(pg_database: PgDatabase) -> PgDatabase:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'old'), (2, 'old')",
    )
    return pg_database


def seen(database: PgDatabase) -> list[tuple[object, ...]]:
    return database.rows("SELECT id, name FROM t ORDER BY 1")


def test_the_new_rows_replace_the_old_and_nothing_is_left_over(
    connection: Connection, table: PgDatabase
) -> None:
    load(connection, planned_load(connection, Publish.SWAP), NEW)
    assert seen(table) == NEW
    assert table.rows(LEFT) == []
    assert table.rows(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 't'::regclass"
    ) == [("t_pkey",)]
    load(connection, planned_load(connection, Publish.SWAP), OLD)
    assert seen(table) == OLD


def test_readers_see_the_old_rows_until_the_commit_and_wait_for_nothing_before_the_exchange(
    connection: Connection, table: PgDatabase
) -> None:
    plan = planned_load(connection, Publish.SWAP)
    with (
        table.connect() as reader,
        postgres.open_load(connection, plan, target_schema(plan.columns)) as swapped,
    ):
        reader.execute("SET lock_timeout = 1")
        reading = "SELECT id, name FROM t ORDER BY 1"
        for step in (lambda: swapped.write(batch(plan, NEW)), swapped.prepare):
            step()
            assert reader.execute(reading).fetchall() == OLD
        postgres.publish_all(connection, [swapped])
        with pytest.raises(psycopg.errors.LockNotAvailable):
            reader.execute(reading)
        connection.commit()
        assert reader.execute(reading).fetchall() == NEW


def test_a_snapshot_taken_before_the_load_never_sees_an_empty_table_after_a_swap(
    connection: Connection, table: PgDatabase
) -> None:
    with table.connect(autocommit=False) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT 1")
        load(connection, planned_load(connection, Publish.SWAP), NEW)
        assert reader.execute("SELECT id, name FROM t ORDER BY 1").fetchall() == NEW


@pytest.mark.parametrize("steps", range(4))
def test_leaving_without_a_commit_keeps_the_old_table(
    connection: Connection, table: PgDatabase, steps: int
) -> None:
    plan = planned_load(connection, Publish.SWAP)
    (before,) = table.rows("SELECT 't'::regclass::oid")
    with (
        pytest.raises(KeyboardInterrupt),
        postgres.open_load(connection, plan, target_schema(plan.columns)) as swapped,
    ):
        for step in (lambda: swapped.write(batch(plan, NEW)), swapped.prepare, swapped.publish)[
            :steps
        ]:
            step()
        raise KeyboardInterrupt
    assert seen(table) == OLD
    assert table.rows("SELECT 't'::regclass::oid") == [before]
    assert table.rows(LEFT) == []
    load(connection, plan, NEW)
    assert seen(table) == NEW


def test_keys_are_built_after_the_load_and_a_doubled_one_keeps_the_old_table(
    connection: Connection, table: PgDatabase
) -> None:
    with pytest.raises(DataError, match="table 't', constraint 't_pkey'") as raised:
        load(connection, planned_load(connection, Publish.SWAP), [(1, "canary"), (1, "canary")])
    assert raised.value.code == "23505"
    assert "canary" not in raised.value.message
    assert seen(table) == OLD
    assert table.rows(LEFT) == []


def test_an_outgoing_foreign_key_is_checked_before_readers_are_locked_out(
    connection: Connection, table: PgDatabase
) -> None:
    table.run(
        "CREATE TABLE town (name text PRIMARY KEY)",
        "INSERT INTO town VALUES ('old'), ('new')",
        "ALTER TABLE t ADD CONSTRAINT of_town FOREIGN KEY (name) REFERENCES town ON DELETE CASCADE",
    )
    plan = planned_load(connection, Publish.SWAP)
    with postgres.open_load(connection, plan, target_schema(plan.columns)) as swapped:
        swapped.write(batch(plan, [(1, "nowhere")]))
        with pytest.raises(DataError, match="of_town") as raised:
            swapped.prepare()
    assert raised.value.code == "23503"
    load(connection, plan, NEW)
    table.run("DELETE FROM town WHERE name = 'new'")
    assert seen(table) == []


def test_a_swap_that_readers_keep_out_asks_again_and_gives_up_with_the_old_table(
    connection: Connection, table: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient: Callable[..., None] = lambda *args: locks.retry_brief_locks(*args, patience=0.3)  # noqa: E731
    monkeypatch.setattr(together, "retry_brief_locks", impatient)
    plan = planned_load(connection, Publish.SWAP)
    with table.connect(autocommit=False) as reader:
        reader.execute("SELECT * FROM t")
        with postgres.open_load(connection, plan, target_schema(plan.columns)) as swapped:
            swapped.write(batch(plan, NEW))
            swapped.prepare()
            with pytest.raises(TransientError, match="has held t for") as raised:
                postgres.publish_all(connection, [swapped])
            connection.rollback()
            assert raised.value.code == "55P03"
            assert seen(table) == OLD, "others read on"
            reader.rollback()
            postgres.publish_all(connection, [swapped])
            connection.commit()
    assert seen(table) == NEW


def test_a_reader_of_a_view_keeps_a_swap_out_too(
    connection: Connection, table: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient: Callable[..., None] = lambda *args: locks.retry_brief_locks(*args, patience=0.2)  # noqa: E731
    monkeypatch.setattr(together, "retry_brief_locks", impatient)
    table.run("CREATE VIEW v AS SELECT * FROM t WHERE id > 1")
    plan = planned_load(connection, Publish.SWAP)
    with table.connect(autocommit=False) as reader:
        assert reader.execute("SELECT * FROM v").fetchall() == [(2, "old")]
        with pytest.raises(TransientError):
            load(connection, plan, NEW)
        assert reader.execute("SELECT * FROM v").fetchall() == [(2, "old")]
    load(connection, plan, NEW)
    assert table.rows("SELECT * FROM v") == [(3, "new")]


ALTERATIONS = [
    "ALTER TABLE t ADD COLUMN more int DEFAULT 1",
    "ALTER TABLE t ALTER COLUMN name SET NOT NULL",
    "ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0)",
    "CREATE INDEX more ON t (name)",
    "GRANT SELECT ON t TO PUBLIC",
    "GRANT SELECT (name) ON t TO PUBLIC",
    "CREATE VIEW another AS SELECT * FROM t",
    "CREATE OR REPLACE VIEW v AS SELECT id FROM t WHERE id > 5",
    "ALTER VIEW v SET (security_barrier = true)",
    "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY p ON t USING (true)",
    "CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()",
    "ALTER TABLE t RENAME COLUMN name TO title",
    "DROP INDEX t_name",
    "CREATE STATISTICS s ON id, name FROM t",
    "CREATE MATERIALIZED VIEW m AS SELECT * FROM t",
    "COMMENT ON TABLE t IS 'said meanwhile'",
    "CREATE TABLE orders (t_id int REFERENCES t)",
    "CREATE FUNCTION g(t) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE PUBLICATION told FOR TABLE t",
]


def make_alterable(table: PgDatabase) -> None:
    table.run(
        "CREATE VIEW v AS SELECT id FROM t",
        "CREATE INDEX t_name ON t (name)",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    )


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_what_is_altered_after_the_shadow_was_prepared_is_noticed(
    connection: Connection, table: PgDatabase, alteration: str
) -> None:
    make_alterable(table)
    plan = planned_load(connection, Publish.SWAP)
    is_prepared = False
    opened = postgres.open_load(connection, plan, target_schema(plan.columns))
    with pytest.raises(SchemaError), opened as swapped:
        swapped.write(batch(plan, NEW))
        swapped.prepare()
        is_prepared = True
        table.run(alteration)
        postgres.publish_all(connection, [swapped])
        connection.commit()
    assert is_prepared
    assert table.rows("SELECT id FROM t ORDER BY 1") == [(1,), (2,)]
    assert table.rows(LEFT) == []
    table.run("DROP PUBLICATION IF EXISTS told")


PUBLIC_MAY = (
    "count(*) = 1 FROM aclexplode((SELECT {} WHERE {} = 't'::regclass {})) WHERE grantee = 0"
)
READ_LATE = {
    "GRANT SELECT ON t TO PUBLIC": PUBLIC_MAY.format("relacl FROM pg_class", "oid", ""),
    "GRANT SELECT (name) ON t TO PUBLIC": PUBLIC_MAY.format(
        "attacl FROM pg_attribute", "attrelid", "AND attname = 'name'"
    ),
    "CREATE VIEW another AS SELECT * FROM t": "count(*) = 2 FROM another",
    "CREATE OR REPLACE VIEW v AS SELECT id FROM t WHERE id > 5": "count(*) = 0 FROM v",
    "ALTER VIEW v SET (security_barrier = true)": "reloptions IS NOT NULL FROM pg_class "
    "WHERE oid = 'v'::regclass",
    "ALTER TABLE t ENABLE ROW LEVEL SECURITY": "relrowsecurity FROM pg_class "
    "WHERE oid = 't'::regclass",
    "CREATE POLICY p ON t USING (true)": "count(*) = 1 FROM pg_policy",
    "CREATE PUBLICATION told FOR TABLE t": "tablename = 't' FROM pg_publication_tables",
}
"""What does not alter the shadow, with a question whether it is there."""


WHILE_ROWS_COME = [
    "CREATE INDEX more ON t (name)",
    "GRANT SELECT ON t TO PUBLIC",
    "CREATE VIEW another AS SELECT * FROM t",
    "CREATE MATERIALIZED VIEW m AS SELECT * FROM t",
    "COMMENT ON TABLE t IS 'said meanwhile'",
]
"""What does not wait for the transaction in which the rows come, and the shadow is made."""


@pytest.mark.parametrize(
    ("step", "alteration"),
    [("validate", one) for one in ALTERATIONS] + [("building", one) for one in WHILE_ROWS_COME],
)
def test_what_is_altered_while_the_shadow_is_built_is_kept_or_noticed(
    connection: Connection,
    table: PgDatabase,
    alteration: str,
    step: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_alterable(table)

    def altered_meanwhile(*arguments: Any) -> Any:
        table.run(alteration)
        return original(*arguments)

    original = getattr(shadow, step)
    monkeypatch.setattr(shadow, step, altered_meanwhile)
    if step == "validate":
        monkeypatch.setattr(swap, "AT_ONCE", -1)
    plan = planned_load(connection, Publish.SWAP)
    is_kept = alteration in READ_LATE
    opened = postgres.open_load(connection, plan, target_schema(plan.columns))
    with nullcontext() if is_kept else pytest.raises(SchemaError), opened as swapped:
        swapped.write(batch(plan, NEW))
        swapped.prepare()
        postgres.publish_all(connection, [swapped])
        connection.commit()
    if is_kept:
        assert table.rows(f"SELECT {READ_LATE[alteration]}") == [(True,)]
    else:
        assert table.rows("SELECT id FROM t ORDER BY 1") == [(1,), (2,)]
    assert table.rows(LEFT) == []
    table.run("DROP PUBLICATION IF EXISTS told")


@pytest.mark.parametrize("alteration", ALTERATIONS[:3])
def test_what_is_altered_while_the_rows_come_is_noticed(
    connection: Connection, table: PgDatabase, alteration: str
) -> None:
    plan = planned_load(connection, Publish.SWAP)
    staging = postgres.Staging(parts=True)
    with postgres.open_load(connection, plan, target_schema(plan.columns), staging) as swapped:
        with swapped.part(connection) as part:
            part.write(batch(plan, NEW))
            part.commit()
        table.run(alteration)
        with pytest.raises(SchemaError, match="was altered"):
            swapped.prepare()
    assert table.rows("SELECT id FROM t ORDER BY 1") == [(1,), (2,)]


def test_columns_that_only_the_target_has_get_their_defaults(
    connection: Connection, table: PgDatabase
) -> None:
    table.run(
        "ALTER TABLE t ADD seen int DEFAULT 7, ADD note text, "
        "ADD twice int GENERATED ALWAYS AS (id * 2) STORED",
        "UPDATE t SET seen = 1, note = 'kept?'",
    )
    load(connection, planned_load(connection, Publish.SWAP), NEW)
    assert table.rows("SELECT * FROM t ORDER BY 1") == [
        (1, "new", 7, None, 2),
        (3, "new", 7, None, 6),
    ]


def test_columns_that_the_source_has_gained_are_added(
    connection: Connection, table: PgDatabase
) -> None:
    columns = (*PEOPLE, ("age", INT))
    plan = planned_load(connection, Publish.SWAP, columns, drift=DriftPolicy.ADD_COLUMNS)
    load(connection, plan, [(1, "new", 10), (2, "new", None)])
    assert table.rows("SELECT id, name, age FROM t ORDER BY 1") == [
        (1, "new", 10),
        (2, "new", None),
    ]
    load(connection, planned_load(connection, Publish.SWAP, columns), [(1, "x", 1)])


def test_an_added_column_that_must_have_a_value_has_its_constraint_named_after_the_table(
    connection: Connection, table: PgDatabase
) -> None:
    names = tuple(
        SourceColumn(name, kind, nullable=False) for name, kind in (*PEOPLE, ("age", INT))
    )
    there = postgres.read_schema(
        connection, TargetTable.parse("t"), {"swap": STRATEGIES["swap"].look}
    )
    wanted = spec(
        *((column.name, column.name) for column in names),
        publish=Publish.SWAP,
        drift=DriftPolicy.ADD_COLUMNS,
        max_shrink=100,
    )
    plan = plan_table(
        wanted,
        SourceSchema(names),
        there,
        strategies=STRATEGIES,
        isolation=Isolation(snapshot=True),
    )
    load(connection, plan, [(1, "new", 10)])
    assert table.rows("SELECT * FROM t") == [(1, "new", 10)]
    assert table.rows(
        "SELECT conname FROM pg_constraint WHERE conrelid = 't'::regclass AND contype = 'n' "
        "ORDER BY 1"
    ) == [("t_age_not_null",), ("t_id_not_null",)]


@pytest.mark.parametrize(
    "numbered",
    ["int GENERATED ALWAYS AS IDENTITY", "int GENERATED BY DEFAULT AS IDENTITY", "serial"],
)
def test_a_numbered_column_goes_on_past_the_new_rows_and_never_back(
    connection: Connection, pg_database: PgDatabase, numbered: str
) -> None:
    pg_database.run(
        f"CREATE TABLE t (id {numbered} PRIMARY KEY, name text)",
        "INSERT INTO t (name) SELECT 'old' FROM generate_series(1, 50)",
    )
    plan = planned_load(connection, Publish.SWAP)
    load(connection, plan, [(1, "new")])
    pg_database.run("INSERT INTO t (name) VALUES ('next')")
    assert seen(pg_database) == [(1, "new"), (51, "next")]
    load(connection, plan, [(100, "new")])
    pg_database.run("INSERT INTO t (name) VALUES ('next')")
    assert seen(pg_database) == [(100, "new"), (101, "next")]


def test_a_number_drawn_while_the_rows_came_is_not_drawn_again(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name text)"
    )
    plan = planned_load(connection, Publish.SWAP)
    with postgres.open_load(connection, plan, target_schema(plan.columns)) as swapped:
        swapped.write(batch(plan, [(3, "new")]))
        swapped.prepare()
        pg_database.run("SELECT nextval('t_id_seq') FROM generate_series(1, 9)")
        postgres.publish_all(connection, [swapped])
        connection.commit()
    assert pg_database.rows("SELECT nextval('t_id_seq')") == [(10,)]


def test_an_unlogged_table_stays_unlogged(connection: Connection, table: PgDatabase) -> None:
    table.run("ALTER TABLE t SET UNLOGGED")
    load(connection, planned_load(connection, Publish.SWAP), NEW)
    assert table.rows("SELECT relpersistence FROM pg_class WHERE oid = 't'::regclass") == [("u",)]
    assert seen(table) == NEW


def test_a_trigger_that_fills_a_column_fills_it_and_the_others_do_not_fire(
    connection: Connection, table: PgDatabase
) -> None:
    table.run(
        "ALTER TABLE t ADD shout text",
        "CREATE TABLE log (n int)",
        "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN NEW.shout := upper(NEW.name); RETURN NEW; END'",
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN INSERT INTO log VALUES (1); RETURN NULL; END'",
        "CREATE TRIGGER fill BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fill()",
        "CREATE TRIGGER note AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION note()",
    )
    plan = planned_load(connection, Publish.SWAP)
    assert [warning for warning in plan.warnings if "'note'" in warning]
    load(connection, plan, NEW)
    assert table.rows("SELECT shout FROM t") == [("NEW",), ("NEW",)]
    assert table.rows("SELECT count(*) FROM log") == [(0,)]
    table.run("INSERT INTO t VALUES (9, 'later')")
    assert table.rows("SELECT count(*) FROM log") == [(1,)]


def test_a_materialised_view_shows_the_new_rows_at_the_same_moment(
    connection: Connection, table: PgDatabase
) -> None:
    table.run(
        "CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n, max(name) AS name FROM t",
        "CREATE VIEW over_m AS SELECT n FROM m",
    )
    plan = planned_load(connection, Publish.SWAP)
    assert [warning for warning in plan.warnings if "'public.m'" in warning]
    with postgres.open_load(connection, plan, target_schema(plan.columns)) as swapped:
        swapped.write(batch(plan, [*NEW, (4, "new")]))
        swapped.prepare()
        assert table.rows("SELECT * FROM m") == [(2, "old")]
        postgres.publish_all(connection, [swapped])
        connection.commit()
    assert table.rows("SELECT * FROM m") == [(3, "new")]
    assert table.rows("SELECT * FROM over_m") == [(3,)]
    table.run("DELETE FROM t WHERE id = 4", "REFRESH MATERIALIZED VIEW m")
    assert table.rows("SELECT * FROM m") == [(2, "new")]


def test_rights_given_to_every_new_table_are_not_given_to_the_shadow(
    connection: Connection, table: PgDatabase
) -> None:
    table.run("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC")
    load(connection, planned_load(connection, Publish.SWAP), NEW)
    assert table.rows(
        "SELECT count(*) FROM pg_class c, aclexplode(c.relacl) e "
        "WHERE c.oid = 't'::regclass AND e.grantee = 0"
    ) == [(0,)]
    table.run("ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM PUBLIC")


def test_rights_taken_from_the_owner_of_every_new_table_are_not_taken_from_the_shadow(
    connection: Connection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text)",
        "CREATE MATERIALIZED VIEW m AS SELECT * FROM t",
        f"ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM {pg_database.user}",
        f"ALTER DEFAULT PRIVILEGES REVOKE USAGE ON SEQUENCES FROM {pg_database.user}",
    )
    rights = (
        "SELECT c.oid::regclass::text, string_agg(e.privilege_type, ' ' ORDER BY e.privilege_type) "
        "FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' "
        "THEN 's'::\"char\" ELSE 'r' END, c.relowner))) e "
        "WHERE c.relname IN ('t', 'm', 't_id_seq') GROUP BY 1 ORDER BY 1"
    )
    before = pg_database.rows(rights)
    try:
        load(connection, planned_load(connection, Publish.SWAP), NEW)
        assert pg_database.rows(rights) == before
    finally:
        pg_database.run(
            f"ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {pg_database.user}",
            f"ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO {pg_database.user}",
        )


def test_a_foreign_key_to_a_partitioned_table_is_prepared_again_and_keeps_its_parts_names(
    connection: Connection, table: PgDatabase
) -> None:
    table.run(
        "CREATE TABLE town (id int PRIMARY KEY) PARTITION BY RANGE (id)",
        "CREATE TABLE few PARTITION OF town FOR VALUES FROM (0) TO (2)",
        "CREATE TABLE many PARTITION OF town DEFAULT",
        "INSERT INTO town VALUES (1), (2), (3)",
        "ALTER TABLE t ADD CONSTRAINT in_town FOREIGN KEY (id) REFERENCES town",
    )
    ((part,),) = table.rows(
        "SELECT conname FROM pg_constraint "
        "WHERE conrelid = 't'::regclass AND confrelid = 'few'::regclass"
    )
    table.run(f"ALTER TABLE t RENAME CONSTRAINT {part} TO of_few")
    parts = (
        "SELECT conname, confrelid::regclass::text FROM pg_constraint "
        "WHERE conrelid = 't'::regclass AND contype = 'f' ORDER BY 2"
    )
    before = table.rows(parts)
    plan = planned_load(connection, Publish.SWAP)
    staging = postgres.Staging(parts=True)
    with postgres.open_load(connection, plan, target_schema(plan.columns), staging) as swapped:
        with swapped.part(connection) as part_of_it:
            part_of_it.write(batch(plan, NEW))
            part_of_it.commit()
        swapped.prepare()
        swapped.prepare()
        postgres.publish_all(connection, [swapped])
        connection.commit()
    assert seen(table) == NEW
    assert table.rows(parts) == before
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match="of_few"):
        table.run("DELETE FROM few")


def test_functions_that_are_called_by_the_way_find_what_they_find_elsewhere(
    connection: Connection, table: PgDatabase
) -> None:
    table.run(
        "CREATE VIEW v AS SELECT * FROM t",
        "CREATE TABLE heard (tag text)",
        "CREATE FUNCTION hear() RETURNS event_trigger LANGUAGE plpgsql AS "
        "'BEGIN INSERT INTO heard VALUES (tg_tag); END'",
        "CREATE EVENT TRIGGER hearing ON ddl_command_end EXECUTE FUNCTION hear()",
    )
    try:
        load(connection, planned_load(connection, Publish.SWAP), NEW)
    finally:
        table.run("DROP EVENT TRIGGER hearing")
    assert seen(table) == NEW
    assert ("CREATE VIEW",) in table.rows("SELECT tag FROM heard")


@pytest.mark.parametrize(
    "name",
    ['we"ird', "a;DROP TABLE x--", "a\nb", "a.b", "имя", "100%s", "{x}", "a'b", "a]b", " x "],
)
def test_a_hostile_name_is_a_name_to_a_swap(
    connection: Connection, pg_database: PgDatabase, name: str
) -> None:
    quoted = TargetTable("", name).sql
    pg_database.run(
        f"CREATE TABLE {quoted} ({quoted} bigserial PRIMARY KEY, "
        f"v int CONSTRAINT {quoted} REFERENCES {quoted}, CHECK ({quoted} > 0))",
        f'CREATE INDEX "i{name.replace(chr(34), chr(34) * 2)}" ON {quoted} (v)',
        f"CREATE MATERIALIZED VIEW m AS SELECT v AS {quoted} FROM {quoted}",
    )
    plan = planned_load(connection, Publish.SWAP, ((name, BIGINT), ("v", INT)), target=quoted)
    load(connection, plan, [(1, None), (2, 1)])
    assert pg_database.rows(f"SELECT * FROM {quoted} ORDER BY 1") == [(1, None), (2, 1)]
    assert pg_database.rows("SELECT count(*) FROM m") == [(2,)]
    assert pg_database.rows(LEFT) == []


def test_a_table_in_another_schema_than_the_search_path_finds_is_left_alone(
    connection: Connection, table: PgDatabase
) -> None:
    table.run("CREATE SCHEMA keep", "CREATE TABLE keep.t (id int PRIMARY KEY, name text)")
    load(connection, planned_load(connection, Publish.SWAP, target="keep.t"), NEW)
    assert seen(table) == OLD
    assert table.rows("SELECT * FROM keep.t ORDER BY 1") == NEW
    connection.execute("SELECT 1 FROM t")


def test_text_that_is_quoted_oddly_in_comments_and_options_survives(
    connection: Connection, table: PgDatabase
) -> None:
    table.run(
        r"COMMENT ON COLUMN t.name IS E'it''s \\ 100% \'%s\' {0};'", "COMMENT ON TABLE t IS ';'"
    )
    load(connection, planned_load(connection, Publish.SWAP), NEW)
    assert table.rows(
        "SELECT col_description('t'::regclass, 2), obj_description('t'::regclass, 'pg_class')"
    ) == [(r"it's \ 100% '%s' {0};", ";")]
