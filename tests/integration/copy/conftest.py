"""A small shop in a stand-in, which the tests of a module only read."""

from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Protocol

import pytest

from tableferry_sandbox.testing import sql_server
from tests.support.databases import PgDatabase
from tests.support.in_process import call
from tests.support.sandbox import Sandbox
from tests.support.urls import quoted, target_url

USER, PASSWORD = "sa", "canary:/?#[]@pass'word"

SHOP = (
    "CREATE SCHEMA Sales",
    "CREATE TABLE dbo.Customer (ID int NOT NULL PRIMARY KEY, Name nvarchar(20) NULL)",
    "INSERT INTO dbo.Customer VALUES (1, N'Ada'), (2, N'Grace')",
    "CREATE TABLE dbo.Audit_Log (ID int NOT NULL PRIMARY KEY)",
    "CREATE TABLE Sales.[Order] (ID int NOT NULL PRIMARY KEY, Total decimal(9, 2) NULL)",
    "INSERT INTO Sales.[Order] VALUES (7, 12.50)",
    "CREATE VIEW dbo.Names AS SELECT Name FROM dbo.Customer",
)


@pytest.fixture(scope="module")
def shop() -> Iterator[Sandbox]:
    with sql_server(user=USER, password=PASSWORD) as started:
        started.engine.create_database("Shop")
        for statement in SHOP:
            started.engine.database("Shop").run(statement)
        yield Sandbox(started.engine, started.wire, USER, PASSWORD)


def url_of(shop: Sandbox, password: str | None = PASSWORD) -> str:
    """The shop's URL, without a password for None."""
    login = USER if password is None else f"{USER}:{quoted(password)}"
    return f"mssql://{login}@{shop.wire.host}:{shop.wire.port}/Shop"


def url_without_password(database: PgDatabase) -> str:
    return target_url(database).replace(f":{quoted(database.password)}@", "@")


class Tableferry(Protocol):
    """Runs a command in a folder of its own; no secret may be in what it prints."""

    def __call__(self, *arguments: str, **env: str) -> CompletedProcess[str]: ...


@pytest.fixture
def tableferry(tmp_path: Path, pg_database: PgDatabase) -> Tableferry:
    def run(*arguments: str, **env: str) -> CompletedProcess[str]:
        done = call(*arguments, cwd=tmp_path, env={"HOME": str(tmp_path), **env})
        for secret in (PASSWORD, quoted(PASSWORD), pg_database.password):
            assert secret not in done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def passfile(tmp_path: Path, pg_database: PgDatabase) -> Path:
    """A ``~/.pgpass`` that has the target's password."""
    path = tmp_path / ".pgpass"
    host = "localhost" if pg_database.host.startswith("/") else pg_database.host
    password = pg_database.password.replace("\\", "\\\\").replace(":", "\\:")
    path.write_text(f"other:*:*:*:wrong\n{host}:*:{pg_database.name}:*:{password}\n")
    path.chmod(0o600)
    return path
