"""Keys being compared while processes, sessions and connections end: no row goes for it."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tableferry import postgres
from tableferry.modes import MODES
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tableferry.runs.run_options import RunOptions
from tableferry_sandbox.faults import CutConnection, EndEarly, SendError
from tests.faults.support import ONCE, QUICK, let_time_pass, started
from tests.integration.conftest import Sandbox
from tests.support.compared_mode import Compared, compared_spec
from tests.support.databases import PgDatabase
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

ROWS = 400
ALL_KEYS = r"^SELECT\s+t\.\[ID\] AS \[id\]\s+FROM \S+ AS t(\s+ORDER BY .*)?;"
"""The statement that reads every key."""
ASKED_AGAIN = r"AS \[id\]\s+FROM \S+ AS t\s+WHERE .*EXISTS"
LEFT = "SELECT count(*) FROM pg_class WHERE relname LIKE 'staging%'"

ENTRY: dict[str, Any] = entry(
    sql_table="dbo.T",
    pg_table="t",
    publish="merge",
    order_by=None,
    consistency="read_committed",
    columns=["ID", "Name", "Version"],
    pg_columns=["id", "name", "version"],
)


@pytest.fixture
def changed(
    sandbox: Sandbox, pg_database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sandbox]:
    """A table that was carried, of which rows were then deleted and changed."""
    monkeypatch.setitem(MODES, "compared", Compared())
    sandbox.run(
        "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20), Version int NOT NULL)"
    )
    sandbox.run(
        f"INSERT INTO dbo.T SELECT value, CONCAT(N'n', value), 1 FROM GENERATE_SERIES(1, {ROWS})"
    )
    assert sync(sandbox, pg_database).status is Status.OK
    sandbox.run("DELETE FROM dbo.T WHERE ID IN (3, 5, 399)")
    sandbox.run("UPDATE dbo.T SET Name = N'changed', Version = 2 WHERE ID = 4")
    yield sandbox
    sandbox.server.faults.clear()
    sandbox.run("DROP TABLE dbo.T")


def sync(source: Sandbox, target: PgDatabase, options: RunOptions = ONCE) -> TableOutcome:
    return sync_table(compared_spec(ENTRY), source.settings(target), options=options)


def require_old(target: PgDatabase) -> None:
    assert target.rows("SELECT count(*) FROM t WHERE name LIKE 'n%'") == [(ROWS,)]
    assert target.rows("SELECT value FROM tableferry.watermarks") == [("1",)]


def require_new(source: Sandbox, target: PgDatabase) -> None:
    found = target.rows("SELECT id, name FROM t ORDER BY id")
    assert found == source.rows("SELECT ID, Name FROM dbo.T ORDER BY ID")
    assert target.rows("SELECT value FROM tableferry.watermarks") == [("2",)]
    assert target.rows(LEFT) == [(0,)]


@pytest.mark.parametrize(
    ("index", "step"),
    [
        (True, "add"),
        (True, "pages"),
        (True, "spare"),
        (True, "finish"),
        (False, "add_missing_from"),
        (True, "publish"),
    ],
)
def test_a_process_that_is_killed_while_it_compares_deletes_nothing_and_the_next_run_all(
    changed: Sandbox, pg_database: PgDatabase, index: bool, step: str
) -> None:
    if not index:
        pg_database.run("ALTER TABLE t DROP CONSTRAINT t_pkey")
    arguments = ["-m", "tests.support.compared_mode", json.dumps(ENTRY), step]
    with started(changed, pg_database, arguments) as process:
        _, errors = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, errors
    require_old(pg_database)
    let_time_pass(pg_database)
    outcome = sync(changed, pg_database)
    assert outcome.reconciled == {"compared": ROWS - 3, "deleted": 3}, outcome.error
    require_new(changed, pg_database)


@pytest.mark.parametrize("step", ["add", "finish", "target_rows"])
def test_a_session_that_ends_while_keys_are_compared_is_replaced_and_all_are_compared_again(
    changed: Sandbox, pg_database: PgDatabase, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    method = getattr(postgres.AbsentKeys, step)
    ended: list[object] = []

    def end_before(keys: postgres.AbsentKeys, *arguments: Any) -> Any:
        if not ended:
            ended.append(True)
            os.kill(keys._connection.raw.info.backend_pid, signal.SIGTERM)
        return method(keys, *arguments)

    monkeypatch.setattr(postgres.AbsentKeys, step, end_before)
    outcome = sync(changed, pg_database, QUICK)
    assert outcome.status is Status.OK, outcome.error
    require_new(changed, pg_database)


Fault = Callable[[], Any]


@pytest.mark.parametrize("statement", [ALL_KEYS, ASKED_AGAIN])
@pytest.mark.parametrize(
    ("fault", "attempts"),
    [
        # Nothing was asked before over this kept connection: a new one takes its place.
        (lambda: CutConnection(after_rows=0), 1),
        (lambda: SendError(1205, "Transaction (Process ID 55) was deadlocked on lock"), 2),
    ],
)
def test_a_source_that_breaks_off_is_asked_for_all_keys_again(
    changed: Sandbox, pg_database: PgDatabase, fault: Fault, attempts: int, statement: str
) -> None:
    changed.server.faults.on_statement(statement, fault())
    outcome = sync(changed, pg_database, QUICK)
    assert outcome.attempts == attempts
    require_new(changed, pg_database)


@pytest.mark.parametrize("honest", [False, True])
def test_keys_that_end_early_delete_nothing(
    changed: Sandbox, pg_database: PgDatabase, honest: bool
) -> None:
    changed.server.faults.on_statement(ALL_KEYS, EndEarly(after_rows=100, honest=honest))
    outcome = sync(changed, pg_database)
    assert outcome.error
    assert outcome.error.kind == "VerificationError"
    require_old(pg_database)
    assert pg_database.rows(LEFT) == [(0,)]
    assert sync(changed, pg_database).status is Status.OK
    require_new(changed, pg_database)
