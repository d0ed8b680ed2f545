"""Rows that differ are made equal by their keys, in every mode, and nothing else is touched."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tableferry.config import parse_table_configs
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.repair import MOST_REPAIRED, repair_table
from tableferry.runs.run import sync_table
from tableferry.verification.differences import Key
from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import ROWS, rows, source, source_rows, target
from tests.support.databases import PgDatabase
from tests.support.specs import entry

__all__ = ["source", "target"]

pytestmark = pytest.mark.with_ledger

FULL: dict[str, Any] = {"sql_table": "dbo.T", "pg_table": "t", "publish": "auto", "order_by": None}
MODES: dict[str, dict[str, Any]] = {
    "full": {},
    "change_tracking": {"mode": "change_tracking"},
    "rowversion": {"mode": "rowversion", "deletes": "reconcile", "reconcile_every": 0},
    "watermark": {
        "mode": "watermark", "watermark": "Rev", "deletes": "reconcile", "reconcile_every": 0,
    },
}  # fmt: skip
DAMAGED: list[Key] = [("3",), ("7",), ("1000",), ("1001",)]

Sync = Callable[..., TableOutcome]


@pytest.fixture
def table(source: Sandbox) -> Sandbox:
    """The source's table, with columns that each mode can follow."""
    source.run("ALTER TABLE dbo.T ADD Rev int NOT NULL DEFAULT 1, RV rowversion")
    return source


@pytest.fixture
def sync(table: Sandbox, target: PgDatabase) -> Sync:
    def run(**changes: Any) -> TableOutcome:
        spec = parse_table_configs({"t": entry(**{**FULL, **changes})})["t"]
        outcome = sync_table(spec, table.settings(target))
        assert outcome.status is Status.OK, outcome.error
        return outcome

    return run


@pytest.fixture
def repair(table: Sandbox, target: PgDatabase) -> Sync:
    def run(keys: list[Key], **changes: Any) -> TableOutcome:
        spec = parse_table_configs({"t": entry(**{**FULL, **changes})})["t"]
        return repair_table(spec, table.settings(target), keys).tables[0]

    return run


def damage(target: PgDatabase) -> None:
    """One row with another value, one that is gone, two that the source never had."""
    target.run(
        "UPDATE t SET name = 'damaged' WHERE id = 3",
        "DELETE FROM t WHERE id = 7",
        "INSERT INTO t VALUES (1000, 'extra'), (1001, 'extra')",
    )


@pytest.mark.parametrize("mode", MODES)
def test_the_rows_that_differ_are_made_equal_whatever_the_mode(
    table: Sandbox, target: PgDatabase, sync: Sync, repair: Sync, mode: str
) -> None:
    sync(**MODES[mode])
    damage(target)
    target.run("UPDATE t SET name = 'not asked for' WHERE id = 4")
    outcome = repair(DAMAGED, **MODES[mode])
    assert outcome.status is Status.OK, outcome.error
    assert outcome.changes == {"inserted": 1, "updated": 1, "deleted": 2, "unchanged": 0}
    assert target.rows("SELECT id FROM t WHERE name = 'not asked for'") == [(4,)]
    target.run("UPDATE t SET name = 'name 4' WHERE id = 4")
    assert rows(target) == source_rows(table)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "full"])
def test_a_repair_keeps_the_watermark_and_the_next_run_brings_what_changed_since(
    table: Sandbox, target: PgDatabase, sync: Sync, repair: Sync, mode: str
) -> None:
    sync(**MODES[mode])
    damage(target)
    table.run("UPDATE dbo.T SET Name = N'later', Rev = 2 WHERE ID IN (3, 20)")
    table.run("DELETE FROM dbo.T WHERE ID = 7")
    left = target.rows("SELECT * FROM tableferry.watermarks")
    assert repair(DAMAGED, **MODES[mode]).status is Status.OK
    assert target.rows("SELECT * FROM tableferry.watermarks") == left
    assert target.rows("SELECT name FROM t WHERE id = 3") == [("later",)]
    assert target.rows("SELECT name FROM t WHERE id = 20") == [("name 20",)]
    outcome = sync(**MODES[mode])
    assert (outcome.reload, outcome.rows_read < ROWS) == ("", True)
    assert rows(target) == source_rows(table)


def test_the_ledger_has_the_repair_as_a_run_of_its_own_that_says_nothing_of_the_tables_age(
    target: PgDatabase, sync: Sync, repair: Sync
) -> None:
    sync()
    damage(target)
    assert repair(DAMAGED).lag is None
    found = target.rows(
        "SELECT publish, status, rows_read, rows_as_of IS NULL FROM tableferry.table_runs "
        "ORDER BY started_at DESC LIMIT 1"
    )
    assert found == [("repair", "ok", 2, True)]
    staged = "SELECT count(*) FROM pg_class WHERE relname LIKE 'staging%'"
    assert target.rows(staged) == [(0,)]


def test_rows_that_were_changed_at_the_source_meanwhile_become_what_they_are_now(
    table: Sandbox, target: PgDatabase, sync: Sync, repair: Sync
) -> None:
    sync()
    damage(target)
    table.run("INSERT INTO dbo.T (ID, Name) VALUES (1000, N'came')")
    table.run("DELETE FROM dbo.T WHERE ID = 3")
    assert repair(DAMAGED).changes == {"inserted": 1, "updated": 1, "deleted": 2, "unchanged": 0}
    assert rows(target) == source_rows(table)


def test_many_keys_are_asked_for_with_several_statements(
    table: Sandbox, target: PgDatabase, sync: Sync, repair: Sync
) -> None:
    table.run("INSERT INTO dbo.T (ID, Name) SELECT value, N'x' FROM GENERATE_SERIES(101, 1100)")
    sync(max_shrink=100)
    target.run("UPDATE t SET name = 'damaged' WHERE id > 100")
    keys: list[Key] = [(str(number),) for number in range(101, 1101)]
    assert repair(keys).changes["updated"] == 1000
    assert rows(target) == source_rows(table)


def test_a_repair_that_would_delete_too_many_rows_is_refused_by_the_guard(
    target: PgDatabase, sync: Sync, repair: Sync
) -> None:
    sync()
    target.run("INSERT INTO t SELECT i, 'extra' FROM generate_series(1000, 1099) i")
    before = rows(target)
    keys: list[Key] = [(str(number),) for number in range(1000, 1100)]
    outcome = repair(keys)
    assert outcome.error
    assert outcome.error.kind == "GuardError"
    assert "'max_shrink'" in outcome.error.hint
    assert rows(target) == before
    assert repair(keys, max_shrink=100).changes["deleted"] == 100


def test_the_guard_of_a_table_whose_keys_are_compared_is_max_delete_share(
    target: PgDatabase, sync: Sync, repair: Sync
) -> None:
    sync(**MODES["rowversion"])
    target.run("INSERT INTO t SELECT i, 'extra' FROM generate_series(1000, 1009) i")
    keys: list[Key] = [(str(number),) for number in range(1000, 1010)]
    outcome = repair(keys, **MODES["rowversion"])
    assert outcome.error
    assert "'max_delete_share'" in outcome.error.hint


def test_a_row_that_only_the_target_has_is_marked_where_deleted_rows_are(
    target: PgDatabase, sync: Sync, repair: Sync
) -> None:
    target.run("ALTER TABLE t ADD gone timestamptz")
    changes = {"deletes": "soft:gone"}
    sync(**changes)
    target.run("INSERT INTO t VALUES (1000, 'extra')", "UPDATE t SET gone = now() WHERE id = 5")
    outcome = repair([("1000",), ("5",)], **changes)
    assert outcome.changes == {"inserted": 0, "updated": 1, "deleted": 1, "unchanged": 0}
    assert target.rows("SELECT id FROM t WHERE gone IS NOT NULL") == [(1000,)]


def test_a_row_that_only_the_target_has_stays_where_deletes_are_ignored(
    target: PgDatabase, sync: Sync, repair: Sync
) -> None:
    changes = {"mode": "change_tracking", "deletes": "ignore"}
    sync(**changes)
    damage(target)
    assert repair(DAMAGED, **changes).changes["deleted"] == 0
    assert target.rows("SELECT count(*) FROM t WHERE name = 'extra'") == [(2,)]
    assert target.rows("SELECT count(*) FROM t WHERE id IN (3, 7)") == [(2,)]


def test_more_rows_than_a_repair_is_for_are_refused_with_the_advice_to_load_the_table(
    target: PgDatabase, sync: Sync, repair: Sync
) -> None:
    sync()
    outcome = repair([(str(number),) for number in range(MOST_REPAIRED + 1)])
    assert outcome.error
    assert "10,001 rows" in outcome.error.message
    assert "load the table" in outcome.error.hint.lower()


def test_a_table_without_a_key_is_refused_with_the_advice_to_load_it(
    table: Sandbox, target: PgDatabase, repair: Sync
) -> None:
    table.run("CREATE TABLE dbo.K (ID int, Name nvarchar(20)); INSERT INTO dbo.K VALUES (1, N'a')")
    target.run("CREATE TABLE k (id int, name text)")
    outcome = repair([("1", "a")], sql_table="dbo.K", pg_table="k", primary_key=None)
    assert outcome.error
    assert "without a key" in outcome.error.message
    assert "'primary_key'" in outcome.error.hint


def test_a_table_without_a_ledger_is_refused(repair: Sync) -> None:
    outcome = repair([("1",)], ledger="off")
    assert outcome.error
    assert "'ledger': 'off'" in outcome.error.message


def test_rows_read_under_nolock_prove_nothing_so_none_is_repaired_with_them(
    target: PgDatabase, sync: Sync, repair: Sync
) -> None:
    sync()
    damage(target)
    before = rows(target)
    outcome = repair(DAMAGED, consistency="nolock")
    assert outcome.error
    assert "NOLOCK" in outcome.error.message
    assert rows(target) == before


def test_columns_that_have_drifted_are_for_a_sync_and_not_for_a_repair(
    table: Sandbox, target: PgDatabase, sync: Sync, repair: Sync
) -> None:
    sync()
    damage(target)
    table.run("ALTER TABLE dbo.T ADD Extra int NULL")
    changes = {
        "columns": ["ID", "Name", "Extra"], "pg_columns": ["id", "name", "extra"],
        "drift": "add_columns",
    }  # fmt: skip
    outcome = repair(DAMAGED, **changes)
    assert outcome.error
    assert "lacks" in outcome.error.message
    assert target.rows("SELECT count(*) FROM t WHERE name = 'damaged'") == [(1,)]


def test_no_keys_are_no_repair(target: PgDatabase, sync: Sync, repair: Sync) -> None:
    sync()
    outcome = repair([])
    assert (outcome.status, outcome.changes["updated"]) == (Status.OK, 0)


def test_a_key_that_has_no_text_is_left_alone_with_a_warning(
    target: PgDatabase, sync: Sync, repair: Sync
) -> None:
    sync()
    damage(target)
    outcome = repair([*DAMAGED, (None,)])
    assert outcome.status is Status.OK, outcome.error
    assert "1 row" in json.dumps(outcome.warnings)
    assert outcome.changes["deleted"] == 2
