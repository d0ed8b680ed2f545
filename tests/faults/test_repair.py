"""Repairs under faults: the rows are those from before or those from after, never some of each."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from tableferry.config import Settings, TargetSettings, parse_table_configs
from tableferry.model.identifiers import TargetTable
from tableferry.postgres.ledger import Ledger
from tableferry.postgres.publish.merge import MergeLoad
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.repair import repair_table
from tableferry.runs.run import sync_table
from tableferry.runs.run_options import RunOptions
from tableferry_sandbox.faults import CutConnection, EndEarly, SendError
from tests.faults.support import ONCE, QUICK, lose_the_answer, wait_for
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.integration.incremental.conftest import rows, source, source_rows, target
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.proxy import TcpProxy
from tests.support.specs import entry

__all__ = ["source", "target"]

pytestmark = pytest.mark.with_ledger

STEP = 2
"""Every second moment only: each is a repair of its own."""

KEYS = [("3",), ("7",), ("1000",)]
BY_KEY = r"EXISTS \(SELECT 1 FROM \(VALUES"
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'tableferry%'"
STAGED = "SELECT count(*) FROM pg_class WHERE relname LIKE 'staging%'"

ENTRY: dict[str, Any] = entry(
    sql_table="dbo.T", pg_table="t", publish="auto", order_by=None, mode="change_tracking"
)


@pytest.fixture
def damaged(source: Sandbox, target: PgDatabase) -> Iterator[Sandbox]:
    """A table that was carried, and then damaged at three keys."""
    spec = parse_table_configs({"t": ENTRY})["t"]
    assert sync_table(spec, source.settings(target)).status is Status.OK
    damage(target)
    yield source
    source.server.faults.clear()


def damage(target: PgDatabase) -> None:
    target.run(
        "UPDATE t SET name = 'damaged' WHERE id = 3",
        "DELETE FROM t WHERE id = 7",
        "INSERT INTO t VALUES (1000, 'extra')",
    )


def repair(
    source: Sandbox,
    target: PgDatabase,
    options: RunOptions = ONCE,
    into: TargetSettings | None = None,
) -> TableOutcome:
    spec = parse_table_configs({"t": ENTRY})["t"]
    settings = source.settings(target)
    if into:
        settings = Settings(settings.sources, into)
    return repair_table(spec, settings, KEYS, options=options).tables[0]


def watermark(target: PgDatabase) -> list[tuple[object, ...]]:
    return target.rows("SELECT * FROM tableferry.watermarks")


@pytest.fixture
def killed(damaged: Sandbox, target: PgDatabase) -> Iterator[Callable[[int], int]]:
    """Repair in a process that is killed before its n-th statement or so; returns its exit code."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.kill_repair", json.dumps(ENTRY), json.dumps(KEYS)],
        env={
            "PATH": os.environ["PATH"],
            "SQL_SERVER_MCTM_HOST": damaged.server.host,
            "SQL_SERVER_MCTM_PORT": str(damaged.server.port),
            "SQL_SERVER_MCTM_DB": "McTM",
            "SQL_SERVER_MCTM_USER": USER,
            "SQL_SERVER_MCTM_PASSWORD": PASSWORD,
            **target.environment,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def run(number: int) -> int:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{number}\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    yield run
    process.communicate(timeout=60)


def test_a_repair_that_is_killed_at_any_statement_has_made_all_of_the_rows_equal_or_none(
    damaged: Sandbox, target: PgDatabase, killed: Callable[[int], int]
) -> None:
    old, new, left = rows(target), source_rows(damaged), watermark(target)
    code, number, ends = -signal.SIGKILL, 1 - STEP, set()
    while code == -signal.SIGKILL:
        number += STEP
        code = killed(number)
        assert wait_for(lambda: target.rows(SESSIONS) == [(0,)])
        if target.rows("SELECT to_regclass('tableferry.leases') IS NOT NULL") == [(True,)]:
            target.run("UPDATE tableferry.leases SET expires_at = clock_timestamp()")
        found = rows(target)
        assert found in (old, new), f"killed at {number}"
        assert watermark(target) == left
        ends.add(found == new)
        if code == -signal.SIGKILL and found == new:
            damage(target)
    assert (code, rows(target)) == (0, new)
    assert number > 20
    assert target.rows(STAGED) == [(0,)]


def test_a_session_that_ends_while_rows_are_repaired_is_replaced(
    damaged: Sandbox, target: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in ("write", "prepare", "publish"):
        method = getattr(MergeLoad, step)
        ended: list[object] = []

        def end_before(
            load: MergeLoad,
            *arguments: Any,
            method: Callable[..., Any] = method,
            ended: list[object] = ended,
        ) -> Any:
            if not ended:
                ended.append(True)
                os.kill(load._connection.raw.info.backend_pid, signal.SIGTERM)
            return method(load, *arguments)

        with monkeypatch.context() as patched:
            patched.setattr(MergeLoad, step, end_before)
            outcome = repair(damaged, target, QUICK)
        assert outcome.status is Status.OK, (step, outcome.error)
        assert ended
        assert rows(target) == source_rows(damaged)
        damage(target)


@pytest.mark.parametrize(
    "fault",
    [
        lambda: CutConnection(after_rows=0),
        lambda: CutConnection(after_rows=1),
        lambda: SendError(1205, "Transaction (Process ID 55) was deadlocked on lock"),
    ],
)
def test_a_source_that_breaks_off_is_asked_for_the_rows_again(
    damaged: Sandbox, target: PgDatabase, fault: Callable[[], Any]
) -> None:
    damaged.server.faults.on_statement(BY_KEY, fault())
    outcome = repair(damaged, target, QUICK)
    assert (outcome.status, outcome.attempts) == (Status.OK, 2), outcome.error
    assert rows(target) == source_rows(damaged)


@pytest.mark.parametrize("honest", [False, True])
def test_an_answer_that_ends_early_deletes_no_row(
    damaged: Sandbox, target: PgDatabase, honest: bool
) -> None:
    old, left = rows(target), watermark(target)
    damaged.server.faults.on_statement(BY_KEY, EndEarly(after_rows=1, honest=honest))
    outcome = repair(damaged, target)
    assert outcome.error
    assert outcome.error.kind == "VerificationError"
    assert (rows(target), watermark(target)) == (old, left)
    assert target.rows(STAGED) == [(0,)]


@pytest.mark.parametrize("arrived", [False, True])
def test_a_lost_answer_to_the_commit_is_looked_up_in_the_ledger(
    damaged: Sandbox,
    target: PgDatabase,
    pg_proxy: TcpProxy,
    monkeypatch: pytest.MonkeyPatch,
    arrived: bool,
) -> None:
    through = settings_of(target.through(pg_proxy.host, pg_proxy.port))
    left = watermark(target)
    calls = lose_the_answer(monkeypatch, pg_proxy, commit=1, arrived=arrived)
    outcome = repair(damaged, target, QUICK, through)
    assert outcome.status is Status.OK, outcome.error
    assert len(calls) >= 1
    assert outcome.attempts == (1 if arrived else 2)
    assert rows(target) == source_rows(damaged)
    assert watermark(target) == left


def test_a_table_that_another_run_loads_is_not_repaired(
    damaged: Sandbox, target: PgDatabase
) -> None:
    old = rows(target)
    with Ledger(settings_of(target), uuid4()) as other:
        other.begin_run()
        lease = other.acquire(other.begin_table("t", "", TargetTable.parse("t")))
        outcome = repair(damaged, target)
        assert (outcome.status, rows(target)) == (Status.HELD, old)
        other.release(lease)
    assert repair(damaged, target).status is Status.OK
    assert rows(target) == source_rows(damaged)


def test_a_repair_that_has_lost_its_lease_changes_nothing(
    damaged: Sandbox, target: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, prepare = rows(target), MergeLoad.prepare

    def taken_over(load: MergeLoad) -> None:
        prepare(load)
        target.run("UPDATE tableferry.leases SET generation = generation + 1")

    monkeypatch.setattr(MergeLoad, "prepare", taken_over)
    outcome = repair(damaged, target)
    assert outcome.error
    assert outcome.error.kind == "LeaseLostError"
    assert rows(target) == old
