"""The logins of deploy/sql, made by its scripts: they can do what a sync needs and nothing more."""

import re
from collections.abc import Callable, Iterator, Sequence
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
    run_script(empty_sandbox, "sqlserver.sql")
    logins = {
        f"SQL_SERVER_{name.upper()}_{field}": value
        for name in SAMPLE_DATABASES
        for field, value in (("USER", READER), ("PASSWORD", READER_PASSWORD))
    }
    return empty_sandbox.environment | logins


def run_script(sandbox: Sandbox, name: str) -> None:
    """Run a script at the source as its administrator, batch by batch, as sqlcmd does."""
    with sqlserver.connect(settings_of(sandbox, sandbox.user)) as administrator:
        for batch in re.split(r"^GO$", (SQL / name).read_text(), flags=re.MULTILINE):
            if batch.strip():
                administrator.execute(batch)


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
    """Run an event of the deployment by these logins, for all tables or those ``named``.

    Every table is published as given.
    """
    for name, value in (sources | writer).items():
        monkeypatch.setenv(name, value)

    def sync(
        publish: str = "truncate",
        event: str = "multi_sync",
        named: Sequence[str] = (),
        **changes: object,
    ) -> dict[str, Any]:
        for entry in load("table_configs").TABLE_CONFIGS.values():
            entry.update(changes, publish=publish)
        return handler({"mode": event, **({"tables": named} if named else {})})[1]

    return sync


@pytest.mark.parametrize("publish", ["truncate", "swap", "merge"])
def test_tables_are_created_checked_and_published_again_in_every_way(
    publish: str, sync: Sync
) -> None:
    for event in ("multi_sync", "multi_test", "multi_sync"):
        report = sync(publish, event)
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


def test_a_verification_needs_to_read_and_no_more(sync: Sync, pg_database: PgDatabase) -> None:
    assert sync()["totals"]["ok"] == 4
    tables = [entry["pg_table"] for entry in table_configs().values()]
    pg_database.run(
        f"REVOKE CREATE ON SCHEMA public FROM {WRITER}",
        *(f"ALTER TABLE {table} OWNER TO {pg_database.user}" for table in tables),
        *(f"GRANT SELECT ON {table} TO {WRITER}" for table in tables),
    )
    report = sync(event="verify")
    assert report["totals"]["equal"] == 4, report
    assert all("warnings" not in table for table in report["tables"])


TRACKED = "sqlserver_change_tracking.sql"


@pytest.mark.parametrize("publish", ["truncate", "swap", "merge"])
def test_what_changed_is_carried_with_the_rights_of_the_scripts(
    publish: str, sync: Sync, empty_sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    run_script(empty_sandbox, TRACKED)
    for _ in range(2):
        report = sync(publish, mode="change_tracking")
        assert report["totals"]["ok"] == 4, report
    empty_sandbox.run("McTM", "DELETE FROM dbo.Customer WHERE CustomerID = 1")
    report = sync(publish, mode="change_tracking")
    assert report["totals"]["ok"] == 4, report
    assert pg_database.rows("SELECT 1 FROM mctm_customer WHERE customer_id = 1") == []


def test_changes_for_tables_of_somebody_elses_need_what_the_script_says_and_nothing_less(
    sync: Sync, empty_sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    run_script(empty_sandbox, TRACKED)
    assert sync(mode="change_tracking")["totals"]["ok"] == 4
    tables = [entry["pg_table"] for entry in table_configs().values()]
    script = (SQL / "postgresql.sql").read_text()
    said = re.search(r"^-- +GRANT (.*) ON mctm_customer", script, re.MULTILINE)
    assert said is not None
    rights = said[1].split(", ")
    pg_database.run(
        f"REVOKE CREATE ON SCHEMA public FROM {WRITER}",
        *(f"ALTER TABLE {table} OWNER TO {pg_database.user}" for table in tables),
        *(f"GRANT {said[1]} ON {table} TO {WRITER}" for table in tables),
    )
    assert _reload_and_follow(sync, empty_sandbox, pg_database) == ["ok", "ok"]
    for right in rights:
        pg_database.run(f"REVOKE {right} ON mctm_customer FROM {WRITER}")
        assert "failed" in _reload_and_follow(sync, empty_sandbox, pg_database), right
        pg_database.run(f"GRANT {right} ON mctm_customer TO {WRITER}")


def _reload_and_follow(sync: Sync, sandbox: Sandbox, target: PgDatabase) -> list[str]:
    """Read every row, change and delete some, read what changed: how both ended for customer."""
    target.run("DELETE FROM tableferry.watermarks")
    ended = []
    for _ in range(2):
        [table] = sync(mode="change_tracking", named=["customer"])["tables"]
        ended.append(table["status"])
        sandbox.run("McTM", "UPDATE dbo.Customer SET IsActive = 1 - IsActive")
        sandbox.run("McTM", "DELETE TOP (1) FROM dbo.Customer")
    return ended


def test_without_the_right_to_see_changes_a_table_is_refused_with_the_grant(
    sync: Sync, empty_sandbox: Sandbox
) -> None:
    run_script(empty_sandbox, TRACKED)
    right = "VIEW CHANGE TRACKING ON dbo.Customer"
    empty_sandbox.run("McTM", f"REVOKE {right} FROM {READER}")
    report = sync(mode="change_tracking")
    [refused] = [table for table in report["tables"] if table["status"] != "ok"]
    assert refused["table"] == "customer"
    assert (
        f"GRANT VIEW CHANGE TRACKING ON [dbo].[Customer] TO [{READER}]" in refused["error"]["hint"]
    )


@pytest.mark.parametrize("sees_history", [True, False])
def test_a_restore_is_noticed_with_and_without_the_history_of_restores(
    sees_history: bool, sync: Sync, empty_sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    run_script(empty_sandbox, TRACKED)
    if not sees_history:
        empty_sandbox.run("msdb", f"REVOKE SELECT ON dbo.restorehistory FROM {READER}")
    database = empty_sandbox.engine.database("McTM")
    backup = database.backup()
    empty_sandbox.run("McTM", "DELETE FROM dbo.Customer WHERE CustomerID = 1")
    assert sync(mode="change_tracking")["totals"]["ok"] == 4
    kept = [str(value) for (value,) in pg_database.rows("SELECT value FROM tableferry.watermarks")]
    assert ["restored" in value for value in kept] == [sees_history] * 4
    database.restore(backup)
    report = sync(mode="change_tracking")
    reloads = {table["table"]: table.get("reload") for table in report["tables"]}
    assert reloads["customer"] == "other_database"
    assert pg_database.rows("SELECT 1 FROM mctm_customer WHERE customer_id = 1") == [(1,)]


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


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("sqlserver.sql", "GRANT SELECT ON"),
        (TRACKED, "GRANT VIEW CHANGE TRACKING ON"),
        (TRACKED, "ALTER TABLE"),
    ],
)
def test_the_scripts_name_the_deployments_tables(name: str, statement: str) -> None:
    script = (SQL / name).read_text()
    granted = re.findall(rf"^{statement} dbo\.([A-Z]\w+)", script, re.MULTILINE)
    read = [entry["sql_table"].rpartition("[")[2][:-1] for entry in table_configs().values()]
    assert sorted(granted) == sorted(read)
