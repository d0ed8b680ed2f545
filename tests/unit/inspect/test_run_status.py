"""How tables stand as the run itself knows: for a page where the ledger says nothing."""

import datetime as dt
from dataclasses import replace

import pytest

from tableferry.config import TableSpec, parse_table_configs
from tableferry.errors import ErrorReport
from tableferry.inspect.run_status import EndedRun, status_of
from tableferry.model.phase_span import PhaseSpan
from tableferry.report.page.last_run import bars_of
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.states.report import TableState
from tableferry.states.words import Word, shell_commands
from tableferry.verification.options import Depth
from tableferry.verification.result import TableVerification, Verdict
from tests.support.specs import entry

BEGAN = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
ENDED = BEGAN + dt.timedelta(seconds=60)
OK = TableOutcome(
    "t",
    "public.t",
    Status.OK,
    rows_read=100,
    rows_written=100,
    seconds=10.0,
    publish="swap",
    lag=4.0,
    phases=(PhaseSpan("load", 0.0, 10.0),),
    losses=(("Made", "the offset is not kept"),),
    quarantined={"Name": {"nul": 2}},
)
DIFFERS = TableVerification("t", "public.t", Verdict.DIFFERS, Depth.ROWS, seconds=5.0)


def spec(**changes: object) -> TableSpec:
    return parse_table_configs({"t": entry(**changes)})["t"]


def stands(outcome: TableOutcome, **changes: object) -> TableState:
    run = EndedRun(RunOutcome([outcome], 60.0, "r"), BEGAN, ENDED, {"t": BEGAN})
    [table] = status_of(run, [spec(**changes)], "app", shell_commands()).tables
    return table


def failed(kind: str, status: Status = Status.FAILED) -> TableOutcome:
    return replace(OK, status=status, lag=None, error=ErrorReport(kind, "it broke", "mend it"))


def test_a_published_table_is_fresh_and_as_old_as_its_oldest_row() -> None:
    table = stands(OK)
    assert (table.word, table.why, table.command) == (Word.FRESH, "", "")
    assert table.age == 4.0 + 50.0  # its lag, and what has passed since the commit
    assert (table.rows, table.rows_per_second, table.quarantined) == (100, 10, 2)
    assert table.losses == {"Made": "the offset is not kept"}


@pytest.mark.parametrize(
    ("outcome", "word", "command"),
    [
        (failed("TransientError"), Word.FAILING, "tableferry sync --tables=t"),
        (failed("ConfigError"), Word.FAILING, "tableferry check --tables=t"),
        (failed("SchemaError"), Word.FAILING, "tableferry plan --tables=t"),
        (failed("DeadlineError", Status.DEADLINE), Word.FAILING, "tableferry sync --tables=t"),
        (failed("LeaseHeldError", Status.HELD), Word.HELD, "tableferry sync --tables=t"),
    ],
)
def test_a_table_that_was_not_published_has_its_reason_and_what_to_type(
    outcome: TableOutcome, word: Word, command: str
) -> None:
    table = stands(outcome)
    assert (table.word, table.command) == (word, command)
    assert table.why == f"Its last run ended as {outcome.status}: it broke"
    assert table.hint == "mend it"
    assert (table.age, table.rows, table.rows_per_second) == (None, None, None)


def test_a_table_that_was_not_begun_says_so() -> None:
    table = stands(TableOutcome("t", "public.t", Status.SKIPPED))
    assert table.word is Word.FAILING
    assert table.why == "Its last run ended as skipped: It was not synced: skipped"


def test_a_table_that_differs_was_published_and_is_to_be_verified() -> None:
    table = stands(replace(OK, status=Status.FAILED, verified=DIFFERS))
    assert table.word is Word.DIFFERS
    assert table.command == "tableferry verify --tables=t"
    assert table.rows == 100
    assert table.verified is not None
    assert table.verified.verdict == "differs"


def test_the_runs_chart_has_the_phases_from_when_the_table_was_begun() -> None:
    begun = BEGAN + dt.timedelta(seconds=20)
    run = EndedRun(RunOutcome([OK], 60.0, "r"), BEGAN, ENDED, {"t": begun}, "etl:1")
    report = status_of(run, [spec()], "app", shell_commands())
    [bars] = bars_of(report)
    assert bars.bars == (PhaseSpan("load", 20.0, 30.0),)
    assert report.last_run is not None
    assert (report.last_run.status, report.last_run.seconds) == ("ok", 60.0)


def test_a_fresh_table_that_is_older_than_allowed_is_late() -> None:
    table = stands(replace(OK, lag=4_000.0), max_age=3_600)
    assert table.is_late
    assert table.word is Word.LATE
    assert table.command == "tableferry sync --tables=t"
