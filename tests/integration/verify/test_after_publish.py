"""``verify`` in an entry: what a run has published is compared at once, and repaired if asked."""

import json
from dataclasses import replace

import pytest

from tableferry.runs.events import Event, Phase, PhaseStarted, TableFinished, TableVerified
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.runs.run import sync_tables
from tableferry.runs.run_options import RunOptions
from tableferry.verification.result import Verdict
from tests.integration.verify.conftest import ROWS, Pair

pytestmark = pytest.mark.with_ledger

DAMAGE = """\
CREATE FUNCTION damage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id = 3 THEN
    NEW.name := 'damaged';
  END IF;
  RETURN NEW;
END $$"""
"""What changes a row behind the load's back: the values that arrive are not those that stay."""

RECORDED = "SELECT run_id::text, depth, verdict, different FROM tableferry.verifications"


def sync(pair: Pair, **changes: object) -> RunOutcome:
    on_event = changes.pop("on_event", None)
    options = changes.pop("options", RunOptions())
    spec = pair.spec(**changes)
    return sync_tables(
        [spec],
        pair.source.settings(pair.target),
        on_event=on_event,  # type: ignore[arg-type]
        options=options,  # type: ignore[arg-type]
    )


@pytest.fixture
def damaging(loaded: Pair) -> Pair:
    """A target that changes a row as it is written, and a source that has a new one for it."""
    loaded.source.run("UPDATE dbo.T SET Name = N'new' WHERE ID = 3")
    loaded.target.run(
        DAMAGE,
        "CREATE TRIGGER damage BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION damage()",
    )
    return loaded


def test_a_run_that_arrived_is_ok_and_the_ledger_has_its_verification(loaded: Pair) -> None:
    events: list[Event] = []
    run = sync(loaded, verify="rows", on_event=events.append)
    (outcome,) = run.tables
    assert outcome.ok, outcome.error
    assert outcome.verified is not None
    assert outcome.verified.verdict is Verdict.EQUAL
    assert outcome.to_dict()["verified"]["source_rows"] == ROWS
    assert loaded.target.rows(RECORDED) == [(run.run_id, "rows", "equal", 0)]
    assert [type(event) for event in events[-2:]] == [TableVerified, TableFinished]


def test_nothing_is_compared_unless_the_entry_says_so(loaded: Pair) -> None:
    (outcome,) = sync(loaded).tables
    assert outcome.verified is None
    assert loaded.target.rows(RECORDED) == []


def test_a_difference_fails_the_outcome_though_the_rows_are_published(damaging: Pair) -> None:
    run = sync(damaging, verify="rows", publish="merge")
    (outcome,) = run.tables
    assert (outcome.status, run.status) == (Status.FAILED, Status.FAILED)
    assert outcome.differs
    assert outcome.rows_written == ROWS
    assert outcome.error is not None
    assert outcome.error.kind == "VerificationError"
    assert "1 row of t differs from the source" in outcome.error.message
    assert "The rows that were published stay" in outcome.error.message
    assert damaging.target.rows("SELECT name FROM t WHERE id = 3") == [("damaged",)]
    assert damaging.target.rows("SELECT status FROM tableferry.runs ORDER BY started_at")[-1] == (
        "failed",
    )
    assert damaging.target.rows("SELECT status FROM tableferry.table_runs")[-1] == ("ok",)
    assert damaging.target.rows(RECORDED) == [(run.run_id, "rows", "differs", 1)]
    assert "differences" not in json.dumps(outcome.to_dict())


def test_no_warning_says_that_the_ledger_has_another_outcome(damaging: Pair) -> None:
    run = sync(damaging, verify="rows", publish="merge")
    assert [one for one in run.warnings + run.tables[0].warnings if "the ledger" in one] == []


def test_a_repair_makes_the_outcome_ok(damaging: Pair) -> None:
    def heal(event: Event) -> None:
        if isinstance(event, PhaseStarted) and event.phase is Phase.REPAIR:
            damaging.target.run("DROP TRIGGER damage ON t")

    run = sync(damaging, verify="rows", repair=True, publish="merge", on_event=heal)
    (outcome,) = run.tables
    assert outcome.ok, outcome.error
    assert outcome.verified is not None
    assert outcome.verified.repaired == {"inserted": 0, "updated": 1, "deleted": 0, "unchanged": 0}
    assert damaging.compare().total == 0
    assert damaging.target.rows(RECORDED) == [(run.run_id, "rows", "equal", 0)]


def test_rows_that_cannot_be_made_equal_fail_with_the_reason(damaging: Pair) -> None:
    (outcome,) = sync(damaging, verify="rows", repair=True, publish="merge").tables
    assert outcome.status is Status.FAILED
    assert outcome.error is not None
    assert outcome.error.kind == "VerificationError"


def test_a_run_that_published_nothing_is_not_verified(loaded: Pair) -> None:
    loaded.source.run("DELETE FROM dbo.T WHERE ID > 10")
    (outcome,) = sync(loaded, verify="rows").tables
    assert outcome.status is Status.FAILED
    assert outcome.verified is None
    assert loaded.target.rows(RECORDED) == []


def test_a_table_that_could_not_be_verified_is_ok_with_a_warning(
    loaded: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> TableOutcome:
        raise RuntimeError("its text is nobody's business")

    monkeypatch.setattr("tableferry.runs.verify_table.compare", lost)
    (outcome,) = sync(loaded, verify="rows").tables
    assert outcome.ok
    assert outcome.warnings[-1].startswith("t was not verified: RuntimeError: An error that")
    assert "nobody's business" not in json.dumps(outcome.to_dict())


def test_ctrl_c_while_rows_are_compared_leaves_them_published_and_stops_the_run(
    loaded: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> TableOutcome:
        raise KeyboardInterrupt

    monkeypatch.setattr("tableferry.runs.verify_table.compare", stopped)
    loaded.source.run("DELETE FROM dbo.T WHERE ID = 5")
    specs = [loaded.spec(verify="rows"), loaded.spec(pg_table="other")]
    run = sync_tables(specs, loaded.source.settings(loaded.target))
    first, second = run.tables
    assert first.ok
    assert first.warnings[-1] == "t was not verified: the run was stopped"
    assert second.status is Status.CANCELLED
    assert loaded.target.rows("SELECT count(*) FROM t") == [(ROWS - 1,)]


def test_counting_is_enough_for_an_entry_that_asks_for_it(loaded: Pair) -> None:
    (outcome,) = sync(loaded, verify="count").tables
    assert outcome.ok
    assert loaded.target.rows(RECORDED)[0][1:3] == ("count", "equal")


def test_tables_that_are_published_together_are_each_verified(damaging: Pair) -> None:
    other = damaging.spec(pg_table="other", verify="rows")
    specs = [replace(other, key="other"), damaging.spec(verify="rows", publish="merge")]
    settings = damaging.source.settings(damaging.target)
    run = sync_tables(specs, settings, options=RunOptions(together=True))
    first, second = run.tables
    assert (first.status, second.status) == (Status.OK, Status.FAILED)
    assert (run.status, run.differs) == (Status.PARTIAL, True)
    assert damaging.target.rows("SELECT count(*) FROM other") == [(ROWS,)]
