"""However much has changed since the last run: it is streamed, never held in memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa

from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.integration.incremental.conftest import rows
from tests.support.databases import PgDatabase
from tests.support.specs import entry

TABLE_ROWS = 450_000
CHANGED = 200_000
"""Less than half of the rows: more would be read as a complete load."""

WIDTH = 400
DELTA_MB = CHANGED * WIDTH / 1e6

ALLOWED_MB = DELTA_MB / 2
"""How much more than a run of one change it may take. Each of the reader's batches has 1 MB."""

COMMAND = """
import sys
from tableferry.cli import main
try:
    main()
finally:
    with open("/proc/self/status") as status:
        print(next(line.split()[1] for line in status if line.startswith("VmHWM")), file=sys.stderr)
"""
"""The command in a process of its own, which says in the end how much memory it had, in kB."""


def measured_sync(
    source: Sandbox, target: PgDatabase, folder: Path
) -> tuple[dict[str, object], float]:
    """Run the command; returns the table's outcome, and the most memory that it had, in MB."""
    configured = entry(
        sql_table="dbo.T", pg_table="t", publish="merge", order_by=None, mode="change_tracking",
        batch_size=None,
    )  # fmt: skip
    config = folder / "table_configs.py"
    config.write_text(f"TABLE_CONFIGS = {{'t': {configured!r}}}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "sync", "--json", "--config", str(config)],
        env={
            "PATH": os.environ["PATH"],
            "SQL_SERVER_MCTM_HOST": source.server.host,
            "SQL_SERVER_MCTM_PORT": str(source.server.port),
            "SQL_SERVER_MCTM_DB": "McTM",
            "SQL_SERVER_MCTM_USER": USER,
            "SQL_SERVER_MCTM_PASSWORD": PASSWORD,
            **target.environment,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (outcome,) = json.loads(done.stdout)["tables"]
    return outcome, int(done.stderr.split()[-1]) / 1e3


def test_a_delta_that_is_larger_than_what_a_run_may_hold_is_streamed(
    source: Sandbox, target: PgDatabase, tmp_path: Path
) -> None:
    source.run("DELETE FROM dbo.T; ALTER TABLE dbo.T ALTER COLUMN Name nvarchar(400) NULL")
    numbers = pa.array(range(TABLE_ROWS), pa.int32())
    narrow = pa.table({"ID": numbers, "Name": pa.array(["n"] * TABLE_ROWS, pa.large_string())})
    source.engine.database("McTM").load("dbo", "T", narrow)
    measured_sync(source, target, tmp_path)
    source.run("UPDATE dbo.T SET Name = N'one' WHERE ID = 7")
    outcome, few = measured_sync(source, target, tmp_path)
    assert outcome["rows_read"] == 1
    source.run(
        f"UPDATE dbo.T SET Name = REPLICATE(N'x', {WIDTH}) WHERE ID < {CHANGED - 1000}; "
        f"DELETE FROM dbo.T WHERE ID >= {TABLE_ROWS - 1000}"
    )
    outcome, many = measured_sync(source, target, tmp_path)
    assert outcome.get("reload") is None, "it is a delta"
    assert outcome["changes"] == {
        "inserted": 0, "updated": CHANGED - 1000, "deleted": 1000, "unchanged": 0,
    }  # fmt: skip
    assert many - few < ALLOWED_MB, f"{few} MB for one change, {many} MB for {CHANGED}"
    wide = target.rows(f"SELECT count(*) FROM t WHERE length(name) = {WIDTH}")
    assert wide == [(CHANGED - 1000,)]
    assert len(rows(target)) == TABLE_ROWS - 1000
