"""A word for each table: from its records, its entry and the clock."""

from typing import Any

import pytest

from tableferry.config import LedgerUse
from tableferry.errors import ErrorReport
from tableferry.states.judge import report_of
from tableferry.states.records import LedgerFacts, RunRecord, TableFacts, TableRecord
from tableferry.states.report import StatusReport, TableState
from tableferry.states.words import Word, event_commands, shell_commands
from tests.support.specs import spec
from tests.unit.states.facts import (
    GONE,
    NOW,
    ago,
    lease,
    ledger,
    run,
    verification,
    watermark,
)


def report(found: LedgerFacts, **entry: Any) -> StatusReport:
    customer = spec(key="customer", target="customer", **entry)
    return report_of([customer], found, shell_commands(), where="host/db")


def state(found: LedgerFacts, **entry: Any) -> TableState:
    (only,) = report(found, **entry).tables
    return only


def test_a_table_whose_last_run_is_ok_is_fresh_and_says_nothing_more() -> None:
    found = state(ledger(run()))
    assert (found.word, found.why, found.command) == (Word.FRESH, "", "")
    assert found.age == 11 * 60
    assert (found.rows, found.seconds, found.rows_per_second) == (6000, 60.0, 100)


def test_rows_that_are_older_than_max_age_make_a_table_late() -> None:
    found = state(ledger(run(minutes=59)), max_age=1800)
    assert found.word is Word.LATE
    assert found.why == "Its rows are 1 h old, and may be 30 min old."
    assert found.command == "tableferry sync --tables=customer"
    assert state(ledger(run(minutes=59)), max_age=3600).word is Word.FRESH


def test_the_age_counts_from_when_the_source_was_asked_and_not_from_the_commit() -> None:
    assert state(ledger(run(minutes=1, lasted=120)), max_age=3600).word is Word.LATE


def test_a_table_without_changes_is_as_fresh_as_its_watermark() -> None:
    found = state(ledger(run(minutes=600), watermark=watermark(2)), max_age=600)
    assert (found.word, found.age) == (Word.FRESH, 120)
    late = state(ledger(run(minutes=600), watermark=watermark(20)), max_age=600)
    assert (late.word, late.age) == (Word.LATE, 1200)


def test_the_watermark_that_a_load_wrote_says_no_other_moment_than_the_load() -> None:
    load = run(minutes=10, lasted=50)
    found = state(ledger(load, watermark=watermark(10, run_id=load.run_id)))
    assert found.as_of == ago(60)


def test_a_repair_makes_no_row_newer() -> None:
    assert state(ledger(run(minutes=1, publish="repair", as_of=None), run())).as_of == ago(11)


def test_a_failed_run_makes_a_table_failing_with_its_reason_its_hint_and_a_command() -> None:
    found = state(ledger(run("failed", 5, error=GONE), run()))
    assert found.word is Word.FAILING
    assert found.why == (
        "Its last run, 2026-11-29 17:55 UTC, ended as failed: mctm: the connection was lost "
        "(08S01)."
    )
    assert found.hint == "Run it again."
    assert found.command == "tableferry sync --tables=customer"


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("ConfigError", "check"),
        ("SchemaError", "plan"),
        ("GuardError", "plan"),
        ("VerificationError", "verify"),
        ("TransientError", "sync"),
        ("ValueError", "sync"),
    ],
)
def test_what_to_type_follows_from_the_class_of_the_error(kind: str, command: str) -> None:
    error = ErrorReport(kind, "no", "")
    found = state(ledger(run("failed", error=error)))
    assert found.command == f"tableferry {command} --tables=customer"
    assert found.why.endswith("It has never been published.")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("abandoned", "was killed or cut off"),
        ("cancelled", "was stopped by a signal"),
        ("deadline", "was stopped by its time limit"),
    ],
)
def test_a_run_that_was_ended_from_outside_makes_a_table_failing(status: str, said: str) -> None:
    found = state(ledger(run(status, 5), run()))
    assert found.word is Word.FAILING
    assert said in found.why


def test_a_table_that_was_found_without_changes_after_a_failure_fails_no_longer() -> None:
    found = state(ledger(run("failed", 5, error=GONE), run(), watermark=watermark(1)))
    assert found.word is Word.FRESH


@pytest.mark.parametrize("status", ["held", "skipped"])
def test_a_run_that_did_not_begin_the_table_says_nothing_of_it(status: str) -> None:
    assert state(ledger(run(status, 1), run())).word is Word.FRESH
    assert state(ledger(run(status, 1), run("failed", 5, error=GONE))).word is Word.FAILING


def test_a_run_with_a_lease_is_running_and_tells_what_became_of_the_one_before() -> None:
    now = run("running", 5, phase="load", rows_written=1200)
    found = state(ledger(now, run("failed", 30, error=GONE), lease=lease(now.run_id)))
    assert found.word is Word.RUNNING
    assert found.why == (
        "host pid 7 has been loading it for 5 min (load, 1,200 rows so far). The run before ended "
        "as failed: mctm: the connection was lost (08S01)."
    )
    assert found.command == "tableferry history customer"


def test_a_run_that_waits_for_its_turn_is_running_without_a_lease() -> None:
    assert state(ledger(run("running", 1), run())).word is Word.RUNNING


def test_a_run_that_shows_no_life_and_whose_lease_has_expired_makes_a_table_failing() -> None:
    dead = run("running", 30, heartbeat=ago(20))
    expired = lease(dead.run_id, renewed=20)
    found = state(ledger(dead, run(minutes=60), lease=expired))
    assert found.word is Word.FAILING
    assert "has shown no life for 20 min" in found.why


def test_a_dead_run_that_a_later_one_has_made_up_for_is_forgotten() -> None:
    dead = run("running", 30, heartbeat=ago(25))
    assert state(ledger(run(), dead)).word is Word.FRESH
    assert state(ledger(dead, run(minutes=60), watermark=watermark(3))).word is Word.FRESH


def test_a_lease_that_is_not_renewed_while_it_lasts_long_holds_the_table() -> None:
    now = run("running", 40, heartbeat=ago(20))
    found = state(ledger(now, lease=lease(now.run_id, renewed=20, ttl=30)))
    assert found.word is Word.HELD
    assert "has shown no life for 20 min; the lease expires in 10 min." in found.why
    assert "when the lease expires" in found.hint


def test_a_table_that_no_run_has_published_is_never() -> None:
    found = state(LedgerFacts(NOW, 6))
    assert (found.word, found.command) == (Word.NEVER, "tableferry sync --tables=customer")
    assert state(ledger(run("held", 1))).why.endswith("found its lease taken.")


def test_without_a_ledger_every_table_is_never_and_a_note_says_so() -> None:
    found = report(LedgerFacts(NOW, 0))
    assert found.count(Word.NEVER) == 1
    assert found.notes[0].startswith("There is no ledger in the target")


def test_a_table_whose_entry_turns_the_ledger_off_cannot_be_judged() -> None:
    found = state(LedgerFacts(NOW, 6), ledger=LedgerUse.OFF)
    assert found.word is Word.NEVER
    assert "'ledger': 'off'" in found.why


def differs(minutes: float = 5, depth: str = "rows") -> Any:
    return verification("differs", minutes, depth, 3)


def test_rows_that_a_verification_found_to_differ_make_a_table_differ() -> None:
    found = state(ledger(run(), verifications=(differs(),)))
    assert found.word is Word.DIFFERS
    assert found.why.startswith("3 rows differ from the source's, as the verification of 2026-")
    assert found.command == "tableferry verify --tables=customer"


def test_a_difference_stands_while_only_changes_are_merged() -> None:
    facts = ledger(run(minutes=2, publish="merge"), verifications=(differs(),), complete_at=ago(60))
    assert state(facts).word is Word.DIFFERS


def test_a_difference_ends_with_the_next_complete_load() -> None:
    facts = ledger(run(minutes=2), verifications=(differs(),), complete_at=ago(2))
    assert state(facts).word is Word.FRESH


@pytest.mark.parametrize(
    ("later", "depth", "word"),
    [
        ("equal", "rows", Word.FRESH),
        ("partly compared", "rows", Word.FRESH),
        ("equal", "sample", Word.DIFFERS),
        ("equal", "count", Word.DIFFERS),
        ("not verified", "rows", Word.DIFFERS),
    ],
)
def test_a_difference_ends_with_a_comparison_of_as_much_that_finds_none(
    later: str, depth: str, word: Word
) -> None:
    facts = ledger(run(), verifications=(verification(later, 1, depth), differs()))
    assert state(facts).word is word


def test_a_difference_outweighs_a_failure() -> None:
    facts = ledger(run("failed", 1, error=GONE), run(), verifications=(differs(),))
    assert state(facts).word is Word.DIFFERS


@pytest.mark.parametrize(
    ("rows", "median"), [([60, 0, 600, 6000], 10), ([6000, 60, 600, 0, 1200], 15), ([0], None)]
)
def test_the_usual_speed_is_the_median_of_the_loads_that_wrote_rows(
    rows: list[int], median: int | None
) -> None:
    runs = [run(minutes=n, rows_written=count) for n, count in enumerate(rows, 1)]
    assert state(ledger(*runs)).usual_rows_per_second == median


def test_a_watermark_that_the_source_will_soon_forget_is_a_warning() -> None:
    facts = ledger(run(minutes=60), watermark=watermark(50, retention=3600.0))
    (warning,) = state(facts).warnings
    assert warning == (
        "the source was last asked 50 min ago, and keeps changes for 1 h; afterwards every row has "
        "to be read"
    )
    assert state(ledger(run(), watermark=watermark(5, retention=3600.0))).warnings == ()
    gone = state(ledger(run(minutes=90), watermark=watermark(80, retention=3600.0)))
    assert "so that in the next run every row has to be read" in gone.warnings[0]


def test_tables_that_no_entry_is_about_are_listed_apart_and_do_not_count() -> None:
    old = TableFacts("public.old", (run("failed", error=GONE, table="old", target="public.old"),))
    facts = ledger(run())
    found = report_of(
        [spec(key="customer", target="customer")],
        LedgerFacts(NOW, 6, {**facts.tables, "public.old": old}, facts.targets),
        shell_commands(),
    )
    assert [(one.table, one.word, one.command) for one in found.others] == [
        ("old", Word.FAILING, "")
    ]
    assert found.ok
    assert found.to_dict()["totals"]["tables"] == 1


def test_tables_that_were_not_asked_about_are_no_others() -> None:
    both = [spec(key="customer", target="customer"), spec(key="order", target="order")]
    facts = ledger(run())
    order = TableFacts("public.order", (run(table="order"),))
    whole = LedgerFacts(
        NOW, 6, {**facts.tables, "public.order": order},
        {"customer": "public.customer", "order": "public.order"},
    )  # fmt: skip
    assert report_of(both[:1], whole, shell_commands()).others == ()


@pytest.mark.parametrize(
    ("records", "max_age", "ok"),
    [
        ([run()], None, True),
        ([run("running", 1), run()], 3600, True),
        ([run("running", 1), run(minutes=90)], 3600, False),
        ([run(minutes=90)], 3600, False),
        ([run("failed")], None, False),
        ([], None, False),
    ],
)
def test_a_report_is_ok_where_each_table_is_fresh_or_being_loaded_in_time(
    records: list[TableRecord], max_age: int | None, ok: bool
) -> None:
    assert report(ledger(*records), max_age=max_age).ok is ok


def test_commands_name_the_table_file_and_quote_what_a_shell_would_take_apart() -> None:
    quoted = shell_commands("my tables.toml")
    found = report_of(
        [spec(key="a b", target="customer")], LedgerFacts(NOW), quoted, where="host/db"
    )
    (only,) = found.tables
    assert only.command == "tableferry sync --config='my tables.toml' --tables='a b'"


def test_the_deployments_function_is_told_by_events() -> None:
    found = report_of([spec(key="customer", target="customer")], LedgerFacts(NOW), event_commands)
    assert found.tables[0].command == '{"mode": "multi_sync", "tables": ["customer"]}'


def test_the_json_form_says_its_version_and_counts_every_word() -> None:
    last = RunRecord("r", "ok", ago(2), ago(1), ago(1), "host pid 7", "0.1.0")
    facts = ledger(run(), watermark=watermark(1, retention=3600.0))
    found = report(LedgerFacts(NOW, 6, facts.tables, facts.targets, last)).to_dict()
    assert (found["format"], found["target"], found["ledger_version"]) == (1, "host/db", 6)
    assert found["last_run"]["status"] == "ok"
    assert found["totals"] == {
        "tables": 1, "differs": 0, "failing": 0, "held": 0, "late": 0, "never": 0, "running": 0,
        "fresh": 1,
    }  # fmt: skip
    (table,) = found["tables"]
    assert table["watermark"] == {
        "mode": "change_tracking", "age_seconds": 60.0, "retention_seconds": 3600.0,
    }  # fmt: skip
    assert table["last_run"]["seconds"] == 60.0
