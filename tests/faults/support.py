"""A table of some size on both sides, and a sync between them."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tableferry import postgres as engine_target
from tableferry.config import Settings, TargetSettings, parse_table_configs
from tableferry.runs.events import OnEvent, OnProgress, Progress
from tableferry.runs.outcome import TableOutcome
from tableferry.runs.retry import Retries
from tableferry.runs.run import sync_table
from tableferry.runs.run_options import RunOptions
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.integration.support import settings_of
from tests.support import loaded_process
from tests.support.databases import PgDatabase
from tests.support.loaded_process import LoadedProcess
from tests.support.proxy import Direction, TcpProxy
from tests.support.specs import entry

ONCE = RunOptions(retries=Retries(attempts=1))
"""What a fault does is seen where nothing is tried again."""

QUICK = RunOptions(retries=Retries(first=0.05, longest=0.1, busy=0.2))
"""Tried again like everything, but sooner."""

PATIENT = RunOptions(retries=Retries(attempts=20, first=0.1, longest=0.5, busy=0.2))
"""Goes on until a server that starts again is there."""

ROWS = 20_000
OLD = [(1, "old"), (2, "old")]
FROM_T = r"FROM \[McTM\]\.\[dbo\]\.\[T\]"
"""Finds the statement that reads the table, among all that a sync sends."""


def fill_source(sandbox: Sandbox, rows: int = ROWS) -> None:
    """Make T with ``rows`` rows of about 200 bytes."""
    sandbox.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(200) NULL)")
    sandbox.run(
        f"INSERT INTO dbo.T SELECT value, REPLICATE(N'new', 30) FROM GENERATE_SERIES(0, {rows - 1})"
    )


def fill_target(database: PgDatabase) -> None:
    """Make t with two old rows."""
    database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'old'), (2, 'old')",
    )


def sync(
    sandbox: Sandbox,
    database: PgDatabase,
    *,
    on_progress: OnProgress = lambda _progress: None,
    on_event: OnEvent | None = None,
    target: TargetSettings | None = None,
    source: dict[str, Any] | None = None,
    options: RunOptions = ONCE,
    **changes: Any,
) -> TableOutcome:
    """Sync T into t, in batches of 1,000 rows; once, unless ``options`` says otherwise."""
    configured = entry(**{"sql_table": "dbo.T", "pg_table": "t", **changes})
    settings = Settings({"mctm": sandbox.source(**(source or {}))}, target or settings_of(database))
    return sync_table(
        parse_table_configs({"t": configured})["t"],
        settings,
        on_progress,
        on_event=on_event,
        options=options,
    )


def seen(database: PgDatabase) -> list[tuple[object, ...]]:
    """The target's rows, as another session sees them."""
    return database.rows("SELECT * FROM t ORDER BY 1")


def once(action: Callable[[], object]) -> Callable[[Progress], None]:
    """Progress that does something after the first batch, while the COPY is open."""
    done: list[int] = []

    def progress(now: Progress) -> None:
        if not done:
            done.append(now.rows)
            action()

    return progress


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> bool:
    """Wait until the condition holds, or so long; returns whether it does.

    It is asked less and less often, up to every tenth of a second: most ask PostgreSQL over a
    connection of their own, which takes ten milliseconds of a processor.
    """
    deadline, pause = time.monotonic() + seconds, 0.01
    while not (holds := condition()) and time.monotonic() < deadline:
        time.sleep(pause)
        pause = min(1.5 * pause, 0.1)
    return holds


def let_time_pass(database: PgDatabase) -> None:
    """Let the lease of a run that is gone have a second left, as it has after fourteen.

    One that is locked at this moment is left as it is.
    """
    database.run(
        "UPDATE tableferry.leases SET expires_at = clock_timestamp() + interval '1 second' "
        "WHERE target IN (SELECT target FROM tableferry.leases FOR UPDATE SKIP LOCKED)"
    )


def start_sync(
    source: Sandbox, database: PgDatabase, folder: Path, *options: str, **changes: Any
) -> LoadedProcess:
    """Start the command that syncs T into t, as a process of its own."""
    config = folder / "table_configs.py"
    configured: dict[str, Any] = entry(**{"sql_table": "dbo.T", "pg_table": "t", **changes})
    config.write_text(f"TABLE_CONFIGS = {{'t': {configured!r}}}\n", encoding="utf-8")
    command = ["-m", "tableferry", "sync", "--config", str(config), *options]
    return started(source, database, command)


def started(
    source: Sandbox,
    database: PgDatabase,
    arguments: list[str],
    wire: TcpProxy | None = None,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> LoadedProcess:
    """Start a Python that finds source and target in its environment; ``wire``: by way of it."""
    return loaded_process.start(*arguments, env=environment_of(source, database, wire) | variables)


def environment_of(
    source: Sandbox, database: PgDatabase, wire: TcpProxy | None = None
) -> dict[str, str]:
    """The environment of a Python that finds source and target in it; ``wire``: by way of it."""
    return {
        "PATH": os.environ["PATH"],
        "SQL_SERVER_MCTM_HOST": (wire or source.server).host,
        "SQL_SERVER_MCTM_PORT": str((wire or source.server).port),
        "SQL_SERVER_MCTM_DB": "McTM",
        "SQL_SERVER_MCTM_USER": USER,
        "SQL_SERVER_MCTM_PASSWORD": PASSWORD,
        **database.environment,
    }


def lose_the_answer(
    monkeypatch: pytest.MonkeyPatch, proxy: TcpProxy, *, commit: int, arrived: bool
) -> list[int]:
    """Cut the wire at so many-th COMMIT, behind it or before; returns what grows with each."""
    original = engine_target.TargetConnection.commit
    calls: list[int] = []

    def committed(connection: engine_target.TargetConnection, *questions: Any) -> Any:
        calls.append(1)
        if len(calls) == commit:
            if arrived:
                proxy.faults.stall(Direction.TO_CLIENT)
                threading.Timer(0.5, lambda: (proxy.faults.heal(), proxy.cut_all())).start()
            else:
                proxy.cut_all()
        return original(connection, *questions)

    monkeypatch.setattr(engine_target.TargetConnection, "commit", committed)
    return calls
