"""The seam for modes, proven by one that only the tests know: it reads what changed.

Rows carry a version that rises with each change; keys of deleted rows are written into a table.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tableferry.config import ReadMode, TableSpec, parse_table_configs
from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.modes import MODES, Ask, Extract
from tableferry.planning.plan import SyncPlan
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

ROWS = 20


@dataclass(frozen=True)
class Versions:
    """Reads the rows whose version is above the watermark, all of them where there is none."""

    name: str = "versions"
    complete: bool = False
    at_one_moment: bool = False

    def check(self, _plan: SyncPlan) -> tuple[str, ...]:
        return ()

    def extract(self, plan: SyncPlan, watermark: Watermark | None, ask: Ask) -> Extract:
        [(newest,)] = ask("SELECT MAX(v.Version) AS newest FROM dbo.V AS v", ["newest"])
        if watermark is None:
            return Extract(plan.chunk, next_watermark=str(newest))
        since = int(watermark.value)
        return Extract(
            select=lambda _keys: plan.select_where(f"t.[Version] > {since}"),
            complete=False,
            deletes=f"SELECT g.ID AS [id] FROM dbo.Gone AS g WHERE g.Version > {since}",
            next_watermark=str(newest),
        )

    def changed(self, _plan: SyncPlan, _watermark: Watermark, _ask: Ask) -> ReloadReason:
        return ReloadReason.FIRST_LOAD


@pytest.fixture
def source(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setitem(MODES, "versions", Versions())
    sandbox.run("CREATE TABLE dbo.V (Version int NOT NULL)")
    sandbox.run("INSERT INTO dbo.V VALUES (1)")
    sandbox.run("CREATE TABLE dbo.Gone (ID int NOT NULL, Version int NOT NULL)")
    sandbox.run("CREATE TABLE dbo.T (ID int PRIMARY KEY, Name nvarchar(20), Version int NOT NULL)")
    sandbox.run(
        "INSERT INTO dbo.T SELECT value, CONCAT(N'name ', value), 1 "
        f"FROM GENERATE_SERIES(1, {ROWS})"
    )
    yield sandbox
    sandbox.run("DROP TABLE dbo.T, dbo.V, dbo.Gone")


@pytest.fixture
def target(pg_database: PgDatabase) -> PgDatabase:
    pg_database.run("CREATE TABLE t (id int PRIMARY KEY, name text, version int)")
    return pg_database


def spec(**changes: Any) -> TableSpec:
    given = {
        "sql_table": "dbo.T", "pg_table": "t", "publish": "auto", "order_by": None,
        "columns": ["ID", "Name", "Version"], "pg_columns": ["id", "name", "version"],
    }  # fmt: skip
    parsed = parse_table_configs({"t": entry(**{**given, **changes})})["t"]
    return replace(parsed, mode="versions")  # type: ignore[arg-type] - no user can ask for it


def change(source: Sandbox, version: int, *batches: str) -> None:
    """Run these changes as of a version."""
    for batch in (*batches, f"UPDATE dbo.V SET Version = {version}"):
        source.run(batch)


def watermark(target: PgDatabase) -> list[tuple[object, ...]]:
    return target.rows("SELECT kind, value FROM tableferry.watermarks")


@pytest.fixture
def carry(source: Sandbox, target: PgDatabase) -> Callable[..., TableOutcome]:
    def run(**changes: Any) -> TableOutcome:
        outcome = sync_table(spec(**changes), source.settings(target))
        assert outcome.status is Status.OK, outcome.error
        return outcome

    run()
    assert watermark(target) == [("versions", "1")]
    assert target.rows("SELECT count(*) FROM t") == [(ROWS,)]
    return run


def test_only_what_changed_is_read_and_the_other_rows_stay(
    source: Sandbox, target: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    change(
        source,
        2,
        "UPDATE dbo.T SET Name = N'changed', Version = 2 WHERE ID = 3",
        "INSERT INTO dbo.T VALUES (21, N'new', 2)",
    )
    outcome = carry()
    assert (outcome.rows_read, outcome.publish) == (2, "merge")
    assert outcome.changes == {"inserted": 1, "updated": 1, "deleted": 0, "unchanged": 0}
    assert target.rows("SELECT count(*) FROM t") == [(ROWS + 1,)]
    assert target.rows("SELECT name FROM t WHERE id IN (3, 21)") == [("changed",), ("new",)]
    assert watermark(target) == [("versions", "2")]


def test_a_row_that_is_missing_is_deleted_only_where_its_key_was_told(
    source: Sandbox, target: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    change(
        source,
        2,
        "DELETE FROM dbo.T WHERE ID IN (1, 2, 4)",
        "INSERT INTO dbo.Gone VALUES (1, 2), (4, 2)",
        "INSERT INTO dbo.T VALUES (4, N'used again', 2)",
    )
    outcome = carry()
    assert outcome.changes == {"inserted": 0, "updated": 1, "deleted": 1, "unchanged": 0}
    assert target.rows("SELECT id, name FROM t WHERE id < 5 ORDER BY id") == [
        (2, "name 2"),
        (3, "name 3"),
        (4, "used again"),
    ]
    assert target.rows("SELECT relname FROM pg_class WHERE relname LIKE 'staging%'") == []


def test_few_changed_rows_are_no_shrunken_source(
    source: Sandbox, carry: Callable[..., TableOutcome]
) -> None:
    change(source, 2, "UPDATE dbo.T SET Version = 2 WHERE ID = 1")
    assert carry(max_shrink=0).rows_read == 1


def test_a_run_without_changes_warns_of_no_empty_table_and_advances_the_watermark(
    source: Sandbox, target: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    change(source, 7)
    outcome = carry()
    assert outcome.rows_read == 0
    assert not any("is empty now" in warning for warning in outcome.warnings)
    assert target.rows("SELECT count(*) FROM t") == [(ROWS,)]
    assert watermark(target) == [("versions", "7")]


def test_the_watermark_stays_where_the_rows_were_not_published(
    source: Sandbox, target: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    target.run("ALTER TABLE t ADD CHECK (name <> 'refused')")
    change(source, 2, "UPDATE dbo.T SET Name = N'refused', Version = 2 WHERE ID = 5")
    outcome = sync_table(spec(), source.settings(target))
    assert outcome.status is Status.FAILED
    assert watermark(target) == [("versions", "1")]
    target.run("ALTER TABLE t DROP CONSTRAINT t_name_check")
    assert carry().rows_read == 1
    assert watermark(target) == [("versions", "2")]


@pytest.mark.parametrize("publish", ["swap", "truncate", "merge"])
def test_every_strategy_publishes_the_complete_load_and_changes_are_merged(
    source: Sandbox, target: PgDatabase, publish: str
) -> None:
    first = sync_table(spec(publish=publish), source.settings(target))
    change(source, 2, "UPDATE dbo.T SET Name = N'changed', Version = 2 WHERE ID = 3")
    second = sync_table(spec(publish=publish), source.settings(target))
    assert (first.publish, first.rows_read) == (publish, ROWS)
    assert (second.publish, second.rows_read) == ("merge", 1)
    assert target.rows("SELECT name FROM t WHERE id = 3") == [("changed",)]


def test_changes_need_a_key_however_a_complete_load_is_published(
    source: Sandbox, target: PgDatabase
) -> None:
    source.run("CREATE TABLE dbo.NoKey (ID int, Name nvarchar(20), Version int NOT NULL)")
    outcome = sync_table(
        spec(sql_table="dbo.NoKey", publish="swap", primary_key=None), source.settings(target)
    )
    source.run("DROP TABLE dbo.NoKey")
    assert outcome.error
    assert "is carried without a key" in outcome.error.message


@pytest.mark.parametrize(
    ("altered", "reason"),
    [
        ("ALTER TABLE t ALTER version TYPE bigint", "entry_changed"),
        (
            "CREATE TABLE u (LIKE t INCLUDING ALL); DROP TABLE t; ALTER TABLE u RENAME TO t",
            "target_changed",
        ),
        ("ALTER TABLE t ADD note text", "target_changed"),
        ("DELETE FROM tableferry.watermarks", "first_load"),
        ("UPDATE tableferry.watermarks SET kind = 'other'", "entry_changed"),
    ],
)
def test_a_watermark_counts_only_for_the_rows_that_it_was_written_with(
    source: Sandbox,
    target: PgDatabase,
    carry: Callable[..., TableOutcome],
    altered: str,
    reason: str,
) -> None:
    target.run(altered)
    outcome = carry()
    assert (outcome.rows_read, outcome.reload) == (ROWS, reason)
    assert carry().rows_read == 0


def test_another_where_is_another_table(
    source: Sandbox, target: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    outcome = carry(where="ID > 5", max_shrink=100)
    assert (outcome.rows_read, outcome.reload) == (ROWS - 5, "entry_changed")
    assert carry(where="ID > 5", lock_timeout=3).reload == ""


def test_a_full_load_in_between_makes_the_watermark_void(
    source: Sandbox, target: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    full = replace(spec(), mode=ReadMode.FULL)
    assert sync_table(full, source.settings(target)).status is Status.OK
    assert watermark(target) == []
    assert carry().reload == "first_load"


def test_a_target_table_that_was_dropped_is_filled_with_every_row(
    source: Sandbox, target: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    change(source, 2, "UPDATE dbo.T SET Name = N'changed', Version = 2 WHERE ID = 3")
    target.run("DROP TABLE t")
    outcome = carry()
    assert (outcome.created, outcome.rows_read) == (True, ROWS)
    assert target.rows("SELECT count(*) FROM t") == [(ROWS,)]
    assert watermark(target) == [("versions", "2")]


def test_a_column_that_is_added_gets_the_values_of_rows_that_did_not_change(
    source: Sandbox, target: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    change(source, 2, "ALTER TABLE dbo.T ADD Size int NOT NULL DEFAULT 7")
    outcome = carry(
        columns=["ID", "Name", "Version", "Size"],
        pg_columns=["id", "name", "version", "size"],
        drift="add_columns",
    )
    assert outcome.rows_read == ROWS
    assert target.rows("SELECT DISTINCT size FROM t") == [(7,)]


def test_a_mode_that_keeps_a_watermark_is_refused_without_a_ledger_before_it_reads(
    source: Sandbox, target: PgDatabase
) -> None:
    target.run("DROP TABLE t")
    outcome = sync_table(spec(ledger="off"), source.settings(target))
    assert outcome.error
    assert outcome.error.kind == "SchemaError"
    assert "'mode': 'versions' of McTM.dbo.T needs the ledger" in outcome.error.message
    assert outcome.rows_read == 0
    assert target.rows("SELECT to_regclass('t')") == [(None,)]


def test_a_mode_that_reads_changes_without_a_watermark_is_a_fault_of_its_code() -> None:
    changes = Extract(select=lambda _keys: "SELECT 1", complete=False)
    changes.require_sound(Watermark("7"))
    with pytest.raises(TypeError, match="without a watermark"):
        changes.require_sound(None)
    with pytest.raises(TypeError, match="no deleted keys"):
        Extract(select=lambda _keys: "SELECT 1", deletes="SELECT 2").require_sound(None)
