"""The SQL Servers of the type tests: the sandbox, and with ``--live`` any real one as well.

``TABLEFERRY_LIVE_MSSQL=host:port:user:password`` names the real one. The suite creates its own
database there, uses only T-SQL through the driver, and drops the database afterwards.
``TABLEFERRY_LIVE_POSTGRES``, in the same format, names the PostgreSQL to use instead of our own.
"""

import contextlib
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tableferry import sqlserver
from tableferry.config import Settings, SourceSettings, parse_table_configs
from tableferry.runs.outcome import TableOutcome
from tableferry.runs.run import sync_table
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.tds_server import SandboxServer
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase

USER, PASSWORD = "sa", "Types-1a2b"
VARIABLE = "TABLEFERRY_LIVE_MSSQL"
PG_VARIABLE = "TABLEFERRY_LIVE_POSTGRES"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind_of_server" in metafunc.fixturenames:
        live = ["live"] if metafunc.config.getoption("--live") else []
        metafunc.parametrize("kind_of_server", ["sandbox", *live], scope="session")


@dataclass(frozen=True)
class Types:
    """A source database for tables of every type, and the target database."""

    source: SourceSettings
    target: PgDatabase
    connection: sqlserver.SourceConnection = field(repr=False)

    @property
    def settings(self) -> Settings:
        return Settings({"types": self.source}, settings_of(self.target))

    def run(self, *batches: str) -> None:
        for batch in batches:
            self.connection.execute(batch)

    def sync(self, *, keep: bool = False, **changes: Any) -> TableOutcome:
        """Carry dbo.T (ID, V) into a new t (id, v), or with ``keep`` into the existing one."""
        if not keep:
            self.target.run("DROP TABLE IF EXISTS t")
        configured = {
            "db_type": "types",
            "sql_server_db": self.source.db,
            "sql_table": "dbo.T",
            "pg_table": "t",
            "columns": ["ID", "V"],
            "pg_columns": ["id", "v"],
            "primary_key": "ID",
            "order_by": "ID",
            **changes,
        }
        return sync_table(parse_table_configs({"t": configured})["t"], self.settings)

    def found(self, columns: str = "v") -> list[tuple[Any, ...]]:
        """Return the rows of t in PostgreSQL, read in binary format."""
        with self.target.connect() as reader, reader.cursor(binary=True) as cursor:
            cursor.execute("SET timezone = 'UTC'")
            cursor.execute(f"SELECT {columns} FROM t ORDER BY id".encode())
            return list(cursor.fetchall())


@contextlib.contextmanager
def _sandbox() -> Iterator[SourceSettings]:
    with contextlib.closing(Server()) as engine:
        engine.add_login(USER, PASSWORD)
        with SandboxServer(engine) as server:
            yield _settings(server.host, server.port, USER, PASSWORD)


@contextlib.contextmanager
def _live() -> Iterator[SourceSettings]:
    if VARIABLE not in os.environ:
        raise pytest.UsageError(f"--live needs {VARIABLE}=host:port:user:password")
    yield _settings(*_server(VARIABLE))


def _server(variable: str) -> tuple[str, int, str, str]:
    try:
        host, port, user, password = os.environ[variable].split(":", 3)
        return host, int(port), user, password
    except ValueError:
        raise pytest.UsageError(f"{variable} is not host:port:user:password") from None


def _settings(host: str, port: int, user: str, password: str) -> SourceSettings:
    return SourceSettings(
        prefix="SQL_SERVER_TYPES_",
        host=host,
        port=port,
        db="master",
        user=user,
        password=password,
        trust_certificate=True,
    )


@pytest.fixture(scope="session")
def database(kind_of_server: str) -> Iterator[SourceSettings]:
    """A database for this test run only."""
    name = f"tableferry_types_{uuid.uuid4().hex[:12]}"
    with _live() if kind_of_server == "live" else _sandbox() as server:
        with sqlserver.connect(server) as master:
            master.execute(f"CREATE DATABASE [{name}] COLLATE SQL_Latin1_General_CP1_CI_AS")
        try:
            yield server.model_copy(update={"db": name})
        finally:
            with sqlserver.connect(server) as master:
                # A connection that a failed test left open would block DROP DATABASE.
                master.execute(f"ALTER DATABASE [{name}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE")
                master.execute(f"DROP DATABASE [{name}]")


@pytest.fixture(scope="module")
def types_target(kind_of_server: str, module_pg_database: PgDatabase) -> Iterator[PgDatabase]:
    """A database on our own PostgreSQL, or on the one that TABLEFERRY_LIVE_POSTGRES names."""
    if kind_of_server != "live" or PG_VARIABLE not in os.environ:
        yield module_pg_database
        return
    host, port, user, password = _server(PG_VARIABLE)
    name = f"tableferry_types_{uuid.uuid4().hex[:12]}"
    server = PgDatabase(host, port, "postgres", user, password)
    server.run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    try:
        yield replace(server, name=name)
    finally:
        server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def types(database: SourceSettings, types_target: PgDatabase) -> Iterator[Types]:
    with sqlserver.connect(database) as connection:
        yield Types(database, types_target, connection)
