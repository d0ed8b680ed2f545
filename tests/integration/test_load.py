"""A full refresh into a real PostgreSQL: all of it or none of it, whoever looks on."""

import functools
import threading
import traceback
from collections.abc import Iterator

import psycopg
import pyarrow as pa
import pytest

from tableferry import postgres
from tableferry.errors import (
    ConfigError,
    DataError,
    SchemaError,
    TableferryError,
    TransientError,
    VerificationError,
)
from tableferry.model.identifiers import TargetTable
from tableferry.model.schema import PgType, SourceType
from tableferry.planning.plan import SyncPlan
from tableferry.postgres import STRATEGIES
from tableferry.postgres.locks import PATIENCE_SECONDS, lock_exclusively
from tableferry.postgres.publish import truncate
from tableferry.values import target_schema
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.specs import planned, spec, sync_plan

INT = SourceType("int", 4, 10)
NAME = SourceType("nvarchar", 100)
CANARY = "canary-value"
OLD = [(1, "old"), (2, "old")]


@pytest.fixture
def pg_database(module_pg_database: PgDatabase) -> PgDatabase:
    """One database for the module, emptied for each test: quicker than a database each."""
    module_pg_database.run(
        "DROP SCHEMA public CASCADE",
        "CREATE SCHEMA public",
        "GRANT USAGE ON SCHEMA public TO PUBLIC",
    )
    return module_pg_database


@pytest.fixture
def connection(pg_database: PgDatabase) -> Iterator[postgres.TargetConnection]:
    with postgres.connect(settings_of(pg_database)) as opened:
        yield opened


@pytest.fixture
def old_rows(pg_database: PgDatabase) -> PgDatabase:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'old'), (2, 'old')",
    )
    return pg_database


def people(name: str = "t", **changes: object) -> SyncPlan:
    columns = (planned("id", INT), planned("name", NAME))
    return sync_plan(*columns, target=name, **changes)  # type: ignore[arg-type]


def rows(*values: tuple[int | None, str | None]) -> pa.RecordBatch:
    ids = pa.array([value[0] for value in values], pa.int32())
    names = pa.array([value[1] for value in values], pa.large_string())
    return pa.RecordBatch.from_arrays([ids, names], names=["id", "name"])


def load(connection: postgres.TargetConnection, plan: SyncPlan, *batches: pa.RecordBatch) -> int:
    with postgres.open_load(connection, plan, target_schema(plan.columns)) as refresh:
        for batch in batches:
            refresh.write(batch)
        refresh.prepare()
        postgres.publish_all(connection, [refresh])
        connection.commit()
    return refresh.rows


def seen(database: PgDatabase, table: str = "t") -> list[tuple[object, ...]]:
    return database.rows(f"SELECT * FROM {table} ORDER BY 1")


def test_the_new_rows_replace_the_old(
    connection: postgres.TargetConnection, old_rows: PgDatabase
) -> None:
    assert load(connection, people(), rows((3, "a"), (4, None)), rows((5, ""))) == 3
    assert seen(old_rows) == [(3, "a"), (4, None), (5, "")]


def test_no_rows_at_all_empty_the_table(
    connection: postgres.TargetConnection, old_rows: PgDatabase
) -> None:
    assert load(connection, people()) == 0
    assert load(connection, people(), rows()) == 0
    assert seen(old_rows) == []


def test_a_reader_waits_for_the_commit_and_then_sees_the_new_rows(
    connection: postgres.TargetConnection, old_rows: PgDatabase
) -> None:
    plan = people()
    with (
        old_rows.connect() as reader,
        postgres.open_load(connection, plan, target_schema(plan.columns)) as refresh,
    ):
        refresh.write(rows((3, "new")))
        reader.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            reader.execute("SELECT count(*) FROM t")
        refresh.prepare()
        postgres.publish_all(connection, [refresh])
        connection.commit()
        assert reader.execute("SELECT * FROM t").fetchall() == [(3, "new")]


def test_a_snapshot_taken_before_never_sees_an_empty_table(
    connection: postgres.TargetConnection, old_rows: PgDatabase
) -> None:
    with old_rows.connect(autocommit=False) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT 1")
        load(connection, people(), rows((3, "new")))
        assert reader.execute("SELECT * FROM t").fetchall() == [(3, "new")]


@pytest.mark.parametrize("after", [0, 1])
def test_leaving_without_a_commit_keeps_the_old_rows(
    connection: postgres.TargetConnection, old_rows: PgDatabase, after: int
) -> None:
    plan = people()
    with postgres.open_load(connection, plan, target_schema(plan.columns)) as refresh:
        for _ in range(after):
            refresh.write(rows((3, "new")))
    assert seen(old_rows) == OLD
    assert load(connection, plan, rows((9, "next"))) == 1, "the connection works on"


def test_any_exception_in_the_block_keeps_the_old_rows(
    connection: postgres.TargetConnection, old_rows: PgDatabase
) -> None:
    plan = people()
    with (
        pytest.raises(KeyboardInterrupt),
        postgres.open_load(connection, plan, target_schema(plan.columns)) as refresh,
    ):
        refresh.write(rows((3, "new")))
        raise KeyboardInterrupt
    assert seen(old_rows) == OLD


def test_a_created_table_is_gone_after_a_failure_and_there_after_a_success(
    connection: postgres.TargetConnection, pg_database: PgDatabase
) -> None:
    plan = people(create='CREATE TABLE "t" (id integer NOT NULL, name text, PRIMARY KEY (id))')
    with pytest.raises(DataError):
        load(connection, plan, rows((1, "a"), (1, "b")))
    assert pg_database.rows("SELECT to_regclass('t')") == [(None,)]
    assert load(connection, plan, rows((1, "a"))) == 1
    assert seen(pg_database) == [(1, "a")]


def test_a_failed_begin_leaves_no_transaction_open(
    connection: postgres.TargetConnection, old_rows: PgDatabase
) -> None:
    with pytest.raises(SchemaError):
        load(connection, people("nowhere"), rows((1, "a")))
    assert load(connection, people(), rows((1, "a"))) == 1
    assert seen(old_rows) == [(1, "a")]


RAISES = """CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no %', new.name; END $$"""
ONE = rows((1, CANARY))
TWO = rows((1, CANARY), (2, CANARY))
PLAIN = "CREATE TABLE t (id int, name text)"
TRIGGER = "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()"
OTHERS = "CREATE TABLE u (name text PRIMARY KEY)"

FAILURES = [
    (["CREATE TABLE t (id int, name varchar(3))"], ONE, "22001", "name"),
    (["CREATE TABLE t (id int, name text NOT NULL)"], rows((4711, None)), "23502", "name"),
    (["CREATE TABLE t (id int, name text UNIQUE)"], TWO, "23505", "key"),
    ([f"CREATE TABLE t (id int, name text CHECK (name <> '{CANARY}'))"], ONE, "23514", ""),
    (
        [
            "CREATE DOMAIN d AS text CHECK (length(value) < 3)",
            "CREATE TABLE t (id int, name d)",
        ],
        ONE,
        "23514",
        "",
    ),
    ([OTHERS, "CREATE TABLE t (id int, name text REFERENCES u)"], ONE, "23503", ""),
    (
        [OTHERS, PLAIN, "ALTER TABLE t ADD FOREIGN KEY (name) REFERENCES u INITIALLY DEFERRED"],
        ONE,
        "23503",
        "",
    ),
    ([PLAIN], rows((1, f"{CANARY}\0")), "22021", "name"),
    *(([PLAIN, raises, TRIGGER], ONE, code, "") for raises, code in [
        (RAISES, "P0001"),
        (RAISES.replace("name;", "name USING ERRCODE = 'check_violation';"), "23514"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("setup", "batch", "code", "named"), FAILURES)
def test_a_refused_row_is_told_by_code_and_column_and_never_by_its_value(
    connection: postgres.TargetConnection,
    pg_database: PgDatabase,
    setup: list[str],
    batch: pa.RecordBatch,
    code: str,
    named: str,
) -> None:
    pg_database.run(*setup)
    found = postgres.read_schema(connection, TargetTable.parse("t"))
    assert found is not None
    into = {column.name: column.type for column in found.columns}
    plan = sync_plan(planned("id", INT, into["id"]), planned("name", NAME, into["name"]))
    with pytest.raises(DataError) as raised:
        load(connection, plan, batch)
    told = "".join(traceback.format_exception(raised.value)) + raised.value.hint
    assert raised.value.code == code
    assert named in raised.value.message
    assert "rolled back" in raised.value.hint
    assert CANARY not in told
    assert "4711" not in told
    assert "DETAIL" not in told
    assert "CONTEXT" not in told
    assert seen(pg_database) == []


@pytest.mark.parametrize(
    ("does", "code"),
    [
        ("RAISE EXCEPTION 'no %', new.name USING ERRCODE = '42501'", "42501"),
        ("RAISE EXCEPTION 'no %', new.name USING ERRCODE = '40001'", "40001"),
        ("RAISE EXCEPTION 'no %', new.name USING ERRCODE = 'TF001'", "TF001"),
        ("EXECUTE 'SELECT * FROM ' || quote_ident(new.name)", "42P01"),
        ("EXECUTE 'SELECT ' || new.name || ' ]'", "42601"),
    ],
)
def test_what_a_trigger_says_of_a_row_is_not_passed_on_whatever_code_it_chooses(
    connection: postgres.TargetConnection, pg_database: PgDatabase, does: str, code: str
) -> None:
    body = RAISES.replace("RAISE EXCEPTION 'no %', new.name", does)
    pg_database.run(PLAIN, body, TRIGGER)
    with pytest.raises(TableferryError) as raised:
        load(connection, people(), ONE)
    assert raised.value.code == code
    assert CANARY not in "".join(traceback.format_exception(raised.value)) + raised.value.hint
    assert seen(pg_database) == []


@pytest.mark.parametrize("type_", ["timestamp", "float8", "int4", "numeric"])
def test_a_column_that_was_altered_after_the_plan_is_noticed_before_a_row_is_stored(
    connection: postgres.TargetConnection, pg_database: PgDatabase, type_: str
) -> None:
    pg_database.run(f"CREATE TABLE t (id {type_})", "INSERT INTO t VALUES (DEFAULT)")
    plan = sync_plan(planned("id", SourceType("bigint", 8, 19)))
    batch = pa.RecordBatch.from_arrays([pa.array([1], pa.int64())], names=["id"])
    with pytest.raises(SchemaError, match="altered during the load: 'id'"):
        load(connection, plan, batch)
    assert pg_database.rows("SELECT count(*) FROM t") == [(1,)]


def test_a_value_too_large_for_an_index_is_not_told(
    connection: postgres.TargetConnection, pg_database: PgDatabase
) -> None:
    import random

    pg_database.run("CREATE TABLE t (id int, name text PRIMARY KEY)")
    noise = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=9000))
    with pytest.raises(DataError) as raised:
        load(connection, people(), rows((1, CANARY + noise)))
    assert raised.value.code == "54000"
    assert CANARY not in "".join(traceback.format_exception(raised.value))


def test_rows_that_a_trigger_swallows_fail_the_load(
    connection: postgres.TargetConnection, old_rows: PgDatabase
) -> None:
    old_rows.run(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF new.id = 4 THEN RETURN NULL; END IF; RETURN new; END $$",
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    )
    with pytest.raises(VerificationError, match="2 of 3 rows"):
        load(connection, people(), rows((3, "a"), (4, "b"), (5, "c")))
    assert seen(old_rows) == OLD


def test_a_partitioned_table_is_loaded_through_its_root(
    connection: postgres.TargetConnection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int, name text) PARTITION BY RANGE (id)",
        "CREATE TABLE t_low PARTITION OF t FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE t_high PARTITION OF t FOR VALUES FROM (10) TO (20)",
        "INSERT INTO t VALUES (5, 'old')",
    )
    found = postgres.read_schema(connection, TargetTable.parse("t"))
    assert found is not None
    assert found.kind == "p"
    load(connection, people(can_freeze=False), rows((1, "a"), (11, "b")))
    assert seen(pg_database, "t_low") == [(1, "a")]
    assert seen(pg_database, "t_high") == [(11, "b")]
    with pytest.raises(DataError):
        load(connection, people(can_freeze=False), rows((99, CANARY)))
    assert len(seen(pg_database)) == 2


def test_a_table_that_others_reference_is_refused_with_its_rows_untouched(
    connection: postgres.TargetConnection, old_rows: PgDatabase
) -> None:
    old_rows.run("CREATE TABLE child (id int REFERENCES t)", "INSERT INTO child VALUES (1)")
    with pytest.raises(SchemaError) as raised:
        load(connection, people(), rows((3, "a")))
    assert "foreign key" in raised.value.message
    assert seen(old_rows) == OLD


@pytest.mark.parametrize(
    "create",
    [
        "CREATE VIEW v AS SELECT 1 AS id",
        "CREATE MATERIALIZED VIEW v AS SELECT 1 AS id",
        "CREATE SEQUENCE v",
        "CREATE TYPE v AS (id int)",
    ],
)
def test_what_is_no_table_is_refused_before_anything_is_done(
    connection: postgres.TargetConnection, pg_database: PgDatabase, create: str
) -> None:
    pg_database.run(create)
    with pytest.raises(SchemaError, match="not a table"):
        postgres.read_schema(connection, TargetTable.parse("v"))


def test_a_table_that_is_held_is_given_up_with_the_old_rows(
    connection: postgres.TargetConnection, old_rows: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = functools.partial(lock_exclusively, patience=0.3)
    monkeypatch.setattr(truncate, "lock_exclusively", impatient)
    with old_rows.connect(autocommit=False) as holder:
        holder.execute("SELECT * FROM t")
        with pytest.raises(TransientError, match="has held t for") as raised:
            load(connection, people(), rows((3, "a")))
    assert raised.value.code == "55P03"
    assert seen(old_rows) == OLD


def test_nobody_waits_for_a_lock_longer_than_half_a_minute() -> None:
    assert PATIENCE_SECONDS <= 30


def test_readers_do_not_queue_behind_a_load_that_waits_for_its_lock(
    connection: postgres.TargetConnection, old_rows: PgDatabase
) -> None:
    asked: list[float] = []

    def read_between(_pause: float) -> None:
        asked.append(_pause)
        assert seen(old_rows) == OLD, "a reader gets in while nobody asks for the lock"
        if len(asked) == 3:
            holder.rollback()

    with old_rows.connect(autocommit=False) as holder:
        holder.execute("SELECT * FROM t")
        connection.begin()
        lock_exclusively(connection, TargetTable.parse("t"), sleep=read_between)
        connection.rollback()
    assert len(asked) == 3


def test_readers_do_not_notice_a_load_that_waits_for_a_vacuum(
    connection: postgres.TargetConnection, old_rows: PgDatabase
) -> None:
    """An autovacuum gives way to whoever waits a second: that wait locks nobody out."""
    failures: list[TransientError] = []

    def wait() -> None:
        try:
            lock_exclusively(connection, TargetTable.parse("t"), patience=0.5)
        except TransientError as error:
            failures.append(error)

    with old_rows.connect(autocommit=False) as vacuum, old_rows.connect() as reader:
        reader.execute("SET lock_timeout = 1")
        vacuum.execute("LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE")  # as VACUUM does
        connection.begin()
        waiting = threading.Thread(target=wait)
        waiting.start()
        while waiting.is_alive():
            assert reader.execute("SELECT count(*) FROM t").fetchall() == [(2,)]
        waiting.join()
        connection.rollback()
    assert [error.code for error in failures] == ["55P03"]


def test_tables_that_inherit_from_the_target_keep_their_rows(
    connection: postgres.TargetConnection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int, name text)",
        "CREATE TABLE child (more int) INHERITS (t)",
        "INSERT INTO child VALUES (1, 'kept', 2)",
    )
    load(connection, people(), rows((30, "a")))
    assert pg_database.rows("SELECT * FROM child") == [(1, "kept", 2)]
    assert pg_database.rows("SELECT id FROM ONLY t") == [(30,)]


def test_foreign_keys_triggers_and_row_security_of_the_target_are_seen(
    connection: postgres.TargetConnection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "CREATE TABLE orders (t_id int REFERENCES t)",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER touch BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER later AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    )
    found = postgres.read_schema(connection, TargetTable.parse("t"))
    assert found is not None
    assert found.referenced_by == ("orders",)
    assert found.row_triggers == ("touch",)
    assert not found.row_security


def test_columns_that_are_not_loaded_keep_their_defaults(
    connection: postgres.TargetConnection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, extra int DEFAULT 7, name text, "
        "twice int GENERATED ALWAYS AS (id * 2) STORED)"
    )
    load(connection, people(), rows((30, "a")))
    assert pg_database.rows("SELECT id, extra, name, twice FROM t") == [(30, 7, "a", 60)]


@pytest.mark.parametrize(
    "name",
    ['we"ird', "a;DROP TABLE x--", "a\nb", "a.b", "имя", "100%s", "{x}", "a'b", "a]b", " x "],
)
def test_a_hostile_name_is_a_name(
    connection: postgres.TargetConnection, pg_database: PgDatabase, name: str
) -> None:
    quoted = TargetTable("", name).sql
    columns = (planned(name, INT),)
    create = f"CREATE TABLE {quoted} ({quoted} integer)"
    plan = sync_plan(*columns, target=quoted, create=create)
    batch = pa.RecordBatch.from_arrays([pa.array([7], pa.int32())], names=[name])
    load(connection, plan, batch)
    found = postgres.read_schema(connection, plan.spec.target)
    assert found is not None
    assert [column.name for column in found.columns] == [name]
    assert pg_database.rows(f"SELECT {quoted} FROM {quoted}") == [(7,)]


def test_the_catalog_tells_types_modifiers_and_what_needs_a_value(
    connection: postgres.TargetConnection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE DOMAIN short AS varchar(5) NOT NULL",
        "CREATE DOMAIN short_too AS short",
        "CREATE DOMAIN filled AS int NOT NULL DEFAULT 5",
        "CREATE TABLE t (a numeric(38,10), b varchar(7), c timestamp(3), d short, e int NOT NULL, "
        "f int NOT NULL DEFAULT 1, g int GENERATED ALWAYS AS IDENTITY, h numeric(5,-2), "
        "i short_too, j filled, k char(4), l time, gone int)",
        "ALTER TABLE t DROP COLUMN gone",
    )
    found = postgres.read_schema(connection, TargetTable.parse("t"))
    assert found is not None
    assert [(c.name, c.type, c.needs_value) for c in found.columns] == [
        ("a", PgType("numeric", (38, 10)), False),
        ("b", PgType("varchar", (7,)), False),
        ("c", PgType("timestamp", (3,)), False),
        ("d", PgType("varchar", (5,)), True),
        ("e", PgType("int4"), True),
        ("f", PgType("int4"), False),
        ("g", PgType("int4"), False),
        ("h", PgType("numeric", (5, -2)), False),
        ("i", PgType("varchar", (5,)), True),
        ("j", PgType("int4"), False),
        ("k", PgType("bpchar", (4,)), False),
        ("l", PgType("time"), False),
    ]


def test_a_login_without_rights_is_told_which(
    connection: postgres.TargetConnection, old_rows: PgDatabase
) -> None:
    role = f"weak_{old_rows.name}"
    old_rows.run(
        f"CREATE ROLE {role} LOGIN PASSWORD '{old_rows.password}'",
        f"GRANT SELECT, INSERT ON t TO {role}",
    )
    weak = settings_of(old_rows).model_copy(update={"user": role})
    try:
        with postgres.connect(weak) as limited:
            with pytest.raises(ConfigError, match="TRUNCATE"):
                postgres.require_rights(limited, spec(target="t"), [STRATEGIES["truncate"]])
            with pytest.raises(ConfigError) as raised:
                load(limited, people(), rows((3, "a")))
            assert raised.value.code == "42501"
            with pytest.raises(ConfigError, match="CREATE"):
                postgres.require_rights(limited, spec(target="new_one"), [STRATEGIES["truncate"]])
    finally:
        old_rows.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    assert seen(old_rows) == OLD


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "canary-wrong"}, "28P01"),
        ({"user": "nobody_at_all"}, "28P01"),
        ({"db": "nowhere"}, "3D000"),
    ],
)
def test_a_refused_login_says_why_at_once_and_holds_no_password(
    pg_database: PgDatabase, change: dict[str, str], code: str
) -> None:
    settings = settings_of(pg_database)
    values = {**settings.model_dump(), "password": pg_database.password, **change}
    with pytest.raises(ConfigError) as raised:
        postgres.connect(type(settings).model_validate(values))
    assert raised.value.code == code
    assert raised.value.reached
    told = "".join(traceback.format_exception(raised.value))
    assert "canary-wrong" not in told
    assert pg_database.password not in told


def test_a_host_that_is_not_there_names_the_variables(pg_database: PgDatabase) -> None:
    values = {**settings_of(pg_database).model_dump(), "password": "x", "port": 1}
    with pytest.raises(TransientError) as raised:
        postgres.connect(type(settings_of(pg_database)).model_validate(values))
    assert "127.0.0.1:1 " in raised.value.message
    assert "PG_HOST" in raised.value.hint
    assert not raised.value.reached


def test_every_error_is_one_of_ours(
    connection: postgres.TargetConnection, pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE TABLE t (id int, name text)")
    lost = people()
    with (
        pytest.raises(TableferryError) as raised,
        postgres.open_load(connection, lost, target_schema(lost.columns)) as refresh,
    ):
        pg_database.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state <> 'idle' "
            "AND application_name LIKE 'tableferry%' AND datname = current_database()"
        )
        for number in range(50):
            refresh.write(rows(*[(number * 1000 + n, "x" * 1000) for n in range(1000)]))
        refresh.prepare()
        postgres.publish_all(connection, [refresh])
        connection.commit()
    assert isinstance(raised.value, TransientError)
    assert seen(pg_database) == []
