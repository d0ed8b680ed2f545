"""The SQL Server of the contract: the sandbox, and with ``--live`` a real one.

The suite creates a database of its own there and uses only T-SQL through the driver.
"""

import contextlib
from collections.abc import Iterator

import pytest

from live.databases import create, drop
from live.place import Place
from tableferry import sqlserver
from tableferry.config import SourceSettings
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.tds_server import SandboxServer
from tests.support.live import live_database

USER, PASSWORD = "sa", "Types-1a2b"


@contextlib.contextmanager
def _sandbox_database() -> Iterator[SourceSettings]:
    with contextlib.closing(Server()) as engine:
        engine.add_login(USER, PASSWORD)
        with SandboxServer(engine) as server:
            place = Place(server.host, server.port, USER, PASSWORD)
            with sqlserver.connect(place.settings()) as master:
                name = create(master)
                yield place.settings(name)
                assert drop(master, name)


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest) -> Iterator[SourceSettings]:
    """A database for this test run only."""
    is_live = request.config.getoption("--live")
    with live_database() if is_live else _sandbox_database() as settings:
        yield settings
