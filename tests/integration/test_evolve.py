"""``drift: evolve`` through the real wire: the table is altered with the load, or not at all."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tableferry.config import TableSpec, parse_table_configs
from tableferry.inspect.plan_report import plan_tables
from tableferry.planning.evolve import FAMILIES
from tableferry.postgres.connection import TargetConnection
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tableferry.runs.verify_tables import verify_tables
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

Run = Callable[[str], None]
STRATEGIES = ["truncate", "swap", "merge"]


@pytest.fixture
def database(module_pg_database: PgDatabase) -> PgDatabase:
    module_pg_database.run("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return module_pg_database


def configured(**changes: Any) -> TableSpec:
    written = {
        "sql_table": "dbo.T", "pg_table": "t", "columns": None, "pg_columns": None,
        "primary_key": "ID", "order_by": None, "drift": "evolve", "max_shrink": 100, **changes,
    }  # fmt: skip
    return parse_table_configs({"t": entry(**written)})["t"]


def sync(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> TableOutcome:
    return sync_table(configured(**changes), sandbox.settings(database))


def refused(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> tuple[str, str]:
    [table] = plan_tables([configured(**changes)], sandbox.settings(database)).tables
    assert table.error is not None
    return table.error.message, table.error.hint


def types(database: PgDatabase) -> dict[object, object]:
    return dict(
        database.rows(  # type: ignore[arg-type]
            "SELECT attname, format_type(atttypid, atttypmod) || CASE WHEN attnotnull "
            "THEN ' not null' ELSE '' END FROM pg_attribute "
            "WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped"
        )
    )


SOURCES = {
    "a": ("smallint", "int"),
    "b": ("integer", "bigint"),
    "c": ("numeric(10,2)", "decimal(12,2)"),
    "d": ("numeric(10,2)", "decimal(14,4)"),
    "e": ("varchar(50)", "nvarchar(100)"),
    "f": ("varchar(50)", "nvarchar(max)"),
    "g": ("time(3)", "time(6)"),
    "h": ("timestamp(3)", "datetime2(6)"),
    "i": ("timestamptz(3)", "datetimeoffset(6)"),
}
"""An existing type and the source's, a pair a column; together they go through every family."""

WIDE = {
    "a": "integer", "b": "bigint", "c": "numeric(12,2)", "d": "numeric(14,4)",
    "e": "character varying(100)", "f": "text", "g": "time(6) without time zone",
    "h": "timestamp(6) without time zone", "i": "timestamp(6) with time zone",
}  # fmt: skip

VALUES = (
    "2147483647, 9223372036854775807, 9999999999.99, 1234567890.1234, REPLICATE(N'e', 100), "
    "REPLICATE(N'f', 60), '23:59:59.123456', '2020-01-01 00:00:00.123456', "
    "'2020-01-01 00:00:00.123456 +00:00'"
)


@pytest.fixture
def families(table_in: Run, database: PgDatabase) -> None:
    sources = ", ".join(f"{name} {written}" for name, (_, written) in SOURCES.items())
    targets = ", ".join(f"{name} {written}" for name, (written, _) in SOURCES.items())
    table_in(f"CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, {sources}, N int NULL)")
    table_in(f"INSERT INTO dbo.T SELECT 1, {VALUES}, NULL")
    database.run(
        f"CREATE TABLE t (id int PRIMARY KEY, {targets}, n int NOT NULL DEFAULT 7)",
        "INSERT INTO t VALUES (1, 1, 1, 1, 1, 'e', 'f', '0:0', '2000-01-01', '2000-01-01', 1)",
        "CREATE INDEX by_text ON t (e)",
    )


QUARANTINE = {"on_invalid": "quarantine", "max_invalid": 9}
WAYS: list[dict[str, Any]] = [
    *({"publish": publish} for publish in STRATEGIES),
    *({"publish": publish, **QUARANTINE} for publish in ("swap", "merge")),
    *({"publish": publish, "chunks": 2, "parallel": 2} for publish in ("swap", "merge")),
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "-".join(map(str, way.values())))
def test_every_family_is_widened_and_not_null_dropped_with_the_values_that_need_it(
    sandbox: Sandbox, families: None, database: PgDatabase, way: dict[str, Any]
) -> None:
    outcome = sync(sandbox, database, **way)
    assert outcome.error is None
    assert types(database) == {"id": "integer not null", **WIDE, "n": "integer"}
    [row] = database.rows("SELECT a, b, c::text, d::text, length(e), length(f), g::text, n FROM t")
    assert row == (
        2147483647, 9223372036854775807, "9999999999.99", "1234567890.1234", 100, 60,
        "23:59:59.123456", None,
    )  # fmt: skip
    assert len([one for one in outcome.warnings if one.startswith("evolved")]) == len(WIDE) + 1
    again = sync(sandbox, database, **way)
    assert again.error is None
    assert [one for one in again.warnings if one.startswith("evolved")] == []


@pytest.mark.parametrize(("before", "after", "anew"), FAMILIES)
def test_postgresql_rewrites_a_table_for_those_changes_that_the_plan_says(
    database: PgDatabase, before: str, after: str, anew: bool
) -> None:
    node = "SELECT pg_relation_filenode('t')"
    database.run(f"CREATE TABLE t (x {before})", "INSERT INTO t DEFAULT VALUES")
    written = database.rows(node)
    database.run(f"ALTER TABLE t ALTER x TYPE {after}")
    assert (database.rows(node) != written) is anew


@pytest.fixture
def narrow(table_in: Run, database: PgDatabase) -> Run:
    """A source whose numbers have outgrown the target's."""
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Qty bigint NULL)")
    table_in("INSERT INTO dbo.T VALUES (1, 5000000000), (2, 1)")
    database.run(
        "CREATE TABLE t (id int PRIMARY KEY, qty int)", "INSERT INTO t VALUES (1, 7), (2, 1)"
    )
    return table_in


OLD, NEW = ("integer", 8), ("bigint", 5_000_000_001)
SEEN = "SELECT pg_typeof(max(qty))::text, sum(qty)::bigint FROM t"


@pytest.mark.parametrize("publish", STRATEGIES)
def test_readers_see_the_old_type_and_rows_or_the_new_ones(
    sandbox: Sandbox, narrow: Run, database: PgDatabase, publish: str
) -> None:
    seen: set[tuple[object, ...]] = set()
    done = threading.Event()

    def read() -> None:
        with database.connect() as connection:
            while not done.is_set():
                seen.add(tuple(connection.execute(SEEN).fetchall()[0]))

    witness = threading.Thread(target=read)
    witness.start()
    try:
        assert sync(sandbox, database, publish=publish).error is None
    finally:
        done.set()
        witness.join()
    assert seen <= {OLD, NEW}
    assert database.rows(SEEN) == [NEW]


@pytest.fixture
def cut_at_commit(database: PgDatabase, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Ends the session that is about to commit the rows, once; gets what readers see then."""
    seen: list[Any] = []
    commit = TargetConnection.commit

    def cut(connection: TargetConnection, *questions: Any) -> Any:
        if not seen and types_of_session(connection) == "bigint":
            database.run(f"SELECT pg_terminate_backend({connection.raw.info.backend_pid}, 5000)")
            seen.append(database.rows(SEEN))
        return commit(connection, *questions)

    monkeypatch.setattr(TargetConnection, "commit", cut)
    return seen


def types_of_session(connection: TargetConnection) -> str:
    """The type that the table has within the open transaction."""
    [(found,)] = connection.rows("SELECT pg_typeof(max(qty))::text FROM t")
    return str(found)


@pytest.mark.parametrize("publish", STRATEGIES)
def test_a_session_that_is_ended_between_alter_and_commit_leaves_the_table_and_the_next_evolves_it(
    sandbox: Sandbox, narrow: Run, database: PgDatabase, cut_at_commit: list[Any], publish: str
) -> None:
    outcome = sync(sandbox, database, publish=publish)
    assert cut_at_commit == [[OLD]]
    if outcome.status is not Status.OK:
        assert database.rows(SEEN) == [OLD]
        outcome = sync(sandbox, database, publish=publish)
    assert outcome.error is None
    assert database.rows(SEEN) == [NEW]


def test_a_load_that_fails_leaves_the_type(
    sandbox: Sandbox, narrow: Run, database: PgDatabase
) -> None:
    database.run("ALTER TABLE t ADD CHECK (id <> 1) NOT VALID")
    for publish in STRATEGIES:
        assert sync(sandbox, database, publish=publish).status is Status.FAILED
        assert database.rows(SEEN) == [OLD]


USES = {
    "view v": "CREATE VIEW v AS SELECT qty FROM t",
    "view m": "CREATE MATERIALIZED VIEW m AS SELECT qty FROM t",
    "index i": "CREATE INDEX i ON t (qty)",
    "expression index i": "CREATE INDEX i ON t ((qty + 1))",
    "generated column g": "ALTER TABLE t ADD g int GENERATED ALWAYS AS (qty + 1) STORED",
    "check constraint c": "ALTER TABLE t ADD CONSTRAINT c CHECK (qty > 0)",
    "foreign key f of o": (
        "ALTER TABLE t ADD UNIQUE (qty); CREATE TABLE o (q int CONSTRAINT f REFERENCES t (qty))"
    ),
    "policy p": "CREATE POLICY p ON t USING (qty > 0)",
    "child table h": "CREATE TABLE h () INHERITS (t)",
    "domain": "CREATE DOMAIN d AS int; ALTER TABLE t ALTER qty TYPE d",
    "publication": "CREATE PUBLICATION p FOR TABLE t WHERE (qty > 0 AND id > 0)",
}


@pytest.mark.parametrize("used", USES)
def test_what_uses_the_column_is_refused_by_name_and_the_statements_work(
    sandbox: Sandbox, narrow: Run, database: PgDatabase, used: str
) -> None:
    database.run(*USES[used].split("; "))
    message, hint = refused(sandbox, database, publish="merge")
    assert f"the {used}" in message
    statements = hint.partition("By hand: ")[2].split("; ")
    assert 'ALTER TABLE "public"."t" ALTER COLUMN "qty" TYPE bigint' in statements
    if used.split(maxsplit=1)[0] not in {"policy", "publication"}:
        database.run(*statements)
        [(kind,)] = database.rows("SELECT pg_typeof(max(qty))::text FROM t")
        assert kind == "bigint"
    database.run("DROP PUBLICATION IF EXISTS p")


def test_a_view_is_made_again_with_its_options(
    sandbox: Sandbox, narrow: Run, database: PgDatabase
) -> None:
    options = "(security_barrier=true, security_invoker=true, check_option=local)"
    database.run(f"CREATE VIEW v WITH {options} AS SELECT qty FROM t")
    asked = "SELECT reloptions FROM pg_class WHERE relname = 'v'"
    before = database.rows(asked)
    _, hint = refused(sandbox, database, publish="merge")
    database.run(*hint.partition("By hand: ")[2].split("; "))
    assert database.rows(asked) == before
    assert before[0][0]


@pytest.mark.parametrize("kept", ["partition key", "inherited column"])
def test_no_statement_is_proposed_where_postgresql_has_none(
    sandbox: Sandbox, narrow: Run, database: PgDatabase, kept: str
) -> None:
    made = {
        "partition key": "CREATE TABLE t (id int, qty int) PARTITION BY RANGE (qty)",
        "inherited column": "CREATE TABLE t () INHERITS (parent)",
    }
    database.run("DROP TABLE t", "CREATE TABLE parent (id int, qty int)", made[kept])
    message, hint = refused(sandbox, database, publish="truncate")
    assert f"the {kept}" in message
    assert "By hand" not in hint


@pytest.mark.parametrize("publish", ["truncate", "merge"])
def test_a_partitioned_table_evolves_unless_a_partition_is_used(
    sandbox: Sandbox, narrow: Run, database: PgDatabase, publish: str
) -> None:
    database.run(
        "DROP TABLE t",
        "CREATE TABLE t (id int PRIMARY KEY, qty int) PARTITION BY RANGE (id)",
        "CREATE TABLE part PARTITION OF t DEFAULT",
        "INSERT INTO t VALUES (1, 7), (2, 1)",
        "CREATE VIEW of_part AS SELECT qty FROM part",
    )
    message, hint = refused(sandbox, database, publish=publish)
    assert "the view of_part" in message
    assert "DROP VIEW of_part; ALTER TABLE" in hint
    database.run("DROP VIEW of_part")
    assert sync(sandbox, database, publish=publish).error is None
    assert database.rows(SEEN) == [NEW]


def test_a_verification_is_refused_until_a_load_has_widened_the_column(
    sandbox: Sandbox, narrow: Run, database: PgDatabase
) -> None:
    [table] = verify_tables([configured()], sandbox.settings(database)).tables
    assert table.error is not None
    assert "cannot hold every value" in table.error.message
    assert sync(sandbox, database).error is None
    [table] = verify_tables([configured()], sandbox.settings(database)).tables
    assert table.error is None


def test_an_incremental_run_widens_and_drops_not_null_with_the_changes(
    sandbox: Sandbox, table_in: Run, database: PgDatabase
) -> None:
    table_in(
        "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Qty int NOT NULL, Note nvarchar(5) NULL, "
        "RV rowversion)"
    )
    table_in("INSERT INTO dbo.T (ID, Qty, Note) VALUES (1, 1, N'a'), (2, 1, N'b')")
    database.run("CREATE TABLE t (id int PRIMARY KEY, qty int NOT NULL, note varchar(5))")
    followed = {"mode": "rowversion", "deletes": "ignore", "publish": "merge", "exclude": ["RV"]}
    assert sync(sandbox, database, **followed).error is None
    table_in("ALTER TABLE dbo.T ALTER COLUMN Qty int NULL")
    table_in("INSERT INTO dbo.T (ID, Qty, Note) VALUES (3, NULL, N'c')")
    changes = sync(sandbox, database, **followed)
    assert (changes.error, changes.rows_read) == (None, 1)
    table_in("ALTER TABLE dbo.T ALTER COLUMN Note nvarchar(9) NULL")
    table_in("UPDATE dbo.T SET Note = N'123456789' WHERE ID = 1")
    whole = sync(sandbox, database, **followed)
    assert (whole.error, whole.rows_read) == (None, 3)
    assert types(database)["note"] == "character varying(9)"
    assert sync(sandbox, database, **followed).rows_read == 0
    assert database.rows("SELECT id, qty, note FROM t ORDER BY 1") == [
        (1, 1, "123456789"), (2, 1, "b"), (3, None, "c"),
    ]  # fmt: skip
