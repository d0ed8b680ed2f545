"""A benchmark of tables too small to say anything about speed, with the servers of the tests."""

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench import measure
from bench.errors import BenchError
from bench.servers import serving
from bench.suite import Context, Sizes
from tableferry_sandbox.local_postgres import LocalPostgres
from tableferry_sandbox.sample import BenchTable
from tests.support import loaded_process

ROOT = Path(__file__).parents[2]


@pytest.fixture
def context(postgres: LocalPostgres, monkeypatch: pytest.MonkeyPatch) -> Context:
    """Return the smallest sizes, one round, and contenders that begin with the engine loaded."""
    monkeypatch.setattr(measure, "run_module", _run_module)
    small = Sizes().scaled(0.0)
    return Context(
        small,
        rounds=1,
        log=lambda _: None,
        idle_seconds=0.05,
        slow_mb=50.0,
        at_once=(1, 2),
        source=_source,
        target=lambda: _target(postgres),
    )


@contextlib.contextmanager
def _source(
    benches: BenchTable | Sequence[BenchTable], *, replays: bool = True
) -> Iterator[dict[str, Any]]:
    benches = (benches,) if isinstance(benches, BenchTable) else benches
    with serving(benches, 2**26 if replays else 0) as where:
        yield where


@contextlib.contextmanager
def _target(postgres: LocalPostgres) -> Iterator[dict[str, Any]]:
    """Run a group in a database of its own."""
    name = f"bench_{os.urandom(6).hex()}"
    postgres.create_database(name)
    yield {
        "host": postgres.host,
        "port": postgres.port,
        "user": postgres.user,
        "password": postgres.password,
        "db": name,
    }
    with psycopg.connect(postgres.conninfo("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _run_module(module: str, arguments: Sequence[str], given: str, what: str) -> dict[str, float]:
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    streams = loaded_process.start(
        "-m", module, *arguments, env=environment, cwd=ROOT, stdin=loaded_process.PIPE
    )
    with streams as process:
        assert process.stdin is not None
        process.stdin.write(given)
        out, err = process.communicate(240)
        if process.wait():
            raise BenchError(f"{what} failed:\n{out}{err}")
    measured: dict[str, float] = json.loads(out.splitlines()[-1])
    return measured
