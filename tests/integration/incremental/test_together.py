"""``publish_together``: all tables of one source database as of one version, in one transaction."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tableferry import sqlserver
from tableferry.config import TableSpec, parse_table_configs
from tableferry.model.key_range import KeyRange
from tableferry.runs.outcome import RunOutcome, Status
from tableferry.runs.run import sync_tables
from tableferry.runs.run_options import RunOptions
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

Together = Callable[..., RunOutcome]

PAIR = "UPDATE dbo.T SET Name = N'{0}' WHERE ID = 1; UPDATE dbo.U SET Name = N'{0}' WHERE ID = 1"


def specs(**changes: Any) -> list[TableSpec]:
    given = {"publish": "auto", "order_by": None, "mode": "change_tracking", **changes}
    configs = {
        name: entry(**{"sql_table": f"dbo.{name}", "pg_table": name.lower(), **given})
        for name in ("T", "U")
    }
    return list(parse_table_configs(configs).values())


@pytest.fixture
def together(source: Sandbox, target: PgDatabase) -> Together:
    source.run("CREATE TABLE dbo.U (ID int NOT NULL PRIMARY KEY, Name nvarchar(20))")
    source.run("ALTER TABLE dbo.U ENABLE CHANGE_TRACKING")
    source.run("INSERT INTO dbo.U SELECT value, N'u' FROM GENERATE_SERIES(1, 40)")
    source.run(PAIR.format("both"))
    target.run("CREATE TABLE u (id int PRIMARY KEY, name text)")

    def run(**changes: Any) -> RunOutcome:
        options = RunOptions(together=True)
        outcome = sync_tables(specs(**changes), source.settings(target), options=options)
        assert outcome.status is Status.OK, [one.error for one in outcome.tables]
        return outcome

    return run


@pytest.fixture
def between(source: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Before every SELECT of rows a transaction changes both tables."""
    numbers: Iterator[int] = iter(range(1, 1000))
    batches = sqlserver.TableReader.batches

    def changing(reader: sqlserver.TableReader, *keys: KeyRange) -> Iterator[Any]:
        source.run(f"BEGIN TRANSACTION; {PAIR.format(f'n{next(numbers)}')}; COMMIT")
        return batches(reader, *keys)

    def begin() -> None:
        monkeypatch.setattr(sqlserver.TableReader, "batches", changing)

    return begin


def versions(target: PgDatabase) -> set[int]:
    return {
        json.loads(str(value))["version"]
        for (value,) in target.rows("SELECT value FROM tableferry.watermarks")
    }


def names(target: PgDatabase) -> tuple[object, object]:
    [(first, second)] = target.rows("SELECT t.name, u.name FROM t, u WHERE (t.id, u.id) = (1, 1)")
    return first, second


@pytest.mark.parametrize("changes", [{}, {"chunks": 3}, {"publish": "truncate"}])
def test_first_loads_and_changes_are_of_one_version(
    source: Sandbox,
    target: PgDatabase,
    together: Together,
    between: Callable[[], None],
    changes: dict[str, Any],
) -> None:
    between()
    for _ in range(2):
        together(**changes)
        assert len(versions(target)) == 1
        first, second = names(target)
        assert first == second


def test_one_table_loaded_in_chunks_and_one_by_its_changes_are_of_one_version(
    source: Sandbox, target: PgDatabase, together: Together, between: Callable[[], None]
) -> None:
    together()
    between()
    target.run("DELETE FROM tableferry.watermarks WHERE target LIKE '%u'")
    outcome = together(chunks=3)
    assert [one.reload for one in outcome.tables] == ["", "first_load"]
    assert len(versions(target)) == 1
    first, second = names(target)
    assert first == second


def test_if_one_fails_the_watermark_of_neither_moves(
    source: Sandbox, target: PgDatabase, together: Together
) -> None:
    together()
    before = target.rows("SELECT target, value FROM tableferry.watermarks ORDER BY 1")
    target.run("ALTER TABLE u ADD CHECK (name <> 'refused')")
    source.run(PAIR.format("refused"))
    options = RunOptions(together=True)
    outcome = sync_tables(specs(), source.settings(target), options=options)
    assert outcome.status is Status.FAILED
    assert target.rows("SELECT target, value FROM tableferry.watermarks ORDER BY 1") == before
    assert names(target) == ("both", "both")
