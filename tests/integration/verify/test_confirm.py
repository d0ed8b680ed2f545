"""Of what a comparison finds, what counts: late changes, quarantined rows and kept ones do not."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tableferry.config import TableSpec, parse_table_configs
from tableferry.errors import VerificationError
from tableferry.model.watermark import Watermark
from tableferry.postgres import TargetConnection
from tableferry.postgres.ledger import find_watermark
from tableferry.runs.claim import contents_of
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.runs.repair import repair_table
from tableferry.runs.run import sync_table
from tableferry.runs.verify_tables import verify_tables
from tableferry.verification import differences as found_differences
from tableferry.verification.compare_table import compare_table
from tableferry.verification.confirm import Confirmed, confirm
from tableferry.verification.differences import Differences
from tableferry.verification.options import VerifyOptions
from tableferry.verification.result import Verdict
from tableferry_sandbox.faults import EndEarly
from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import source, target
from tests.support.comparing import both_sides, summary
from tests.support.databases import PgDatabase
from tests.support.specs import entry

__all__ = ["source", "target"]

pytestmark = pytest.mark.with_ledger

MODES: dict[str, dict[str, Any]] = {
    "change_tracking": {"mode": "change_tracking"},
    "rowversion": {"mode": "rowversion", "deletes": "ignore"},
    "watermark": {"mode": "watermark", "watermark": "Rev", "deletes": "ignore"},
}
CHANGES = (
    "UPDATE dbo.T SET Name = N'later', Rev = 2 WHERE ID = 3",
    "INSERT INTO dbo.T (ID, Name, Rev) VALUES (1000, N'later', 2)",
)

Summary = list[tuple[str, tuple[str | None, ...], tuple[str, ...]]]


class Table:
    """dbo.T of a source and t of a target, synced and verified."""

    def __init__(self, source: Sandbox, target: PgDatabase) -> None:
        self.source = source
        self.target = target
        self.settings = source.settings(target)

    def spec(self, **changes: Any) -> TableSpec:
        given = {"sql_table": "dbo.T", "pg_table": "t", "publish": "auto", "order_by": None}
        return parse_table_configs({"t": entry(**{**given, **changes})})["t"]

    def sync(self, **changes: Any) -> TableOutcome:
        outcome = sync_table(self.spec(**changes), self.settings)
        assert outcome.status is Status.OK, outcome.error
        return outcome

    def verify(
        self,
        settle: float = 0.0,
        meanwhile: Callable[[], object] | None = None,
        between: Callable[[], object] | None = None,
        **changes: Any,
    ) -> tuple[Confirmed, Summary]:
        """Compare and confirm: ``between`` the two, and ``meanwhile``, while it settles."""
        todo: list[Callable[[], object]] = []

        def check() -> None:
            while todo:
                todo.pop()()

        with both_sides(self.spec(**changes), self.settings, check) as (plan, sides):

            def watermark_of(into: TargetConnection) -> Watermark | None:
                mode, contents = str(plan.spec.mode), contents_of(plan, self.settings)
                left = find_watermark(into, plan.spec.target, mode=mode, contents=contents)
                return left if isinstance(left, Watermark) else None

            found: Differences = compare_table(plan, sides)
            if between:
                between()
            if meanwhile:
                todo.append(meanwhile)
            confirmed = confirm(plan, sides, found, settle=settle, watermark_of=watermark_of)
        return confirmed, summary(found)


@pytest.fixture
def table(source: Sandbox, target: PgDatabase) -> Table:
    source.run("ALTER TABLE dbo.T ADD Rev int NOT NULL DEFAULT 1, RV rowversion")
    return Table(source, target)


@pytest.mark.parametrize("mode", MODES)
def test_rows_that_the_source_has_changed_since_the_last_run_are_explained(
    table: Table, mode: str
) -> None:
    table.sync(**MODES[mode])
    for change in CHANGES:
        table.source.run(change)
    confirmed, left = table.verify(**MODES[mode])
    assert (confirmed.explained, left, confirmed.warnings) == (2, [], ())


@pytest.mark.parametrize("mode", MODES)
def test_damage_is_found_among_the_changes(table: Table, mode: str) -> None:
    table.sync(**MODES[mode])
    for change in CHANGES:
        table.source.run(change)
    table.target.run("UPDATE t SET name = 'damaged' WHERE id = 5", "DELETE FROM t WHERE id = 6")
    confirmed, left = table.verify(**MODES[mode])
    assert confirmed.explained == 2
    assert left == [("different", ("5",), ("Name",)), ("missing", ("6",), ())]


def test_a_row_that_change_tracking_says_was_deleted_since_is_explained(table: Table) -> None:
    table.sync(mode="change_tracking")
    table.source.run("DELETE FROM dbo.T WHERE ID = 4")
    table.target.run("INSERT INTO t VALUES (1000, 'extra')")
    confirmed, left = table.verify(mode="change_tracking")
    assert confirmed.explained == 1
    assert left == [("extra", ("1000",), ())]


def test_rows_of_the_newest_value_that_were_carried_are_not_explained_by_it(table: Table) -> None:
    """All rows have the watermark's own value: none of them has certainly changed since."""
    table.sync(**MODES["watermark"])
    table.target.run("UPDATE t SET name = 'damaged' WHERE id IN (1, 50)")
    confirmed, left = table.verify(**MODES["watermark"])
    assert confirmed.explained == 0
    assert [key for _, key, _ in left] == [("1",), ("50",)]


def test_where_the_changes_cannot_be_told_any_more_nothing_is_explained_and_it_says_why(
    table: Table,
) -> None:
    table.sync(mode="change_tracking")
    table.source.run(CHANGES[0])
    table.source.engine.database("McTM").expire_changes()
    confirmed, left = table.verify(mode="change_tracking")
    assert confirmed.explained == 0
    assert left == [("different", ("3",), ("Name",))]
    assert "no longer keeps the changes" in confirmed.warnings[0]


def test_without_a_watermark_every_difference_counts(table: Table) -> None:
    table.sync()
    table.source.run(CHANGES[0])
    confirmed, left = table.verify()
    assert (confirmed.explained, len(left)) == (0, 1)


def test_a_row_that_comes_while_it_settles_is_no_difference(table: Table) -> None:
    table.sync()
    table.target.run("UPDATE t SET name = 'damaged' WHERE id = 5")
    for change in CHANGES:
        table.source.run(change)
    confirmed, left = table.verify(settle=0.2, meanwhile=lambda: apply(table.target))
    assert left == [("different", ("5",), ("Name",))]
    assert confirmed == Confirmed()


def apply(target: PgDatabase) -> None:
    target.run("UPDATE t SET name = 'later' WHERE id = 3", "INSERT INTO t VALUES (1000, 'later')")


def test_a_row_that_differs_otherwise_after_it_has_settled_is_reported_as_it_is_then(
    table: Table,
) -> None:
    table.sync()
    table.target.run("UPDATE t SET name = 'damaged' WHERE id = 5")
    gone = "DELETE FROM t WHERE id = 5"
    _, left = table.verify(settle=0.1, meanwhile=lambda: table.target.run(gone))
    assert left == [("missing", ("5",), ())]


def test_changes_that_are_made_while_it_settles_are_explained_too(table: Table) -> None:
    table.sync(mode="change_tracking")
    table.target.run("UPDATE t SET name = 'damaged' WHERE id IN (3, 5)")
    confirmed, left = table.verify(
        settle=0.1, meanwhile=lambda: table.source.run(CHANGES[0]), mode="change_tracking"
    )
    assert confirmed.explained == 1
    assert left == [("different", ("5",), ("Name",))]


@pytest.mark.parametrize("publish", ["swap", "truncate", "merge"])
def test_a_table_that_is_loaded_anew_while_it_settles_is_read_as_it_is_then(
    table: Table, publish: str
) -> None:
    table.sync(publish=publish)
    table.target.run("UPDATE t SET name = 'damaged' WHERE id = 5")
    _, left = table.verify(
        settle=0.1, meanwhile=lambda: table.sync(publish=publish), publish=publish
    )
    assert left == []


def test_what_a_run_publishes_while_it_settles_has_the_watermark_of_that_run(
    table: Table,
) -> None:
    """Afterwards a damaged row is no longer explained by the change that the run has brought."""
    mode = "change_tracking"
    table.sync(mode=mode)
    table.source.run(CHANGES[0])
    table.target.run("UPDATE t SET name = 'damaged' WHERE id = 5")

    def publish_and_damage() -> None:
        table.sync(mode=mode)
        table.target.run("UPDATE t SET name = 'damaged' WHERE id IN (3, 5)")

    confirmed, left = table.verify(settle=0.1, meanwhile=publish_and_damage, mode=mode)
    assert (confirmed.explained, left) == (1, [("different", ("5",), ("Name",))])
    confirmed, left = table.verify(mode=mode)
    assert (confirmed.explained, [key for _, key, _ in left]) == (0, [("3",), ("5",)])


@pytest.mark.parametrize("honest", [False, True])
def test_an_answer_that_ends_early_is_an_error_and_no_proof_that_rows_are_missing(
    table: Table, honest: bool
) -> None:
    table.sync()
    table.target.run("UPDATE t SET name = 'damaged' WHERE id IN (5, 6)")
    end_early = EndEarly(after_rows=1, honest=honest)
    asked_again = r"EXISTS \(SELECT 1 FROM \(VALUES"
    with pytest.raises(VerificationError):
        table.verify(
            between=lambda: table.source.server.faults.on_statement(asked_again, end_early)
        )


def test_more_rows_than_can_have_been_late_are_not_read_again(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tableferry.verification.again.MOST_READ_AGAIN", 3)
    table.sync()
    table.target.run("UPDATE t SET name = 'damaged' WHERE id <= 4")
    confirmed, left = table.verify()
    assert (len(left), confirmed.unknown) == (4, 0)
    assert confirmed.warnings == ("rows that differ were not read again: they are 4",)


def test_what_the_source_changes_after_a_repair_is_explained(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.sync(mode="change_tracking")
    table.target.run("UPDATE t SET name = 'damaged' WHERE id IN (3, 5)")

    def repair_and_change(*given: Any, **options: Any) -> RunOutcome:
        outcome = repair_table(*given, **options)
        table.source.run(CHANGES[0])
        return outcome

    monkeypatch.setattr("tableferry.runs.verify_table.repair_table", repair_and_change)
    wanted = VerifyOptions(settle=0.0, repair=True)
    [found] = verify_tables([table.spec(mode="change_tracking")], table.settings, wanted).tables
    assert (found.verdict, found.explained, found.error) == (Verdict.EQUAL, 1, None)
    assert found.repaired["updated"] == 2


def test_rows_that_only_the_target_has_are_kept_where_deletions_are_ignored(table: Table) -> None:
    changes = {"mode": "change_tracking", "deletes": "ignore"}
    table.sync(**changes)
    table.source.run("DELETE FROM dbo.T WHERE ID = 4")
    table.sync(**changes)
    table.target.run("UPDATE t SET name = 'damaged' WHERE id = 5")
    confirmed, left = table.verify(**changes)
    assert confirmed.kept == 1
    assert left == [("different", ("5",), ("Name",))]


def test_a_marked_row_is_not_compared_and_a_marked_row_that_the_source_has_is_missing(
    table: Table,
) -> None:
    table.target.run("ALTER TABLE t ADD gone timestamptz")
    table.sync(deletes="soft:gone")
    table.source.run("DELETE FROM dbo.T WHERE ID = 4")
    table.sync(deletes="soft:gone")
    assert table.verify(deletes="soft:gone") == (Confirmed(), [])
    table.target.run("UPDATE t SET gone = now() WHERE id = 5")
    _, left = table.verify(deletes="soft:gone")
    assert left == [("missing", ("5",), ())]


def test_rows_deleted_since_the_keys_were_compared_are_extra_and_it_says_what_they_may_be(
    table: Table,
) -> None:
    changes = {"mode": "rowversion", "deletes": "reconcile"}
    table.sync(**changes)
    table.source.run("DELETE FROM dbo.T WHERE ID = 4")
    confirmed, left = table.verify(**changes)
    assert left == [("extra", ("4",), ())]
    assert "may have been deleted at the source" in confirmed.warnings[0]


def test_a_row_in_quarantine_is_not_missing(table: Table) -> None:
    table.target.run("ALTER TABLE t ADD CHECK (name <> 'name 7')")
    changes = {"on_invalid": "quarantine", "max_invalid": 5, "publish": "merge"}
    table.sync(**changes)
    assert table.target.rows("SELECT count(*) FROM tableferry.quarantine") == [(1,)]
    table.target.run("DELETE FROM t WHERE id = 8")
    confirmed, left = table.verify(**changes)
    assert confirmed.quarantined == 1
    assert left == [("missing", ("8",), ())]


def test_a_row_that_an_earlier_load_refused_and_the_last_one_took_is_missing_when_it_is_gone(
    table: Table,
) -> None:
    table.target.run("ALTER TABLE t ADD CONSTRAINT c CHECK (name <> 'name 7')")
    changes = {"on_invalid": "quarantine", "max_invalid": 5, "publish": "merge"}
    table.sync(**changes)
    table.target.run("ALTER TABLE t DROP CONSTRAINT c")
    table.sync(**changes)
    table.target.run("DELETE FROM t WHERE id = 7")
    confirmed, left = table.verify(**changes)
    assert confirmed.quarantined == 0
    assert left == [("missing", ("7",), ())]


def test_a_repair_does_not_make_the_rows_that_the_load_refused_missing(table: Table) -> None:
    table.target.run("ALTER TABLE t ADD CHECK (name <> 'name 7')")
    changes = {"on_invalid": "quarantine", "max_invalid": 5, "publish": "merge"}
    table.sync(**changes)
    table.target.run("DELETE FROM t WHERE id = 8")
    assert repair_table(table.spec(**changes), table.settings, [("8",)]).ok
    confirmed, left = table.verify(**changes)
    assert (confirmed.quarantined, left) == (1, [])


def test_in_an_incremental_mode_an_earlier_refusal_counts_while_the_value_is_the_same(
    table: Table,
) -> None:
    table.target.run("ALTER TABLE t ADD CHECK (name <> 'name 7')")
    changes = {"mode": "change_tracking", "on_invalid": "quarantine", "max_invalid": 5}
    table.sync(**changes)
    table.source.run(CHANGES[0])
    table.sync(**changes)
    confirmed, left = table.verify(**changes)
    assert (confirmed.quarantined, left) == (1, [])


def test_missing_rows_without_a_key_may_be_those_in_quarantine(table: Table) -> None:
    table.source.run("CREATE TABLE dbo.K (ID int, Name nvarchar(20))")
    table.source.run("INSERT INTO dbo.K VALUES (1, N'a'), (1, N'a'), (2, N'b')")
    table.target.run("CREATE TABLE k (id int, name text CHECK (name <> 'b'))")
    changes = {
        "sql_table": "dbo.K", "pg_table": "k", "primary_key": None, "on_invalid": "quarantine",
        "max_invalid": 5,
    }  # fmt: skip
    table.sync(**changes)
    confirmed, left = table.verify(**changes)
    assert [kind for kind, _, _ in left] == ["missing"]
    assert "without a key" in confirmed.warnings[0]
    assert "1 row of McTM.dbo.K in quarantine may be among" in confirmed.warnings[1]


@pytest.mark.parametrize("mode", ["change_tracking", "rowversion"])
def test_a_row_that_was_changed_to_leave_the_condition_is_explained(
    table: Table, mode: str
) -> None:
    changes = {"mode": mode, "where": "Rev < 5"}
    if mode == "rowversion":
        changes |= {"deletes": "reconcile", "reconcile_every": 0}
    table.sync(**changes)
    table.source.run("UPDATE dbo.T SET Rev = 9 WHERE ID = 4")
    confirmed, left = table.verify(**changes)
    assert (confirmed.explained, left) == (1, [])


def test_a_key_that_is_spelled_anew_explains_the_old_spelling(table: Table) -> None:
    table.source.run(
        "CREATE TABLE dbo.K (K nvarchar(20) COLLATE Latin1_General_CI_AS NOT NULL PRIMARY KEY, "
        "Name nvarchar(20)); ALTER TABLE dbo.K ENABLE CHANGE_TRACKING"
    )
    table.source.run("INSERT INTO dbo.K VALUES (N'abc', N'r1'), (N'x', N'r2')")
    table.target.run("CREATE TABLE k (k text PRIMARY KEY, name text)")
    changes = {
        "sql_table": "dbo.K", "pg_table": "k", "primary_key": "K", "mode": "change_tracking",
        "columns": ["K", "Name"], "pg_columns": ["k", "name"],
    }  # fmt: skip
    table.sync(**changes)
    table.source.run("UPDATE dbo.K SET K = N'ABC' WHERE K = N'abc'")
    table.target.run("UPDATE k SET name = 'damaged' WHERE k = 'x'")
    confirmed, left = table.verify(**changes)
    assert confirmed.explained == 2
    assert left == [("different", ("x",), ("Name",))]


def test_a_source_that_is_written_to_all_the_time_shows_the_damage_and_nothing_else(
    table: Table,
) -> None:
    table.sync(mode="change_tracking")
    table.target.run("UPDATE t SET name = 'damaged' WHERE id = 50")
    writer = Writer(table.source)
    writer.start()
    try:
        for _ in range(3):
            _, left = table.verify(mode="change_tracking")
            assert left == [("different", ("50",), ("Name",))]
            table.sync(mode="change_tracking")
        assert writer.wrote > 3
    finally:
        writer.stop()


class Writer(threading.Thread):
    """Updates, deletes and inserts rows of dbo.T with keys below 50 until it is stopped."""

    def __init__(self, source: Sandbox) -> None:
        super().__init__(daemon=True)
        self._source = source
        self._stopping = threading.Event()
        self.wrote = 0

    def run(self) -> None:
        while not self._stopping.is_set():
            self.wrote += 1
            key = self.wrote % 49 + 1
            self._source.run(f"UPDATE dbo.T SET Name = N'w{self.wrote}' WHERE ID = {key}")
            self._source.run(f"DELETE FROM dbo.T WHERE ID = {key % 49 + 1}")
            self._source.run(f"INSERT INTO dbo.T (ID, Name) VALUES ({100 + self.wrote}, N'new')")

    def stop(self) -> None:
        self._stopping.set()
        self.join()


def test_more_differences_than_are_kept_are_neither_read_again_nor_called_known(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(found_differences, "MOST_KEPT", 3)
    monkeypatch.setattr("tableferry.verification.row_pairs.MOST_KEPT", 3)
    table.sync()
    table.target.run("UPDATE t SET name = 'damaged' WHERE id <= 10")
    confirmed, left = table.verify()
    assert (confirmed.unknown, len(left)) == (7, 3)
    assert "not read again" in confirmed.warnings[0]
