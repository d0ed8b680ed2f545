"""kill -9 at each statement of an incremental run: rows and watermark are always of one moment."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.support import wait_for
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.integration.incremental.conftest import rows, source, source_rows, target
from tests.support.databases import PgDatabase
from tests.support.specs import entry

__all__ = ["source", "target"]

pytestmark = pytest.mark.with_ledger

SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'tableferry%'"

STEP = 3
"""Each moment is a run of its own, so that three processes of the suite share them out."""

SPARSE = 9
"""Every ninth moment only, where a run takes the same steps but for what it asks the source."""

COMPARED: dict[str, Any] = {"deletes": "reconcile", "reconcile_every": 0, "max_delete_share": 100}

Runs = Callable[[int], int]


@pytest.fixture
def start(source: Sandbox, target: PgDatabase, tmp_path: Path) -> Iterator[Callable[..., Runs]]:
    """Start what runs the command with these settings, killed before its n-th statement or so."""
    started: list[subprocess.Popen[str]] = []

    def begin(**changes: Any) -> Runs:
        given = {"sql_table": "dbo.T", "pg_table": "t", "order_by": None, "max_shrink": 100}
        configured = entry(**{**given, "mode": "change_tracking", **changes})
        config = tmp_path / "table_configs.py"
        config.write_text(f"TABLE_CONFIGS = {{'t': {configured!r}}}\n", encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.kill_at", "sync", "--config", str(config)],
            env={
                "PATH": os.environ["PATH"],
                "SQL_SERVER_MCTM_HOST": source.server.host,
                "SQL_SERVER_MCTM_PORT": str(source.server.port),
                "SQL_SERVER_MCTM_DB": "McTM",
                "SQL_SERVER_MCTM_USER": USER,
                "SQL_SERVER_MCTM_PASSWORD": PASSWORD,
                **target.environment,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)

        def run(number: int) -> int:
            assert process.stdin
            assert process.stdout
            process.stdin.write(f"{number}\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        return run

    yield begin
    for process in started:
        process.communicate(timeout=60)


def time_passes(target: PgDatabase) -> None:
    """As if it had: nobody renews the lease of a run that is gone."""
    assert wait_for(lambda: target.rows(SESSIONS) == [(0,)])
    if target.rows("SELECT to_regclass('tableferry.leases') IS NOT NULL") == [(True,)]:
        target.run("UPDATE tableferry.leases SET expires_at = clock_timestamp()")


def shown(target: PgDatabase) -> tuple[int | None, list[tuple[object, ...]]]:
    """The watermark's version, None where there is none, and the rows."""
    if target.rows("SELECT to_regclass('tableferry.watermarks') IS NOT NULL") == [(False,)]:
        return None, rows(target)
    found = target.rows("SELECT value FROM tableferry.watermarks")
    version = json.loads(str(found[0][0]))["version"] if found else None
    return version, rows(target)


def change(source: Sandbox, number: int) -> None:
    """Let rows change, go and come at the source; each change raises Rev."""
    source.run(f"UPDATE dbo.T SET Name = N'n{number}', Rev = {number} WHERE ID IN (1, 50)")
    source.run(f"DELETE FROM dbo.T WHERE ID = {number % 40 + 5}")
    new = f"{number + 100}, N'new {number}', {number}"
    source.run(f"INSERT INTO dbo.T (ID, Name, Rev) VALUES ({new})")


@pytest.fixture
def altered(source: Sandbox) -> None:
    """The table has what each of the modes needs."""
    source.run("ALTER TABLE dbo.T ADD Rev int NOT NULL DEFAULT 0, RV rowversion")


@pytest.mark.usefixtures("altered")
@pytest.mark.parametrize("first", range(1, 1 + STEP))
def test_a_run_that_is_killed_at_any_statement_leaves_rows_and_watermark_of_one_moment(
    source: Sandbox, target: PgDatabase, start: Callable[..., Runs], first: int
) -> None:
    run = start(publish="merge")
    assert run(0) == 0
    held = dict([shown(target)])
    code, number = -signal.SIGKILL, first - STEP
    while code == -signal.SIGKILL:
        number += STEP
        change(source, number)
        [(version,)] = source.rows("SELECT CHANGE_TRACKING_CURRENT_VERSION()")
        held[version] = source_rows(source)
        code = run(number)
        time_passes(target)
        version, there = shown(target)
        assert there == held[version], f"killed at {number}"
    assert (code, there) == (0, source_rows(source))
    assert number > 20


@pytest.mark.usefixtures("altered")
@pytest.mark.parametrize(
    "followed",
    [
        {"mode": "rowversion", **COMPARED},
        {"mode": "watermark", "watermark": "Rev", **COMPARED},
    ],
    ids=["rowversion", "watermark"],
)
def test_a_run_that_is_killed_while_it_follows_a_column_leaves_the_rows_of_one_run(
    source: Sandbox, target: PgDatabase, start: Callable[..., Runs], followed: dict[str, Any]
) -> None:
    """Rows, deletions and watermark: the next run goes on from there, and loses nothing."""
    run = start(publish="merge", **followed)
    assert run(0) == 0
    old, code, number = rows(target), -signal.SIGKILL, 5 - SPARSE
    while code == -signal.SIGKILL:
        number += SPARSE
        change(source, number)
        code = run(number)
        time_passes(target)
        assert rows(target) in (old, source_rows(source)), f"killed at {number}"
        old = rows(target)
    assert (code, old) == (0, source_rows(source))
    assert number > 20
