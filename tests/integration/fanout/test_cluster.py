"""Chunks on a Dask cluster, by the command: several worker processes, one killed in mid-load."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tableferry_sandbox.faults import Stall
from tests.faults.support import FROM_T, wait_for
from tests.integration.conftest import PASSWORD, USER
from tests.integration.fanout.conftest import CHUNKS, OLD, ROWS, FanOut
from tests.support.in_process import call

pytestmark = pytest.mark.with_ledger

IN_COPY = (
    "SELECT client_port FROM pg_stat_activity WHERE datname = current_database() "
    "AND query LIKE 'COPY %staging_%' AND state = 'active' AND wait_event = 'ClientRead'"
)


def secrets(fan_out: FanOut) -> dict[str, str]:
    """The variables that say where the databases are, and how to get in."""
    return {
        "SQL_SERVER_MCTM_HOST": fan_out.sandbox.server.host,
        "SQL_SERVER_MCTM_PORT": str(fan_out.sandbox.server.port),
        "SQL_SERVER_MCTM_DB": "McTM",
        "SQL_SERVER_MCTM_USER": USER,
        "SQL_SERVER_MCTM_PASSWORD": PASSWORD,
        **fan_out.database.environment,
    }


def configured(folder: Path, configs: dict[str, Any]) -> Path:
    """Write the tables' file."""
    config = folder / "table_configs.py"
    config.write_text(f"TABLE_CONFIGS = {configs!r}\n", encoding="utf-8")
    return config


def sync(
    folder: Path, configs: dict[str, Any], environment: dict[str, str], *arguments: str
) -> "subprocess.Popen[str]":
    """Start the command with these tables."""
    config = configured(folder, configs)
    command = [sys.executable, "-m", "tableferry", "sync", "--json", "--config", str(config)]
    return subprocess.Popen(
        [*command, *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(command: "subprocess.Popen[str]") -> tuple[int, dict[str, Any]]:
    out, said = command.communicate(timeout=120)
    assert out, said
    assert PASSWORD not in out + said
    return command.returncode, json.loads(out)


def all_but_one_stored(fan_out: FanOut) -> bool:
    """Whether only the chunk whose source says nothing is still being loaded."""
    if fan_out.database.rows("SELECT to_regclass('tableferry.chunks')") == [(None,)]:
        return False
    stored = "SELECT count(*) FROM tableferry.chunks WHERE done_at IS NOT NULL"
    return fan_out.database.rows(stored) == [(CHUNKS - 1,)]


def process_at(port: int) -> psutil.Process:
    """The process that has the local end of a connection."""
    pids = [
        one.pid for one in psutil.net_connections("tcp") if one.laddr and one.laddr.port == port
    ]
    (pid,) = [pid for pid in pids if pid and "python" in psutil.Process(pid).name()]
    return psutil.Process(pid)


def test_four_workers_of_whom_one_is_killed_lose_and_double_nothing(
    fan_out: FanOut, tmp_path: Path
) -> None:
    # The first rows fill a packet, which comes before the silence: a COPY has begun then.
    fan_out.sandbox.run("UPDATE dbo.T SET Name = REPLICATE(N'x', 40)")
    fan_out.sandbox.server.faults.on_statement(rf"{FROM_T}.*ROWCOUNT", Stall(60, after_rows=200))
    command = sync(tmp_path, {"t": fan_out.configured}, secrets(fan_out), "--scheduler", "local:4")
    assert wait_for(lambda: all_but_one_stored(fan_out), 60)
    [(port,)] = fan_out.database.rows(IN_COPY)
    worker = process_at(int(str(port)))
    assert worker.pid != command.pid, "it is a process of its own"
    worker.kill()
    code, told = ended(command)
    assert (code, told["status"]) == (0, "ok"), told
    assert told["totals"]["rows_written"] == ROWS
    assert fan_out.seen() == fan_out.expected()
    assert fan_out.staging() == []
    assert fan_out.database.rows("SELECT status FROM tableferry.runs") == [("ok",)]


def test_a_run_that_is_stopped_says_so_and_the_next_one_goes_on(
    fan_out: FanOut, tmp_path: Path
) -> None:
    fan_out.sandbox.server.faults.on_statement(rf"{FROM_T}.*ROWCOUNT", Stall(10, after_rows=100))
    tables = {"t": fan_out.configured}
    command = sync(tmp_path, tables, secrets(fan_out), "--scheduler", "local:2")
    assert wait_for(lambda: all_but_one_stored(fan_out), 60)
    command.send_signal(signal.SIGTERM)
    code, told = ended(command)
    assert code == 128 + signal.SIGTERM
    assert told["status"] == "cancelled"
    assert fan_out.database.rows("SELECT status FROM tableferry.runs") == [("cancelled",)]
    assert fan_out.seen() == OLD
    assert fan_out.again().begin().pending != tuple(range(CHUNKS))


@contextlib.contextmanager
def a_cluster(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """Run a scheduler and two workers, who alone have this environment; yields its address."""
    found = folder / "scheduler.json"
    everybody = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    ours = [sys.executable, "-m"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    with contextlib.ExitStack() as stack:

        def start(module: str, *arguments: str, **more: str) -> None:
            process = subprocess.Popen(
                [*ours, f"distributed.cli.{module}", *arguments],
                env={**everybody, **more},
                **quiet,
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)

        where = ("--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(found))
        start("dask_scheduler", *where, "--no-dashboard")
        assert wait_for(found.exists, 60)
        for _ in range(2):
            start(
                "dask_worker",
                *("--scheduler-file", str(found), "--nthreads", "1", "--no-nanny"),
                "--no-dashboard",
                **environment,
            )
        yield json.loads(found.read_text())["address"]


def test_workers_elsewhere_have_the_passwords_and_the_command_has_none(
    fan_out: FanOut, tmp_path: Path
) -> None:
    fan_out.database.run("CREATE TABLE whole (id int)", "CREATE TABLE wrong (id bytea)")
    entry = {**fan_out.configured, "columns": ["ID"], "pg_columns": ["id"]}
    tables = {
        "t": fan_out.configured,
        "whole": {**entry, "pg_table": "whole", "publish": "truncate"},
        "wrong": {**entry, "pg_table": "wrong"},
    }
    with a_cluster(tmp_path, secrets(fan_out)) as address:
        code, told = ended(sync(tmp_path, tables, {}, "--scheduler", address))
    assert code == 1
    found = {one["table"]: one for one in told["tables"]}
    assert {name: one["status"] for name, one in found.items()} == {
        "t": "ok",
        "whole": "ok",
        "wrong": "failed",
    }
    assert found["wrong"]["error"]["type"] == "SchemaError"
    assert fan_out.seen() == fan_out.expected()
    assert fan_out.database.rows("SELECT count(*) FROM whole") == [(ROWS,)]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--scheduler", "local:0"], "is not the address of a scheduler"),
        (["--scheduler", "http://localhost"], "is not the address of a scheduler"),
        (["--scheduler", "local:1", "--publish-together"], "published one by one"),
    ],
)
def test_what_a_cluster_cannot_do_is_refused(
    fan_out: FanOut, tmp_path: Path, arguments: list[str], reason: str
) -> None:
    config = configured(tmp_path, {"t": fan_out.configured})
    command = ["sync", "--json", "--config", str(config), *arguments]
    done = call(*command, env=secrets(fan_out), cwd=tmp_path)
    assert done.returncode == 2
    assert reason in json.loads(done.stdout)["error"]["message"]
    assert fan_out.seen() == OLD
