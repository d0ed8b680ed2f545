"""Three source tables, their target tables with old rows, and gates that hold a load up."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from tableferry.config import Settings, TableSpec, parse_table_configs
from tableferry.runs.events import Event, TableFinished, WaitingForSessions
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.specs import entry

NAMES = ("a", "b", "c")
PATIENCE = 60.0
"""Seconds after which a test that waits for what does not come fails."""


@pytest.fixture
def source(sandbox: Sandbox) -> Iterator[Sandbox]:
    for name in NAMES:
        sandbox.run(f"CREATE TABLE dbo.Job_{name} (ID int NOT NULL PRIMARY KEY, Name nvarchar(9))")
        sandbox.run(f"INSERT INTO dbo.Job_{name} VALUES (1, N'new'), (2, N'newer')")
    yield sandbox
    for name in NAMES:
        sandbox.run(f"DROP TABLE dbo.Job_{name}")


@pytest.fixture
def target(pg_database: PgDatabase) -> PgDatabase:
    for name in NAMES:
        pg_database.run(
            f"CREATE TABLE {name} (id int PRIMARY KEY, name text)",
            f"INSERT INTO {name} VALUES (0, 'old')",
        )
    return pg_database


@pytest.fixture
def settings(source: Sandbox, target: PgDatabase) -> Settings:
    return Settings({"mctm": source.source()}, settings_of(target))


def tables(names: Sequence[str] = NAMES, **changes: Any) -> list[TableSpec]:
    """Entries of the tables, without a guard against fewer rows."""
    entries = {
        name: entry(
            sql_table=f"dbo.Job_{name}",
            pg_table=name,
            order_by=None,
            batch_size=None,
            max_shrink=100,
            **changes,
        )
        for name in names
    }
    return list(parse_table_configs(entries).values())


def rows(target: PgDatabase, name: str) -> list[str]:
    """The names in a target table."""
    return [str(row[0]) for row in target.rows(f"SELECT name FROM {name} ORDER BY id")]


class Gate:
    """Holds up the publishing of some tables until it is opened, and knows who waits before it.

    A session of its own reads them. ``event`` is the run's callback.
    """

    def __init__(self, target: PgDatabase, names: Sequence[str]) -> None:
        self._waiting = set(names)
        self._all_wait = threading.Event()
        self._ended: dict[str, threading.Event] = {name: threading.Event() for name in NAMES}
        self._session = target.connect(autocommit=False)
        for name in names:
            self._session.execute(f"LOCK TABLE {name} IN ACCESS SHARE MODE".encode())
        self.finished: list[str] = []

    def event(self, event: Event) -> None:
        if isinstance(event, WaitingForSessions):
            self._waiting.discard(event.table)
            if not self._waiting:
                self._all_wait.set()
        if isinstance(event, TableFinished):
            self.finished.append(event.table)
            self._ended[event.table].set()

    def await_all(self) -> None:
        """Wait until every held table waits before the gate."""
        assert self._all_wait.wait(PATIENCE), f"{self._waiting} never came to the gate"

    def await_end_of(self, name: str) -> None:
        assert self._ended[name].wait(PATIENCE), f"{name} has not ended"

    def open(self) -> None:
        self._session.rollback()

    def close(self) -> None:
        self._session.close()


@contextlib.contextmanager
def gate(target: PgDatabase, *names: str) -> Iterator[Gate]:
    held = Gate(target, names)
    try:
        yield held
    finally:
        held.close()


@contextlib.contextmanager
def meanwhile(work: Callable[[], None], held: Gate | None = None) -> Iterator[None]:
    """Do something in another thread while the block runs; its failure fails the test."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as failure:  # noqa: BLE001 - raised again by the assert below
            failures.append(failure)
            if held is not None:
                held.open()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join(PATIENCE)
    assert not failures, failures
