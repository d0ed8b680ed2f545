"""A transaction that reads sees the target as of one moment, and cannot write."""

from collections.abc import Iterator

import pytest

from tableferry import postgres
from tableferry.errors import TableferryError
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase


@pytest.fixture
def connection(pg_database: PgDatabase) -> Iterator[postgres.TargetConnection]:
    pg_database.run("CREATE TABLE t (id int)")
    with postgres.connect(settings_of(pg_database)) as connection:
        yield connection


def test_what_others_commit_meanwhile_is_not_seen(
    pg_database: PgDatabase, connection: postgres.TargetConnection
) -> None:
    connection.begin_reading()
    assert connection.rows("SELECT count(*) FROM t") == [(0,)]
    pg_database.run("INSERT INTO t VALUES (1)")
    assert connection.rows("SELECT count(*) FROM t") == [(0,)]
    connection.rollback()
    assert connection.rows("SELECT count(*) FROM t") == [(1,)]


def test_its_moment_is_its_beginning_and_not_what_is_read_first(
    pg_database: PgDatabase, connection: postgres.TargetConnection
) -> None:
    connection.begin_reading()
    pg_database.run("INSERT INTO t VALUES (1)")
    assert connection.rows("SELECT count(*) FROM t") == [(0,)]


def test_nothing_is_written(connection: postgres.TargetConnection) -> None:
    connection.begin_reading()
    with pytest.raises(TableferryError, match="read-only transaction"):
        connection.execute("INSERT INTO t VALUES (1)")


def test_an_open_transaction_is_not_joined(connection: postgres.TargetConnection) -> None:
    connection.begin()
    with pytest.raises(TypeError):
        connection.begin_reading()


def test_values_are_written_exactly_there_too(connection: postgres.TargetConnection) -> None:
    connection.begin_reading()
    assert connection.rows("SHOW extra_float_digits") == [("1",)]
    assert connection.rows("SHOW transaction_isolation") == [("repeatable read",)]
