"""The worked example of CONTRIBUTING.md: a strategy is one module and one line in the registry."""

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tableferry.config import Settings, parse_table_configs
from tableferry.postgres import STRATEGIES
from tableferry.runs.events import Progress
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase

PAGE = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's module, in the registry by its own name and in the place of ``truncate``."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    module = ModuleType("delete")
    exec(compile(code, "CONTRIBUTING.md", "exec"), module.__dict__)
    for name in ("delete", "truncate"):
        monkeypatch.setitem(STRATEGIES, name, module.DELETE)


@pytest.fixture
def target(pg_database: PgDatabase) -> PgDatabase:
    pg_database.run("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (-1), (0)")
    return pg_database


def sync(
    sandbox: Sandbox,
    target: PgDatabase,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
    **changes: Any,
) -> TableOutcome:
    entry = {"db_type": "mctm", "sql_server_db": "McTM", "sql_table": "dbo.T", "pg_table": "t"}
    specs = parse_table_configs({"t": {**entry, "publish": "truncate", **changes}})
    settings = Settings({"mctm": sandbox.source()}, settings_of(target))
    return sync_table(specs["t"], settings, on_progress)


def test_the_strategy_of_the_page_replaces_the_rows_and_no_reader_waits(
    sandbox: Sandbox, target: PgDatabase, table_in: Callable[[str], None]
) -> None:
    table_in("CREATE TABLE dbo.T (id int PRIMARY KEY)")
    sandbox.run(f"INSERT INTO dbo.T VALUES {', '.join(f'({n})' for n in range(1, 901))}")
    seen: list[object] = []

    def look(_progress: Progress) -> None:
        seen.extend(target.rows("SELECT id FROM t ORDER BY id"))

    outcome = sync(sandbox, target, look)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.publish == "delete"
    assert seen[:2] == [(-1,), (0,)]
    assert target.rows("SELECT count(*), min(id) FROM t") == [(900, 1)]


def test_the_strategy_of_the_page_keeps_the_old_rows_when_the_guard_refuses(
    sandbox: Sandbox, target: PgDatabase, table_in: Callable[[str], None]
) -> None:
    table_in("CREATE TABLE dbo.T (id int PRIMARY KEY)")
    outcome = sync(sandbox, target)
    assert outcome.error is not None
    assert outcome.error.kind == "GuardError"
    assert target.rows("SELECT id FROM t ORDER BY id") == [(-1,), (0,)]
