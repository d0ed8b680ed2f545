"""Behind PgBouncer: what it ends, and what it does not allow."""

import threading
import time
from typing import Any

import pytest

from tableferry import postgres
from tableferry.config import Settings, parse_table_configs
from tableferry.errors import TableferryError
from tableferry.inspect.check import check_tables
from tableferry.postgres.ledger.lease import LeaseTiming
from tableferry.runs.outcome import Status
from tableferry_sandbox.faults import Stall
from tests.faults.support import FROM_T, PATIENT, QUICK, ROWS, seen, sync
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.ledger import a_run
from tests.support.pgbouncer import pooled
from tests.support.specs import entry

pytestmark = pytest.mark.needs_packages("pgbouncer")

IDLE = 1
"""Seconds after which the pooler closes an idle connection; it looks three times a second."""

LONGER = 3.0

RARELY = LeaseTiming(renew=60.0, ttl=300.0)
"""So that no heartbeat keeps the connection busy."""


@pytest.mark.parametrize(
    "changes",
    [
        {"publish": "truncate"},
        {"publish": "swap"},
        {"publish": "merge", "chunks": 4, "parallel": 2},
        {"pg_table": "made"},
    ],
)
def test_a_connection_that_was_closed_while_the_source_was_silent_is_opened_again(
    source: Sandbox, old_rows: PgDatabase, changes: dict[str, Any]
) -> None:
    source.server.faults.on_statement(FROM_T, Stall(LONGER))
    with pooled(old_rows, client_idle_timeout=IDLE) as pooler:
        outcome = sync(source, pooler, options=QUICK, **changes)
    assert (outcome.status, outcome.attempts) == (Status.OK, 1), outcome.error
    assert outcome.warnings == tuple(w for w in outcome.warnings if "ledger" not in w)


def test_a_ledger_whose_idle_connection_was_closed_goes_on_over_another(
    old_rows: PgDatabase,
) -> None:
    with pooled(old_rows, client_idle_timeout=IDLE) as pooler, a_run(pooler, timing=RARELY) as run:
        time.sleep(LONGER)
        lease = run.acquire()
        time.sleep(LONGER)
        run.ledger.release(lease)
        run.ledger.end_table(run.table, "failed")
        run.ledger.end_run("failed")
        assert run.ledger.take_warnings() == ()
        assert run.row("status") == ("failed",)


def test_a_pooler_in_statement_mode_is_refused_by_the_check_already(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    specs = parse_table_configs({"t": entry(sql_table="dbo.T", pg_table="t")})
    with pooled(old_rows, mode="statement") as pooler:
        settings = Settings({"mctm": source.source()}, settings_of(pooler))
        report = check_tables(list(specs.values()), settings)
        outcome = sync(source, pooler, options=QUICK)
    error = report.databases[-1].error
    assert error is not None
    assert "statement pooling" in error.message
    assert not report.any_ok
    assert outcome.error is not None
    assert (outcome.status, outcome.attempts <= 1) == (Status.FAILED, True)
    assert "statement pooling" in outcome.error.message


def test_nothing_that_a_transaction_sets_is_left_in_the_poolers_sessions(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    old_rows.run(f"ALTER DATABASE {old_rows.name} SET statement_timeout = '77s'")
    with pooled(old_rows) as pooler:
        assert sync(source, pooler).rows_written == ROWS
        assert len(seen(pooler)) == ROWS
        left = {row for _ in range(8) for row in pooler.rows("SHOW statement_timeout")}
    assert left == {("77s",)}


def test_what_a_pooler_says_at_begin_is_its_own_word(old_rows: PgDatabase) -> None:
    with (
        pooled(old_rows, mode="statement") as pooler,
        postgres.connect(settings_of(pooler)) as connection,
        pytest.raises(TableferryError, match="statement pooling"),
    ):
        connection.begin()
        connection.execute("SELECT 1")


def test_a_pooler_without_a_free_connection_is_waited_for(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    limits = {"default_pool_size": 1, "min_pool_size": 0, "query_wait_timeout": 1}
    with pooled(old_rows, **limits) as pooler, pooler.connect(autocommit=False) as holder:
        holder.execute("SELECT 1")
        timer = threading.Timer(2.5, holder.rollback)
        timer.start()
        outcome = sync(source, pooler, options=PATIENT, ledger="off")
        timer.join()
    assert outcome.status is Status.OK, outcome.error
    assert any("query_wait_timeout" in reason for reason in outcome.retried)
