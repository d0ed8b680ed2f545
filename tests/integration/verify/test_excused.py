"""Which missing rows the quarantine excuses: those that the target certainly cannot have."""

from typing import Any

import pytest

from tableferry.config import Depth, parse_table_configs
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_table
from tableferry.runs.verify_tables import verify_tables
from tableferry.verification.differences import DifferenceKind
from tableferry.verification.options import VerifyOptions
from tableferry.verification.result import TableVerification, Verdict
from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import source, target
from tests.support.databases import PgDatabase
from tests.support.specs import entry

__all__ = ["source", "target"]

pytestmark = pytest.mark.with_ledger

ROWS_QUICKLY = VerifyOptions(settle=0.0)
COUNT = VerifyOptions(Depth.COUNT, settle=0.0)
REPAIR = VerifyOptions(settle=0.0, repair=True)

UNSTORABLE = "UPDATE dbo.T SET Name = N'a' + NCHAR(0) + N'b' WHERE ID = 5"
CORRECTED = "UPDATE dbo.T SET Name = N'fine' WHERE ID = 5"
ANOTHER = "UPDATE dbo.T SET Name = N'later' WHERE ID = 3"
CHANGES = {
    "change_tracking": {"mode": "change_tracking"},
    "rowversion": {"mode": "rowversion", "deletes": "ignore"},
    "watermark": {"mode": "watermark", "watermark": "At", "overlap": 0, "deletes": "ignore"},
}
FORGET = "ALTER TABLE dbo.T DISABLE CHANGE_TRACKING; ALTER TABLE dbo.T ENABLE CHANGE_TRACKING"
CHECK_NAME = "ALTER TABLE t ADD CONSTRAINT c CHECK (name <> 'name 7')"
CHECK_ROW = "ALTER TABLE t ADD CONSTRAINT c CHECK (id <> 7 OR name <> 'name 7')"


class Table:
    """dbo.T of a source and t of a target, whose refused rows go to quarantine."""

    def __init__(self, source: Sandbox, target: PgDatabase, mode: str) -> None:
        self.source = source
        self.target = target
        self.mode = mode

    def _given(self, key: str, changes: dict[str, Any]) -> Any:
        given = {
            "sql_table": "dbo.T", "pg_table": "t", "publish": "auto", "order_by": None,
            "on_invalid": "quarantine", "max_invalid": 10,
            **CHANGES.get(self.mode, {"mode": self.mode}),
        }  # fmt: skip
        if self.mode == "full":
            given |= {"publish": "merge"}
        return parse_table_configs({key: entry(**{**given, **changes})})[key]

    def sync(self, *changes: str, key: str = "t", **entry: Any) -> None:
        """Run the changes at the source, then carry them."""
        for change in changes:
            self.source.run(change)
        outcome = sync_table(self._given(key, entry), self.source.settings(self.target))
        assert outcome.status is Status.OK, outcome.error

    def verify(self, options: VerifyOptions = ROWS_QUICKLY, **entry: Any) -> TableVerification:
        settings = self.source.settings(self.target)
        return verify_tables([self._given("t", entry)], settings, options).tables[0]


@pytest.fixture
def table(source: Sandbox, target: PgDatabase) -> Table:
    return Table(source, target, "change_tracking")


@pytest.fixture
def full(source: Sandbox, target: PgDatabase) -> Table:
    return Table(source, target, "full")


def missing(found: TableVerification) -> list[tuple[str | None, ...]]:
    return sorted(one.key for one in found.differences if one.kind is DifferenceKind.MISSING)


def test_a_row_that_was_refused_once_and_stored_since_is_missing_when_it_is_gone(
    table: Table,
) -> None:
    table.sync(UNSTORABLE)
    table.sync(CORRECTED)
    assert table.verify().verdict is Verdict.EQUAL
    table.target.run("DELETE FROM t WHERE id = 5")
    found = table.verify()
    assert (found.verdict, missing(found), found.quarantined) == (Verdict.DIFFERS, [("5",)], 0)
    repaired = table.verify(REPAIR)
    assert (repaired.verdict, repaired.repaired["inserted"]) == (Verdict.EQUAL, 1)
    assert table.target.rows("SELECT name FROM t WHERE id = 5") == [("fine",)]


@pytest.mark.parametrize("mode", CHANGES)
@pytest.mark.parametrize("obstacle", [CHECK_ROW, "ALTER TABLE t ALTER name SET NOT NULL"])
def test_a_row_that_the_source_has_not_changed_since_it_was_refused_is_quarantined(
    source: Sandbox, target: PgDatabase, mode: str, obstacle: str
) -> None:
    table = Table(source, target, mode)
    source.run("ALTER TABLE dbo.T ADD Version rowversion, At datetime2(3)")
    source.run(
        "UPDATE dbo.T SET At = '2020-01-01'; UPDATE dbo.T SET At = '2021-01-01' WHERE ID = 3"
    )
    if obstacle != CHECK_ROW:
        source.run("UPDATE dbo.T SET Name = NULL WHERE ID = 7")
    target.run(obstacle)
    table.sync()
    table.sync("UPDATE dbo.T SET Name = N'later', At = '2022-01-01' WHERE ID = 3")
    target.run("DELETE FROM t WHERE id = 9")
    found = table.verify()
    assert (missing(found), found.quarantined) == ([("9",)], 1)
    source.run("UPDATE dbo.T SET Name = N'fine', At = '2023-01-01' WHERE ID = 7")
    assert table.verify().explained == 1


def test_a_row_that_a_relaxed_check_has_let_in_is_missing_when_it_is_gone(table: Table) -> None:
    """It has the very value that was refused before."""
    table.target.run(CHECK_NAME)
    table.sync()
    table.target.run("ALTER TABLE t DROP CONSTRAINT c")
    table.sync("UPDATE dbo.T SET Name = Name WHERE ID = 7")
    assert (table.verify().verdict, table.verify().quarantined) == (Verdict.EQUAL, 0)
    table.target.run("DELETE FROM t WHERE id = 7")
    found = table.verify()
    assert (found.verdict, missing(found), found.quarantined) == (Verdict.DIFFERS, [("7",)], 0)


def test_where_every_row_was_read_again_an_earlier_refusal_excuses_nothing(table: Table) -> None:
    table.target.run(CHECK_NAME)
    table.sync(publish="merge")
    table.target.run("ALTER TABLE t DROP CONSTRAINT c")
    table.sync(FORGET, publish="merge")
    table.target.run("DELETE FROM t WHERE id = 7")
    assert missing(table.verify(publish="merge")) == [("7",)]


def test_a_missing_row_that_lies_in_quarantine_from_an_earlier_run_is_told(table: Table) -> None:
    """The source no longer says whether it has changed since."""
    table.target.run(CHECK_ROW)
    table.sync()
    table.sync(ANOTHER)
    table.source.run(FORGET)
    found = table.verify()
    assert (found.verdict, missing(found), found.quarantined) == (Verdict.DIFFERS, [("7",)], 0)
    assert found.warnings[-1] == (
        "1 missing row of t lies in quarantine from earlier runs: nothing says that it was not "
        "stored since"
    )


def test_where_the_source_has_forgotten_the_value_and_the_check_decide(table: Table) -> None:
    table.target.run(CHECK_NAME.replace("'name 7'", "'name 7' AND name NOT LIKE '%s'"))
    table.sync()
    table.sync(ANOTHER)
    table.source.run(FORGET)
    found = table.verify()
    assert (found.verdict, found.quarantined) == (Verdict.EQUAL, 1)
    table.target.run("ALTER TABLE t DROP CONSTRAINT c")
    assert missing(table.verify()) == [("7",)]


def test_what_the_newest_run_that_read_rows_has_refused_is_quarantined(table: Table) -> None:
    table.target.run(CHECK_ROW)
    table.sync()
    table.sync()  # reads no row, and stores none
    found = table.verify()
    assert (found.verdict, found.quarantined, found.warnings) == (Verdict.EQUAL, 1, ())


def test_a_value_that_is_still_the_one_that_was_refused_is_quarantined(table: Table) -> None:
    table.target.run(CHECK_NAME)
    table.sync()
    table.sync(ANOTHER)
    found = table.verify()
    assert (found.verdict, found.quarantined, found.warnings) == (Verdict.EQUAL, 1, ())


def test_a_value_that_is_no_longer_the_one_that_was_refused_is_missing(table: Table) -> None:
    table.target.run(CHECK_NAME)
    table.sync()
    table.sync("UPDATE dbo.T SET Name = N'good' WHERE ID = 7")
    table.target.run("DELETE FROM t WHERE id = 7")
    found = table.verify()
    assert (found.verdict, missing(found), found.quarantined) == (Verdict.DIFFERS, [("7",)], 0)


def test_the_newest_refusal_of_a_row_counts(table: Table) -> None:
    """The row has the value again that an earlier refusal was of, under no check any more."""
    table.target.run("ALTER TABLE t ADD CONSTRAINT c CHECK (name NOT IN ('name 7', 'bad'))")
    table.sync()
    table.sync("UPDATE dbo.T SET Name = N'bad' WHERE ID = 7")
    table.target.run("ALTER TABLE t DROP CONSTRAINT c")
    table.sync("UPDATE dbo.T SET Name = N'name 7' WHERE ID = 7")
    assert table.verify().verdict is Verdict.EQUAL
    table.target.run("DELETE FROM t WHERE id = 7")
    found = table.verify()
    assert (found.verdict, missing(found), found.quarantined) == (Verdict.DIFFERS, [("7",)], 0)


def test_a_null_that_was_refused_proves_nothing_where_the_source_has_forgotten(
    table: Table,
) -> None:
    table.target.run("ALTER TABLE t ALTER name SET NOT NULL")
    table.sync("UPDATE dbo.T SET Name = NULL WHERE ID = 7")
    table.sync(ANOTHER)
    assert (table.verify().verdict, table.verify().quarantined) == (Verdict.EQUAL, 1)
    table.source.run(FORGET)
    assert missing(table.verify()) == [("7",)]


def test_a_key_that_was_taken_proves_nothing_later(table: Table) -> None:
    """A unique value may be free again: then a later run has stored the row."""
    table.target.run("CREATE UNIQUE INDEX u ON t (name)")
    table.sync("UPDATE dbo.T SET Name = N'name 8' WHERE ID = 7")
    table.sync("DELETE FROM dbo.T WHERE ID = 8", ANOTHER)
    table.sync("UPDATE dbo.T SET Name = N'name 8' WHERE ID = 7")
    assert table.verify().verdict is Verdict.EQUAL
    table.target.run("DELETE FROM t WHERE id = 7")
    assert missing(table.verify()) == [("7",)]


def test_what_a_run_of_another_entry_has_refused_excuses_nothing(table: Table) -> None:
    table.target.run(CHECK_NAME)
    table.sync(key="other")
    found = table.verify()
    assert (found.verdict, missing(found)) == (Verdict.DIFFERS, [("7",)])


def test_a_run_of_another_entry_is_newer_too(table: Table) -> None:
    table.target.run(CHECK_ROW)
    table.sync()
    table.target.run("ALTER TABLE t DROP CONSTRAINT c")
    table.sync(key="other", mode="full", publish="merge")
    table.target.run("DELETE FROM t WHERE id = 7")
    assert missing(table.verify()) == [("7",)]


def test_a_run_that_is_kept_when_later_ones_were_pruned_excuses_nothing(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.target.run(CHECK_ROW)
    table.sync()
    assert table.verify().quarantined == 1
    monkeypatch.setattr("tableferry.postgres.ledger.quarantined_rows.KEPT_RUNS", 1)
    table.sync()
    assert missing(table.verify()) == [("7",)]


@pytest.mark.parametrize("mode", ["change_tracking", "full"])
def test_a_row_that_a_repair_could_not_store_is_quarantined(
    source: Sandbox, target: PgDatabase, mode: str
) -> None:
    table = Table(source, target, mode)
    table.sync()
    table.target.run("DELETE FROM t WHERE id IN (7, 8)", CHECK_ROW)
    found = table.verify(REPAIR)
    assert (found.verdict, found.quarantined, found.repaired["inserted"]) == (Verdict.EQUAL, 1, 1)
    found = table.verify()
    assert (found.verdict, found.quarantined) == (Verdict.EQUAL, 1)


def test_a_row_that_tableferry_refused_at_the_load_and_takes_now_is_missing(full: Table) -> None:
    full.sync(UNSTORABLE)
    assert (full.verify().verdict, full.verify().quarantined) == (Verdict.EQUAL, 1)
    full.source.run(CORRECTED)
    found = full.verify()
    assert (found.verdict, missing(found), found.quarantined) == (Verdict.DIFFERS, [("5",)], 0)


def test_a_count_takes_off_what_the_last_load_has_refused(full: Table) -> None:
    full.sync(UNSTORABLE)
    full.sync()
    found = full.verify(COUNT)
    assert (found.verdict, found.quarantined, found.counts) == (Verdict.EQUAL, 1, {})
    full.target.run("DELETE FROM t WHERE id = 8")
    found = full.verify(COUNT)
    assert (found.verdict, found.counts) == (Verdict.DIFFERS, {DifferenceKind.MISSING: 1})


def test_a_count_that_is_equal_by_chance_proves_nothing(full: Table) -> None:
    full.sync(UNSTORABLE)
    full.target.run("INSERT INTO t VALUES (999, 'never at the source')")
    found = full.verify(COUNT)
    assert (found.verdict, found.quarantined, found.counts) == (Verdict.NOT_VERIFIED, 0, {})
    assert found.reason == (
        "t has as many rows as the source, and 1 row of the source has been in quarantine since "
        "the last complete load: a count does not tell which rows the target has; compare them: "
        "tableferry verify"
    )
    assert full.verify().counts == {DifferenceKind.EXTRA: 1}


def test_of_an_incremental_table_an_equal_count_says_what_it_does_not_tell(table: Table) -> None:
    table.sync(UNSTORABLE)
    table.target.run("INSERT INTO t VALUES (999, 'never at the source')")
    found = table.verify(COUNT)
    assert found.verdict is Verdict.EQUAL
    [warning] = found.warnings
    assert warning == (
        "1 row of the source has been in quarantine since the last complete load: if t still lacks "
        "some of them, it has as many others that the source does not have, which a count does not "
        "tell"
    )


def test_after_a_repair_a_count_does_not_know_which_rows_are_still_in_quarantine(
    full: Table,
) -> None:
    full.sync(UNSTORABLE)
    full.source.run(CORRECTED)
    assert full.verify(REPAIR).verdict is Verdict.EQUAL
    full.target.run("DELETE FROM t WHERE id = 8")
    found = full.verify(COUNT)
    assert (found.verdict, found.quarantined) == (Verdict.NOT_VERIFIED, 0)


def test_a_row_that_each_run_refuses_does_not_excuse_the_loss_of_others_from_a_count(
    table: Table,
) -> None:
    for number in range(3):
        table.sync(UNSTORABLE.replace("N'b'", f"N'b{number}'"))
    table.target.run("DELETE FROM t WHERE id IN (7, 8)")
    found = table.verify(COUNT)
    assert (found.verdict, found.counts) == (Verdict.DIFFERS, {DifferenceKind.MISSING: 3})


def test_a_count_of_an_incremental_table_says_that_the_quarantine_keeps_it_from_a_verdict(
    table: Table,
) -> None:
    table.sync(UNSTORABLE)
    found = table.verify(COUNT)
    assert (found.verdict, found.quarantined) == (Verdict.NOT_VERIFIED, 0)
    assert found.reason == (
        "t has 1 row fewer than the source, and 1 row of the source has been in quarantine since "
        "the last complete load: a count does not tell which rows the target has; compare them: "
        "tableferry verify"
    )
    assert table.verify().verdict is Verdict.EQUAL
    table.sync(CORRECTED)
    assert table.verify(COUNT).verdict is Verdict.EQUAL
    table.target.run("DELETE FROM t WHERE id = 8")
    assert table.verify(COUNT).verdict is Verdict.NOT_VERIFIED
