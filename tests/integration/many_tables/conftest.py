"""Thirty small tables on both sides, and what a run of them asks of the source."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tableferry.config import Settings, TableSpec, parse_table_configs
from tableferry.runs.events import Event, TableFinished
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.specs import entry

TABLES = 30
NAMES = tuple(f"m{number}" for number in range(TABLES))


@pytest.fixture(scope="module")
def filled(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    for name in NAMES:
        running_sandbox.run(
            f"CREATE TABLE dbo.{name} (ID int NOT NULL PRIMARY KEY, Name nvarchar(9) NULL)"
        )
        running_sandbox.run(f"INSERT INTO dbo.{name} VALUES (1, N'one'), (2, N'two')")
    yield running_sandbox
    for name in NAMES:
        running_sandbox.run(f"DROP TABLE IF EXISTS dbo.{name}")


@pytest.fixture
def source(filled: Sandbox) -> Iterator[Sandbox]:
    """The thirty; no fault that a test orders is there in the next."""
    yield filled
    filled.server.faults.clear()


@pytest.fixture
def target(pg_database: PgDatabase) -> PgDatabase:
    pg_database.run(*(f"CREATE TABLE {name} (id int PRIMARY KEY, name text)" for name in NAMES))
    return pg_database


@pytest.fixture
def settings(source: Sandbox, target: PgDatabase) -> Settings:
    return Settings({"mctm": source.source()}, settings_of(target))


@pytest.fixture
def statements(source: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that the source gets, in order."""
    seen: list[str] = []
    take = source.server.faults.take_statement

    def noted(sql: str) -> Any:
        seen.append(sql)
        return take(sql)

    monkeypatch.setattr(source.server.faults, "take_statement", noted)
    return seen


@pytest.fixture
def logins(source: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with every login to the source."""
    seen: list[int] = []
    take = source.server.faults.take_login

    def noted() -> Any:
        seen.append(1)
        return take()

    monkeypatch.setattr(source.server.faults, "take_login", noted)
    return seen


def tables(*names: str, **changes: Any) -> list[TableSpec]:
    """Entries of these tables."""
    entries = {
        name: entry(
            **{
                "sql_table": f"dbo.{name}",
                "pg_table": name,
                "order_by": None,
                "batch_size": None,
                "max_shrink": 100,
                **changes,
            }
        )
        for name in names
    }
    return list(parse_table_configs(entries).values())


def after(name: str, action: Callable[[], object]) -> Callable[[Event], None]:
    """A listener that does something when a table has ended, and before the next begins."""

    def on_event(event: Event) -> None:
        if isinstance(event, TableFinished) and event.outcome.table == name:
            action()

    return on_event
