"""A deployment with tables in different states, told by the command in this process."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.tds_server import SandboxServer
from tableferry_sandbox.testing import WHOLE_RESPONSES
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.support.databases import PgDatabase
from tests.support.in_process import call
from tests.support.specs import entry

NAMES = ("alpha", "beta")


@dataclass(frozen=True)
class Desk:
    """A folder with a table file, the databases it is about, and the command.

    ``more`` are variables that go before those of the databases.
    """

    folder: Path
    source: Sandbox
    target: PgDatabase
    more: Mapping[str, str] = field(default_factory=dict)

    def configure(self, **tables: dict[str, Any]) -> None:
        """Write the table file: an entry for each name, with changes."""
        configs = {
            name: entry(
                **{
                    "sql_table": f"dbo.{name}",
                    "pg_table": name,
                    "columns": None,
                    "pg_columns": None,
                    "primary_key": "ID",
                    "publish": None,
                    "order_by": None,
                    **changes,
                }
            )
            for name, changes in tables.items()
        }
        (self.folder / "table_configs.py").write_text(f"TABLE_CONFIGS = {configs!r}\n")

    def run(self, *arguments: str) -> "CompletedProcess[str]":
        """Run the command with the variables of both databases."""
        server = self.source.server
        prefix = "SQL_SERVER_MCTM_"
        variables = {
            f"{prefix}HOST": server.host,
            f"{prefix}PORT": str(server.port),
            f"{prefix}DB": "McTM",
            f"{prefix}USER": USER,
            f"{prefix}PASSWORD": PASSWORD,
            **self.target.environment,
            **self.more,
        }
        return call(*arguments, cwd=self.folder, env=variables)

    def told(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """Return the JSON form of a command's result; it has to end with this code."""
        done = self.run(*arguments, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        assert PASSWORD not in done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def state(self, name: str = "alpha", *, code: int = 0) -> dict[str, Any]:
        """Return what the status says of a table."""
        found = self.told("status", code=code)["tables"]
        return next(one for one in found if one["table"] == name)

    def sync(self, code: int = 0) -> None:
        """Carry the tables, as they are configured."""
        done = self.run("sync")
        assert done.returncode == code, done.stdout + done.stderr

    def as_role(self, user: str, password: str) -> "Desk":
        """Return the same with another login to the target."""
        return replace(self, target=replace(self.target, user=user, password=password))


@pytest.fixture(scope="module")
def status_source() -> Iterator[Sandbox]:
    """A server whose database McTM keeps changes for two days."""
    engine = Server()
    engine.add_login(USER, PASSWORD)
    engine.create_database("McTM")
    with SandboxServer(engine, flush_bytes=WHOLE_RESPONSES) as server:
        sandbox = Sandbox(engine, server)
        sandbox.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")
        sandbox.run(
            "ALTER DATABASE McTM SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, "
            "AUTO_CLEANUP = ON)"
        )
        yield sandbox


@pytest.fixture
def desk(status_source: Sandbox, pg_database: PgDatabase, tmp_path: Path) -> Iterator[Desk]:
    """Two tables of the source, configured, and not carried yet."""
    for name in NAMES:
        status_source.run(
            f"CREATE TABLE dbo.{name} (ID int PRIMARY KEY, Name nvarchar(20) NOT NULL); "
            f"ALTER TABLE dbo.{name} ENABLE CHANGE_TRACKING; "
            f"INSERT INTO dbo.{name} VALUES (1, N'one'), (2, N'two')"
        )
    found = Desk(tmp_path, status_source, pg_database)
    found.configure(alpha={}, beta={})
    yield found
    for name in NAMES:
        status_source.run(f"DROP TABLE IF EXISTS dbo.{name}")


@pytest.fixture
def reader(pg_database: PgDatabase) -> Iterator[Callable[..., tuple[str, str]]]:
    """Makes a role with rights on tables of the ledger; returns its name and password."""
    role, password = f"watcher_{pg_database.name}", "the watcher's secret"

    def make(*statements: str) -> tuple[str, str]:
        pg_database.run(
            f"CREATE ROLE {role} LOGIN PASSWORD 'the watcher''s secret'",
            *(statement.format(role=role) for statement in statements),
        )
        return role, password

    yield make
    pg_database.run(f"DROP OWNED BY {role} CASCADE", f"DROP ROLE {role}")
