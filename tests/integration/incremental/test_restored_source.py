"""A source that was restored, for the modes that compare one column: it is another past."""

from collections.abc import Callable
from typing import Any

import pytest

from tableferry.config import parse_table_configs
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

MODES = [{"mode": "rowversion"}, {"mode": "watermark", "watermark": "N"}]


@pytest.fixture
def carry(source: Sandbox, pg_database: PgDatabase) -> Callable[..., TableOutcome]:
    source.run(
        "CREATE TABLE dbo.R (ID int PRIMARY KEY, Name nvarchar(20), N int NOT NULL, RV rowversion)"
    )
    source.run("INSERT INTO dbo.R (ID, Name, N) VALUES (1, N'one', 1), (2, N'two', 2)")

    def carrying(**changes: Any) -> TableOutcome:
        given = {
            "sql_table": "dbo.R", "pg_table": "r", "publish": "auto", "order_by": None,
            "deletes": "reconcile", "columns": ["ID", "Name"], "pg_columns": ["id", "name"],
            "max_shrink": 100,
        }  # fmt: skip
        spec = parse_table_configs({"r": entry(**{**given, **changes})})["r"]
        outcome = sync_table(spec, source.settings(pg_database))
        assert outcome.status is Status.OK, outcome.error
        return outcome

    return carrying


@pytest.mark.parametrize("mode", MODES, ids=["rowversion", "watermark"])
def test_a_restored_source_is_read_whole_though_it_has_passed_the_watermark_since(
    source: Sandbox,
    pg_database: PgDatabase,
    carry: Callable[..., TableOutcome],
    mode: dict[str, Any],
) -> None:
    backup = source.engine.database("McTM").backup()
    source.run("INSERT INTO dbo.R (ID, Name, N) VALUES (3, N'gone', 3)")
    carry(**mode)
    source.engine.database("McTM").restore(backup)
    source.run("INSERT INTO dbo.R (ID, Name, N) VALUES (4, N'hidden', 3), (5, N'five', 5)")
    source.run("UPDATE dbo.R SET Name = N'FIVE' WHERE ID = 5")
    outcome = carry(**mode)
    assert (outcome.rows_read, outcome.reload) == (4, "other_database")
    assert pg_database.rows("SELECT id, name FROM r ORDER BY id") == [
        (1, "one"), (2, "two"), (4, "hidden"), (5, "FIVE"),
    ]  # fmt: skip
    assert carry(**mode).reload == ""
