"""A verification of whole tables: each has a verdict, and the ledger what was found."""

import pickle
import signal
import sys
from typing import Any

import pytest

from tableferry import sqlserver
from tableferry.config import Depth
from tableferry.runs.deadline import Deadline
from tableferry.runs.events import Event, Phase, PhaseStarted, TableStarted, TableVerified
from tableferry.runs.run_options import RunOptions
from tableferry.runs.verify_tables import verify_tables
from tableferry.verification.differences import DifferenceKind
from tableferry.verification.options import VerifyOptions
from tableferry.verification.result import TableVerification, Verdict, Verification
from tests.integration.verify.conftest import ROWS, Pair

pytestmark = pytest.mark.with_ledger

RECORDED = (
    "SELECT table_key, target, depth, verdict, source_rows, target_rows, missing, extra, "
    "different, repaired, reason FROM tableferry.verifications ORDER BY verified_at"
)


QUICK = VerifyOptions(settle=0.0)


def verify(pair: Pair, options: VerifyOptions = QUICK, **changes: Any) -> TableVerification:
    found = verify_tables([pair.spec(**changes)], pair.source.settings(pair.target), options)
    return found.tables[0]


def damage(pair: Pair) -> None:
    """One row with another value, one that is gone, one that the source never had."""
    pair.target.run(
        "UPDATE t SET name = 'other' WHERE id = 3",
        "DELETE FROM t WHERE id = 7",
        f"INSERT INTO t VALUES ({ROWS + 1}, 'extra', 0)",
    )


def test_a_table_that_was_loaded_is_equal_and_the_ledger_says_so(loaded: Pair) -> None:
    found = verify(loaded)
    assert (found.verdict, found.source_rows, found.target_rows) == (Verdict.EQUAL, ROWS, ROWS)
    assert found.ok
    assert found.failure is None
    assert found.as_of.endswith("at different moments")
    assert found.seconds > 0
    assert found.warnings == ()
    assert loaded.target.rows(RECORDED) == [
        ("t", "public.t", "rows", "equal", ROWS, ROWS, 0, 0, 0, 0, "")
    ]


def test_a_watchdog_that_cannot_be_started_is_a_warning_of_the_comparison_and_of_the_repair(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(max))")
    pair.source.run("INSERT INTO dbo.T VALUES (1, N'a')")
    pair.load()
    monkeypatch.setattr(sys, "executable", "/dev/null/python")
    warning = "the watchdog process could not be started: Not a directory"
    assert verify(pair).warnings == (warning,)
    pair.target.run("DELETE FROM t")
    found = verify(pair, VerifyOptions(settle=0.0, repair=True))
    assert (found.verdict, found.warnings) == (Verdict.EQUAL, (warning, warning))


def test_damaged_rows_are_found_by_key_and_column_and_only_counted_in_the_ledger(
    loaded: Pair,
) -> None:
    damage(loaded)
    found = verify(loaded)
    assert found.verdict is Verdict.DIFFERS
    assert found.counts == dict.fromkeys(DifferenceKind, 1)
    assert {(one.kind, one.key, one.columns) for one in found.differences} == {
        (DifferenceKind.DIFFERENT, ("3",), ("Name",)),
        (DifferenceKind.MISSING, ("7",), ()),
        (DifferenceKind.EXTRA, (str(ROWS + 1),), ()),
    }
    assert all(not (one.source or one.target) for one in found.differences)
    assert found.failure is not None
    assert found.failure.kind == "VerificationError"
    assert "3 rows of t differ from the source" in found.failure.message.replace("public.", "")
    assert loaded.target.rows(RECORDED) == [
        ("t", "public.t", "rows", "differs", ROWS, ROWS, 1, 1, 1, 0, "")
    ]


def test_a_verification_writes_no_row_and_no_run(loaded: Pair) -> None:
    damage(loaded)
    runs = loaded.target.rows("SELECT count(*) FROM tableferry.runs")
    rows = loaded.target.rows("SELECT * FROM t ORDER BY id")
    verify(loaded)
    assert loaded.target.rows("SELECT * FROM t ORDER BY id") == rows
    assert loaded.target.rows("SELECT count(*) FROM tableferry.runs") == runs


def test_as_many_rows_are_listed_as_were_asked_for_and_all_are_counted(loaded: Pair) -> None:
    loaded.target.run("UPDATE t SET amount = amount + 1 WHERE id <= 100")
    found = verify(loaded, VerifyOptions(settle=0.0, limit=3, show_values=True))
    assert (found.differing, len(found.differences)) == (100, 3)
    assert found.by_column == {"Amount": 100}
    assert all({*one.source} == {*one.target} == {"Amount"} for one in found.differences)
    assert "differences" not in found.to_dict(rows=False)
    assert len(found.to_dict()["differences"]) == 3


def test_numbers_of_rows_are_compared_without_looking_at_any(loaded: Pair) -> None:
    count = VerifyOptions(Depth.COUNT, settle=0.0)
    loaded.target.run("UPDATE t SET name = 'other'")
    assert verify(loaded, count).verdict is Verdict.EQUAL
    loaded.target.run("DELETE FROM t WHERE id > 4990")
    found = verify(loaded, count)
    assert (found.verdict, found.counts) == (Verdict.DIFFERS, {DifferenceKind.MISSING: 10})
    assert found.differences == ()


def test_rows_that_differ_are_made_equal_and_compared_again(loaded: Pair) -> None:
    damage(loaded)
    found = verify(loaded, VerifyOptions(settle=0.0, repair=True))
    assert found.verdict is Verdict.EQUAL
    assert found.repaired == {"inserted": 1, "updated": 1, "deleted": 1, "unchanged": 0}
    assert (found.rows_repaired, found.differing) == (3, 0)
    assert loaded.compare().total == 0
    assert loaded.target.rows(RECORDED)[-1][3:10] == ("equal", ROWS, ROWS, 0, 0, 0, 3)


def test_what_is_equal_needs_no_repair(loaded: Pair) -> None:
    runs = loaded.target.rows("SELECT count(*) FROM tableferry.runs")
    found = verify(loaded, VerifyOptions(settle=0.0, repair=True))
    assert (found.verdict, found.repaired) == (Verdict.EQUAL, {})
    assert loaded.target.rows("SELECT count(*) FROM tableferry.runs") == runs


def test_a_repair_that_is_refused_leaves_what_differs_and_says_why(loaded: Pair) -> None:
    damage(loaded)
    found = verify(loaded, VerifyOptions(settle=0.0, repair=True), ledger="off", publish="truncate")
    assert found.verdict is Verdict.DIFFERS
    assert found.differing == 3
    assert found.error is not None
    assert "ledger" in found.error.message


def test_without_a_ledger_nothing_is_written(loaded: Pair) -> None:
    assert verify(loaded, ledger="off", publish="truncate").verdict is Verdict.EQUAL
    assert loaded.target.rows(RECORDED) == []


def test_a_ledger_that_cannot_be_used_is_a_warning_and_no_more(loaded: Pair) -> None:
    loaded.target.run("INSERT INTO tableferry.migrations VALUES (999, 'of tomorrow')")
    found = verify(loaded)
    assert found.verdict is Verdict.EQUAL
    (warning,) = found.warnings
    assert warning.startswith("The verification could not be written to the ledger: The ledger in")


def test_a_table_that_does_not_exist_yet_is_not_verified_and_nobodys_failure(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)")
    found = verify(pair)
    assert (found.verdict, found.error) == (Verdict.NOT_VERIFIED, None)
    assert found.reason == "the target table does not exist yet"
    assert pair.target.rows(RECORDED)[0][3] == "not verified"
    assert pair.target.rows(RECORDED)[0][-1] == found.reason


def test_a_table_that_does_not_fit_is_not_verified_and_says_why(loaded: Pair) -> None:
    loaded.source.run("ALTER TABLE dbo.T ADD More int NULL")
    found = verify(loaded)
    assert found.verdict is Verdict.NOT_VERIFIED
    assert found.error is not None
    assert found.error.kind == "SchemaError"
    assert "More" in loaded.target.rows(RECORDED)[0][-1]  # type: ignore[operator]


def test_where_the_source_has_no_snapshots_rows_are_read_without_nolock(loaded: Pair) -> None:
    loaded.source.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")
    assert verify(loaded).as_of.endswith("one moment of each side")
    loaded.source.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION OFF")
    found = verify(loaded)
    assert (found.verdict, found.warnings) == (Verdict.EQUAL, ())
    assert found.as_of.endswith("at different moments")


def test_rows_that_an_entry_reads_with_nolock_prove_nothing(loaded: Pair) -> None:
    found = verify(loaded, consistency="nolock")
    assert found.verdict is Verdict.NOT_VERIFIED
    assert "NOLOCK" in found.reason
    assert found.error is None


def both(pair: Pair, **options: Any) -> Verification:
    """Verify a table that is missing from the source, and t after it."""
    missing = pair.spec(sql_table="dbo.Gone", pg_table="gone")
    specs = [missing, pair.spec()]
    return verify_tables(specs, pair.source.settings(pair.target), QUICK, **options)


def test_one_tables_error_does_not_stop_the_next(loaded: Pair) -> None:
    found = both(loaded)
    assert [one.verdict for one in found.tables] == [Verdict.NOT_VERIFIED, Verdict.EQUAL]
    assert (found.ok, found.any_ok, found.differs) == (False, True, False)


def test_each_table_is_told_of_as_it_comes(loaded: Pair) -> None:
    events: list[Event] = []
    answers: list[TableVerification] = []
    found = both(loaded, on_event=events.append, on_answer=answers.append)
    assert tuple(answers) == found.tables
    assert [event for event in events if isinstance(event, TableVerified)] == [
        TableVerified(one) for one in found.tables
    ]
    assert events[0] == TableStarted("t", "gone", 1, 2)
    assert PhaseStarted("t", Phase.VERIFY) in events


def test_what_a_callback_raises_is_a_warning(loaded: Pair) -> None:
    def broken(_event: Event) -> None:
        raise ValueError("no")

    found = both(loaded, on_event=broken)
    assert found.tables[1].verdict is Verdict.EQUAL
    assert any("on_event raised ValueError" in warning for warning in found.warnings)


def test_a_deadline_that_has_passed_leaves_tables_unverified(loaded: Pair) -> None:
    found = both(loaded, options=RunOptions(deadline=Deadline.after(0.0)))
    assert [one.error and one.error.kind for one in found.tables] == ["DeadlineError"] * 2


def test_a_login_that_was_refused_is_not_tried_for_the_next_table(
    loaded: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    logins = []
    connect = sqlserver.connect

    def counting(*given: Any, **more: Any) -> Any:
        logins.append(1)
        return connect(*given, **more)

    monkeypatch.setattr(sqlserver, "connect", counting)
    settings = loaded.source.settings(loaded.target, password="wrong")
    specs = [loaded.spec(), loaded.spec()]
    found = verify_tables(specs, settings, VerifyOptions(settle=0.0))
    assert [one.error and one.error.code for one in found.tables] == ["18456", "18456"]
    assert len(logins) == 1


@pytest.mark.parametrize("value", ["a", "\U0001f600 \ufeff", "x\ufffdy"])
def test_texts_that_the_driver_may_alter_are_read_again_as_bytes(pair: Pair, value: str) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(50))")
    pair.source.run(f"INSERT INTO dbo.T VALUES (1, N'{value}')")
    pair.load()
    assert verify(pair).verdict is Verdict.EQUAL


def test_a_sample_says_what_it_shows_and_with_its_seed_is_the_same_again(loaded: Pair) -> None:
    loaded.target.run("UPDATE t SET name = 'other' WHERE id % 1000 = 1")
    wanted = VerifyOptions(Depth.SAMPLE, ranges=2, settle=0.0, limit=100, seed=7)
    found, again = verify(loaded, wanted), verify(loaded, wanted)
    assert found.differences == again.differences
    assert 0 < found.differing < 5
    assert "2 of 5 ranges" in found.confidence
    assert found.confidence.endswith("seed 7")
    other = verify(loaded, VerifyOptions(Depth.SAMPLE, ranges=2, settle=0.0))
    assert "; seed " in other.confidence


def test_rows_are_read_independently_as_well_where_that_is_asked_for(loaded: Pair) -> None:
    found = verify(loaded, VerifyOptions(independent=True, ranges=2, settle=0.0))
    assert found.verdict is Verdict.EQUAL
    assert "2,000 rows were read once more by other code" in found.confidence


def test_what_an_incremental_run_will_bring_is_no_difference(pair: Pair) -> None:
    pair.source.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")
    pair.source.run(
        "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(50), RV rowversion)"
    )
    pair.source.run("INSERT INTO dbo.T (ID, Name) SELECT value, N'a' FROM GENERATE_SERIES(1, 100)")
    mode = {"mode": "rowversion", "deletes": "reconcile"}
    pair.load(**mode)
    pair.source.run("UPDATE dbo.T SET Name = N'b' WHERE ID <= 10")
    pair.target.run("UPDATE t SET name = 'damaged' WHERE id = 50")
    found = verify(pair, **mode)
    assert (found.verdict, found.explained) == (Verdict.DIFFERS, 10)
    assert [one.key for one in found.differences] == [("50",)]
    assert pair.target.rows("SELECT explained FROM tableferry.verifications") == [(10,)]


@pytest.mark.parametrize("column", ["RV rowversion", "Rev int NOT NULL DEFAULT 7"])
def test_a_watermark_that_is_a_value_is_shown_and_neither_logged_nor_recorded(
    pair: Pair, column: str
) -> None:
    pair.source.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")
    pair.source.run(f"CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, {column})")
    pair.source.run("INSERT INTO dbo.T (ID) VALUES (1)")
    by_value = {"mode": "watermark", "watermark": "Rev"}
    mode = {"deletes": "reconcile", **(by_value if "Rev" in column else {"mode": "rowversion"})}
    pair.load(**mode)
    found = verify(pair, **mode)
    assert found.watermark.startswith("Rev 7" if "Rev" in column else "RV 0x")
    assert found.to_dict()["watermark"] == found.watermark
    assert "watermark" not in found.to_dict(rows=False)
    assert pair.target.rows("SELECT watermark FROM tableferry.verifications") == [(None,)]


def test_a_version_of_change_tracking_is_shown_logged_and_recorded(pair: Pair) -> None:
    pair.source.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")
    pair.source.run("ALTER DATABASE McTM SET CHANGE_TRACKING = ON")
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)")
    pair.source.run("ALTER TABLE dbo.T ENABLE CHANGE_TRACKING")
    pair.source.run("INSERT INTO dbo.T VALUES (1)")
    pair.load(mode="change_tracking")
    found = verify(pair, mode="change_tracking")
    assert found.watermark == "version 1"
    assert found.to_dict(rows=False)["watermark"] == found.watermark
    assert pair.target.rows("SELECT watermark FROM tableferry.verifications") == [("version 1",)]


def test_after_a_repair_nothing_is_warned_of_that_it_has_mended(pair: Pair) -> None:
    pair.source.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, RV rowversion)")
    pair.source.run("INSERT INTO dbo.T (ID) SELECT value FROM GENERATE_SERIES(1, 50)")
    mode = {"mode": "rowversion", "deletes": "reconcile"}
    pair.load(**mode)
    pair.source.run("DELETE FROM dbo.T WHERE ID = 9")
    [warning] = verify(pair, **mode).warnings
    assert "may have been deleted at the source" in warning
    found = verify(pair, VerifyOptions(settle=0.0, repair=True), **mode)
    assert (found.verdict, found.repaired["deleted"]) == (Verdict.EQUAL, 1)
    assert warning not in found.warnings
    assert not any("may have been deleted" in one for one in found.warnings)


def test_where_too_many_rows_have_changed_to_look_at_each_nothing_is_said_of_the_others(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("differences", "row_pairs"):
        monkeypatch.setattr(f"tableferry.verification.{module}.MOST_KEPT", 3)
    pair.source.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")
    pair.source.run(
        "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(50), RV rowversion)"
    )
    pair.source.run("INSERT INTO dbo.T (ID, Name) SELECT value, N'a' FROM GENERATE_SERIES(1, 100)")
    mode = {"mode": "rowversion", "deletes": "reconcile"}
    pair.load(**mode)
    pair.source.run("UPDATE dbo.T SET Name = N'b' WHERE ID <= 10")
    found = verify(pair, **mode)
    assert (found.verdict, found.explained) == (Verdict.NOT_VERIFIED, 3)
    assert found.reason.startswith("10 rows differ, too many to look at each")
    pair.load(**mode)
    assert verify(pair, **mode).verdict is Verdict.EQUAL


def test_a_table_whose_ledger_is_gone_is_compared_all_the_same(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, RV rowversion)")
    pair.source.run("INSERT INTO dbo.T (ID) VALUES (1)")
    mode = {"mode": "rowversion", "deletes": "reconcile"}
    pair.load(**mode)
    pair.target.run("DROP SCHEMA tableferry CASCADE")
    found = verify(pair, **mode)
    assert (found.verdict, found.watermark) == (Verdict.EQUAL, "")


def test_a_table_without_a_key_is_compared_and_not_repaired(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (Name nvarchar(50), Amount int)")
    pair.source.run("INSERT INTO dbo.T VALUES (N'a', 1), (N'a', 1), (N'b', 2)")
    pair.load()
    assert verify(pair).verdict is Verdict.EQUAL
    pair.target.run("INSERT INTO t VALUES ('a', 1)")
    found = verify(pair, VerifyOptions(settle=0.0, repair=True))
    assert (found.verdict, found.counts) == (Verdict.DIFFERS, {DifferenceKind.EXTRA: 1})
    assert found.key == ("name", "amount")
    assert found.differences[0].key == ("a", "1")
    assert "It was not repaired: it has no key. Load the table anew" in found.warnings[-1]


def test_where_rows_differ_without_a_watermark_later_changes_are_said_to_be_among_them(
    loaded: Pair,
) -> None:
    damage(loaded)
    assert any("rows that the source has changed since" in one for one in verify(loaded).warnings)


def test_numbers_of_rows_that_differ_are_counted_again_after_a_while(
    loaded: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded.target.run("DELETE FROM t WHERE id = 1")
    waited = []

    def mend(seconds: float) -> None:
        waited.append(seconds)
        loaded.target.run("INSERT INTO t VALUES (1, '', 0)")

    options = RunOptions(deadline=Deadline(wait=mend))
    settings = loaded.source.settings(loaded.target)
    wanted = VerifyOptions(Depth.COUNT, settle=3.0)
    found = verify_tables([loaded.spec()], settings, wanted, options=options)
    assert (found.tables[0].verdict, waited) == (Verdict.EQUAL, [3.0])


def test_rows_in_quarantine_are_not_missing_from_a_count_either(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(50))")
    pair.source.run("INSERT INTO dbo.T VALUES (1, N'a'), (2, NCHAR(0)), (3, NCHAR(0))")
    policy = {"on_invalid": "quarantine", "max_invalid": 5}
    pair.load(**policy)
    found = verify(pair, VerifyOptions(Depth.COUNT, settle=0.0), **policy)
    assert (found.verdict, found.quarantined, found.differing) == (Verdict.EQUAL, 2, 0)
    found = verify(pair, **policy)
    assert (found.verdict, found.quarantined) == (Verdict.EQUAL, 2)


def test_ctrl_c_while_rows_are_repaired_stops_the_verification(
    loaded: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(loaded)
    monkeypatch.setattr(
        "tableferry.runs.repair._Repair.load", lambda _self: signal.raise_signal(signal.SIGINT)
    )
    specs = [loaded.spec(), loaded.spec()]
    answers: list[TableVerification] = []
    with pytest.raises(KeyboardInterrupt):
        verify_tables(
            specs,
            loaded.source.settings(loaded.target),
            VerifyOptions(settle=0.0, repair=True),
            on_answer=answers.append,
        )
    assert answers == []
    assert loaded.compare().total == 3


def test_a_result_can_be_passed_on_to_another_process(loaded: Pair) -> None:
    damage(loaded)
    found = verify(loaded)
    assert found.differences
    assert pickle.loads(pickle.dumps(found)) == found
