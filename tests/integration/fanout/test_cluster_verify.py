"""A verification on a Dask cluster, by the command: chunks by workers, one of them killed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tableferry_sandbox.faults import SendError, Stall
from tests.faults.support import wait_for
from tests.integration.conftest import PASSWORD
from tests.integration.fanout.conftest import CHUNKS, ROWS, FanOut
from tests.integration.fanout.test_cluster import configured, process_at, secrets
from tests.support.in_process import call

pytestmark = pytest.mark.with_ledger

READS = r"FROM \[McTM\]\.\[dbo\]\.\[T\].*ORDER BY"
READING = (
    "SELECT client_port FROM pg_stat_activity WHERE datname = current_database() "
    "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
RECORDED = (
    "SELECT table_key, verdict, source_rows, missing, extra, different "
    "FROM tableferry.verifications"
)


@pytest.fixture
def loaded(fan_out: FanOut) -> FanOut:
    assert fan_out.sync().ok
    return fan_out


def verify(
    folder: Path, fan_out: FanOut, *arguments: str, **tables: Any
) -> "subprocess.Popen[str]":
    """Start the command, with two workers."""
    config = configured(folder, {"t": fan_out.configured, **tables})
    command = [sys.executable, "-m", "tableferry", "verify", "--json", "--settle=0"]
    return subprocess.Popen(
        [*command, "--config", str(config), "--scheduler=local:2", *arguments],
        env={"PATH": os.environ["PATH"], **secrets(fan_out)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(command: "subprocess.Popen[str]") -> tuple[int, dict[str, Any]]:
    try:
        out, said = command.communicate(timeout=300)
    finally:
        command.kill()
    assert out, said
    assert PASSWORD not in out + said
    return command.returncode, json.loads(out)


def test_chunks_are_compared_by_workers_and_whole_tables_by_one_of_them(
    loaded: FanOut, tmp_path: Path
) -> None:
    loaded.database.run(
        "UPDATE t SET name = 'other' WHERE id IN (5, 1000)",
        "DELETE FROM t WHERE id = 1999",
        "INSERT INTO t VALUES (-3, 'below'), (9000, 'above')",
        "CREATE TABLE whole (id int PRIMARY KEY, name text)",
    )
    whole = {**loaded.configured, "pg_table": "whole", "publish": "merge"}
    del whole["chunks"], whole["parallel"]
    gone = {**loaded.configured, "pg_table": "gone"}
    code, told = ended(verify(tmp_path, loaded, whole=whole, gone=gone))
    assert code == 3
    found = {one["table"]: one for one in told["tables"]}
    assert list(found) == ["t", "whole", "gone"]
    assert found["t"]["counts"] == {"missing": 1, "extra": 2, "different": 2}
    listed = {(one["kind"], one["key"]["id"]) for one in found["t"]["differences"]}
    assert listed == {
        ("different", "5"),
        ("different", "1000"),
        ("missing", "1999"),
        ("extra", "-3"),
        ("extra", "9000"),
    }
    assert found["whole"]["counts"] == {"missing": ROWS}
    assert found["gone"]["reason"] == "the target table does not exist yet"
    assert sorted(loaded.database.rows(RECORDED)) == [
        ("gone", "not verified", 0, 0, 0, 0),
        ("t", "differs", ROWS, 1, 2, 2),
        ("whole", "differs", ROWS, ROWS, 0, 0),
    ]


def test_a_killed_workers_chunk_is_compared_by_another(loaded: FanOut, tmp_path: Path) -> None:
    loaded.database.run("UPDATE t SET name = 'other' WHERE id = 1500")
    loaded.sandbox.server.faults.on_statement(READS, Stall(60, after_rows=10))
    command = verify(tmp_path, loaded)
    try:
        assert wait_for(lambda: len(loaded.database.rows(READING)) == 1, 90), "the others are done"
        [(port,)] = loaded.database.rows(READING)
        worker = process_at(int(str(port)))
        assert worker.pid != command.pid
        worker.kill()
        code, told = ended(command)
    finally:
        command.kill()
    assert code == 3
    [table] = told["tables"]
    assert (table["verdict"], table["source_rows"]) == ("differs", ROWS)
    assert table["counts"] == {"different": 1}


def test_a_chunk_that_never_works_leaves_its_table_unverified(
    loaded: FanOut, tmp_path: Path
) -> None:
    wrong = SendError(8134, "Divide by zero error encountered.", 10)
    loaded.sandbox.server.faults.on_statement(READS, wrong)
    code, told = ended(verify(tmp_path, loaded))
    assert code == 1
    [table] = told["tables"]
    assert table["verdict"] == "not verified"
    assert table["reason"] == f"1 of {CHUNKS} chunks was not compared"
    assert loaded.database.rows("SELECT verdict FROM tableferry.verifications") == [
        ("not verified",)
    ]


def test_a_verification_that_is_stopped_ends_with_its_signal(
    loaded: FanOut, tmp_path: Path
) -> None:
    loaded.sandbox.server.faults.on_statement(READS, Stall(5, after_rows=10))
    command = verify(tmp_path, loaded)
    assert wait_for(lambda: len(loaded.database.rows(READING)) > 0, 90)
    command.send_signal(signal.SIGTERM)
    code, told = ended(command)
    assert code == 128 + signal.SIGTERM
    assert told["error"]["type"] == "Cancelled"


def test_values_are_not_shown_on_a_cluster(loaded: FanOut, tmp_path: Path) -> None:
    config = configured(tmp_path, {"t": loaded.configured})
    arguments = ["--config", str(config), "--scheduler=local:1", "--show-values"]
    done = call("verify", "--json", *arguments, env=secrets(loaded), cwd=tmp_path)
    assert done.returncode == 2
    assert "no values of rows" in json.loads(done.stdout)["error"]["message"]
