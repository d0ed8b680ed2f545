"""Starts the benchmark's servers, each in its own process: the sandbox and a PostgreSQL.

``python -m bench.servers`` reads names and rows of benchmark tables from stdin, as JSON, serves
them until SIGTERM, and prints its connection settings as JSON when it is ready.
"""

import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Final

from bench import tables
from bench.errors import BenchError
from tableferry_sandbox.local_postgres import LocalPostgres
from tableferry_sandbox.sample import BenchTable

TARGET_SETTINGS: Final = {
    "fsync": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",  # no checkpoint during a run: it would be counted against a contender
}

USER: Final = "bench"
PASSWORD: Final = "Bench-only-1"

REPLAY_BYTES: Final = 6 * 2**30
"""SELECTs are answered from encoded rows in memory, so the source costs almost nothing. This holds
two encodings of the largest table."""


@contextlib.contextmanager
def bench_source(
    benches: BenchTable | Sequence[BenchTable], *, replays: bool = True
) -> Iterator[dict[str, Any]]:
    """Run a sandbox with benchmark tables; yields its connection settings.

    Where it ``replays``, a SELECT is answered from the encoded rows of an earlier one. Raises
    BenchError with its output if it does not start.
    """
    benches = (benches,) if isinstance(benches, BenchTable) else benches
    served = [(bench.table.name, bench.row_count) for bench in benches]
    asked = json.dumps({"tables": served, "replay": REPLAY_BYTES if replays else 0})
    with subprocess.Popen(
        [sys.executable, "-m", "bench.servers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(asked)
            process.stdin.close()
            ready = process.stdout.readline()
            if not ready:
                raise BenchError(f"the sandbox did not start with the tables {served[:3]}")
            yield json.loads(ready)
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


@contextlib.contextmanager
def serving(benches: Sequence[BenchTable], replay: int) -> Iterator[dict[str, Any]]:
    """Serve benchmark tables from this process; ``replay``: so many bytes of encoded rows."""
    from tableferry_sandbox.engine.server import Server
    from tableferry_sandbox.sample.loading import load_bench
    from tableferry_sandbox.tds_server import SandboxServer

    with contextlib.closing(Server()) as engine:
        engine.add_login(USER, PASSWORD)
        for bench in benches:
            load_bench(engine, bench)
        with SandboxServer(engine, replay=replay) as server:
            where = {"host": server.host, "port": server.port, "db": benches[0].table.database}
            yield {**where, "user": USER, "password": PASSWORD}


def main() -> None:
    """Run the sandbox with benchmark tables until SIGTERM."""
    asked = json.load(sys.stdin)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    benches = [tables.made(name, rows) for name, rows in asked["tables"]]
    with serving(benches, asked["replay"]) as where:
        print(json.dumps(where), flush=True)
        stopped.wait()


if __name__ == "__main__":
    main()
