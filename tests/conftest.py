"""What every test may use: a real PostgreSQL, databases of its own, and a wire that breaks."""

import atexit
import contextlib
import gc
import os
import signal
from collections.abc import Callable, Iterator

import psycopg
import pytest

from sandbox_support import system_packages
from tableferry import postgres as target_server
from tableferry.postgres.ledger.migrate import migrate
from tableferry_sandbox.local_postgres import LocalPostgres
from tableferry_sandbox.sample import load_sample
from tableferry_sandbox.testing import sql_server
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.disks import MEMORY
from tests.support.live import POSTGRES, LivePostgres
from tests.support.live_tests import live_tests
from tests.support.longest_first import longest_first
from tests.support.proxy import TcpProxy
from tests.support.sandbox import PASSWORD, SAMPLE_DATABASES, USER, Sandbox

TEMPLATE, WITH_LEDGER = "empty_template", "ledger_template"
SETTINGS = {
    "max_wal_size": "256MB",
    "shared_buffers": "16MB",
    "track_activity_query_size": "4096",  # a message begins with the settings of its transaction
}
"""The data may be kept in memory; PostgreSQL's own limit is four times as much. DROP and TRUNCATE
look at all shared buffers: dropping a database took 16 ms of CPU with the usual 128 MB, now 6."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--live",
        action="store_true",
        help="run the tests that any SQL Server has to pass on that of TABLEFERRY_LIVE_MSSQL",
    )
    parser.addoption("--package", help="prove this Lambda package; without it one is built")
    parser.addoption("--package-python", default="3.13", help="the version that it is for")


def pytest_configure(config: pytest.Config) -> None:
    system_packages.register(config)
    config.addinivalue_line(
        "markers", "with_ledger: its pg_database has the ledger, as the first run leaves it"
    )
    # What a script starts in the background has Ctrl-C switched off, what nohup starts has SIGHUP;
    # and so has all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


# 3,600 tests are a million objects that stay: each worker made them in twice the time, and later
# looked at all of them again and again, where the collector was let. A test makes its usual 700
# every moment: looking at every 20,000 takes 6 % less of the whole. They stay frozen until Python
# ends: pytest looks for garbage five times when it has finished, 0.4 s of every worker's CPU.
def pytest_collection() -> None:
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--live"):
        chosen = live_tests(items)
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen
    items[:] = longest_first(items)


def pytest_collection_finish() -> None:
    gc.freeze()
    atexit.register(gc.unfreeze)
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[LocalPostgres | LivePostgres]:
    """A PostgreSQL for the whole run; a test that kills it takes ``own_postgres`` instead."""
    if request.config.getoption("--live") and POSTGRES in os.environ:
        yield LivePostgres()
        return
    with LocalPostgres(settings=SETTINGS, within=MEMORY) as server:
        server.create_database(TEMPLATE)
        # The first session in a database writes a cache of its catalog, which copies then have.
        psycopg.connect(server.conninfo(TEMPLATE)).close()
        yield server


@pytest.fixture
def own_postgres() -> Iterator[LocalPostgres]:
    """A PostgreSQL for one test, to be killed, stopped and started again."""
    with LocalPostgres(settings=SETTINGS, within=MEMORY) as server:
        yield server


@pytest.fixture(scope="session")
def ledger_template(postgres: LocalPostgres | LivePostgres) -> str:
    """The template of databases that have the ledger; a server of somebody else's has none."""
    if isinstance(postgres, LivePostgres):
        return TEMPLATE
    postgres.create_database(WITH_LEDGER, TEMPLATE)
    with target_server.connect(settings_of(_database(postgres, WITH_LEDGER))) as connection:
        migrate(connection)
    return WITH_LEDGER


@pytest.fixture
def pg_database(
    request: pytest.FixtureRequest, postgres: LocalPostgres | LivePostgres
) -> Iterator[PgDatabase]:
    """A database for one test: empty, or with the ledger where the test is marked ``with_ledger``.

    So every run finds it but the first. To create the ledger takes as much CPU as a small load:
    what is not about the first run need not do it.
    """
    has_ledger = request.node.get_closest_marker("with_ledger")
    template = request.getfixturevalue("ledger_template") if has_ledger else TEMPLATE
    yield from _a_database(postgres, template)


@pytest.fixture(scope="module")
def module_pg_database(postgres: LocalPostgres) -> Iterator[PgDatabase]:
    """An empty database that the tests of one module share."""
    yield from _a_database(postgres)


@pytest.fixture
def proxy_to() -> Iterator[Callable[[str, int], TcpProxy]]:
    """Makes proxies before ``host``, ``port``; they stop when the test ends."""
    proxies: list[TcpProxy] = []

    def make(host: str, port: int) -> TcpProxy:
        proxy = TcpProxy(host, port)
        proxies.append(proxy)
        return proxy

    yield make
    for proxy in proxies:
        proxy.close()


@pytest.fixture
def pg_proxy(postgres: LocalPostgres, proxy_to: Callable[[str, int], TcpProxy]) -> TcpProxy:
    """A proxy before the session's PostgreSQL."""
    return proxy_to(postgres.host, postgres.port)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A SQL Server stand-in for one test, with McTM and VoipDB in it, both empty."""
    with _a_sandbox() as started:
        for name in SAMPLE_DATABASES:
            started.engine.create_database(name)
        yield started


@pytest.fixture
def empty_sandbox() -> Iterator[Sandbox]:
    """A stand-in for one test without any database of ours."""
    with _a_sandbox() as started:
        yield started


@pytest.fixture(scope="session")
def sample_sandbox() -> Iterator[Sandbox]:
    """A stand-in with the sample at full size, to be read only."""
    with _a_sandbox() as started:
        load_sample(started.engine)
        yield started


@contextlib.contextmanager
def _a_sandbox() -> Iterator[Sandbox]:
    with sql_server(user=USER, password=PASSWORD) as started:
        yield Sandbox(started.engine, started.wire, USER, PASSWORD)


def _a_database(
    server: LocalPostgres | LivePostgres, template: str = TEMPLATE
) -> Iterator[PgDatabase]:
    with server.temporary_database(template) as name:
        yield _database(server, name)


def _database(server: LocalPostgres | LivePostgres, name: str) -> PgDatabase:
    return PgDatabase(server.host, server.port, name, server.user, server.password)


@pytest.fixture
def moto_server() -> Iterator[str]:
    """AWS on this machine, for processes of their own; yields what AWS_ENDPOINT_URL holds."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()
