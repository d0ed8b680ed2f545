"""What is shown while a command works: live lines on a terminal, now and then a line in a log."""

import io
from collections.abc import Sequence

import pytest
from rich.console import Console

from tableferry.errors import ErrorReport
from tableferry.report.run_view import RunView
from tableferry.report.screen import LOG_SECONDS, Screen
from tableferry.report.table_status import TableStatus, duration
from tableferry.runs.events import (
    Event,
    Phase,
    PhaseStarted,
    Progress,
    Retrying,
    TableFinished,
    TableStarted,
    TableVerified,
    WaitingForLease,
    WaitingForSessions,
)
from tableferry.runs.outcome import Status, TableOutcome

RUN = "1f3a9c04-0000-4000-8000-000000000000"
BEGUN = TableStarted("orders", "public.orders", 3, 8)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def console(*, is_terminal: bool = False, width: int = 120) -> Console:
    return Console(
        file=io.StringIO(),
        width=width,
        force_terminal=is_terminal,
        color_system=None,
        highlight=False,
    )


def text_of(out: Console) -> str:
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def line_after(*events: Event, passed: float = 0.0, width: int = 80) -> str:
    clock = Clock()
    status = TableStatus("orders", clock)
    for event in events:
        status.take(event)
    clock.now += passed
    out = console(width=200)
    out.print(status.line(width), soft_wrap=True)
    return text_of(out).rstrip("\n")


def progress(rows: int, expected: int | None, seconds: float, stored: int = 0) -> Progress:
    return Progress("orders", rows, seconds, expected, stored)


SHOWN: dict[str, tuple[Sequence[Event], float, str]] = {
    "its turn has come": ([BEGUN], 0.0, "connecting"),
    "connecting takes long": (
        [BEGUN, PhaseStarted("orders", Phase.CONNECT)],
        3.2,
        "connecting, 3 s",
    ),
    "planning": ([BEGUN, PhaseStarted("orders", Phase.PLAN)], 0.4, "planning"),
    "no row is there yet": (
        [BEGUN, PhaseStarted("orders", Phase.LOAD)],
        75.0,
        "waiting for the first rows, 1:15",
    ),
    "another run's lease": (
        [BEGUN, WaitingForLease("orders", "db7 pid 4242", RUN, 13.0)],
        2.0,
        "waiting 11 s at most for the lease of run 1f3a9c04 on db7 pid 4242",
    ),
    "a known count": (
        [BEGUN, progress(250_000, 1_000_000, 5.0)],
        0.0,
        " 25%  250,000 rows  50,000 rows/s  15 s left",
    ),
    "an unknown count": ([BEGUN, progress(1, None, 5.0)], 0.0, "1 row  0 rows/s"),
    "a count that was wrong": ([BEGUN, progress(300, 200, 1.0)], 0.0, "300 rows  300 rows/s"),
    "a rate that is not steady yet": (
        [BEGUN, progress(500, 1_000, 1.0)],
        0.0,
        " 50%  500 rows  500 rows/s",
    ),
    "rows of an earlier run": (
        [BEGUN, progress(900, 1_000, 10.0, stored=800)],
        0.0,
        " 90%  900 rows  10 rows/s  10 s left",
    ),
    "indexing": ([BEGUN, PhaseStarted("orders", Phase.PREPARE)], 12.0, "indexing, 12 s"),
    "one reader": (
        [BEGUN, WaitingForSessions("orders", (4711,), 8.0)],
        4.0,
        "waiting 12 s for PostgreSQL session with pid 4711",
    ),
    "two readers": (
        [BEGUN, WaitingForSessions("orders", (4711, 4712), 0.1)],
        0.0,
        "waiting 0 s for PostgreSQL sessions with pid 4711, 4712",
    ),
    "readers nobody can tell": (
        [BEGUN, WaitingForSessions("orders", (), 2.0)],
        0.0,
        "waiting 2 s for other sessions in PostgreSQL",
    ),
    "the wait is over": (
        [BEGUN, WaitingForSessions("orders", (1,), 2.0), PhaseStarted("orders", Phase.PUBLISH)],
        0.0,
        "publishing",
    ),
    "comparing": ([BEGUN, PhaseStarted("orders", Phase.VERIFY)], 3.0, "comparing both sides, 3 s"),
    "repairing": ([BEGUN, PhaseStarted("orders", Phase.REPAIR)], 0.0, "repairing"),
    "a retry": (
        [BEGUN, Retrying("orders", ErrorReport("TransientError", "cut\noff", ""), 5.0)],
        2.0,
        "again in 3 s, after: cut",
    ),
}


@pytest.mark.parametrize("case", SHOWN)
def test_every_phase_and_every_wait_has_its_words(case: str) -> None:
    events, passed, words = SHOWN[case]
    assert line_after(*events, passed=passed) == f"  {'orders':<20}  3 of 8  {words}"


def test_every_event_of_the_api_has_words() -> None:
    shown = {type(event) for events, _, _ in SHOWN.values() for event in events}
    assert shown | {TableFinished, TableVerified} == set(Event.__args__)
    phases = {e.phase for events, _, _ in SHOWN.values() for e in events if hasattr(e, "phase")}
    assert phases == set(Phase)


def test_a_wide_terminal_shows_the_share_as_a_bar() -> None:
    assert f"{'━' * 16}   50%" in line_after(progress(1, 2, 1.0), width=120)
    assert "━" not in line_after(progress(1, 2, 1.0), width=80)
    assert "━" not in line_after(progress(1, None, 1.0), width=120)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1:00"), (3599, "59:59"), (7385, "2:03:05")],
)
def test_a_duration_is_written_for_people(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_a_log_gets_a_line_of_a_table_every_10_seconds_and_none_before() -> None:
    clock = Clock()
    out, err = console(), console()
    with Screen(out, err, clock=clock) as screen:
        view = RunView(screen, clock)
        for batch in range(100):
            view.event(progress(10 * (batch + 1), 1000, clock.now))
            view.event(Progress("b", 10 * (batch + 1), clock.now, None))
            clock.now += LOG_SECONDS / 40
    lines = text_of(err).splitlines()
    assert [line.split()[0] for line in lines] == ["orders", "b"] * 2
    assert [line.split()[1] for line in lines if "orders" in line] == ["41%", "81%"]
    assert text_of(out) == ""


def test_a_log_gets_its_line_also_while_nothing_happens() -> None:
    clock = Clock()
    err = console()
    with Screen(console(), err, clock=clock) as screen:
        RunView(screen, clock).event(PhaseStarted("orders", Phase.PREPARE))
        clock.now += LOG_SECONDS
        screen.tick()
        screen.tick()
    assert text_of(err).splitlines() == [f"  {'orders':<20}  indexing, 10 s"]


FAILED = TableOutcome(
    "a", "a", Status.FAILED, error=ErrorReport("SchemaError", "it is not there", "Correct it.")
)
OK = TableOutcome("b", "b", Status.OK, 2, 2, 0.25)


def shown_with(*, quiet: bool = False, shows_results: bool = True) -> tuple[str, str]:
    out, err = console(), console()
    with Screen(out, err, quiet=quiet, shows_results=shows_results) as screen:
        view = RunView(screen)
        for outcome in (FAILED, OK):
            view.event(TableStarted(outcome.table, outcome.target))
            view.event(TableFinished(outcome))
        with screen.printing(always=True) as last:
            last.print("the last line")
    return text_of(out), text_of(err)


ON_STDERR = "failed  a\n    SchemaError: it is not there\n    hint: Correct it.\n"


def test_a_failed_table_goes_to_stderr_and_a_result_to_stdout() -> None:
    assert shown_with() == ("ok  b -> b: 2 rows in 0.25 s\nthe last line\n", ON_STDERR)


def test_quiet_shows_failures_and_the_last_line_only() -> None:
    assert shown_with(quiet=True) == ("the last line\n", ON_STDERR)


def test_beside_a_json_document_only_failures_are_shown() -> None:
    assert shown_with(shows_results=False) == ("", ON_STDERR)


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.OK])
def test_whatever_is_not_ok_goes_to_stderr(status: Status) -> None:
    out, err = console(), console()
    with Screen(out, err) as screen:
        RunView(screen).event(TableFinished(TableOutcome("a", "a", status)))
    assert (text_of(out), text_of(err)) == ("", f"{status}  a\n")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_live_lines_never_fold_and_are_gone_at_the_end(width: int) -> None:
    clock = Clock()
    err = console(is_terminal=True, width=width)
    with Screen(console(is_terminal=True), err, clock=clock) as screen:
        view = RunView(screen, clock)
        view.event(TableStarted("a_table_with_a_rather_long_name", "t", 12, 60))
        view.event(WaitingForLease("a_table_with_a_rather_long_name", "host" * 9, RUN, 13.0))
        drawn = screen._drawn(width)
        probe = console(width=width)
        probe.print(drawn)
        [line] = text_of(probe).splitlines()
        assert len(line) <= width
        assert width < 80 or "13 s at most" in line, "what is cut off is the end of a long name"
    assert text_of(err).endswith("\r\x1b[2K\x1b[?25h\r")  # cleared, and the cursor is back


def test_of_many_tables_at_once_the_last_six_are_shown_and_the_others_counted() -> None:
    err = console(is_terminal=True)
    with Screen(console(), err) as screen:
        view = RunView(screen)
        for number in range(9):
            view.event(TableStarted(f":t{number}:" if number < 8 else ":x:", "t", number + 1, 9))
        probe = console()
        probe.print(screen._drawn(120))
        lines = text_of(probe).splitlines()
    names = [line.split()[0] for line in lines[:-1]]
    assert names == [":t3:", ":t4:", ":t5:", ":t6:", ":t7:", ":x:"], "a name is no picture"
    assert lines[-1].strip() == "and 3 more"


def test_a_terminal_that_cannot_redraw_a_line_gets_those_of_a_log() -> None:
    clock = Clock()
    err = Console(file=io.StringIO(), width=80, force_terminal=True, _environ={"TERM": "dumb"})
    with Screen(console(), err, clock=clock) as screen:
        RunView(screen, clock).event(PhaseStarted("orders", Phase.PREPARE))
        clock.now += LOG_SECONDS
        screen.tick()
    assert "indexing, 10 s" in text_of(err)
    assert "\r" not in text_of(err)
