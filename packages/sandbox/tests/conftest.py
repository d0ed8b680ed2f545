"""Servers that the sandbox's own tests start."""

from collections.abc import Iterator

import pytest

from sandbox_support import system_packages
from tableferry_sandbox.local_postgres import LocalPostgres
from tableferry_sandbox.sample import load_sample
from tableferry_sandbox.testing import SqlServer, sql_server


def pytest_configure(config: pytest.Config) -> None:
    system_packages.register(config)


@pytest.fixture(scope="session")
def postgres() -> Iterator[LocalPostgres]:
    """A throwaway PostgreSQL that many tests look at."""
    with LocalPostgres() as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[LocalPostgres]:
    """A PostgreSQL for one test, to be killed, stopped and started again."""
    with LocalPostgres() as server:
        yield server


@pytest.fixture
def sandbox() -> Iterator[SqlServer]:
    """A stand-in for one test, with the sample's databases in it, both empty."""
    with sql_server("McTM", "VoipDB") as started:
        yield started


@pytest.fixture(scope="session")
def sample_sandbox() -> Iterator[SqlServer]:
    """A stand-in with the sample at full size, to be read only."""
    with sql_server() as started:
        load_sample(started.engine)
        yield started
