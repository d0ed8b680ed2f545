"""Keys of deleted rows are converted as the rows were, or their rows would stay."""

from typing import Any

import pytest

from tableferry.config import parse_table_configs
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger


def carry(source: Sandbox, target: PgDatabase, **changes: Any) -> TableOutcome:
    given = {
        "sql_table": "dbo.K", "pg_table": "k", "publish": "auto", "order_by": None,
        "columns": None, "pg_columns": None, "primary_key": "Code", "mode": "change_tracking",
    }  # fmt: skip
    spec = parse_table_configs({"k": entry(**{**given, **changes})})["k"]
    outcome = sync_table(spec, source.settings(target))
    assert outcome.status is Status.OK, outcome.error
    return outcome


@pytest.mark.parametrize(
    "changes",
    [
        {"trailing_blanks": "trim"},
        {"on_invalid": "quarantine", "max_invalid": 5},
    ],
)
def test_a_row_is_deleted_by_the_key_that_it_was_given(
    source: Sandbox, pg_database: PgDatabase, changes: dict[str, Any]
) -> None:
    source.run("CREATE TABLE dbo.K (Code nchar(6) NOT NULL PRIMARY KEY, Size int)")
    source.run("ALTER TABLE dbo.K ENABLE CHANGE_TRACKING")
    source.run("INSERT INTO dbo.K VALUES (N'a', 1), (N'b', 2), (N'c', 3)")
    if "on_invalid" in changes:
        source.run("INSERT INTO dbo.K VALUES (CONCAT(N'x', NCHAR(0), N'y'), 4)")
    carry(source, pg_database, **changes)
    source.run("DELETE FROM dbo.K WHERE Size <> 2")
    outcome = carry(source, pg_database, **changes)
    assert outcome.rows_read == 0
    assert pg_database.rows("SELECT size FROM k") == [(2,)]
