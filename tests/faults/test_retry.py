"""What passes is tried again by itself, and the outcome says so."""

from typing import Any

import pytest

from tableferry.runs.outcome import Status
from tableferry_sandbox.faults import CutConnection, RefuseLogin, SendError, StatementFault
from tests.faults.support import FROM_T, QUICK, ROWS, fill_source, seen, sync
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger

LOADING = "FROM pg_stat_activity WHERE query LIKE 'COPY%' AND state = 'active'"


@pytest.fixture
def source(sandbox: Sandbox, table_in: Any) -> Sandbox:
    fill_source(sandbox)
    return sandbox


@pytest.mark.parametrize(
    "fault",
    [
        CutConnection(after_rows=ROWS // 2),
        SendError(1205, "Transaction (Process ID 52) was deadlocked on lock resources with another "
                  "process and has been chosen as the deadlock victim. Rerun the transaction."),
        SendError(1222, "Lock request time out period exceeded."),
        SendError(601, "Could not continue scan with NOLOCK due to data movement.", ROWS // 2),
        SendError(40613, "Database 'McTM' on server 'x' is not currently available.  Please retry "
                  "the connection later."),
        SendError(40501, "The service is currently busy. Retry the request after 10 seconds."),
        SendError(40197, "The service has encountered an error processing your request.", 100),
        SendError(10928, "Resource ID : 1. The request limit for the database is 90 and has been "
                  "reached."),
        SendError(10929, "Resource ID : 1. The request minimum guarantee is 0, maximum limit is 90 "
                  "and the current usage for the database is 95."),
        SendError(49918, "Cannot process request. Not enough resources to process request."),
        SendError(49919, "Cannot process create or update request. Too many create or update "
                  'operations in progress for subscription "x".'),
        SendError(49920, 'Cannot process request. Too many operations in progress for "x".'),
    ],
    ids=lambda fault: str(getattr(fault, "number", "cut")),
)  # fmt: skip
def test_a_fault_of_the_source_that_passes_is_overcome(
    source: Sandbox, old_rows: PgDatabase, fault: StatementFault
) -> None:
    source.server.faults.on_statement(FROM_T, fault)
    outcome = sync(source, old_rows, options=QUICK)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.attempts == 2
    assert len(outcome.retried) == 1
    assert len(seen(old_rows)) == outcome.rows_written == ROWS


def test_a_fault_that_stays_is_given_up_after_three_attempts(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    source.server.faults.on_statement(FROM_T, CutConnection(after_rows=10), times=9)
    outcome = sync(source, old_rows, options=QUICK)
    assert outcome.status is Status.FAILED
    assert outcome.attempts == 3
    assert len(seen(old_rows)) == 2


def test_a_refused_login_is_asked_once(source: Sandbox, old_rows: PgDatabase) -> None:
    source.server.faults.on_login(RefuseLogin(), times=1)
    outcome = sync(source, old_rows, options=QUICK)
    assert outcome.status is Status.FAILED, "a second login would have been let in"
    assert outcome.error is not None
    assert outcome.error.code == "18456"


@pytest.mark.parametrize("number", [208, 207, 229, 8134, 245])
def test_what_trying_again_does_not_mend_is_not_tried_again(
    source: Sandbox, old_rows: PgDatabase, number: int
) -> None:
    texts = {
        208: "Invalid object name 'x'.",
        207: "Invalid column name 'x'.",
        229: "The SELECT permission was denied on the object 'T'.",
        8134: "Divide by zero error encountered.",
        245: "Conversion failed when converting the varchar value 'x' to data type int.",
    }
    source.server.faults.on_statement(FROM_T, SendError(number, texts[number]))
    outcome = sync(source, old_rows, options=QUICK)
    assert (outcome.status, outcome.attempts) == (Status.FAILED, 1)


def test_a_target_that_dies_in_mid_load_is_loaded_on_a_new_connection(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    killed: list[object] = []

    def kill(_progress: object) -> None:
        if not killed:
            [(process,)] = old_rows.rows(f"SELECT pid {LOADING}")
            killed.append(process)
            old_rows.run(f"SELECT pg_terminate_backend({process})")

    outcome = sync(source, old_rows, on_progress=kill, options=QUICK)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.attempts == 2
    assert len(seen(old_rows)) == ROWS
