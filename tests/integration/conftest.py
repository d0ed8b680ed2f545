"""A sandbox with the sample in it, and the settings that lead from it to a target."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytds
import pytest

from tableferry.config import Settings, SourceSettings
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.sample import load_sample
from tableferry_sandbox.tds_server import SandboxServer
from tableferry_sandbox.testing import WHOLE_RESPONSES
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.live import LiveSource, live_source

USER, PASSWORD = "sa", "canary;}{pass'word"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: ``engine`` holds the data, ``server`` speaks TDS."""

    engine: Server
    server: SandboxServer

    def source(self, name: str = "McTM", **changes: Any) -> SourceSettings:
        """The settings that lead to one of its databases."""
        values = {
            "prefix": f"SQL_SERVER_{name.upper()}_",
            "host": self.server.host,
            "port": self.server.port,
            "db": name,
            "user": USER,
            "password": PASSWORD,
        }
        return SourceSettings(**{**values, **changes})

    def settings(self, database: PgDatabase, **changes: Any) -> Settings:
        """The settings of a deployment from here into ``database``."""
        sources = {name.lower(): self.source(name, **changes) for name in ("McTM", "VoipDB")}
        return Settings(sources, settings_of(database))

    def run(self, sql: str, db: str = "McTM") -> None:
        """Run a T-SQL batch."""
        self.engine.database(db).run(sql)

    def rows(self, sql: str, db: str = "McTM") -> list[tuple[Any, ...]]:
        """Ask by way of another client than the engine's, python-tds."""
        with (
            pytds.connect(
                self.server.host,
                port=self.server.port,
                user=USER,
                password=PASSWORD,
                database=db,
                autocommit=True,
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]

    def forget_faults(self) -> None:
        """Let no fault strike that a test has set."""
        self.server.faults.clear()


@pytest.fixture(scope="session")
def running_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox | LiveSource]:
    if request.config.getoption("--live"):
        with live_source() as source:
            source.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")
            yield source
        return
    engine = Server()
    engine.add_login(USER, PASSWORD)
    load_sample(engine, 0.2)
    with SandboxServer(engine, flush_bytes=WHOLE_RESPONSES) as server:
        yield Sandbox(engine, server)


@pytest.fixture
def sandbox(running_sandbox: Sandbox | LiveSource) -> Iterator[Sandbox | LiveSource]:
    """The sample's sandbox; the faults that a test sets end with it."""
    yield running_sandbox
    running_sandbox.forget_faults()


@contextlib.contextmanager
def empty_server(*, is_live: bool) -> Iterator[Sandbox | LiveSource]:
    """A server with empty databases McTM and VoipDB; a real one makes them when they are used."""
    if is_live:
        with live_source() as source:
            yield source
        return
    engine = Server()
    engine.add_login(USER, PASSWORD)
    for name in ("McTM", "VoipDB"):
        engine.create_database(name)
    with SandboxServer(engine, flush_bytes=WHOLE_RESPONSES) as server:
        yield Sandbox(engine, server)


@pytest.fixture
def empty_source(request: pytest.FixtureRequest) -> Iterator[Sandbox | LiveSource]:
    """A server for one test, with the databases McTM and VoipDB, both empty."""
    with empty_server(is_live=request.config.getoption("--live")) as source:
        yield source


@pytest.fixture
def table_in(sandbox: Sandbox) -> Iterator[Callable[[str], None]]:
    """Makes tables named T in McTM, one a test; it is dropped when the test ends."""
    yield sandbox.run
    sandbox.run("DROP TABLE IF EXISTS dbo.T")
