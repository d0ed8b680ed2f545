"""The source falls silent in the midst of a long value, and the whole process stands still.

The syncs are processes of their own: the stand-in that says nothing has to live on.
"""

import json
import signal
import subprocess
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
    seen,
    start_sync,
    started,
    wait_for,
)
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.proxy import Direction, TcpProxy
from tests.support.specs import entry

LENGTHS = [100_000] * 7 + [2_000_000]

IN_THE_MIDST = Stall(120.0, after_rows=4)
"""Only full packets leave before: the last of these rows has arrived in part. Longer than any test
waits."""

STANDS_STILL = "SELECT clock_timestamp() - renewed_at > interval '4 s' FROM tableferry.leases"
"""A lease is renewed every two seconds, unless no thread runs."""


@pytest.fixture(scope="module")
def long_values(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    """A sandbox with a T of a few long values."""
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
    """What runs a sync of T into t with so much time left."""
    configured = json.dumps(entry(**{"sql_table": "dbo.T", "pg_table": "t", **changes}))
    return ["-m", "tests.support.timed_sync", configured, *map(str, seconds)]


def watchers_of(process: "subprocess.Popen[str]") -> list[int]:
    """The ids of the processes that its threads have started."""
    threads = Path(f"/proc/{process.pid}/task").glob("*/children")
    return [int(number) for thread in threads for number in thread.read_text().split()]


def is_alive(number: int) -> bool:
    """Whether a process runs; one that only nobody has asked after does not."""
    try:
        status = Path(f"/proc/{number}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rsplit(")", 1)[1].split()[0] not in "ZX"


@contextmanager
def standing_still(
    source: Sandbox, database: PgDatabase, folder: Path
) -> "Iterator[tuple[subprocess.Popen[str], int]]":
    """A sync that renews its lease no more, in the midst of a value; the id of who watches it."""
    source.server.faults.on_statement(FROM_T, IN_THE_MIDST)
    with start_sync(source, database, folder, "--json") as process:
        try:
            assert wait_for(lambda: _stands_still(database))
            [stall_guard] = watchers_of(process)
            yield process, stall_guard
        finally:
            process.kill()


def _stands_still(database: PgDatabase) -> bool:
    [(there,)] = database.rows("SELECT to_regclass('tableferry.leases') IS NOT NULL")
    return bool(there) and database.rows(STANDS_STILL) == [(True,)]


def test_silence_in_the_midst_of_a_value_is_given_up_and_tried_again(
    source: Sandbox, old_rows: PgDatabase, tmp_path: Path
) -> None:
    with standing_still(source, old_rows, tmp_path) as (process, stall_guard):
        told, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    [table] = json.loads(told)["tables"]
    assert table["attempts"] == 2
    assert "said nothing for 10 seconds in the midst of a value" in str(table)
    assert all_arrived(old_rows)
    assert not is_alive(stall_guard)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_in_the_midst_of_a_silent_value_is_heard(
    source: Sandbox,
    old_rows: PgDatabase,
    tmp_path: Path,
    number: signal.Signals,
    code: int,
) -> None:
    with standing_still(source, old_rows, tmp_path) as (process, stall_guard):
        process.send_signal(number)
        told, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (code, "")
    [table] = json.loads(told)["tables"]
    assert table["status"] == "cancelled"
    assert "attempts" not in table, "the first was the only one"
    assert seen(old_rows) == OLD
    assert not is_alive(stall_guard)


@pytest.mark.parametrize("encrypt", ["optional", "yes"])
def test_the_end_of_a_lambdas_time_is_kept_in_the_midst_of_a_silent_value(
    source: Sandbox, old_rows: PgDatabase, provider: str, encrypt: str
) -> None:
    variables = {
        "MSSQL_PYTHON_NATIVE_PROVIDER": provider,
        "SQL_SERVER_MCTM_ENCRYPT": encrypt,
        "SQL_SERVER_MCTM_TRUST_CERTIFICATE": "yes",
    }
    source.server.faults.on_statement(FROM_T, IN_THE_MIDST)
    with started(source, old_rows, timed(5.0), variables=variables) as process:
        told, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    run = json.loads(told)
    assert (run["status"], run["remaining"]) == ("deadline", ["t"])
    assert run["tables"][0]["status"] == "deadline"
    assert seen(old_rows) == OLD


def test_a_long_value_that_comes_slowly_is_waited_for(
    source: Sandbox, old_rows: PgDatabase, proxy_to: Callable[[str, int], TcpProxy]
) -> None:
    """A process that would be patient for a second with a silent source."""
    wire = proxy_to(source.server.host, source.server.port)
    wire.faults.delay(0.01, Direction.TO_CLIENT)
    with started(source, old_rows, timed(300.0, 1.0), wire) as process:
        told, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    [table] = json.loads(told)["tables"]
    assert table["status"] == "ok"
    assert "attempts" not in table, "the first was the only one"
    assert all_arrived(old_rows)


def test_who_watched_a_killed_process_ends_with_it(
    source: Sandbox, old_rows: PgDatabase, tmp_path: Path
) -> None:
    with standing_still(source, old_rows, tmp_path) as (process, stall_guard):
        assert is_alive(stall_guard)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        assert wait_for(lambda: not is_alive(stall_guard))
    assert wait_for(lambda: source.server.connections == 0), "no socket is held by anybody"
    assert seen(old_rows) == OLD
