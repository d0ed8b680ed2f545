"""``tableferry discover``: what it prints is a configuration that syncs."""

import json
import os
import uuid
from pathlib import Path
from typing import Any

import pytest

from tableferry.config import Settings, TableSpec, parse_table_configs
from tableferry.errors import ConfigError, SchemaError
from tableferry.inspect import entry_columns
from tableferry.inspect.discover import Discovered, discover
from tableferry.model.identifiers import quote_mssql
from tableferry.report.table_entries import python_text
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_tables
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.integration.support import settings_of
from tests.support import loaded_process
from tests.support.databases import PgDatabase

HOSTILE = "x\"]'; DROP--\n\\"


@pytest.fixture
def shop(sandbox: Sandbox) -> str:
    """The name of a new database, with three tables: two of one name, one that is hard to write."""
    database = f"Shop{uuid.uuid4().hex[:8]}"
    sandbox.engine.create_database(database)

    def run(sql: str) -> None:
        sandbox.run(sql, database)

    run("CREATE TABLE dbo.CustomerOrder (OrderID int NOT NULL PRIMARY KEY, [Größe m²] real)")
    run("INSERT INTO dbo.CustomerOrder VALUES (1, 1.5), (2, NULL)")
    run("CREATE SCHEMA sales")
    run("CREATE TABLE sales.CustomerOrder (A int, B int, Line int NOT NULL, [LINE ] int, "
         "CONSTRAINT PK_S PRIMARY KEY (Line))")  # fmt: skip
    name = quote_mssql(HOSTILE)
    run(f"CREATE TABLE dbo.{name} ({name} int NOT NULL, [a b] int, [A_B] int)")
    run(f"INSERT INTO dbo.{name} VALUES (7, 8, 9)")
    return database


def found_in(sandbox: Sandbox, shop: str, **where: str) -> tuple[Discovered, ...]:
    return discover("shop", sandbox.source(shop), **where).tables


def defined_by(text: str) -> tuple[dict[str, TableSpec], list[str]]:
    """Run the printed Python and parse what it defines."""
    defined: dict[str, Any] = {}
    exec(compile(text, "table_configs.py", "exec"), defined)
    return parse_table_configs(defined["TABLE_CONFIGS"]), defined["DEFAULT_SYNC_ORDER"]


def test_an_entry_has_names_columns_key_and_row_count(sandbox: Sandbox, shop: str) -> None:
    found = {entry.key: entry for entry in found_in(sandbox, shop)}
    assert found["customer_order"].config == {
        "db_type": "shop",
        "sql_server_db": shop,
        "sql_table": f"[{shop}].[dbo].[CustomerOrder]",
        "pg_table": "shop_customer_order",
        "primary_key": ["OrderID"],
    }
    assert found["customer_order"].rows == 2
    assert (found["customer_order"].size or 0) > 0
    assert found["sales_customer_order"].config["sql_table"] == f"[{shop}].[sales].[CustomerOrder]"
    assert found["sales_customer_order"].config["pg_columns"] == ["a", "b", "line", "line_2"]


def test_the_printed_configuration_parses_and_syncs(
    sandbox: Sandbox, shop: str, pg_database: PgDatabase
) -> None:
    found = found_in(sandbox, shop)
    specs, order = defined_by(python_text(found))
    assert order == [entry.key for entry in found]
    assert {key: spec.source for key, spec in specs.items()} == {e.key: e.table for e in found}
    settings = Settings({"shop": sandbox.source(shop)}, settings_of(pg_database))
    run = sync_tables([specs[key] for key in order], settings)
    assert run.ok, [table.error for table in run.tables]
    assert run.rows_written == 3
    hostile = next(entry for entry in found if entry.table.name == HOSTILE)
    columns = ", ".join(hostile.config["pg_columns"])
    assert columns == "x_drop, a_b, a_b_2"
    assert pg_database.rows(f"SELECT {columns} FROM shop_x_drop") == [(7, 8, 9)]


def test_companion_columns_get_names_that_no_other_column_has(
    sandbox: Sandbox, shop: str, pg_database: PgDatabase
) -> None:
    long = "x" * 60
    sandbox.run(
        "CREATE TABLE dbo.Places (ID int NOT NULL PRIMARY KEY, Geo geography, Geo_SRID int, "
        f"AType int, A sql_variant, [{long}] geometry, ctid int, [Ctid_] int)",
        shop,
    )
    sandbox.run(
        "INSERT INTO dbo.Places VALUES (1, geography::Point(2, 1, 4326), 7, 8, N'v', "
        "geometry::Point(0, 0, 3), 9, 10)",
        shop,
    )
    [found] = found_in(sandbox, shop, like="Places")
    assert found.config["pg_columns"] == [
        "id", "geo", "geo_srid_2", "a_type", "a_2", long, "ctid_", "ctid__2",
    ]  # fmt: skip
    assert any("'A' is named 'a_2'" in note for note in found.notes)
    specs, _ = defined_by(python_text([found]))
    outcome = sync_tables(
        list(specs.values()), Settings({"shop": sandbox.source(shop)}, settings_of(pg_database))
    ).tables[0]
    assert outcome.status is Status.OK, outcome.error
    [row] = pg_database.rows("SELECT to_jsonb(p) - 'geo' FROM shop_places p")
    stored = dict(row[0])  # type: ignore[call-overload]
    second = next(name for name in stored if name.startswith("xxx") and name != long)
    assert len(second) == 63
    del stored[long]
    assert stored == {
        "id": 1, "geo_srid": 4326, "geo_srid_2": 7, "a_type": 8, "a_2": "v", "a_2_type": "nvarchar",
        second: 3, "ctid_": 9, "ctid__2": 10,
    }  # fmt: skip


def test_a_column_that_is_added_after_discover_is_noticed_and_drift_decides(
    sandbox: Sandbox, shop: str, pg_database: PgDatabase
) -> None:
    found = found_in(sandbox, shop, like="CustomerOrder", schema="dbo")
    specs, _ = defined_by(python_text(found))
    settings = Settings({"shop": sandbox.source(shop)}, settings_of(pg_database))
    assert sync_tables(list(specs.values()), settings).ok
    sandbox.run("ALTER TABLE dbo.CustomerOrder ADD Weight int", shop)
    [stopped] = sync_tables(list(specs.values()), settings).tables
    assert stopped.error is not None
    assert "Weight" in stopped.error.message
    [entry] = found
    adding = parse_table_configs({entry.key: {**entry.config, "drift": "add_columns"}})
    assert sync_tables(list(adding.values()), settings).ok
    assert pg_database.rows("SELECT order_id, weight FROM shop_customer_order ORDER BY 1") == [
        (1, None),
        (2, None),
    ]


def test_a_column_of_a_type_that_is_not_carried_is_excluded_and_the_others_follow_the_source(
    sandbox: Sandbox, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {name: rule for name, rule in entry_columns.RULES.items() if name != "hierarchyid"}
    monkeypatch.setattr(entry_columns, "RULES", known)
    sandbox.run("CREATE TABLE dbo.Odd (ID int NOT NULL PRIMARY KEY, H hierarchyid)", shop)
    [found] = found_in(sandbox, shop, like="Odd")
    assert found.config["exclude"] == ["H"]
    assert "'H' is left out: hierarchyid is not carried" in found.notes
    assert "columns" not in found.config


def test_views_are_found_on_request_or_by_name_and_can_be_synced(
    sandbox: Sandbox, shop: str, pg_database: PgDatabase
) -> None:
    sandbox.run("CREATE VIEW sales.OpenOrder AS SELECT OrderID FROM dbo.CustomerOrder", shop)
    assert not [one for one in found_in(sandbox, shop) if one.is_view]
    everything = discover("shop", sandbox.source(shop), views=True).tables
    assert [str(one.table) for one in everything if one.is_view] == [f"{shop}.sales.OpenOrder"]
    assert len(everything) == 4
    [found] = found_in(sandbox, shop, like="open%")
    assert found.is_view
    assert found.to_dict()["view"] is True
    text = python_text([found])
    assert f"# {shop}.sales.OpenOrder: a view, rows unknown, size unknown" in text
    specs, _ = defined_by(text)
    settings = Settings({"shop": sandbox.source(shop)}, settings_of(pg_database))
    run = sync_tables(list(specs.values()), settings)
    assert run.ok, run.tables[0].error
    assert run.rows_written == 2


def test_schema_and_name_are_matched_ignoring_case(sandbox: Sandbox, shop: str) -> None:
    def names(**where: str) -> list[str]:
        return [f"{e.table.schema}.{e.table.name}" for e in found_in(sandbox, shop, **where)]

    assert names(schema="SALES") == ["sales.CustomerOrder"]
    assert names(like="custOMER%", schema="dbo") == ["dbo.CustomerOrder"]
    assert len(names(like="%Order")) == 2


@pytest.mark.parametrize("like", ["Nope%", "'; DROP TABLE dbo.CustomerOrder--", "%' OR '1'='1"])
def test_no_table_found_is_an_error_with_a_hint(sandbox: Sandbox, shop: str, like: str) -> None:
    with pytest.raises(SchemaError, match="no such table") as raised:
        found_in(sandbox, shop, like=like)
    assert "'like'" in raised.value.hint


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", 5, None])
@pytest.mark.parametrize("name", ["schema", "like"])
def test_a_pattern_that_is_no_text_of_the_server_is_refused_by_its_name(
    sandbox: Sandbox, name: str, text: Any
) -> None:
    with pytest.raises(ConfigError, match=f"'{name}' cannot be searched for: it "):
        discover("mctm", sandbox.source(), **{name: text})


def command(folder: Path, env: dict[str, str], *arguments: str) -> Any:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = ["-m", "tableferry", "discover", "--source", "shop", *arguments]
    return loaded_process.run(*command, cwd=folder, env={**kept, **env})


def test_the_command_needs_nothing_but_the_sources_variables(
    sandbox: Sandbox, shop: str, tmp_path: Path
) -> None:
    prefix = "SQL_SERVER_SHOP_"
    env = {
        f"{prefix}HOST": sandbox.server.host,
        f"{prefix}PORT": str(sandbox.server.port),
        f"{prefix}DB": shop,
        f"{prefix}USER": USER,
        f"{prefix}PASSWORD": PASSWORD,
    }
    done = command(tmp_path, env)
    assert done.returncode == 0, done.stderr
    assert f"# {shop}.dbo.CustomerOrder: about 2 rows" in done.stdout
    specs, _ = defined_by(done.stdout)
    assert len(specs) == 3
    told = json.loads(command(tmp_path, env, "--json", "--like", "Customer%").stdout)
    assert [table["key"] for table in told["tables"]] == ["customer_order", "sales_customer_order"]
    assert told["tables"][0]["rows"] == 2
    assert parse_table_configs({t["key"]: t["config"] for t in told["tables"]})
    wrong = command(tmp_path, {**env, f"{prefix}HOST": ""})
    assert wrong.returncode == 2
    assert "SQL_SERVER_SHOP_HOST is missing" in wrong.stderr + wrong.stdout
    assert "PG_" not in wrong.stderr + wrong.stdout
