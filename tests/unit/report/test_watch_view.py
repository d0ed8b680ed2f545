"""What a terminal and a log show of a watch: a line a run, and below it what is new."""

import datetime as dt
import io
import signal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tableferry.config.table_file import FileChange
from tableferry.errors import ErrorReport
from tableferry.report.screen import Screen
from tableferry.report.watch_view import MOST_NAMED, WatchView
from tableferry.runs.events import TableFinished, TableStarted
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.runs.rounds import Round, Watched

BEGAN = dt.datetime(2026, 11, 29, 10, 5, 30, tzinfo=dt.UTC)
BROKEN = ErrorReport("SchemaError", "it is not there", "Correct it.")


def ok(table: str, rows: int = 0, **more: Any) -> TableOutcome:
    return TableOutcome(table, table, Status.OK, rows_written=rows, **more)


def failed(table: str, error: ErrorReport | None = BROKEN) -> TableOutcome:
    return TableOutcome(table, table, Status.FAILED, error=error)


def a_round(*tables: TableOutcome, **more: Any) -> Round:
    result = more.pop("result", None) or RunOutcome(tables, 0.42)
    return Round(BEGAN, result, **{"pause": 29.4, **more})


def shown(*rounds: Round, quiet: bool = False, as_json: bool = False) -> tuple[str, str]:
    """What is on stdout and on stderr after these runs."""
    out, err = (Console(file=io.StringIO(), width=160, color_system=None) for _ in range(2))
    with Screen(out, err, quiet=quiet, shows_results=not as_json) as screen:
        view = WatchView(screen, quiet=quiet)
        for one in rounds:
            view.round(one)
    assert isinstance(out.file, io.StringIO)
    assert isinstance(err.file, io.StringIO)
    return out.file.getvalue(), err.file.getvalue()


def line(*tables: TableOutcome, **more: Any) -> str:
    (found, *_) = shown(a_round(*tables, **more))[0].splitlines()
    return found


def test_a_run_is_one_line_with_the_tables_that_changed_and_the_oldest_rows() -> None:
    tables = (ok("customer", 1200), ok("orders"), ok("item", 3))
    ages = {"customer": 0.4, "orders": 75.0, "item": None}
    assert line(*tables, ages=ages) == (
        "2026-11-29 10:05:30  ok  3 of 3 tables, 1,203 rows in 0.42 s; "
        "changed: customer (1,200 rows, 0 s old), item (3 rows); "
        "oldest rows: 1:15 (orders); next in 29 s"
    )


def test_a_run_in_which_nothing_changed_says_so_by_naming_no_table() -> None:
    merged = {"inserted": 0, "updated": 0, "deleted": 0, "unchanged": 300}
    found = line(ok("customer", 300, changes=merged), ages={"customer": 2.0})
    assert found.endswith(
        "1 of 1 table, 300 rows in 0.42 s; oldest rows: 2 s (customer); next in 29 s"
    )


def test_failed_tables_are_named_with_the_class_of_their_error() -> None:
    found = line(ok("a", 1), failed("b"), TableOutcome("c", "c", Status.HELD), failures=0)
    assert "partial  1 of 3 tables" in found
    assert "; changed: a (1 row); not ok: b (SchemaError), c (held); next in" in found


def test_a_run_that_could_not_begin_says_so_and_how_long_it_backs_off() -> None:
    error = ErrorReport("TransientError", "The vault does not answer", "Wait.")
    out, err = shown(a_round(result=error, failures=2, pause=120.0))
    assert out == (
        "2026-11-29 10:05:30  failed  no table was begun (TransientError); "
        "next in 2:00, backing off after 2 failed runs\n"
    )
    assert err == "    TransientError: The vault does not answer\n      hint: Wait.\n"


def test_the_last_run_says_nothing_of_a_next_one() -> None:
    assert "next" not in line(ok("a"), pause=None)


def test_a_line_names_ten_tables_and_counts_the_others() -> None:
    tables = [ok(f"t{number}", 1) for number in range(MOST_NAMED + 3)]
    assert f"t{MOST_NAMED - 1} (1 row) and 3 more; next" in line(*tables)


def test_a_line_is_not_folded_and_a_name_is_no_markup() -> None:
    found = line(*(ok(f"[red]{'x' * 60}\x1b[2J{number}", 1) for number in range(5)))
    assert found.count("[red]") == 5
    assert "\x1b" not in found
    assert found.endswith("next in 29 s")


def test_an_error_is_told_when_it_is_new_and_not_with_every_run() -> None:
    other = ErrorReport("DataError", "a value", "Look.")
    rounds = [
        a_round(failed("a")),
        a_round(failed("a")),
        a_round(failed("a", other)),
        a_round(ok("a")),
        a_round(failed("a", other)),
    ]
    _, err = shown(*rounds)
    assert err == (
        "    a: SchemaError: it is not there\n      hint: Correct it.\n"
        "    a: DataError: a value\n      hint: Look.\n"
        "    a: DataError: a value\n      hint: Look.\n"
    )


def test_a_warning_is_told_when_it_is_new_also_after_runs_without_changes() -> None:
    warned = a_round(ok("a", 1, warnings=("read under NOLOCK",)))
    more = a_round(ok("a", 1, warnings=("read under NOLOCK", "a column is ignored")))
    out, err = shown(warned, a_round(ok("a")), warned, more)
    assert out.count("a: warning read under NOLOCK") == 1
    assert out.count("a: warning a column is ignored") == 1
    assert err == ""


def test_a_warning_that_is_new_for_many_tables_is_one_line() -> None:
    warned = [ok(f"t{n}", warnings=("read under NOLOCK",)) for n in range(MOST_NAMED + 56)]
    out, _ = shown(a_round(*warned), a_round(*warned))
    (found,) = [line for line in out.splitlines() if "NOLOCK" in line]
    assert found == (
        "    t0, t1, t2, t3, t4, t5, t6, t7, t8, t9 and 56 more: warning read under NOLOCK"
    )
    later = a_round(*warned, ok("new", warnings=("read under NOLOCK",)))
    assert "    new: warning read under NOLOCK\n" in shown(a_round(*warned), later)[0]


def test_an_error_that_is_new_for_several_tables_is_told_once() -> None:
    other = ErrorReport("DataError", "a value", "Look.")
    run = a_round(failed("a"), failed("b", other), failed("c"))
    _, err = shown(run, run, a_round(failed("a"), failed("b"), failed("c")))
    assert err == (
        "    a, c: SchemaError: it is not there\n      hint: Correct it.\n"
        "    b: DataError: a value\n      hint: Look.\n"
        "    b: SchemaError: it is not there\n      hint: Correct it.\n"
    )


def test_a_warning_of_the_run_is_told_once() -> None:
    run = RunOutcome([ok("a")], 0.1, warnings=("not in the ledger",))
    out, _ = shown(a_round(result=run), a_round(result=run))
    assert out.count("    warning not in the ledger") == 1


def test_a_file_that_has_changed_is_told_with_its_tables() -> None:
    change = FileChange(Path("tables.py"), added=("b", "c"), removed=("a",), altered=("d",))
    out, err = shown(a_round(ok("b"), change=change))
    assert "    tables.py has changed: added b, c; removed a; altered d\n" in out
    assert err == ""
    assert (
        "tables.py has changed, its tables have not"
        in (shown(a_round(ok("b"), change=FileChange(Path("tables.py"))))[0])
    )


def test_a_file_that_cannot_be_used_is_told_and_each_line_says_that_its_tables_are_old() -> None:
    error = ErrorReport("ConfigError", "line 3", "Correct it.")
    change = FileChange(Path("tables.py"), error=error)
    out, err = shown(
        a_round(ok("b"), change=change, outdated=True), a_round(ok("b"), outdated=True)
    )
    assert err == (
        "    tables.py has changed and cannot be used: the tables stay as they were\n"
        "      ConfigError: line 3\n      hint: Correct it.\n"
    )
    assert out.count("; table file not usable, tables as before; next") == 2


def test_quiet_shows_runs_that_are_not_ok_and_no_other() -> None:
    out, err = shown(a_round(ok("a", 1)), a_round(failed("b")), quiet=True)
    assert out.count("\n") == 1
    assert "  failed  0 of 1 table" in out
    assert "b: SchemaError: it is not there" in err


def test_beside_json_documents_only_failures_are_shown() -> None:
    out, err = shown(a_round(ok("a", 1)), a_round(failed("b")), as_json=True)
    assert out == ""
    assert "b: SchemaError: it is not there" in err


def test_a_run_that_takes_long_is_shown_while_it_goes_on_and_its_tables_end_without_a_line() -> (
    None
):
    err = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    out = Console(file=io.StringIO(), width=100, color_system=None)
    with Screen(out, err) as screen:
        view = WatchView(screen)
        view.event(TableStarted("orders", "public.orders", 1, 2))
        probe = Console(file=io.StringIO(), width=100)
        probe.print(screen._drawn(100))
        view.event(TableFinished(ok("orders", 1)))
    assert isinstance(probe.file, io.StringIO)
    assert "orders" in probe.file.getvalue()
    assert isinstance(out.file, io.StringIO)
    assert out.file.getvalue() == ""


def test_a_terminal_shows_how_long_it_is_until_the_next_run_and_a_log_does_not() -> None:
    now = [0.0]
    out = Console(file=io.StringIO(), width=100, color_system=None)
    for is_terminal in (True, False):
        err = Console(file=io.StringIO(), width=100, force_terminal=is_terminal)
        with Screen(out, err) as screen:
            view = WatchView(screen, clock=lambda: now[0])
            view.waiting(75.0)
            now[0] += 5.0
            probe = Console(file=io.StringIO(), width=100)
            probe.print(screen._drawn(100))
            view.event(TableStarted("orders", "public.orders", 1, 2))
            after = Console(file=io.StringIO(), width=100)
            after.print(screen._drawn(100))
        assert isinstance(probe.file, io.StringIO)
        assert probe.file.getvalue().strip() == ("next run in 1:10" if is_terminal else "")
        assert isinstance(after.file, io.StringIO)
        assert "next run" not in after.file.getvalue()


@pytest.mark.parametrize(
    ("failures", "said"),
    [
        (0, "stopped by SIGTERM after 12 runs\n"),
        (2, "stopped by SIGTERM after 12 runs, 2 of them not ok\n"),
    ],
)
def test_the_last_line_says_how_it_ended(failures: int, said: str) -> None:
    out = Console(file=io.StringIO(), width=100, color_system=None)
    with Screen(out, Console(file=io.StringIO()), quiet=True) as screen:
        WatchView(screen, quiet=True).end(Watched(signal.SIGTERM, 12, failures))
    assert isinstance(out.file, io.StringIO)
    assert out.file.getvalue() == said
