"""A server with one database that tracks changes and allows snapshots, and a table in it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox_support.batch_result import BatchResult, run
from tableferry_sandbox.engine import Server, Session
from tableferry_sandbox.events import LoginRequest, SqlError


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    made.add_login("sa", "secret-1")
    made.create_database("Shop").run(
        "ALTER DATABASE Shop SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, "
        "AUTO_CLEANUP = ON); ALTER DATABASE Shop SET ALLOW_SNAPSHOT_ISOLATION ON;"
        "CREATE TABLE t (id int PRIMARY KEY, v int, w int);"
        "ALTER TABLE t ENABLE CHANGE_TRACKING"
    )
    yield made
    made.close()


@pytest.fixture
def connect(server: Server) -> Callable[[], Session]:
    return lambda: server.login(LoginRequest("sa", "secret-1", "Shop"))


@pytest.fixture
def session(connect: Callable[[], Session]) -> Session:
    return connect()


@pytest.fixture
def other(connect: Callable[[], Session]) -> Session:
    return connect()


@pytest.fixture
def ask(session: Session) -> Callable[..., BatchResult]:
    def asking(sql: str, other: Session | None = None) -> BatchResult:
        return run(other or session, sql)

    return asking


@pytest.fixture
def refuse(session: Session) -> Callable[..., SqlError]:
    """Run a batch that must fail; returns the error."""

    def refusing(sql: str, other: Session | None = None) -> SqlError:
        with pytest.raises(SqlError) as caught:
            run(other or session, sql)
        return caught.value

    return refusing


@pytest.fixture
def version(ask: Callable[..., BatchResult]) -> Callable[..., int | None]:
    def current(other: Session | None = None) -> int | None:
        found: int | None = ask("SELECT CHANGE_TRACKING_CURRENT_VERSION()", other).value
        return found

    return current


@pytest.fixture
def changes(ask: Callable[..., BatchResult]) -> Callable[..., list[tuple[Any, ...]]]:
    """Operation and key of the changes of a table, by key."""

    def changed(since: int | str, other: Session | None = None, table: str = "t") -> list[Any]:
        return ask(
            f"SELECT SYS_CHANGE_OPERATION, id FROM CHANGETABLE(CHANGES {table}, {since}) AS c "
            "ORDER BY id",
            other,
        ).rows

    return changed
