"""``plan`` and ``check`` of incremental modes: what a run would read, and what it lacks."""

import re
from dataclasses import replace
from typing import Any

import pytest

from tableferry.config import TableSpec, parse_table_configs
from tableferry.inspect.check import check_tables
from tableferry.inspect.plan_report import TablePlan, plan_tables
from tableferry.report.console import console
from tableferry.report.plan_view import show_table_plan
from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import Sync, rows
from tests.support.databases import PgDatabase
from tests.support.specs import entry


def spec(**changes: Any) -> TableSpec:
    given = {"sql_table": "dbo.T", "pg_table": "t", "publish": "auto", "order_by": None}
    given |= {"mode": "change_tracking", **changes}
    return parse_table_configs({"t": entry(**given)})["t"]


def plan(source: Sandbox, target: PgDatabase, **changes: Any) -> TablePlan:
    [found] = plan_tables([spec(**changes)], source.settings(target)).tables
    return found


def test_before_the_first_run_the_plan_says_that_every_row_is_read_and_why(
    source: Sandbox, target: PgDatabase
) -> None:
    found = plan(source, target).to_dict()
    assert found["next_read"] == {
        "mode": "change_tracking",
        "reads": "every row",
        "reload": "first_load",
    }
    assert target.rows("SELECT to_regnamespace('tableferry')") == [(None,)]


def test_the_plan_says_where_the_next_run_goes_on_and_how_much_has_changed(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    sync()
    source.run("UPDATE dbo.T SET Name = N'changed' WHERE ID <= 7; DELETE FROM dbo.T WHERE ID = 8")
    before = target.rows("SELECT * FROM tableferry.watermarks")
    found = plan(source, target)
    assert found.read
    assert (found.read.reload, found.read.changes) == (None, 8)
    assert "CHANGETABLE(CHANGES [McTM].[dbo].[T], " in found.to_dict()["select"]
    assert target.rows("SELECT * FROM tableferry.watermarks") == before
    assert (1, "changed") not in rows(target)


def test_the_plan_shows_it_to_people(
    source: Sandbox, target: PgDatabase, sync: Sync, capsys: pytest.CaptureFixture[str]
) -> None:
    sync()
    source.run("UPDATE dbo.T SET Name = N'changed' WHERE ID <= 7")
    show_table_plan(console(), plan(source, target))
    shown = " ".join(capsys.readouterr().out.split())
    assert "reads in mode change_tracking changes: 7 rows" in shown
    assert "merges the changes" in shown
    source.run("TRUNCATE TABLE dbo.T")
    show_table_plan(console(), plan(source, target))
    shown = " ".join(capsys.readouterr().out.split())
    assert "every row, since the source table was truncated" in shown


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({"mode": "rowversion", "deletes": "ignore"}, 3),
        ({"mode": "watermark", "watermark": "ID", "deletes": "reconcile", "reconcile_every": 0}, 1),
    ],
)
def test_the_other_modes_say_it_too(
    source: Sandbox, target: PgDatabase, sync: Sync, changes: dict[str, Any], counted: int
) -> None:
    source.run("ALTER TABLE dbo.T ADD Version rowversion")
    sync(**changes)
    source.run("UPDATE dbo.T SET Name = N'changed' WHERE ID IN (1, 2, 50)")
    found = plan(source, target, **changes)
    assert found.read
    assert (found.read.reload, found.read.changes) == (None, counted)
    assert found.read.reconciles == ("watermark" in changes)


@pytest.mark.parametrize(
    ("changes", "watermark"),
    [
        ({}, r"version \d+"),
        ({"mode": "rowversion", "deletes": "ignore"}, r"Version 0x[0-9A-F]{16}"),
        ({"mode": "watermark", "watermark": "ID", "deletes": "ignore"}, "ID 1"),
    ],
)
def test_the_plan_names_the_watermark_and_shows_nothing_else_of_the_ledgers_document(
    source: Sandbox,
    target: PgDatabase,
    sync: Sync,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, Any],
    watermark: str,
) -> None:
    source.run("ALTER TABLE dbo.T ADD Version rowversion; DELETE FROM dbo.T WHERE ID > 1")
    sync(**changes)
    found = plan(source, target, **changes)
    assert re.fullmatch(watermark, found.to_dict()["next_read"]["watermark"])
    show_table_plan(console(), found)
    shown = " ".join(capsys.readouterr().out.split())
    assert re.search(f"watermark {watermark}, written", shown)


def test_check_finds_what_change_tracking_lacks(source: Sandbox, target: PgDatabase) -> None:
    settings = source.settings(target)
    [found] = check_tables([spec()], settings).tables
    assert found.ok
    source.run("ALTER TABLE dbo.T DISABLE CHANGE_TRACKING")
    [found] = check_tables([spec()], settings).tables
    assert found.error
    assert "ENABLE CHANGE_TRACKING" in found.error.hint
    assert found.readable


def test_check_finds_a_right_that_only_merging_changes_needs(
    source: Sandbox, target: PgDatabase
) -> None:
    target.run(
        "CREATE ROLE writer LOGIN PASSWORD 'w'",
        "GRANT SELECT, INSERT, TRUNCATE ON t TO writer",
        "GRANT CREATE ON DATABASE " + target.name + " TO writer",
    )
    try:
        settings = source.settings(replace(target, user="writer", password="w"))
        [full] = check_tables([spec(mode="full", publish="truncate")], settings).tables
        [changes] = check_tables([spec(publish="truncate")], settings).tables
    finally:
        target.run("DROP OWNED BY writer", "DROP ROLE writer")
    assert full.ok, full.error
    assert changes.error
    assert "UPDATE" in changes.error.message + changes.error.hint
