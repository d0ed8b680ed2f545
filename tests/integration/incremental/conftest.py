"""A sandbox of its own whose database McTM keeps changes, and a run from it to a target."""

from collections.abc import Callable
from typing import Any

import pytest

from tableferry.config import parse_table_configs
from tableferry.runs.outcome import TableOutcome
from tableferry.runs.run import sync_table
from tableferry.runs.run_options import DEFAULT_OPTIONS, RunOptions
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.live import LiveSource
from tests.support.specs import entry

ROWS = 50


@pytest.fixture
def source(empty_source: Sandbox | LiveSource) -> Sandbox | LiveSource:
    """A server with the table dbo.T of ``ROWS`` rows, whose changes are tracked."""
    empty_source.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")
    empty_source.run(
        "ALTER DATABASE McTM SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, "
        "AUTO_CLEANUP = ON)"
    )
    empty_source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20))")
    empty_source.run("ALTER TABLE dbo.T ENABLE CHANGE_TRACKING")
    empty_source.run(
        f"INSERT INTO dbo.T SELECT value, CONCAT(N'name ', value) FROM GENERATE_SERIES(1, {ROWS})"
    )
    return empty_source


@pytest.fixture
def target(pg_database: PgDatabase) -> PgDatabase:
    pg_database.run("CREATE TABLE t (id int PRIMARY KEY, name text)")
    return pg_database


Sync = Callable[..., TableOutcome]


@pytest.fixture
def sync(source: Sandbox, target: PgDatabase) -> Sync:
    """Sync dbo.T, with changes to its entry; the outcome may be any."""

    def run(options: RunOptions = DEFAULT_OPTIONS, **changes: Any) -> TableOutcome:
        given = {
            "sql_table": "dbo.T", "pg_table": "t", "publish": "auto", "order_by": None,
            "mode": "change_tracking",
        }  # fmt: skip
        specs = parse_table_configs({"t": entry(**{**given, **changes})})
        return sync_table(specs["t"], source.settings(target), options=options)

    return run


def rows(target: PgDatabase) -> list[tuple[object, ...]]:
    """The target's rows, in order."""
    return target.rows("SELECT id, name FROM t ORDER BY id")


def source_rows(source: Sandbox) -> list[tuple[object, ...]]:
    """The source's rows, by another driver, in the same order."""
    return source.rows("SELECT ID, Name FROM dbo.T ORDER BY ID")
