"""Schema drift: ALTER TABLE on either side, before a load and during it."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tableferry import sqlserver
from tableferry.config import TableSpec, parse_table_configs
from tableferry.inspect.plan_report import TablePlan, plan_tables, read_fingerprints
from tableferry.report.plan_view import show_plan
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.tds_server import SandboxServer
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

Run = Callable[[str], None]
DISCOVERED = {"columns": None, "pg_columns": None, "primary_key": None}


@pytest.fixture
def database(module_pg_database: PgDatabase) -> PgDatabase:
    module_pg_database.run("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return module_pg_database


@pytest.fixture
def source_table(table_in: Run) -> Run:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(50) NULL)")
    table_in("INSERT INTO dbo.T VALUES (1, N'a'), (2, NULL)")
    return table_in


@pytest.fixture
def carried(sandbox: Sandbox, source_table: Run, database: PgDatabase) -> Run:
    """The table has crossed once, and is in step on both sides."""
    assert sync(sandbox, database).error is None
    return source_table


def configured(**changes: Any) -> TableSpec:
    written = {"sql_table": "dbo.T", "pg_table": "t", "order_by": "ID", **DISCOVERED, **changes}
    return parse_table_configs({"t": entry(**written)})["t"]


def sync(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> TableOutcome:
    return sync_table(configured(**changes), sandbox.settings(database))


def planned(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> TablePlan:
    (plan,) = plan_tables([configured(**changes)], sandbox.settings(database)).tables
    return plan


def seen(database: PgDatabase) -> list[tuple[object, ...]]:
    return database.rows("SELECT * FROM t ORDER BY id")


OLD = [(1, "a"), (2, None)]


def test_a_column_added_in_the_source_stops_the_load_and_leaves_the_rows(
    sandbox: Sandbox, carried: Run, database: PgDatabase
) -> None:
    carried("ALTER TABLE dbo.T ADD Qty int NULL; DELETE FROM dbo.T WHERE ID = 1")
    outcome = sync(sandbox, database)
    assert outcome.status is Status.FAILED
    assert outcome.error is not None
    assert "no column 'qty' for 'Qty'" in outcome.error.message
    assert seen(database) == OLD


def test_columns_added_in_the_source_are_added_and_filled(
    sandbox: Sandbox, carried: Run, database: PgDatabase
) -> None:
    carried("ALTER TABLE dbo.T ADD Qty int NOT NULL DEFAULT 7, Place geography NULL, V sql_variant")
    plan = planned(sandbox, database, drift="add_columns").to_dict()
    assert len(plan["drift"]) == 5
    assert plan["ddl"][0].startswith('ALTER TABLE "public"."t" ADD COLUMN "qty" integer NOT NULL, ')
    assert seen(database) == OLD

    outcome = sync(sandbox, database, drift="add_columns")
    assert outcome.error is None
    assert any("'qty'" in warning for warning in outcome.warnings)
    rows = database.rows("SELECT id, name, qty, place, place_srid, v, v_type FROM t ORDER BY id")
    assert rows == [(1, "a", 7, None, None, None, None), (2, None, 7, None, None, None, None)]

    again = planned(sandbox, database)
    assert again.plan is not None
    assert again.plan.drift.messages == again.plan.ddl == ()


@pytest.mark.parametrize("publish", ["truncate", "swap", "merge"])
def test_the_column_of_another_spelling_is_filled_and_none_is_added_beside_it(
    sandbox: Sandbox, source_table: Run, database: PgDatabase, publish: str
) -> None:
    source_table("ALTER TABLE dbo.T ADD CustomerName nvarchar(9) NOT NULL DEFAULT N'x'")
    database.run(
        'CREATE TABLE t (id int PRIMARY KEY, name text, "CustomerName" text)',
        "INSERT INTO t VALUES (1, 'old', 'old'), (3, 'old', 'old')",
    )
    outcome = sync(sandbox, database, drift="add_columns", publish=publish, max_shrink=100)
    assert outcome.error is None
    assert outcome.warnings == ()
    assert seen(database) == [(1, "a", "x"), (2, None, "x")]


def test_an_added_column_disappears_where_the_load_fails(
    sandbox: Sandbox, carried: Run, database: PgDatabase
) -> None:
    carried("ALTER TABLE dbo.T ADD Qty int NULL")
    database.run("ALTER TABLE t ADD CONSTRAINT c CHECK (name IS NULL) NOT VALID")
    outcome = sync(sandbox, database, drift="add_columns")
    assert outcome.error is not None
    assert outcome.error.code == "23514"
    assert seen(database) == OLD


def test_partitioned_tables_and_parents_get_columns_too(
    sandbox: Sandbox, source_table: Run, database: PgDatabase
) -> None:
    source_table("ALTER TABLE dbo.T ADD Qty int NOT NULL DEFAULT 7")
    database.run(
        "CREATE TABLE t (id int NOT NULL, name text) PARTITION BY RANGE (id)",
        "CREATE TABLE t1 PARTITION OF t DEFAULT",
        "INSERT INTO t VALUES (9, 'old')",
    )
    assert sync(sandbox, database, drift="add_columns").error is None
    assert seen(database) == [(1, "a", 7), (2, None, 7)]
    database.run(
        "DROP TABLE t",
        "CREATE TABLE t (id int NOT NULL, name text)",
        "CREATE TABLE heir () INHERITS (t)",
        "INSERT INTO heir VALUES (9, 'kept')",
    )
    assert sync(sandbox, database, drift="add_columns").error is None
    assert seen(database) == [(1, "a", 7), (2, None, 7), (9, "kept", None)]


def test_a_partition_itself_takes_no_columns_and_the_plan_refuses_it(
    sandbox: Sandbox, source_table: Run, database: PgDatabase
) -> None:
    source_table("ALTER TABLE dbo.T ADD Qty int NULL")
    database.run(
        "CREATE TABLE whole (id int NOT NULL, name text) PARTITION BY RANGE (id)",
        "CREATE TABLE t PARTITION OF whole DEFAULT",
    )
    plan = planned(sandbox, database, drift="add_columns")
    assert plan.error is not None
    assert "cannot add columns ('qty') to" in plan.error.message


def test_a_column_that_the_target_lacks_is_left_out_with_a_warning(
    sandbox: Sandbox, carried: Run, database: PgDatabase
) -> None:
    carried("ALTER TABLE dbo.T ADD Qty int NULL; DELETE FROM dbo.T WHERE ID = 1")
    outcome = sync(sandbox, database, drift="ignore")
    assert outcome.error is None
    assert "t has no column 'qty' for 'Qty': it is left out" in outcome.warnings
    assert seen(database) == [(2, None)]


def test_a_column_dropped_in_the_source_stops_the_load_or_is_kept(
    sandbox: Sandbox, carried: Run, database: PgDatabase
) -> None:
    database.run("ALTER TABLE t ADD COLUMN loaded text DEFAULT 'now'")
    carried("ALTER TABLE dbo.T DROP COLUMN Name")
    outcome = sync(sandbox, database)
    assert outcome.error is not None
    assert "no column for 'name' of t" in outcome.error.message
    assert [row[:2] for row in seen(database)] == OLD
    for policy in ("add_columns", "ignore"):
        outcome = sync(sandbox, database, drift=policy)
        assert outcome.error is None
        assert sum("it is kept" in warning for warning in outcome.warnings) == 2
        assert seen(database) == [(1, None, "now"), (2, None, "now")]


def test_a_merge_keeps_the_values_of_a_kept_column_with_a_warning(
    sandbox: Sandbox, carried: Run, database: PgDatabase
) -> None:
    database.run("UPDATE t SET name = 'mine' WHERE id = 2")
    carried("ALTER TABLE dbo.T DROP COLUMN Name; INSERT INTO dbo.T VALUES (3)")
    outcome = sync(sandbox, database, drift="ignore", publish="merge")
    (warning,) = [warning for warning in outcome.warnings if "'name'" in warning]
    assert "existing rows keep their values, new ones get its default or NULL" in warning
    assert seen(database) == [(1, "a"), (2, "mine"), (3, None)]


def test_a_renamed_column_is_reported_with_a_statement_that_works(
    sandbox: Sandbox, carried: Run, database: PgDatabase
) -> None:
    carried("ALTER TABLE dbo.T ADD FullName nvarchar(50) NULL")
    carried("UPDATE dbo.T SET FullName = Name; ALTER TABLE dbo.T DROP COLUMN Name")
    error = planned(sandbox, database).error
    assert error is not None
    start = error.message.index("ALTER TABLE")
    database.run(error.message[start : error.message.index(" would follow")])
    assert sync(sandbox, database).error is None
    assert seen(database) == OLD


@pytest.mark.parametrize("policy", ["stop", "add_columns", "ignore"])
def test_a_widened_column_is_refused_and_a_narrowed_one_is_reported(
    sandbox: Sandbox, carried: Run, database: PgDatabase, policy: str
) -> None:
    database.run("ALTER TABLE t ALTER COLUMN name TYPE varchar(40)")
    error = planned(sandbox, database, drift=policy).error
    assert error is not None
    assert "widened" in error.message
    database.run("ALTER TABLE t ALTER COLUMN name TYPE varchar(60)")
    plan = planned(sandbox, database, drift=policy)
    assert plan.error is None
    assert [told.partition(":")[0] for told in plan.to_dict()["drift"]] == ["narrowed"]


Alters = Callable[[Callable[[], None]], None]


@pytest.fixture
def at_the_last_row(monkeypatch: pytest.MonkeyPatch) -> Alters:
    """Lets the source be altered when its last row has come, and nobody has looked at it again."""

    def wait_for_it(alter: Callable[[], None]) -> None:
        look_again = sqlserver.require_unaltered

        def altered(*about: Any) -> None:
            alter()
            look_again(*about)

        monkeypatch.setattr(sqlserver, "require_unaltered", altered)

    return wait_for_it


MIDWAY = [
    ("ALTER TABLE dbo.T DROP COLUMN Name", "'Name' was dropped"),
    (
        "ALTER TABLE dbo.T DROP COLUMN Name; ALTER TABLE dbo.T ADD Name nvarchar(60) NULL",
        "'Name' is of type nvarchar(60), was nvarchar(50)",
    ),
    ("DROP TABLE dbo.T", "208"),
]


@pytest.mark.parametrize("consistency", ["nolock", "read_committed"])
@pytest.mark.parametrize(("sql", "said"), MIDWAY)
def test_a_source_altered_while_it_is_read_is_noticed_before_the_commit(
    sandbox: Sandbox,
    carried: Run,
    database: PgDatabase,
    at_the_last_row: Alters,
    sql: str,
    said: str,
    consistency: str,
) -> None:
    carried("INSERT INTO dbo.T VALUES (3, N'new')")
    at_the_last_row(lambda: sandbox.run(sql))
    outcome = sync(sandbox, database, consistency=consistency)
    assert outcome.status is Status.FAILED
    assert outcome.error is not None
    assert said in outcome.error.message
    assert outcome.error.kind == "SchemaError"
    assert seen(database) == OLD


def test_a_column_that_is_not_carried_may_be_added_during_the_read(
    sandbox: Sandbox, carried: Run, database: PgDatabase, at_the_last_row: Alters
) -> None:
    carried("INSERT INTO dbo.T VALUES (3, N'new')")
    at_the_last_row(lambda: sandbox.run("ALTER TABLE dbo.T ADD Qty int NULL"))
    outcome = sync(sandbox, database)
    assert outcome.error is None
    assert seen(database) == [*OLD, (3, "new")]


def test_a_source_altered_under_snapshot_is_noticed_too(
    database: PgDatabase, at_the_last_row: Alters
) -> None:
    engine = Server()
    engine.add_login(USER, PASSWORD)
    shop = engine.create_database("Shop")
    shop.run("ALTER DATABASE Shop SET ALLOW_SNAPSHOT_ISOLATION ON")
    shop.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(9) NULL)")
    shop.run("INSERT INTO dbo.T VALUES (1, N'a')")
    with SandboxServer(engine) as server:
        sandbox = Sandbox(engine, server)
        settings = sandbox.settings(database)
        settings.sources["mctm"] = sandbox.source("Shop")
        spec = configured(sql_server_db="Shop", consistency="snapshot")
        assert sync_table(spec, settings).error is None

        at_the_last_row(lambda: shop.run("ALTER TABLE dbo.T DROP COLUMN Name"))
        outcome = sync_table(spec, settings)
    assert outcome.error is not None
    assert "altered while it was read" in outcome.error.message


def test_a_plan_file_covers_the_drift_that_it_shows(
    sandbox: Sandbox, carried: Run, database: PgDatabase, tmp_path: Path
) -> None:
    spec = configured(drift="ignore")
    settings = sandbox.settings(database)
    carried("ALTER TABLE dbo.T ADD Qty int NULL")
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan_tables([spec], settings).to_dict()))
    fingerprint = read_fingerprints(path, [spec])["t"]
    assert sync_table(spec, settings, fingerprint=fingerprint).error is None
    carried("ALTER TABLE dbo.T ADD More int NULL")
    outcome = sync_table(spec, settings, fingerprint=fingerprint)
    assert outcome.error is not None
    assert "has changed since the plan was made" in outcome.error.message


def test_the_plan_shows_the_drift_once_with_its_statement(
    sandbox: Sandbox, carried: Run, database: PgDatabase
) -> None:
    carried("ALTER TABLE dbo.T ADD Qty int NULL")
    out = Console(file=io.StringIO(), width=200)
    spec = configured(drift="add_columns")
    show_plan(plan_tables([spec], sandbox.settings(database)), out)
    assert isinstance(out.file, io.StringIO)
    text = out.file.getvalue()
    assert 'ALTER TABLE "public"."t" ADD COLUMN "qty" integer' in text
    assert "drift t has no column 'qty' for 'Qty': it is added, of type integer" in text
    assert text.count("has no column 'qty'") == 1


def test_the_plan_refuses_added_columns_for_a_login_that_is_not_the_owner(
    sandbox: Sandbox, carried: Run, database: PgDatabase
) -> None:
    carried("ALTER TABLE dbo.T ADD Qty int NULL")
    role = f"weak_{database.name}"
    database.run(
        f"CREATE ROLE {role} LOGIN PASSWORD '{database.password}'",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, TRUNCATE ON t TO {role}",
    )
    try:
        weak = replace(database, user=role)
        error = planned(sandbox, weak, drift="add_columns").error
        assert error is not None
        assert "this login cannot add columns ('qty') to t: only the owner" in error.message
        assert sync(sandbox, weak, drift="ignore", ledger="off").error is None
    finally:
        database.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")
