"""The sandbox with its sample, as the integration tests have it, and the table most faults hit."""

from collections.abc import Iterator

import pytest

from tests.faults.support import fill_source, fill_target
from tests.integration.conftest import Sandbox, empty_source, running_sandbox, sandbox, table_in
from tests.integration.fanout.conftest import fan_out
from tests.support.databases import PgDatabase

__all__ = ["empty_source", "fan_out", "running_sandbox", "sandbox", "table_in"]


@pytest.fixture(scope="module")
def full(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    """A sandbox with T filled, for all tests of a module."""
    fill_source(running_sandbox)
    yield running_sandbox
    running_sandbox.run("DROP TABLE dbo.T")


@pytest.fixture
def source(full: Sandbox) -> Iterator[Sandbox]:
    """The same; no fault that a test orders is there in the next."""
    yield full
    full.forget_faults()


@pytest.fixture
def old_rows(pg_database: PgDatabase) -> PgDatabase:
    """A database whose table t has rows already."""
    fill_target(pg_database)
    return pg_database
