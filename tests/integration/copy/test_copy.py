"""``tableferry copy``: tables named in the command, and no file anywhere."""

import json
import os
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tableferry_sandbox.testing import sql_server
from tests.integration.copy.conftest import (
    PASSWORD,
    Tableferry,
    url_of,
    url_without_password,
)
from tests.support.databases import PgDatabase
from tests.support.sandbox import Sandbox
from tests.support.terminal import Terminal
from tests.support.urls import target_url

TABLES = (
    "SELECT table_schema || '.' || table_name FROM information_schema.tables "
    "WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'tableferry') ORDER BY 1"
)


def copied(done: CompletedProcess[str]) -> dict[str, str]:
    """Source keys and targets of a run that was shown as JSON."""
    assert done.returncode == 0, done.stdout + done.stderr
    return {table["table"]: table["target"] for table in json.loads(done.stdout)["tables"]}


def test_a_pattern_copies_every_table_that_it_matches(
    shop: Sandbox, pg_database: PgDatabase, tableferry: Tableferry
) -> None:
    done = tableferry("copy", url_of(shop), target_url(pg_database), "--table", "dbo.*")
    assert done.returncode == 0, done.stderr
    assert "customer -> public.customer (created): 2 rows" in done.stdout
    assert pg_database.rows(TABLES) == [("public.audit_log",), ("public.customer",)]
    assert pg_database.rows("SELECT * FROM customer ORDER BY id") == [(1, "Ada"), (2, "Grace")]


def test_the_schemas_of_the_source_are_those_of_the_target(
    shop: Sandbox, pg_database: PgDatabase, tableferry: Tableferry
) -> None:
    done = tableferry(
        "copy", url_of(shop), target_url(pg_database), "--table", "*.*", "--jobs", "3", "--json"
    )
    assert copied(done) == {
        "audit_log": "public.audit_log",
        "customer": "public.customer",
        "sales_order": "sales.order",
    }
    assert pg_database.rows('SELECT total::text FROM sales."order"') == [("12.50",)]


def test_a_schema_can_be_mapped_to_another_and_tables_left_out(
    shop: Sandbox, pg_database: PgDatabase, tableferry: Tableferry
) -> None:
    done = tableferry(
        "copy", url_of(shop), target_url(pg_database), "--json",
        "--table=*.*", "--exclude=*.Audit*", "--map-schema=[Sales]=app",
    )  # fmt: skip
    assert copied(done) == {"customer": "public.customer", "sales_order": "app.order"}


def test_a_table_can_be_given_its_target_by_name(
    shop: Sandbox, pg_database: PgDatabase, tableferry: Tableferry
) -> None:
    done = tableferry(
        "copy", url_of(shop), target_url(pg_database), "--json",
        "--table=dbo.Customer=app.people,Sales.[Order]", "--publish=truncate", "--verify=rows",
    )  # fmt: skip
    assert copied(done) == {"customer": "app.people", "sales_order": "sales.order"}
    people = json.loads(done.stdout)["tables"][0]
    assert people["verified"]["verdict"] == "equal"
    assert pg_database.rows("SELECT name FROM app.people ORDER BY id") == [("Ada",), ("Grace",)]


@pytest.mark.parametrize("named", [["--table=dbo.Names"], ["--table=dbo.N*", "--views"]])
def test_a_view_is_copied_where_it_is_named_or_asked_for(
    shop: Sandbox, pg_database: PgDatabase, tableferry: Tableferry, named: list[str]
) -> None:
    done = tableferry("copy", url_of(shop), target_url(pg_database), *named, "--json")
    assert copied(done) == {"names": "public.names"}
    assert len(pg_database.rows("SELECT name FROM names")) == 2


def test_a_dry_run_shows_the_plan_and_writes_nothing(
    shop: Sandbox, pg_database: PgDatabase, tableferry: Tableferry
) -> None:
    done = tableferry(
        "copy", url_of(shop), target_url(pg_database), "--table=dbo.Customer", "--dry-run"
    )
    assert done.returncode == 0, done.stderr
    assert "CREATE TABLE" in done.stdout
    assert pg_database.rows(TABLES) == []
    assert pg_database.rows("SELECT nspname FROM pg_namespace WHERE nspname = 'tableferry'") == []


def test_what_is_copied_again_replaces_the_rows(
    shop: Sandbox, pg_database: PgDatabase, tableferry: Tableferry
) -> None:
    arguments = ("copy", url_of(shop), target_url(pg_database), "--table=dbo.Customer")
    assert tableferry(*arguments).returncode == 0
    pg_database.run("UPDATE customer SET name = 'changed'")
    assert tableferry(*arguments, "--publish=merge").returncode == 0
    assert pg_database.rows("SELECT name FROM customer ORDER BY id") == [("Ada",), ("Grace",)]


def test_passwords_come_from_variables(
    shop: Sandbox, pg_database: PgDatabase, tableferry: Tableferry
) -> None:
    done = tableferry(
        "copy", url_of(shop, None), url_without_password(pg_database), "--table=dbo.Customer",
        SQL_SERVER_PASSWORD=PASSWORD, PGPASSWORD=pg_database.password,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_targets_password_comes_from_the_file_of_libpq(
    shop: Sandbox, pg_database: PgDatabase, tableferry: Tableferry, passfile: Path
) -> None:
    arguments = ("copy", url_of(shop), url_without_password(pg_database), "--table=dbo.Customer")
    done = tableferry(*arguments)
    assert done.returncode == 0, done.stderr
    passfile.chmod(0o644)  # libpq passes over such a file as well
    refused = tableferry(*arguments)
    assert refused.returncode == 2
    assert "There is no password for the target" in refused.stderr
    assert "PGPASSWORD or" in refused.stderr


def test_without_a_terminal_nobody_is_asked_for_a_password(
    shop: Sandbox, pg_database: PgDatabase, tableferry: Tableferry
) -> None:
    done = tableferry("copy", url_of(shop, None), target_url(pg_database), "--table=dbo.*")
    assert done.returncode == 2
    assert f"There is no password for the source, sa at {shop.wire.host}" in done.stderr
    assert "SQL_SERVER_PASSWORD" in done.stderr


def test_a_refused_password_is_told_without_the_url(
    shop: Sandbox, pg_database: PgDatabase, tableferry: Tableferry
) -> None:
    wrong = url_of(shop, "wrong-canary")
    done = tableferry("copy", wrong, target_url(pg_database), "--table=dbo.*")
    assert done.returncode == 2
    assert "Login failed" in done.stderr
    assert "wrong-canary" not in done.stdout + done.stderr
    assert "mssql://" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--table=dbo.Nothing*"], 1, "No table of SQL Server"),
        (["--table=dbo.N*"], 1, "views are matched with --views only"),
        (["--table=dbo.*", "--mode=watermark"], 2, "--mode watermark needs settings that"),
        (["--table=dbo.*", "--mode=rowversion"], 2, "--mode rowversion needs settings that"),
        (["--table=dbo.*=app.all"], 2, "names one target for the tables of a pattern"),
        (["--table=dbo.Customer", "--exclude=dbo.A*"], 2, "--exclude goes with a pattern"),
        (["--table=dbo.Customer,dbo.Customer=x"], 2, "is named twice"),
        (["--table=dbo.Sales_Order=x,Sales.Order=y"], 2, "would both have the key 'sales_order'"),
        (["--table=dbo.Customer="], 2, "'dbo.Customer=' names no target"),
        (["--table="], 2, "Name some with --table"),
        (["--table=dbo.Customer=tableferry.runs"], 2, "is the ledger's"),
        (["--table=dbo.*", "--map-schema=Sales"], 2, "--map-schema names no pair"),
        (["--table=*.*", "--map-schema=Sales=a,Sales=b"], 2, "--map-schema names 'Sales' twice"),
        (["--table=*.*", "--map-schema=Slaes=app"], 1, "is in the schema 'Slaes' of"),
        (["--table=*.*", "--map-schema=Sales=tableferry"], 2, "is the ledger's"),
        (["--table=dbo.*", "--publish=magic"], 2, "'publish'"),
        (["--table=dbo.*", "--jobs=0"], 2, "from 1 to 64"),
        (["--table=a.b.c.d.e"], 2, "a.b.c.d.e"),
        ([], 2, "--table"),
    ],
)
def test_what_cannot_be_copied_is_refused_before_anything_is_written(
    shop: Sandbox,
    pg_database: PgDatabase,
    tableferry: Tableferry,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    done = tableferry("copy", url_of(shop), target_url(pg_database), *arguments)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert pg_database.rows(TABLES) == []


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("mysql://a:b@c/d", "postgresql://a:b@c/d", "The URL of the source"),
        ("mssql://a:b@c/d", "mssql://a:b@c/d", "The URL of the target"),
        ("mssql://a:canary/word@c/d", "postgresql://a:b@c/d", "The URL of the source"),
        ("mssql://a:b@c", "postgresql://a:b@c/d", "the source URL's database is missing"),
        ("mssql://a:b@c/d?trust=yes", "postgresql://a:b@c/d", "a parameter is not known"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_and_not_quoted(
    tableferry: Tableferry, source: str, target: str, said: str
) -> None:
    done = tableferry("copy", source, target, "--table=dbo.T")
    assert done.returncode == 2
    assert said in done.stderr
    assert "canary" not in done.stderr
    assert source not in done.stderr


def test_a_person_at_a_terminal_is_asked_for_the_password_which_is_not_shown(
    shop: Sandbox, pg_database: PgDatabase, tmp_path: Path
) -> None:
    terminal = Terminal()
    command = [
        sys.executable, "-m", "tableferry", "copy", url_of(shop, None),
        target_url(pg_database), "--table=dbo.Customer",
    ]  # fmt: skip
    terminal.start(command, tmp_path, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    terminal.wait_until(lambda shown: "Password of the source, sa at" in shown)
    terminal.type(f"{PASSWORD}\n")
    code = terminal.wait()
    shown = terminal.shown
    terminal.close()
    assert code == 0, shown
    assert PASSWORD not in shown
    assert pg_database.rows("SELECT count(*) FROM customer") == [(2,)]


def test_a_name_that_cannot_be_printed_is_told_and_stops_no_other_table(
    tableferry: Tableferry, pg_database: PgDatabase
) -> None:
    with sql_server("Shop") as server:
        server.run("Shop", "CREATE TABLE dbo.Good (ID int PRIMARY KEY)")
        server.run("Shop", "CREATE TABLE dbo.[soft\u00adhyphen] (ID int PRIMARY KEY)")
        source = f"mssql://{server.user}:{server.password}@{server.host}:{server.port}/Shop"
        done = tableferry("copy", source, target_url(pg_database), "--table=dbo.*")
    assert done.returncode == 0, done.stderr
    assert "'soft\\xadhyphen' of the schema 'dbo' is left out" in done.stdout
    assert pg_database.rows("SELECT count(*) FROM good") == [(0,)]
