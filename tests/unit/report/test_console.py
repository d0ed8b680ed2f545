"""What a terminal shows of a run and of a check."""

import io

import pytest
from rich.console import Console

from tableferry.errors import ErrorReport
from tableferry.inspect.check_report import CheckReport, DatabaseCheck, TableCheck
from tableferry.inspect.doctor.finding import Diagnosis, Finding, Grade
from tableferry.inspect.doctor.topics import Topic
from tableferry.report.answers_view import AnswersView
from tableferry.report.console import console, plain, print_indented, print_warning
from tableferry.report.run_view import RunView, show_outcome
from tableferry.report.screen import Screen
from tableferry.report.summary import show_run_line, show_summary
from tableferry.report.table_status import TableStatus
from tableferry.runs.events import Progress, TableFinished
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome

TABLES = tuple(
    TableOutcome(
        name, f"warehouse.{name}", Status.OK, 5_000, 5_000, 0.25, "read_committed", created=True
    )
    for name in ("customer", "voipdb_customer", "voipdb_useragent")
)


def terminal(width: int) -> Console:
    return Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)


def lines_of(out: Console) -> list[str]:
    assert isinstance(out.file, io.StringIO)
    return [line.rstrip() for line in out.file.getvalue().splitlines()]


def shown(width: int) -> list[str]:
    out = terminal(width)
    for table in TABLES:
        show_outcome(table, out, set())
    show_summary(RunOutcome(TABLES, 0.75), out)
    return lines_of(out)


@pytest.mark.parametrize("width", [80, 120])
def test_no_name_and_no_word_of_the_summary_is_broken(width: int) -> None:
    lines = shown(width)
    assert max(map(len, lines)) <= width
    for table in TABLES:
        (line,) = [line for line in lines if line.startswith(f" {table.table} ")]
        assert line.endswith("20,000   read_committed")


def test_what_was_created_is_told_also_where_the_summary_has_no_room_for_targets() -> None:
    assert any("warehouse.customer (created): 5,000 rows" in line for line in shown(80))
    assert not any(line.startswith(" table") and "target" in line for line in shown(80))
    assert any(line.startswith(" table") and "target" in line for line in shown(120))


def test_at_60_columns_the_summary_keeps_whole_names_and_leaves_out_rates() -> None:
    lines = shown(60)
    assert max(map(len, lines)) <= 60
    for table in TABLES:
        assert any(line.startswith(f" {table.table} ") and "5,000" in line for line in lines)
    assert not any("rows/s" in line for line in lines)


def test_a_check_shows_each_table_with_what_is_said_of_it() -> None:
    lost = ErrorReport("TransientError", "PostgreSQL cannot be reached", "Check PG_HOST.")
    missing = ErrorReport("SchemaError", "McTM.dbo.Gone is not there", "Check sql_table.")
    report = CheckReport(
        (
            DatabaseCheck("mctm", "SQL Server", reachable=True, logged_in=True, seconds=0.1),
            DatabaseCheck(
                "postgresql",
                "PostgreSQL",
                reachable=False,
                logged_in=False,
                seconds=0.1,
                error=lost,
            ),
        ),
        (
            TableCheck("a", "McTM.dbo.A", "a", readable=True, writable=True, missing=True),
            TableCheck("b", "McTM.dbo.B", "b", readable=True, writable=None, error=lost),
            TableCheck("c", "McTM.dbo.Gone", "c", readable=False, writable=True, error=missing),
        ),
        seconds=0.3,
    )
    out, err = terminal(80), terminal(80)
    with Screen(out, err) as screen:
        view = AnswersView(screen)
        for answer in (*report.databases, *report.tables):
            view.answer(answer)
        view.end(report)
    assert "ok  a" in "\n".join(lines_of(out))
    assert "failed" not in "\n".join(lines_of(out))
    text = "\n".join(lines_of(err) + lines_of(out))
    assert "ok  a  McTM.dbo.A -> a (will be created)\n\n1 of 3 tables ok" in text
    assert "failed  b  McTM.dbo.B -> b\n    readable: yes   writable: not tried\nfailed" in text
    assert "    SchemaError: McTM.dbo.Gone is not there\n    hint: Check sql_table." in text
    assert text.count("PostgreSQL cannot be reached") == 1
    assert text.endswith("1 of 3 tables ok")


def test_what_several_tables_need_is_told_once_at_the_end() -> None:
    statement = 'CREATE SCHEMA "hr" AUTHORIZATION "loader";'
    lacking = ErrorReport("ConfigError", "no schema", statement)
    other = ErrorReport("SchemaError", "no table", "Check sql_table.")
    tables = [
        TableCheck(key, "s", "t", readable=True, writable=False, error=error)
        for key, error in (("a", lacking), ("b", lacking), ("c", other))
    ]
    out, err = terminal(80), terminal(80)
    with Screen(out, err) as screen:
        view = AnswersView(screen)
        for table in tables:
            view.answer(table)
        view.end(CheckReport((), tuple(tables), seconds=0.1))
    lines = lines_of(err)
    at_the_end = lines[lines.index("To do, each once") :]
    assert at_the_end == [
        "To do, each once",
        "  -- for 2 tables",
        f"  {statement}",
        "  Check sql_table.",
    ]


def test_what_only_warnings_advise_is_no_failure() -> None:
    out, err = terminal(80), terminal(80)
    warnings = [
        Finding(Topic.DEFINITIONS, key, Grade.WARNING, "hidden", "GRANT it") for key in ("a", "b")
    ]
    with Screen(out, err) as screen:
        view = AnswersView(screen)
        for warning in warnings:
            view.answer(warning)
        view.end(Diagnosis(tuple(warnings), seconds=0.1))
    assert "To do, each once" in lines_of(out)
    assert lines_of(err) == []


def test_what_each_table_needs_alone_is_not_repeated_at_the_end() -> None:
    table = TableCheck("a", "s", "t", True, False, error=ErrorReport("ConfigError", "no", "Do it."))
    out, err = terminal(80), terminal(80)
    with Screen(out, err) as screen:
        view = AnswersView(screen)
        view.answer(table)
        view.end(CheckReport((), (table,), seconds=0.1))
    assert lines_of(err).count("    hint: Do it.") == 1
    assert "To do, each once" not in lines_of(err)


def test_only_a_terminal_folds_a_long_line_and_then_under_itself() -> None:
    text = "  SELECT\n    " + "word " * 40
    out = terminal(60)
    print_indented(out, text, indent=4)
    folded = lines_of(out)
    assert folded[0] == "      SELECT"
    assert len(folded) > 3
    assert all(line.startswith("        word") for line in folded[1:])
    out = Console(file=io.StringIO(), width=60)
    print_indented(out, text, indent=4)
    assert len(lines_of(out)) == 2


HOSTILE = ("a[/b]", "orders[eu]", "[red]", "esc\x1b[31mred", "two\nlines", "bell\a", "[", "back\\")


@pytest.mark.parametrize("key", HOSTILE)
@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_name_is_shown_as_it_is_on_one_line_and_never_moves_the_terminal(
    key: str, is_terminal: bool
) -> None:
    shown = key.encode("unicode_escape").decode().replace("\\\\", "\\")
    out = Console(file=io.StringIO(), width=120, force_terminal=is_terminal, color_system=None)
    outcome = TableOutcome(
        key,
        key,
        Status.FAILED,
        warnings=(key,),
        touched={key: {key: 1}},
        error=ErrorReport("SchemaError", f"{key} is wrong", f"Correct {key}."),
    )
    status = TableStatus(key, lambda: 0.0)
    status.take(Progress(key, 10, 1.0, 20))
    out.print(status.line(120))
    show_outcome(outcome, out, set())
    show_summary(RunOutcome([outcome], 1.0), out)
    assert isinstance(out.file, io.StringIO)
    told = out.file.getvalue()
    assert f"failed  {shown}\n" in told
    assert f"SchemaError: {shown}" in told or "\n" in key
    assert "\a" not in told
    assert "\x1b[31m" not in told


def test_a_name_between_colons_does_not_become_a_picture(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = console()
    out.print(plain("secretsmanager:x: not found"))
    show_outcome(TableOutcome(":x:", "app.:x:", Status.FAILED), out, set())
    assert capsys.readouterr().out.splitlines() == [
        "secretsmanager:x: not found",
        "failed  :x:",
    ]


def test_a_folded_warning_keeps_names_between_colons() -> None:
    out = Console(file=io.StringIO(), width=60, force_terminal=True, color_system=None, emoji=False)
    print_warning(out, ":x: is gone", 0, {":x: is gone"})
    assert lines_of(out) == ["warning :x: is gone"]


def test_one_row_is_one_row() -> None:
    out = Console(file=io.StringIO(), width=120)
    show_outcome(TableOutcome("a", "a", Status.OK, 1, 1, 0.25), out, set())
    assert lines_of(out) == ["ok  a -> a: 1 row in 0.25 s"]
    show_run_line(RunOutcome([TableOutcome("a", "a", Status.OK, 1, 1, 0.25)], 0.25), out)
    assert lines_of(out)[-1] == "1 of 1 table ok: 1 row in 0.25 s"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_warning_that_was_shown_already_takes_one_line_of_a_terminal(is_terminal: bool) -> None:
    out = Console(
        file=io.StringIO(), width=60, force_terminal=is_terminal, color_system=None, highlight=False
    )
    warning = "Shop does not allow SNAPSHOT isolation, so rows are read with NOLOCK, which is less"
    shown: set[str] = set()
    for key in "ab":
        show_outcome(TableOutcome(key, key, Status.OK, 1, 1, 1.0, warnings=(warning,)), out, shown)
    first, again = "\n".join(lines_of(out)).split("ok  b")
    assert "which is less" in first
    if is_terminal:
        [line] = again.split("\n")[1:]
        assert line.startswith("    warning Shop does not allow")
        assert line.endswith("…")
        assert len(line) == 60
    else:
        assert "which is less" in again


def test_tables_without_changes_are_one_line_and_not_in_the_table() -> None:
    idle = tuple(TableOutcome(f"i{n}", f"i{n}", Status.OK, idle=True) for n in range(200))
    out = terminal(80)
    show_summary(RunOutcome(TABLES + idle, 0.75), out)
    lines = lines_of(out)
    assert lines[0] == "200 tables are unchanged since their last run"
    assert not any("i19" in line for line in lines)
    assert any("203 of 203 ok" in line for line in lines)


def test_an_outcome_says_how_many_keys_were_compared_and_how_many_had_gone() -> None:
    out = terminal(80)
    merged = {"inserted": 0, "updated": 1, "deleted": 2, "unchanged": 0}
    table = TableOutcome(
        "t", "t", Status.OK, changes=merged, reconciled={"compared": 1_000, "deleted": 2}
    )
    show_outcome(table, out, set())
    assert "    reconciled 1,000 keys of the source, 2 only in the target" in lines_of(out)


def test_a_single_table_without_changes_is_one_line_too() -> None:
    out = terminal(80)
    show_summary(RunOutcome([TableOutcome("i", "i", Status.OK, idle=True)], 0.75), out)
    assert lines_of(out)[0] == "1 table is unchanged since its last run"


def test_a_table_without_changes_is_not_shown_on_its_own() -> None:
    out = terminal(80)
    view = RunView(Screen(out, out))
    view.event(TableFinished(TableOutcome("i", "i", Status.OK, idle=True)))
    view.event(TableFinished(TABLES[0]))
    assert [line for line in lines_of(out) if "i -> i" in line] == []
    assert any("customer" in line for line in lines_of(out))
