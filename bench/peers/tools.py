"""The commands of each tool, tableferry's among them: whole processes, from start to end."""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.incremental_runs import environment as of_tableferry
from bench.peers import environment
from bench.peers.watched import watched
from bench.workload import Workload
from tableferry_sandbox.sample import BenchTable

HERE: Final = Path(__file__).parent
DLT_SCHEMA: Final = "bench_dlt"
CORES: Final = os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Job:
    """What a tool has to copy, in ``folder``, with the tools of an environment ``venv``."""

    tables: tuple[BenchTable, ...]
    source: dict[str, Any]
    target: dict[str, Any]
    folder: Path
    venv: Path

    @property
    def is_large(self) -> bool:
        """Whether there is one table, which may be read in parts."""
        return len(self.tables) == 1


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: its name on the page, the package of its version, and its settings in words.

    ``schema`` is where its tables are afterwards. ``run`` returns wall and CPU seconds and peak
    memory, and raises BenchError.
    """

    name: str
    package: str
    settings: str
    schema: str
    run: Callable[[Job], dict[str, float]]


def _tableferry(jobs: int) -> Callable[[Job], dict[str, float]]:
    def run(job: Job) -> dict[str, float]:
        work = Workload.of(job.tables, job.source, job.target)
        file = job.folder / "table_configs.py"
        file.write_text(f"TABLE_CONFIGS = {work.configs!r}\n")
        options = ["--jobs", str(jobs)] if jobs > 1 else []
        command = [sys.executable, "-m", "tableferry", "sync", "--config", str(file), *options]
        return watched(command, of_tableferry(job.source, job.target), what="tableferry")

    return run


def _sling(threads: int) -> Callable[[Job], dict[str, float]]:
    def run(job: Job) -> dict[str, float]:
        program = environment.sling(job.venv)
        assert program is not None
        program.chmod(0o755)
        # JSON is YAML; the order of columns and the rest are sling's own defaults.
        file = job.folder / "replication.yaml"
        file.write_text(
            json.dumps(
                {
                    "source": "BENCH_SOURCE",
                    "target": "BENCH_TARGET",
                    "defaults": {"mode": "full-refresh"},
                    "streams": {
                        f"dbo.{bench.table.name}": {"object": f"bench_sling.{bench.table.pg_table}"}
                        for bench in job.tables
                    },
                }
            )
        )
        source, target = job.source, job.target
        variables = {
            "BENCH_SOURCE": f"sqlserver://{source['user']}:{source['password']}@{source['host']}:"
            f"{source['port']}/?database={source['db']}&encrypt=disable",
            "BENCH_TARGET": f"postgresql://{target['user']}:{target['password']}@{target['host']}:"
            f"{target['port']}/{target['db']}?sslmode=disable",
            "SLING_DISABLE_TELEMETRY": "TRUE",
            "SLING_THREADS": str(threads),
            "SLING_HOME_DIR": str(job.folder),
            "HOME": str(job.folder),
        }
        return watched([str(program), "run", "-r", str(file)], variables, what="sling")

    return run


def _script(name: str, **more: Any) -> Callable[[Job], dict[str, float]]:
    def run(job: Job) -> dict[str, float]:
        with tempfile.TemporaryDirectory() as folder:
            given = {
                "tables": [bench.table.name for bench in job.tables],
                "targets": [bench.table.pg_table for bench in job.tables],
                "keys": [bench.table.primary_key for bench in job.tables],
                "large": job.is_large,
                "source": job.source,
                "target": job.target,
                "folder": folder,
                "schema": DLT_SCHEMA,
                **more,
            }
            command = [str(environment.python(job.venv)), str(HERE / f"{name}_copy.py")]
            variables = {"HOME": folder, "DLT_DATA_DIR": folder}
            return watched(command, variables, json.dumps(given), name)

    return run


TOOLS: Final = (
    Tool("**tableferry** `sync`", "", "as it comes, `publish: auto`", "public", _tableferry(1)),
    Tool(
        f"**tableferry** `sync --jobs {CORES}`",
        "",
        f"`publish: auto`, {CORES} tables at once",
        "public",
        _tableferry(CORES),
    ),
    Tool(
        "sling",
        "sling-linux-amd64",
        f"`full-refresh` by COPY, `SLING_THREADS={CORES}`; its table has no key",
        "bench_sling",
        _sling(CORES),
    ),
    Tool(
        "dlt",
        "dlt",
        "`sql_database` with the backend `pyarrow`, `replace`, CSV for COPY, files not compressed, "
        f"{CORES} workers; its table has no key",
        DLT_SCHEMA,
        _script("dlt", backend="pyarrow"),
    ),
    Tool(
        "dlt with connectorx",
        "dlt",
        "the same with the backend `connectorx`",
        DLT_SCHEMA,
        _script("dlt", backend="connectorx"),
    ),
    Tool(
        "connectorx and COPY",
        "connectorx",
        f"Arrow, {CORES} partitions of a large table, CSV by pyarrow, `TRUNCATE` and COPY by "
        "psycopg into the table with its key",
        "public",
        _script("connectorx"),
    ),
)
