"""The servers of the benchmark, each in processes of its own: the sandbox and a PostgreSQL.

``python -m bench.servers NAME ROWS`` runs the sandbox with one benchmark table until it is told
to stop, and prints its connection settings as JSON when it is ready.
"""

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final

from tableferry.sandbox.local_postgres import LocalPostgres
from tableferry.sandbox.sample import BenchTable, bench_narrow, bench_wide

TARGET_SETTINGS: Final = {
    "fsync": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",  # a checkpoint inside one contender's run would count as its fault
}

TABLES: Final = {"Narrow": bench_narrow, "Wide": bench_wide}


@contextlib.contextmanager
def bench_source(bench: BenchTable) -> Iterator[dict[str, Any]]:
    """Run a sandbox that holds a benchmark table; yields the connection's settings."""
    command = [sys.executable, "-m", "bench.servers", bench.table.name, str(bench.row_count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)


@contextlib.contextmanager
def bench_target() -> Iterator[dict[str, Any]]:
    """Run a PostgreSQL; yields the connection's settings."""
    with LocalPostgres(settings=TARGET_SETTINGS) as server:
        yield {
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "password": server.password,
            "db": "postgres",
        }
