"""The source stalls mid-value, and the whole sync process hangs.

The syncs run in processes of their own: the sandbox, in this one, has to go on running.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tableferry_sandbox.faults import Stall
from tests.faults.support import (
    FROM_T,
    OLD,
    environment_of,
    seen,
    start_sync,
    started,
    wait_for,
)
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.loaded_process import LoadedProcess
from tests.support.proxy import Direction, TcpProxy
from tests.support.specs import entry

LENGTHS = [100_000] * 7 + [2_000_000]

MID_VALUE = Stall(120.0, after_rows=4)
"""Only full packets are sent before it, so the last of these rows arrives in part. Longer than any
test waits."""

HANGS = "SELECT clock_timestamp() - renewed_at > interval '4 s' FROM tableferry.leases"
"""A lease is renewed every two seconds, unless the process hangs."""


@pytest.fixture(scope="module")
def long_values(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    """A sandbox with a table T of a few long values."""
    running_sandbox.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(max) NULL)")
    numbers = pa.array(range(len(LENGTHS)), pa.int32())
    names = pa.array(["x" * length for length in LENGTHS], pa.large_string())
    table = pa.table({"ID": numbers, "Name": names})
    running_sandbox.engine.database("McTM").load("dbo", "T", table)
    yield running_sandbox
    running_sandbox.run("DROP TABLE dbo.T")


@pytest.fixture
def source(long_values: Sandbox) -> Iterator[Sandbox]:
    yield long_values
    long_values.server.faults.clear()


def all_arrived(database: PgDatabase) -> bool:
    return database.rows("SELECT length(name) FROM t ORDER BY id") == [(n,) for n in LENGTHS]


def timed(*seconds: float, **changes: Any) -> list[str]:
    """The command that syncs T into t with so many seconds until its deadline."""
    configured = json.dumps(entry(**{"sql_table": "dbo.T", "pg_table": "t", **changes}))
    return ["-m", "tests.support.timed_sync", configured, *map(str, seconds)]


def children_of(process: LoadedProcess) -> list[int]:
    """The ids of the processes that its threads have started."""
    threads = Path(f"/proc/{process.pid}/task").glob("*/children")
    return [int(number) for thread in threads for number in thread.read_text().split()]


def is_running(number: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        status = Path(f"/proc/{number}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rsplit(")", 1)[1].split()[0] not in "ZX"


@contextmanager
def hanging_sync(
    source: Sandbox, database: PgDatabase, folder: Path
) -> Iterator[tuple[LoadedProcess, int]]:
    """A sync that hangs mid-value, and the process id of its watchdog."""
    source.server.faults.on_statement(FROM_T, MID_VALUE)
    with start_sync(source, database, folder, "--json") as process:
        try:
            assert wait_for(lambda: _hangs(database))
            [watchdog] = children_of(process)
            yield process, watchdog
        finally:
            process.kill()


def _hangs(database: PgDatabase) -> bool:
    [(there,)] = database.rows("SELECT to_regclass('tableferry.leases') IS NOT NULL")
    return bool(there) and database.rows(HANGS) == [(True,)]


def test_a_stall_mid_value_ends_the_attempt_and_is_retried(
    source: Sandbox, old_rows: PgDatabase, tmp_path: Path
) -> None:
    with hanging_sync(source, old_rows, tmp_path) as (process, watchdog):
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    [table] = json.loads(output)["tables"]
    assert table["attempts"] == 2
    assert "stalled for 10 s mid-value; the connection was closed" in str(table)
    assert all_arrived(old_rows)
    assert not is_running(watchdog)


def test_a_verification_reads_again_after_a_stall_mid_value(
    source: Sandbox, old_rows: PgDatabase, tmp_path: Path
) -> None:
    with start_sync(source, old_rows, tmp_path) as process:
        process.communicate(timeout=60)
    source.server.faults.on_statement(rf"SELECT\s(?!TOP)[^;]*{FROM_T}", MID_VALUE)
    command = ["-m", "tableferry", "verify", "--config", str(tmp_path / "table_configs.py")]
    with started(source, old_rows, [*command, "--json"]) as process:
        try:
            output, errors = process.communicate(timeout=90)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    [table] = json.loads(output)["tables"]
    assert table["verdict"] == "equal"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_during_a_stall_cancels_the_run(
    source: Sandbox,
    old_rows: PgDatabase,
    tmp_path: Path,
    number: signal.Signals,
    code: int,
) -> None:
    with hanging_sync(source, old_rows, tmp_path) as (process, watchdog):
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert errors.splitlines()[0] == "cancelled  t"
    assert "Traceback" not in errors
    [table] = json.loads(output)["tables"]
    assert table["status"] == "cancelled"
    assert "attempts" not in table, "the first was the only one"
    assert seen(old_rows) == OLD
    assert not is_running(watchdog)


@pytest.mark.parametrize("encrypt", ["optional", "yes"])
def test_a_lambdas_deadline_is_kept_during_a_stall(
    source: Sandbox, old_rows: PgDatabase, provider: str, encrypt: str
) -> None:
    variables = {
        "MSSQL_PYTHON_NATIVE_PROVIDER": provider,
        "SQL_SERVER_MCTM_ENCRYPT": encrypt,
        "SQL_SERVER_MCTM_TRUST_CERTIFICATE": "yes",
    }
    source.server.faults.on_statement(FROM_T, MID_VALUE)
    done = subprocess.run(
        [sys.executable, *timed(5.0)],  # a new one, which loads this provider
        env=environment_of(source, old_rows) | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    assert (run["status"], run["remaining"]) == ("deadline", ["t"])
    assert run["tables"][0]["status"] == "deadline"
    assert seen(old_rows) == OLD


def test_a_slow_long_value_is_waited_for(
    source: Sandbox, old_rows: PgDatabase, proxy_to: Callable[[str, int], TcpProxy]
) -> None:
    """Of a process whose patience with a stalled source is one second."""
    wire = proxy_to(source.server.host, source.server.port)
    wire.faults.delay(0.01, Direction.TO_CLIENT)
    with started(source, old_rows, timed(300.0, 1.0), wire) as process:
        output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    [table] = json.loads(output)["tables"]
    assert table["status"] == "ok"
    assert "attempts" not in table, "the first was the only one"
    assert all_arrived(old_rows)


def test_the_watchdog_of_a_killed_process_exits(
    source: Sandbox, old_rows: PgDatabase, tmp_path: Path
) -> None:
    with hanging_sync(source, old_rows, tmp_path) as (process, watchdog):
        assert is_running(watchdog)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        assert wait_for(lambda: not is_running(watchdog))
    assert wait_for(lambda: source.server.connections == 0), "no process holds a socket any longer"
    assert seen(old_rows) == OLD
