"""A table of any size is compared in bounded memory, whatever the order of its rows."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from tests.integration.conftest import PASSWORD, USER
from tests.integration.verify.conftest import Pair
from tests.support.specs import entry

ROWS: Final = 1_000_000

MOST_MB: Final = 200
"""The bar of verify, for the process as a whole."""

WHOLE: Final = {
    "sql_table": "dbo.T", "pg_table": "t", "columns": None, "pg_columns": None, "order_by": None,
    "publish": "auto", "primary_key": None,
}  # fmt: skip
"""The entry of ``Pair``."""

COMMAND: Final = """
import json, sys
from tableferry.config import Settings, SourceSettings, TargetSettings, parse_table_configs
from tests.support.comparing import both_sides
from tableferry.verification.compare_table import compare_table

given = json.loads(sys.argv[1])
settings = Settings(
    {"mctm": SourceSettings(prefix="SQL_SERVER_MCTM_", **given["source"])},
    TargetSettings(prefix="PG_", **given["target"]),
)
with both_sides(parse_table_configs({"t": given["entry"]})["t"], settings) as (plan, sides):
    found = compare_table(plan, sides)
with open("/proc/self/status") as status:
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
counts = {kind.value: count for kind, count in found.counts.items() if count}
print(json.dumps({
    "rows": found.source_rows, "counts": counts, "peak": int(peak) / 1e3
}))
"""
"""A comparison in a process of its own, which says in the end how much memory it had, in MB."""

ROOT: Final = Path(__file__).parents[3]


def measured(pair: Pair) -> dict[str, Any]:
    """Compare the table in another process; returns what it says."""
    server, database = pair.source.server, pair.target
    source = {"host": server.host, "port": server.port, "db": "McTM", "user": USER}
    target = {"host": database.host, "port": database.port, "db": database.name}
    given = {
        "source": {**source, "password": PASSWORD},
        "target": {**target, "user": database.user, "password": database.password},
        "entry": entry(**WHOLE),
    }
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, json.dumps(given)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT}/packages/sandbox/tests"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_million_rows_in_no_order_are_compared_in_bounded_memory(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (Code nvarchar(40) NOT NULL PRIMARY KEY, Number int)")
    codes = [f"Code-{number * 7919 % ROWS:07} {'x' * (number % 25)}" for number in range(ROWS)]
    numbers = pa.array(range(ROWS), pa.int32())
    table = pa.table({"Code": pa.array(codes, pa.large_string()), "Number": numbers})
    pair.source.engine.database("McTM").load("dbo", "T", table)
    pair.load()
    pair.target.run("UPDATE t SET number = -number WHERE number IN (5, 500000, 999999)")
    found = measured(pair)
    assert found["rows"] == ROWS
    assert found["counts"] == {"different": 3}
    assert found["peak"] < MOST_MB
