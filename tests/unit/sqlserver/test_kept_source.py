"""When a source connection is fit for another use, and what its first statement may cost then."""

import contextlib
from collections.abc import Callable
from typing import Any

import mssql_python
import pytest

from tableferry.errors import TableferryError, TransientError
from tableferry.sqlserver.connection import READ_COMMITTED, SourceConnection
from tests.support.specs import source_settings


def lost() -> Exception:
    return mssql_python.OperationalError("Communication link failure", "Communication link failure")


def refused() -> Exception:
    return mssql_python.ProgrammingError(
        "Syntax error", "[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]Invalid column name"
    )


class Raw:
    """The driver's connection: answers with one row of a column x, or fails as it is told."""

    def __init__(self, *failures: Exception | None) -> None:
        self.failures = list(failures)
        self.sent: list[str] = []
        self.closed = 0
        self.timeout = 0
        self.description = [("x",)]

    def cursor(self) -> "Raw":
        return self

    def execute(self, sql: str) -> None:
        self.sent.append(sql)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure

    def fetchall(self) -> list[tuple[int]]:
        return [(1,)]

    def nextset(self) -> bool:
        return False

    def close(self) -> None:
        self.closed += 1


class Keeper:
    def __init__(self) -> None:
        self.kept: list[SourceConnection] = []

    def __call__(self, connection: SourceConnection) -> bool:
        self.kept.append(connection)
        return True


def opened(raw: Raw, reopen: Callable[[], Any] | None = None) -> tuple[SourceConnection, Keeper]:
    keeper = Keeper()
    connection = SourceConnection(source_settings(), raw, reopen=reopen)
    connection.keep = keeper
    return connection, keeper


def test_a_connection_over_which_everything_went_well_is_kept_open() -> None:
    connection, keeper = opened(Raw())
    with connection:
        assert connection.rows("SELECT 1 AS x", ["x"]) == [(1,)]
    assert keeper.kept == [connection]


def test_a_statement_that_the_server_refuses_leaves_the_session_as_it_was() -> None:
    connection, keeper = opened(Raw(refused()))
    with connection, pytest.raises(TableferryError):
        connection.rows("SELECT 1 AS x", ["x"])
    assert keeper.kept == [connection]


@pytest.mark.parametrize("failure", [lost(), RuntimeError("no"), KeyboardInterrupt()])
def test_a_connection_over_which_anything_else_came_is_closed(failure: BaseException) -> None:
    raw = Raw(failure)  # type: ignore[arg-type]
    connection, keeper = opened(raw)
    with contextlib.suppress(BaseException):
        connection.rows("SELECT 1 AS x", ["x"])
    connection.close()
    assert keeper.kept == []
    assert raw.closed > 1, "its cursor and itself"


def test_a_stream_that_was_not_read_to_its_end_ends_with_its_connection() -> None:
    connection, keeper = opened(Raw())
    connection.stream("SELECT 1 AS x")
    connection.close()
    assert keeper.kept == []
    connection, keeper = opened(Raw())
    connection.end_stream(connection.stream("SELECT 1 AS x"))
    connection.close()
    assert keeper.kept == [connection]


def test_an_error_of_the_block_ends_the_connection() -> None:
    connection, keeper = opened(Raw())
    with contextlib.suppress(ValueError), connection:
        raise ValueError
    assert keeper.kept == []


def test_a_connection_that_a_thread_is_stuck_in_is_not_touched() -> None:
    raw = Raw()
    connection, keeper = opened(raw)
    connection.abandon()
    connection.close()
    assert (keeper.kept, raw.closed) == ([], 0)


def test_no_transaction_and_no_isolation_is_left_to_the_next() -> None:
    raw = Raw()
    connection, keeper = opened(raw)
    connection.begin_snapshot()
    connection.close()
    assert keeper.kept == [connection]
    assert not connection.in_snapshot
    ends = ["COMMIT TRANSACTION", f"SET TRANSACTION ISOLATION LEVEL {READ_COMMITTED}"]
    assert raw.sent[-2:] == ends


def test_a_snapshot_that_cannot_be_ended_is_ended_with_its_connection() -> None:
    connection, keeper = opened(Raw(None, lost()))
    connection.begin_snapshot()
    connection.close()
    assert keeper.kept == []


def test_an_isolation_level_is_set_where_it_is_another_one_and_only_then() -> None:
    raw = Raw()
    connection, _ = opened(raw)
    for level in (READ_COMMITTED, "SNAPSHOT", "SNAPSHOT", READ_COMMITTED):
        connection.end_stream(connection.stream("SELECT 1 AS x", level))
    assert ["LEVEL" in sql for sql in raw.sent] == [False, True, False, True]


def test_where_a_batch_is_refused_its_isolation_is_not_taken_for_set() -> None:
    raw = Raw(refused())
    connection, _ = opened(raw)
    with pytest.raises(TableferryError):
        connection.rows_of_each([("SELECT 1 AS x", ["x"])], "SNAPSHOT")
    connection.rows_of_each([("SELECT 1 AS x", ["x"])], "SNAPSHOT")
    assert all("LEVEL SNAPSHOT" in sql for sql in raw.sent)


def test_a_kept_connection_that_is_lost_at_its_first_statement_is_opened_again() -> None:
    old, new = Raw(lost()), Raw()
    connection, _ = opened(old, lambda: new)
    told: list[int] = []
    connection.on_new_socket = lambda: told.append(1)
    connection.taken_again(30)
    connection.end_stream(connection.stream("SELECT 1 AS x", "SNAPSHOT"))
    assert old.sent == new.sent, "with its isolation"
    assert (old.closed, told) == (1, [1])
    connection.close()


def test_a_connection_that_is_lost_later_is_an_error() -> None:
    connection, keeper = opened(Raw(None, lost()), Raw)
    connection.taken_again(30)
    connection.rows("SELECT 1 AS x", ["x"])
    with pytest.raises(TransientError):
        connection.rows("SELECT 1 AS x", ["x"])
    connection.close()
    assert keeper.kept == []


def test_a_new_connection_that_is_lost_at_its_first_statement_is_an_error() -> None:
    connection, _ = opened(Raw(lost()), Raw)
    with pytest.raises(TransientError):
        connection.rows("SELECT 1 AS x", ["x"])
