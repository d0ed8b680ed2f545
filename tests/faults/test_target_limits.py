"""A target without room, without sessions, starting, or read-only; and a run that hangs in it."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tableferry.config import Settings, parse_table_configs
from tableferry.inspect.check import check_tables
from tableferry.runs.outcome import Status
from tableferry_sandbox.local_postgres import LocalPostgres
from tests.faults.support import (
    OLD,
    PATIENT,
    QUICK,
    ROWS,
    fill_target,
    let_time_pass,
    seen,
    start_sync,
    sync,
    wait_for,
)
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.disks import MEMORY, can_mount, small_disk, without_room
from tests.support.specs import entry

LOADING = "FROM pg_stat_activity WHERE query LIKE 'COPY%' AND state = 'active'"


def database_of(server: LocalPostgres) -> PgDatabase:
    return PgDatabase(server.host, server.port, "postgres", server.user, server.password)


@dataclass(frozen=True, slots=True)
class Cramped:
    """A server without room for a table of more than a few megabytes in one of its tablespaces."""

    database: PgDatabase
    tablespace: str


@pytest.fixture
def cramped() -> Iterator[Cramped]:
    """On a small disk where this process may mount one, else refused more room by the kernel."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(small_disk()) if can_mount() else None
        server = LocalPostgres(within=MEMORY)
        stack.callback(server.close)
        if folder is None:
            without_room(server.__enter__)
            yield Cramped(database_of(server), "pg_default")
            return
        database = database_of(stack.enter_context(server))
        owner = (server.folder / "data").stat()
        os.chown(folder, owner.st_uid, owner.st_gid)
        database.run(f"CREATE TABLESPACE small LOCATION '{folder}'")
        yield Cramped(database, "small")


@pytest.mark.parametrize("publish", ["truncate", "swap", "merge"])
def test_a_full_disk_is_told_and_not_tried_again(
    source: Sandbox, cramped: Cramped, publish: str
) -> None:
    database = cramped.database
    fill_target(database)
    database.run(f"ALTER TABLE t SET TABLESPACE {cramped.tablespace}")
    source.run("INSERT INTO dbo.T SELECT ID + 20000, Name FROM dbo.T")
    outcome = sync(source, database, options=QUICK, publish=publish)
    source.run("DELETE FROM dbo.T WHERE ID >= 20000")
    assert seen(database) == OLD
    assert database.rows("SELECT relname FROM pg_class WHERE relname LIKE 'staging%'") == []
    assert database.rows("SELECT status FROM tableferry.table_runs") == [("failed",)]
    assert (outcome.status, outcome.attempts) == (Status.FAILED, 1)
    assert outcome.error is not None
    assert outcome.error.code == "53100"
    assert "disk is full" in outcome.error.hint


def test_a_target_without_a_free_session_is_waited_for(
    source: Sandbox, pg_database: PgDatabase
) -> None:
    fill_target(pg_database)
    role = f"loader_{pg_database.name}"
    pg_database.run(
        f"CREATE ROLE {role} LOGIN PASSWORD 'x' CONNECTION LIMIT 0",
        f"GRANT SELECT, INSERT, TRUNCATE ON t TO {role}",
    )
    timer = threading.Timer(0.3, lambda: pg_database.run(f"ALTER ROLE {role} CONNECTION LIMIT 5"))
    timer.start()
    login = PgDatabase(pg_database.host, pg_database.port, pg_database.name, role, "x")
    outcome = sync(source, login, options=PATIENT, ledger="off")
    timer.join()
    pg_database.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    assert outcome.status is Status.OK, outcome.error
    assert outcome.attempts == 1
    assert any("53300" in reason for reason in outcome.retried)


def test_a_target_that_is_starting_again_is_waited_for(
    source: Sandbox, own_postgres: LocalPostgres
) -> None:
    database = database_of(own_postgres)
    fill_target(database)
    own_postgres.kill()
    starter = threading.Timer(0.2, own_postgres.start)
    starter.start()
    outcome = sync(source, database, options=PATIENT)
    starter.join()
    assert outcome.status is Status.OK, outcome.error
    assert len(seen(database)) == ROWS


def test_a_replica_is_refused_as_a_target(source: Sandbox, own_postgres: LocalPostgres) -> None:
    database = database_of(own_postgres)
    fill_target(database)
    assert sync(source, database).status is Status.OK
    own_postgres.stop()
    (own_postgres.folder / "data" / "standby.signal").touch()
    own_postgres.start()
    assert database.rows("SELECT pg_is_in_recovery()") == [(True,)]
    for ledger in ("on", "off"):
        outcome = sync(source, database, options=QUICK, ledger=ledger)
        assert (outcome.status, outcome.attempts <= 1) == (Status.FAILED, True)
        assert outcome.error is not None
        assert outcome.error.code == "25006"
        assert "primary" in outcome.error.hint
    specs = parse_table_configs({"t": entry(sql_table="dbo.T", pg_table="t")})
    settings = Settings({"mctm": source.source()}, settings_of(database))
    report = check_tables(list(specs.values()), settings)
    assert report.databases[-1].error is not None
    assert report.databases[-1].error.code == "25006"


def test_a_run_that_hangs_with_a_lock_on_the_target_is_ended_by_its_successor(
    source: Sandbox, pg_database: PgDatabase, tmp_path: Path
) -> None:
    fill_target(pg_database)
    with start_sync(source, pg_database, tmp_path, max_rows_per_second=2000) as process:
        loading = f"SELECT count(*) {LOADING}"
        assert wait_for(lambda: pg_database.rows(loading) == [(1,)])
        os.kill(process.pid, signal.SIGSTOP)
        try:
            let_time_pass(pg_database)
            outcome = sync(source, pg_database, options=QUICK)
        finally:
            os.kill(process.pid, signal.SIGCONT)
        _, errors = process.communicate(timeout=60)
    assert outcome.status is Status.OK, outcome.error
    assert process.returncode == 1
    assert "took over" in errors or "connection" in errors
    assert len(seen(pg_database)) == ROWS
    statuses = pg_database.rows("SELECT status FROM tableferry.table_runs ORDER BY started_at")
    assert statuses == [("abandoned",), ("ok",)]
