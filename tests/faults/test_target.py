"""Faults of the target that happen for real: the old rows or the new ones, and a word about it."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from tableferry import postgres
from tableferry.errors import TransientError
from tableferry.model.schema import SourceType
from tableferry.values import target_schema
from tableferry_sandbox.faults import Stall
from tableferry_sandbox.local_postgres import LocalPostgres
from tests.faults.support import (
    FROM_T,
    OLD,
    ROWS,
    fill_target,
    let_time_pass,
    once,
    seen,
    start_sync,
    sync,
    wait_for,
)
from tests.integration.conftest import PASSWORD, Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.proxy import Direction, TcpProxy
from tests.support.specs import planned, sync_plan

LOADING = "FROM pg_stat_activity WHERE application_name LIKE 'tableferry%' AND query LIKE 'COPY%'"


def test_a_backend_that_is_terminated_keeps_the_old_rows(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    terminate = once(lambda: old_rows.rows(f"SELECT pg_terminate_backend(pid) {LOADING}"))
    outcome = sync(source, old_rows, on_progress=terminate)
    assert outcome.error is not None
    assert outcome.error.kind == "TransientError"
    assert outcome.error.code in {"57P01", ""}
    assert seen(old_rows) == OLD
    assert sync(source, old_rows).rows_written == ROWS


def test_a_statement_that_is_cancelled_keeps_the_old_rows(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    cancel = once(lambda: old_rows.rows(f"SELECT pg_cancel_backend(pid) {LOADING}"))
    outcome = sync(source, old_rows, on_progress=cancel)
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.code) == ("TransientError", "57014")
    assert seen(old_rows) == OLD


def test_a_backend_that_is_killed_keeps_the_old_rows(
    source: Sandbox, own_postgres: LocalPostgres
) -> None:
    database = PgDatabase(
        own_postgres.host, own_postgres.port, "postgres", own_postgres.user, own_postgres.password
    )
    fill_target(database)

    def kill() -> None:
        [(process,)] = database.rows(f"SELECT pid {LOADING}")
        os.kill(int(str(process)), signal.SIGKILL)

    outcome = sync(source, database, on_progress=once(kill))
    assert outcome.error is not None
    assert outcome.error.kind == "TransientError"

    def is_up() -> bool:
        try:
            return bool(database.rows("SELECT 1"))
        except psycopg.OperationalError:
            return False

    assert wait_for(is_up)
    assert seen(database) == OLD
    let_time_pass(database)
    assert sync(source, database).rows_written == ROWS


@pytest.mark.parametrize("reset", [True, False])
def test_a_wire_that_is_cut_while_loading_keeps_the_old_rows(
    source: Sandbox, old_rows: PgDatabase, pg_proxy: TcpProxy, reset: bool
) -> None:
    pg_proxy.faults.cut_after(500_000, Direction.TO_SERVER, reset=reset)
    through = settings_of(old_rows.through(pg_proxy.host, pg_proxy.port))
    outcome = sync(source, old_rows, target=through)
    assert outcome.error is not None
    assert outcome.error.kind == "TransientError"
    assert wait_for(lambda: old_rows.rows(f"SELECT count(*) {LOADING}") == [(0,)])
    assert seen(old_rows) == OLD


def test_a_link_lost_at_commit_is_not_told_as_rolled_back(
    old_rows: PgDatabase, pg_proxy: TcpProxy
) -> None:
    plan = sync_plan(planned("id", SourceType("int", 4, 10)))
    batch = pa.RecordBatch.from_arrays([pa.array([9], pa.int32())], names=["id"])
    through = settings_of(old_rows.through(pg_proxy.host, pg_proxy.port))
    with (
        postgres.connect(through) as connection,
        pytest.raises(TransientError) as raised,
        postgres.open_load(connection, plan, target_schema(plan.columns)) as refresh,
    ):
        refresh.write(batch)
        execute = connection.raw.execute

        def lose_the_answer(sql: str, *more: Any) -> Any:
            if sql == "COMMIT":
                pg_proxy.faults.stall(Direction.TO_CLIENT)
                threading.Timer(0.5, pg_proxy.cut_all).start()
            return execute(sql, *more)

        connection.raw.execute = lose_the_answer  # type: ignore[method-assign,assignment]
        refresh.prepare()
        postgres.publish_all(connection, [refresh])
        connection.commit()
    assert seen(old_rows) == [(9, None)], "here the commit had arrived"
    assert "old rows stay" not in raised.value.hint
    assert "unknown" in raised.value.message + raised.value.hint


def test_a_target_that_vanishes_between_two_tables_fails_the_second_only(
    source: Sandbox, own_postgres: LocalPostgres
) -> None:
    database = PgDatabase(
        own_postgres.host, own_postgres.port, "postgres", own_postgres.user, own_postgres.password
    )
    assert sync(source, database).error is None
    own_postgres.kill()
    outcome = sync(source, database)
    assert outcome.error is not None
    assert outcome.error.kind == "TransientError"
    own_postgres.start()
    assert database.rows("SELECT count(*) FROM t") == [(ROWS,)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_sync_that_is_stopped_by_a_signal_leaves_the_old_rows(
    source: Sandbox, old_rows: PgDatabase, tmp_path: Path, number: signal.Signals
) -> None:
    source.server.faults.on_statement(FROM_T, Stall(4.0, after_rows=ROWS // 2))
    with start_sync(source, old_rows, tmp_path) as process:
        assert wait_for(lambda: old_rows.rows(f"SELECT count(*) {LOADING}") == [(1,)])
        process.send_signal(number)
        printed, errors = process.communicate(timeout=60)
    assert process.returncode == (-number if number == signal.SIGKILL else 128 + number)
    assert PASSWORD not in printed + errors
    assert old_rows.password not in printed + errors
    assert wait_for(lambda: old_rows.rows(f"SELECT count(*) {LOADING}") == [(0,)])
    assert seen(old_rows) == OLD
