"""pytest fixtures: ``sql_server``, ``local_postgres`` and ``postgres_database``.

pytest imports this module in every run in whose environment the distribution is installed, so it
imports nothing heavy itself: DuckDB, Arrow and psycopg are loaded by the first fixture used.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tableferry_sandbox.local_postgres import LocalPostgres
    from tableferry_sandbox.testing import SqlServer


@pytest.fixture
def sql_server() -> "Iterator[SqlServer]":
    """Start a SQL Server stand-in for one test, without user databases."""
    from tableferry_sandbox.testing import sql_server as start  # noqa: PLC0415 - see above

    with start() as running:
        yield running


@pytest.fixture(scope="session")
def local_postgres() -> "Iterator[LocalPostgres]":
    """Start a PostgreSQL that all tests of a run share; its data is removed with it."""
    from tableferry_sandbox.local_postgres import LocalPostgres  # noqa: PLC0415 - see above

    with LocalPostgres() as running:
        yield running


@pytest.fixture
def postgres_database(local_postgres: "LocalPostgres") -> Iterator[str]:
    """Create an empty PostgreSQL database for one test; gives its connection string."""
    with local_postgres.temporary_database() as name:
        yield local_postgres.conninfo(name)
