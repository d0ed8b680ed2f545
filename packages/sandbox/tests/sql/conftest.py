"""A server with one database, and helpers that run batches on it."""

from collections.abc import Callable, Iterator

import pytest

from sandbox_support.batch_result import BatchResult, run
from tableferry_sandbox.engine import Server, Session
from tableferry_sandbox.events import LoginRequest, SqlError


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    made.add_login("sa", "secret-1")
    made.create_database("Shop")
    yield made
    made.close()


@pytest.fixture
def connect(server: Server) -> Callable[[], Session]:
    return lambda: server.login(LoginRequest("sa", "secret-1", "Shop"))


@pytest.fixture
def session(connect: Callable[[], Session]) -> Session:
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
