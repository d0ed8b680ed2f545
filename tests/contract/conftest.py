"""The SQL Servers of the contract: the sandbox, and with ``--live`` any real one as well.

``TABLEFERRY_LIVE_MSSQL=host:port:user:password`` names the real one. The suite creates its own
databases there, uses only T-SQL through the driver, and drops the databases afterwards.
"""

import contextlib
import os
import uuid
from collections.abc import Iterator

import pytest

from tableferry import sqlserver
from tableferry.config import SourceSettings
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.tds_server import SandboxServer

USER, PASSWORD = "sa", "Types-1a2b"
VARIABLE = "TABLEFERRY_LIVE_MSSQL"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind_of_server" in metafunc.fixturenames:
        live = ["live"] if metafunc.config.getoption("--live") else []
        metafunc.parametrize("kind_of_server", ["sandbox", *live], scope="session")


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
    yield _settings(*server_of(VARIABLE))


def server_of(variable: str) -> tuple[str, int, str, str]:
    """The host, port, user and password that an environment variable names."""
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
