"""``deletes: reconcile`` in the modes that do not see deleted rows: when keys are compared."""

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

ROWS = 40
MODES: dict[str, dict[str, Any]] = {
    "rowversion": {"mode": "rowversion"},
    "watermark": {"mode": "watermark", "watermark": "Changed"},
}
DUE = "UPDATE tableferry.watermarks SET reconciled_at = now() - interval '25 hours'"
AGE = "SELECT extract(epoch FROM now() - reconciled_at)::int FROM tableferry.watermarks"
Carry = Callable[..., TableOutcome]


@pytest.fixture(params=MODES)
def carry(request: pytest.FixtureRequest, source: Sandbox, pg_database: PgDatabase) -> Carry:
    """Carries dbo.V in each mode, after it was loaded once and lost three rows of forty."""
    source.run(
        "CREATE TABLE dbo.V (ID int NOT NULL PRIMARY KEY, Changed int NOT NULL, Rv rowversion)"
    )
    source.run(
        f"INSERT INTO dbo.V (ID, Changed) SELECT value, value FROM GENERATE_SERIES(1, {ROWS})"
    )

    def run(**changes: Any) -> TableOutcome:
        given = {
            "sql_table": "dbo.V", "pg_table": "v", "publish": "auto", "order_by": None,
            "columns": ["ID", "Changed"], "pg_columns": ["id", "changed"],
            "deletes": "reconcile", **MODES[request.param],
        }  # fmt: skip
        spec = parse_table_configs({"v": entry(**{**given, **changes})})["v"]
        return sync_table(spec, source.settings(pg_database))

    outcome = run()
    assert outcome.status is Status.OK, outcome.error
    assert outcome.reconciled == {}
    source.run("DELETE FROM dbo.V WHERE ID IN (1, 17, 39)")
    return run


def rows(target: PgDatabase) -> int:
    [(found,)] = target.rows("SELECT count(*) FROM v")
    assert isinstance(found, int)
    return found


def test_keys_are_compared_when_they_are_due_and_not_before(
    carry: Carry, pg_database: PgDatabase
) -> None:
    assert carry().reconciled == {}
    assert rows(pg_database) == ROWS
    pg_database.run(DUE)
    outcome = carry()
    assert outcome.reconciled == {"compared": ROWS - 3, "deleted": 3}, outcome.error
    assert rows(pg_database) == ROWS - 3
    assert carry().reconciled == {}, "the next comparison is due in a day"


def test_every_run_compares_where_the_interval_is_0(carry: Carry, pg_database: PgDatabase) -> None:
    assert carry(reconcile_every=0).reconciled["deleted"] == 3
    assert carry(reconcile_every=0).reconciled["deleted"] == 0
    assert rows(pg_database) == ROWS - 3


def test_a_comparison_that_the_guard_stops_stays_due(carry: Carry, pg_database: PgDatabase) -> None:
    pg_database.run(DUE)
    outcome = carry(max_delete_share=5)
    assert outcome.error
    assert outcome.error.kind == "GuardError"
    assert rows(pg_database) == ROWS
    [(age,)] = pg_database.rows(AGE)
    assert isinstance(age, int)
    assert age > 24 * 3600
    assert carry(max_delete_share=8).reconciled["deleted"] == 3
    assert rows(pg_database) == ROWS - 3
