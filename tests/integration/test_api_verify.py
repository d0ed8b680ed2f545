"""``tableferry.verify`` and ``tableferry.repair``: what a caller gets, and what is raised."""

from typing import Any

import pytest

import tableferry
from tableferry import (
    ConfigError,
    Difference,
    DifferenceKind,
    Event,
    Table,
    TableVerified,
    Verdict,
    VerificationError,
)
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import source_settings, target_settings
from tests.support.urls import source_url, target_url

ROWS = 1_000


@pytest.fixture
def both(sandbox: Sandbox, pg_database: PgDatabase, table_in: object) -> dict[str, Any]:
    """The connections, of a table that was copied."""
    sandbox.run("CREATE TABLE dbo.T (id int NOT NULL PRIMARY KEY, name nvarchar(20))")
    sandbox.run(f"INSERT INTO dbo.T SELECT value, N'a' FROM GENERATE_SERIES(1, {ROWS})")
    where = {
        "source": source_url(sandbox.server.host, sandbox.server.port, USER, PASSWORD),
        "target": target_url(pg_database),
    }
    tableferry.copy_table("dbo.T", "t", **where).raise_for_failure()
    return where


TABLE = Table("dbo.T", "t")


def test_tables_that_are_equal_are_ok(both: dict[str, Any]) -> None:
    found = tableferry.verify(TABLE, **both)
    assert found.raise_for_failure() is found
    assert (found.ok, found.tables[0].verdict, found.tables[0].source_rows) == (
        True,
        Verdict.EQUAL,
        ROWS,
    )
    assert "<td>equal</td>" in found._repr_html_()


def test_what_differs_is_in_the_result_and_raised_when_asked(
    both: dict[str, Any], pg_database: PgDatabase
) -> None:
    pg_database.run("UPDATE t SET name = 'b' WHERE id = 7")
    found = tableferry.verify(TABLE, **both, settle=0, show_values=True)
    (one,) = found.tables[0].differences
    assert one == Difference(
        DifferenceKind.DIFFERENT, ("7",), ("name",), {"name": "a"}, {"name": "b"}
    )
    with pytest.raises(VerificationError, match="1 row of t differs"):
        found.raise_for_failure()


def test_a_repair_makes_it_equal(both: dict[str, Any], pg_database: PgDatabase) -> None:
    pg_database.run("DELETE FROM t WHERE id < 4")
    events: list[Event] = []
    found = tableferry.repair(TABLE, **both, settle=0, on_event=events.append)
    assert found.ok
    assert found.tables[0].repaired["inserted"] == 3
    assert pg_database.rows("SELECT count(*) FROM t") == [(ROWS,)]
    assert events[-1] == TableVerified(found.tables[0])


def test_the_depth_is_an_argument(both: dict[str, Any], pg_database: PgDatabase) -> None:
    pg_database.run("UPDATE t SET name = 'b'")
    counted = tableferry.verify(TABLE, **both, count=True)
    assert (counted.ok, counted.tables[0].depth) == (True, "count")
    assert tableferry.verify(TABLE, **both, sample=1, settle=0).differs


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"sample": 0}, "'sample' must be a whole number"),
        ({"sample": 5, "count": True}, "'sample' does not fit 'count'"),
        ({"settle": "5"}, "'settle' must be a number of seconds"),
        ({"limit": -1}, "'limit' must be a whole number"),
        ({"deadline": "60"}, "deadline is a str"),
        ({"on_event": "print"}, "on_event is a str"),
    ],
)
def test_a_call_that_is_wrong_as_a_whole_is_refused(options: dict[str, Any], told: str) -> None:
    where: Any = {"source": source_settings(port=1), "target": target_settings(port=1)}
    with pytest.raises(ConfigError, match=told):
        tableferry.verify(TABLE, **where, **options)


def test_the_functions_stay_functions_whatever_is_imported() -> None:
    import tableferry.cli.verify
    import tableferry.runs.verify_tables

    assert callable(tableferry.verify)
    assert callable(tableferry.repair)
