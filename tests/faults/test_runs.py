"""Runs that meet, hang, die or lose their link: one outcome each, one holder a table."""

import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tableferry import postgres
from tableferry.config import LedgerUse, Settings, parse_table_configs
from tableferry.frontend.signals import stop_on_signals
from tableferry.postgres.ledger import runs
from tableferry.runs.deadline import Deadline
from tableferry.runs.events import Progress
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_tables
from tableferry.runs.run_options import RunOptions
from tableferry_sandbox.faults import SendError, Stall
from tests.faults.support import (
    FROM_T,
    OLD,
    QUICK,
    ROWS,
    let_time_pass,
    lose_the_answer,
    once,
    seen,
    start_sync,
    sync,
    wait_for,
)
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.proxy import TcpProxy
from tests.support.specs import entry

OUTCOMES = "SELECT status, rows_written FROM tableferry.table_runs ORDER BY started_at"


def test_every_run_is_written_down_with_its_outcome(source: Sandbox, old_rows: PgDatabase) -> None:
    assert sync(source, old_rows).status is Status.OK
    source.server.faults.on_statement(FROM_T, SendError(208, "Invalid object name 'x'."))
    assert sync(source, old_rows).status is Status.FAILED
    assert old_rows.rows(OUTCOMES) == [("ok", ROWS), ("failed", 0)]
    [(code, hint)] = old_rows.rows(
        "SELECT error_code, error_hint FROM tableferry.table_runs WHERE status = 'failed'"
    )
    assert code == "208"
    assert hint
    assert old_rows.rows("SELECT status FROM tableferry.runs ORDER BY started_at") == [
        ("ok",),
        ("failed",),
    ]


def test_a_signal_while_the_run_is_being_recorded_is_its_outcome_in_the_ledger(
    source: Sandbox, old_rows: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "prune", interrupted)  # the last step of recording its beginning
    assert sync(source, old_rows).status is Status.CANCELLED
    assert old_rows.rows("SELECT status FROM tableferry.runs") == [("cancelled",)]
    assert old_rows.rows("SELECT status FROM tableferry.table_runs") == [("cancelled",)]


def test_a_second_run_says_who_is_at_it_and_ends_with_its_own_outcome(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    second: list[Any] = []
    outcome = sync(
        source, old_rows, on_progress=once(lambda: second.append(sync(source, old_rows)))
    )
    assert outcome.status is Status.OK
    assert second[0].status is Status.HELD
    assert "pid" in second[0].error.message
    assert "since" in second[0].error.message
    assert len(seen(old_rows)) == ROWS
    assert sorted(old_rows.rows(OUTCOMES)) == [("held", 0), ("ok", ROWS)]


def test_the_run_after_a_killed_one_records_it_as_abandoned_and_carries_everything(
    source: Sandbox, old_rows: PgDatabase, tmp_path: Path
) -> None:
    source.server.faults.on_statement(FROM_T, Stall(30.0, after_rows=ROWS // 2))
    with start_sync(source, old_rows, tmp_path) as process:
        written = "SELECT count(*) FROM tableferry.table_runs WHERE phase = 'load'"
        assert wait_for(lambda: _is(old_rows, written, 1))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
    assert seen(old_rows) == OLD
    source.server.faults.clear()
    let_time_pass(old_rows)
    assert sync(source, old_rows).status is Status.OK
    assert len(seen(old_rows)) == ROWS
    assert [row[0] for row in old_rows.rows(OUTCOMES)] == ["abandoned", "ok"]
    assert old_rows.rows("SELECT generation FROM tableferry.leases") == [(2,)]


def test_a_zombie_of_an_earlier_run_does_not_publish(source: Sandbox, old_rows: PgDatabase) -> None:
    def succeed() -> None:
        old_rows.run("UPDATE tableferry.leases SET generation = generation + 1")

    outcome = sync(source, old_rows, on_progress=once(succeed))
    assert outcome.error is not None
    assert outcome.error.kind == "LeaseLostError"
    assert seen(old_rows) == OLD


def test_a_lease_that_ran_out_while_the_target_was_away_is_taken_again(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    def run_out() -> None:
        old_rows.run(
            "UPDATE tableferry.leases SET generation = generation + 1, run_id = NULL, "
            "table_key = NULL, expires_at = clock_timestamp()",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name LIKE 'tableferry %'",
        )

    outcome = sync(source, old_rows, on_progress=once(run_out), options=QUICK)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.attempts == 2
    assert len(seen(old_rows)) == ROWS


@pytest.mark.parametrize("arrived", [True, False])
def test_a_link_lost_at_commit_is_decided_from_the_ledger(
    source: Sandbox,
    old_rows: PgDatabase,
    pg_proxy: TcpProxy,
    monkeypatch: pytest.MonkeyPatch,
    arrived: bool,
) -> None:
    lose_the_answer(monkeypatch, pg_proxy, commit=1, arrived=arrived)
    through = settings_of(old_rows.through(pg_proxy.host, pg_proxy.port))
    outcome = sync(source, old_rows, target=through, options=QUICK)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.attempts == (1 if arrived else 2), "what was committed is not loaded again"
    assert len(seen(old_rows)) == ROWS
    assert old_rows.rows(OUTCOMES) == [("ok", ROWS)]


def test_tables_that_go_together_are_decided_by_those_that_have_a_ledger(
    source: Sandbox, old_rows: PgDatabase, pg_proxy: TcpProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_rows.run("CREATE TABLE u (LIKE t)")
    lose_the_answer(monkeypatch, pg_proxy, commit=1, arrived=True)
    tables = both()
    tables[0] = replace(tables[0], ledger=LedgerUse.OFF)
    through = settings_of(old_rows.through(pg_proxy.host, pg_proxy.port))
    settings = Settings({"mctm": source.source()}, through)
    run = sync_tables(tables, settings, options=RunOptions(together=True))
    assert run.ok, [table.error for table in run.tables]
    assert len(seen(old_rows)) == ROWS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("before", [True, False])
def test_a_signal_at_the_commit_is_told_as_what_came_of_it(
    source: Sandbox,
    old_rows: PgDatabase,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    before: bool,
) -> None:
    commit = postgres.TargetConnection.commit

    def be_stopped(connection: postgres.TargetConnection, *questions: Any) -> None:
        if before:
            signal.raise_signal(number)
        commit(connection, *questions)
        signal.raise_signal(number)

    monkeypatch.setattr(postgres.TargetConnection, "commit", be_stopped)
    settings = Settings({"mctm": source.source()}, settings_of(old_rows))
    with stop_on_signals():
        run = sync_tables(both(), settings)
    statuses = [table.status for table in run.tables]
    if before:
        assert statuses == [Status.CANCELLED, Status.SKIPPED]
        assert seen(old_rows) == OLD
    else:
        assert statuses == [Status.OK, Status.CANCELLED]
        assert len(seen(old_rows)) == ROWS
    assert run.stopped_by is number
    assert [row[0] for row in old_rows.rows(OUTCOMES)] == statuses
    assert old_rows.rows("SELECT status FROM tableferry.runs") == [("cancelled",)]


def test_a_signal_at_a_commit_that_nobody_has_written_down_leaves_it_open(
    source: Sandbox, old_rows: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = postgres.TargetConnection.commit

    def be_stopped(connection: postgres.TargetConnection, *questions: Any) -> None:
        commit(connection, *questions)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(postgres.TargetConnection, "commit", be_stopped)
    outcome = sync(source, old_rows, ledger="off")
    assert outcome.status is Status.CANCELLED
    assert outcome.error is not None
    assert outcome.error.kind == "CommitUnknownError"
    assert "rolled back" not in outcome.error.hint


def test_a_deadline_stops_a_load_in_its_midst_with_the_old_rows(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    now = [0.0]
    deadline = Deadline(100.0, lambda: now[0])

    def pass_time(_progress: Progress) -> None:
        now[0] = 200.0

    specs = parse_table_configs(
        {
            "t": entry(sql_table="dbo.T", pg_table="t"),
            "u": entry(sql_table="dbo.T", pg_table="u"),
        }
    )
    run = sync_tables(
        list(specs.values()),
        Settings({"mctm": source.source()}, settings_of(old_rows)),
        on_progress=pass_time,
        options=RunOptions(deadline=deadline),
    )
    assert [table.status for table in run.tables] == [Status.DEADLINE, Status.SKIPPED]
    assert run.to_dict()["status"] == "deadline"
    assert run.to_dict()["remaining"] == ["t", "u"]
    assert seen(old_rows) == OLD
    assert [row[0] for row in old_rows.rows(OUTCOMES)] == ["deadline", "skipped"]
    assert old_rows.rows("SELECT status FROM tableferry.runs") == [("deadline",)]


def both(**changes: Any) -> list[Any]:
    specs = parse_table_configs(
        {
            "t": entry(sql_table="dbo.T", pg_table="t", **changes),
            "u": entry(sql_table="dbo.T", pg_table="u", **changes),
        }
    )
    return list(specs.values())


def test_tables_published_together_become_visible_in_one_transaction(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    old_rows.run("CREATE TABLE u (LIKE t)", "INSERT INTO u VALUES (7, 'old')")
    settings = Settings({"mctm": source.source()}, settings_of(old_rows))
    run = sync_tables(both(), settings, options=RunOptions(together=True))
    assert run.ok, run
    assert [table.rows_written for table in run.tables] == [ROWS, ROWS]
    writers = old_rows.rows("SELECT DISTINCT xmin::text FROM t UNION SELECT xmin::text FROM u")
    assert len(writers) == 1, "one transaction wrote the rows of both"
    assert len(seen(old_rows)) == ROWS


def test_of_tables_published_together_none_is_visible_when_one_fails(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    old_rows.run("CREATE TABLE u (id int2, name text)", "INSERT INTO u VALUES (7, 'old')")
    settings = Settings({"mctm": source.source()}, settings_of(old_rows))
    run = sync_tables(both(), settings, options=RunOptions(together=True))
    assert [table.status for table in run.tables] == [Status.SKIPPED, Status.FAILED]
    assert run.tables[0].error is not None
    assert "u" in run.tables[0].error.message
    assert seen(old_rows) == OLD
    assert old_rows.rows("SELECT id FROM u") == [(7,)]


def test_of_tables_published_together_each_is_told_why_no_connection_was_made(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    settings = Settings({"mctm": source.source()}, settings_of(replace(old_rows, name="none")))
    run = sync_tables(both(), settings, options=RunOptions(together=True))
    assert [table.error.kind for table in run.tables if table.error] == ["ConfigError"] * 2
    assert seen(old_rows) == OLD


def test_a_role_that_may_not_create_a_schema_syncs_without_a_ledger(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    role = f"loader_{old_rows.name}"
    old_rows.run(
        f"CREATE ROLE {role} LOGIN PASSWORD 'x'",
        f"GRANT SELECT, INSERT, TRUNCATE ON t TO {role}",
    )
    login = PgDatabase(old_rows.host, old_rows.port, old_rows.name, role, "x")
    refused = sync(source, login)
    done = sync(source, login, ledger="off")
    found = old_rows.rows("SELECT count(*) FROM pg_namespace WHERE nspname = 'tableferry'")
    old_rows.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    assert refused.error is not None
    assert "CREATE SCHEMA tableferry" in refused.error.hint
    assert "'ledger': 'off'" in refused.error.hint
    assert done.status is Status.OK, done.error
    assert found == [(0,)]


def test_history_that_cannot_be_written_does_not_change_the_outcome(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    def lose_history() -> None:
        old_rows.run("ALTER TABLE tableferry.runs RENAME TO runs_lost")

    specs = parse_table_configs({"t": entry(sql_table="dbo.T", pg_table="t")})
    settings = Settings({"mctm": source.source()}, settings_of(old_rows))
    run = sync_tables(list(specs.values()), settings, on_progress=once(lose_history))
    assert run.status is Status.OK, run
    assert len(seen(old_rows)) == ROWS
    (warning,) = run.to_dict()["warnings"]
    assert "The run: its outcome (ok) could not be written to the ledger" in warning


def test_an_outcome_of_a_table_that_cannot_be_written_is_told_and_stays(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    def lose_history() -> None:
        old_rows.run("ALTER TABLE tableferry.table_runs ADD CHECK (status <> 'failed') NOT VALID")

    source.server.faults.on_statement(FROM_T, SendError(208, "Invalid object name 'x'.", 5000))
    outcome = sync(source, old_rows, on_progress=once(lose_history))
    assert outcome.error is not None
    assert outcome.error.code == "208"
    assert any("could not be written to the ledger" in warning for warning in outcome.warnings)
    assert seen(old_rows) == OLD


def _is(database: PgDatabase, query: str, number: int) -> bool:
    [(there,)] = database.rows("SELECT to_regclass('tableferry.table_runs') IS NOT NULL")
    return bool(there) and database.rows(query) == [(number,)]
