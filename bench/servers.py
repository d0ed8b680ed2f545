"""Starts the benchmark's servers, each in its own process: the sandbox and a PostgreSQL.

``python -m bench.servers NAME ROWS REPLAY_BYTES`` serves one benchmark table until SIGTERM, and
prints its connection settings as JSON when it is ready.
"""

import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any, Final

from tableferry_sandbox.local_postgres import LocalPostgres
from tableferry_sandbox.sample import BenchTable, bench_narrow, bench_wide
from tableferry_sandbox.sample.bench_every_type import bench_every_type

TARGET_SETTINGS: Final = {
    "fsync": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",  # no checkpoint during a run: it would be counted against a contender
}

USER: Final = "bench"
PASSWORD: Final = "Bench-only-1"

REPLAY_BYTES: Final = 4 * 2**30
"""SELECTs are answered from encoded rows in memory, so the source costs almost nothing. This holds
two encodings of the largest table."""

TABLES: Final = {"Narrow": bench_narrow, "Wide": bench_wide, "EveryType": bench_every_type}


@contextlib.contextmanager
def bench_source(bench: BenchTable, *, replays: bool = True) -> Iterator[dict[str, Any]]:
    """Run a sandbox with a benchmark table; yields its connection settings.

    Where it ``replays``, a SELECT is answered from the encoded rows of an earlier one.
    """
    size = str(REPLAY_BYTES if replays else 0)
    command = [sys.executable, "-m", "bench.servers", bench.table.name, str(bench.row_count), size]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)


@contextlib.contextmanager
def bench_target() -> Iterator[dict[str, Any]]:
    """Run a PostgreSQL; yields its connection settings."""
    with LocalPostgres(settings=TARGET_SETTINGS) as server:
        yield {
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "password": server.password,
            "db": "postgres",
        }


def main() -> None:
    """Run the sandbox with one benchmark table until SIGTERM."""
    from tableferry_sandbox.engine.server import Server
    from tableferry_sandbox.sample.loading import load_bench
    from tableferry_sandbox.tds_server import SandboxServer

    engine = Server()
    engine.add_login(USER, PASSWORD)
    bench = TABLES[sys.argv[1]](int(sys.argv[2]))
    load_bench(engine, bench)
    server = SandboxServer(engine, replay=int(sys.argv[3])).start()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    where = {"host": server.host, "port": server.port, "db": bench.table.database}
    print(json.dumps({**where, "user": USER, "password": PASSWORD}), flush=True)
    stopped.wait()
    server.stop()
    engine.close()


if __name__ == "__main__":
    main()
