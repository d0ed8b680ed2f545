"""The logins of deploy/sql, made by its scripts: they can do what a sync needs and nothing more."""

import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import psycopg
import pytest

from tableferry import sqlserver
from tableferry.config import SourceSettings
from tableferry.errors import TableferryError
from tableferry_sandbox.sample import load_sample, table_configs
from tests.deployment.conftest import REPO
from tests.support.databases import PgDatabase
from tests.support.sandbox import SAMPLE_DATABASES, Sandbox

SQL = REPO / "deploy" / "sql"
READER, READER_PASSWORD = "tableferry_reader", "change-me-1"
WRITER, WRITER_PASSWORD = "tableferry_writer", "Writer-1"


@pytest.fixture
def sources(empty_sandbox: Sandbox) -> dict[str, str]:
    """The stand-in with the sample, and its reader as the script makes it: their variables."""
    load_sample(empty_sandbox.engine, 0.2)
    script = (SQL / "sqlserver.sql").read_text()
    with sqlserver.connect(settings_of(empty_sandbox, empty_sandbox.user)) as administrator:
        for batch in re.split(r"^GO$", script, flags=re.MULTILINE):
            if batch.strip():
                administrator.execute(batch)
    logins = {
        f"SQL_SERVER_{name.upper()}_{field}": value
        for name in SAMPLE_DATABASES
        for field, value in (("USER", READER), ("PASSWORD", READER_PASSWORD))
    }
    return empty_sandbox.environment | logins


def settings_of(sandbox: Sandbox, user: str) -> SourceSettings:
    return SourceSettings(
        prefix="SQL_SERVER_MCTM_",
        host=sandbox.host,
        port=sandbox.port,
        db="McTM",
        user=user,
        password=READER_PASSWORD if user == READER else sandbox.password,
    )


@pytest.fixture
def writer(pg_database: PgDatabase) -> Iterator[dict[str, str]]:
    """An empty database, and its writer as the script makes it: their variables."""
    with pg_database.connect() as administrator:
        administrator.execute((SQL / "postgresql.sql").read_text().encode())
    pg_database.run(f"ALTER ROLE {WRITER} PASSWORD '{WRITER_PASSWORD}'")
    yield pg_database.environment | {"PG_USER": WRITER, "PG_PASSWORD": WRITER_PASSWORD}
    pg_database.run(f"DROP OWNED BY {WRITER}", f"DROP ROLE {WRITER}")


Sync = Callable[..., dict[str, Any]]


@pytest.fixture
def sync(
    handler: Callable[..., tuple[int, dict[str, Any]]],
    load: Callable[[str], ModuleType],
    sources: dict[str, str],
    writer: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Sync:
    """Run a mode of the deployment by these logins; every table is published as told."""
    for name, value in (sources | writer).items():
        monkeypatch.setenv(name, value)

    def sync(publish: str = "truncate", mode: str = "multi_sync") -> dict[str, Any]:
        for entry in load("table_configs").TABLE_CONFIGS.values():
            entry["publish"] = publish
        return handler({"mode": mode})[1]

    return sync


@pytest.mark.parametrize("publish", ["truncate", "swap", "merge"])
def test_tables_are_created_checked_and_published_again_in_every_way(
    publish: str, sync: Sync
) -> None:
    for mode in ("multi_sync", "multi_test", "multi_sync"):
        report = sync(publish, mode)
        assert report["totals"]["ok"] == 4, report
    assert all(table["rows_written"] > 0 for table in report["tables"])


@pytest.mark.parametrize("publish", ["truncate", "merge"])
def test_tables_of_somebody_elses_need_what_the_script_says_and_nothing_more(
    publish: str, sync: Sync, pg_database: PgDatabase
) -> None:
    assert sync()["totals"]["ok"] == 4
    tables = [entry["pg_table"] for entry in table_configs().values()]
    pg_database.run(
        f"REVOKE CREATE ON SCHEMA public FROM {WRITER}",
        *(f"ALTER TABLE {table} OWNER TO {pg_database.user}" for table in tables),
    )
    assert sync(publish)["totals"]["ok"] == 0
    script = (SQL / "postgresql.sql").read_text()
    said = re.search(rf"'{publish}' +GRANT (.*) ON mctm_customer", script)
    assert said is not None
    rights = said[1].split(", ")
    pg_database.run(*(f"GRANT {said[1]} ON {table} TO {WRITER}" for table in tables))
    assert sync(publish)["totals"]["ok"] == 4
    for right, table in zip(rights, tables, strict=False):
        pg_database.run(f"REVOKE {right} ON {table} FROM {WRITER}")
    assert sync(publish)["totals"]["failed"] == len(rights)


@pytest.mark.usefixtures("sources")
def test_the_reader_may_not_write_nor_read_other_tables(empty_sandbox: Sandbox) -> None:
    empty_sandbox.run("McTM", "CREATE TABLE dbo.Salaries (ID int)")
    with sqlserver.connect(settings_of(empty_sandbox, READER)) as connection:
        for statement in (
            "SELECT ID FROM dbo.Salaries",
            "DELETE FROM dbo.Customer",
            "UPDATE dbo.Module SET ModuleID = ModuleID",
            "CREATE TABLE dbo.Mine (ID int)",
        ):
            with pytest.raises(TableferryError, match="permission"):
                connection.execute(statement)


@pytest.mark.usefixtures("writer")
def test_the_writer_may_not_read_or_change_what_is_not_its_own(pg_database: PgDatabase) -> None:
    pg_database.run(
        "CREATE TABLE salaries (id int)",
        "CREATE SCHEMA other",
        "CREATE TABLE other.t (id int)",
    )
    login = {"user": WRITER, "password": WRITER_PASSWORD}
    with psycopg.connect(pg_database.conninfo, **login, autocommit=True) as connection:
        for statement in (
            "SELECT * FROM salaries",
            "TRUNCATE salaries",
            "SELECT * FROM other.t",
            "CREATE TABLE other.mine (id int)",
            "CREATE SCHEMA mine",
            "CREATE ROLE mine",
            "CREATE DATABASE mine",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_the_scripts_name_the_deployments_tables() -> None:
    granted = re.findall(r"GRANT SELECT ON dbo\.(\w+)", (SQL / "sqlserver.sql").read_text())
    read = [entry["sql_table"].rpartition("[")[2][:-1] for entry in table_configs().values()]
    assert sorted(granted) == sorted(read)
