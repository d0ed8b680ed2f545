"""A server with a fake engine, and clients of it."""

import threading
from types import SimpleNamespace

import pytest

from sandbox_support.fake_engine import FakeEngine
from sandbox_support.raw_client import RawClient, int_parameter, text_parameter
from sandbox_support.values import ALL_TYPES
from tableferry_sandbox.tds_server import SandboxServer


@pytest.fixture
def raw_on():
    """Connect raw clients to any server, without logging in: ``raw_on(server, encryption=2)``."""
    clients = []

    def connect(server, **options):
        client = RawClient(server.port, **options)
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def raw(server, raw_on):
    """Connect raw clients to ``server`` and log them in, unless ``login=False``."""

    def connect(*, login=True, **options):
        client = raw_on(server, **options)
        if login:
            client.login()
        return client

    return connect


@pytest.fixture
def parameters():
    """The functions that encode RPC parameters."""
    return SimpleNamespace(text=text_parameter, int=int_parameter)


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def server(engine):
    before = set(threading.enumerate())
    with SandboxServer(engine, replay=64 * 1024 * 1024) as running:
        yield running
    assert running.connections == 0
    assert set(threading.enumerate()) <= before


@pytest.fixture
def all_types():
    """Every type: name, SQL type, physical type, values."""
    return ALL_TYPES


@pytest.fixture
def make_engine():
    """The fake engine's class, for servers with other options."""
    return FakeEngine
