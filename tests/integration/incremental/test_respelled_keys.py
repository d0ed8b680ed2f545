"""A key that is spelled anew, with other blanks or case, is the same key for SQL Server."""

from collections.abc import Callable
from typing import Any

import pytest

from tableferry.runs import load_together
from tableferry.runs.outcome import Status
from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import Sync
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger

MODES: list[dict[str, Any]] = [
    {"mode": "change_tracking"},
    {"mode": "rowversion", "deletes": "ignore"},
    {"mode": "watermark", "watermark": "Number", "deletes": "ignore"},
]
RESPELLED = [
    "UPDATE dbo.C SET Code = 'ABC', Number = 101 WHERE Code = 'abc'",
    "UPDATE dbo.C SET Code = 'blanks  ', Number = 102 WHERE Code = 'blanks'",
]

Carry = Callable[..., Any]


@pytest.fixture
def carry(source: Sandbox, target: PgDatabase, sync: Sync) -> Carry:
    def make(collation: str = "Latin1_General_CI_AS") -> None:
        source.run(
            f"CREATE TABLE dbo.C (Code varchar(20) COLLATE {collation} NOT NULL, "
            "Region int NOT NULL, Number int NOT NULL, Version rowversion, "
            "PRIMARY KEY (Code, Region))"
        )
        source.run("ALTER TABLE dbo.C ENABLE CHANGE_TRACKING")
        source.run(
            "INSERT INTO dbo.C (Code, Region, Number) VALUES ('abc', 1, 1), ('abc', 2, 2), "
            "('blanks', 1, 3), ('other', 1, 4)"
        )
        target.run("CREATE TABLE c (code text, region int, number int, PRIMARY KEY (code, region))")

    def run(**changes: Any) -> Any:
        given = {
            "sql_table": "dbo.C", "pg_table": "c", "primary_key": ["Code", "Region"],
            "columns": ["Code", "Region", "Number"], "pg_columns": ["code", "region", "number"],
        }  # fmt: skip
        outcome = sync(**{**given, **changes})
        assert outcome.status is Status.OK, outcome.error
        return outcome

    run.make = make  # type: ignore[attr-defined]
    return run


def rows(target: PgDatabase) -> set[tuple[object, ...]]:
    return set(target.rows("SELECT code, region, number FROM c"))


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: str(mode["mode"]))
def test_the_row_is_there_once_under_its_new_spelling(
    source: Sandbox, target: PgDatabase, carry: Any, mode: dict[str, Any]
) -> None:
    carry.make()
    carry(**mode)
    for statement in RESPELLED:
        source.run(statement)
    carry(**mode)
    assert rows(target) == set(source.rows("SELECT Code, Region, Number FROM dbo.C"))


def test_where_the_collation_tells_cases_apart_both_rows_stay(
    source: Sandbox, target: PgDatabase, carry: Any
) -> None:
    carry.make("Latin1_General_CS_AS")
    carry()
    source.run("INSERT INTO dbo.C (Code, Region, Number) VALUES ('ABC', 1, 9)")
    carry()
    assert rows(target) == set(source.rows("SELECT Code, Region, Number FROM dbo.C"))
    assert len(rows(target)) == 5


def test_a_key_respelled_while_chunks_are_read_is_there_once(
    source: Sandbox, target: PgDatabase, carry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry.make()

    catch_up = load_together.catch_up

    def late(*given: Any) -> Any:
        return catch_up(*given)

    fill = load_together.load_rows

    def then_respell(*given: Any, **more: Any) -> Any:
        load = fill(*given, **more)
        for statement in RESPELLED:
            source.run(statement)
        return load

    monkeypatch.setattr(load_together, "load_rows", then_respell)
    carry(chunks=2, publish="swap")
    assert rows(target) == set(source.rows("SELECT Code, Region, Number FROM dbo.C"))
