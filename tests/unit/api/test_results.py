"""Results: the words of their statuses, what they raise, and how a notebook shows them."""

from typing import Any

import pytest

import tableferry
from tableferry.errors import ErrorReport, RunFailedError, TableferryError, raise_any
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome


def table(name: str, status: Status, **more: Any) -> TableOutcome:
    return TableOutcome(name, f"pg_{name}", status, **more)


def failed(name: str, kind: str = "TransientError") -> TableOutcome:
    return table(name, Status.FAILED, error=ErrorReport(kind, "it broke", "mend it", "40001"))


OK, SKIPPED, HELD = (table(s.value, s) for s in (Status.OK, Status.SKIPPED, Status.HELD))
CANCELLED, DEADLINE = (table(s.value, s) for s in (Status.CANCELLED, Status.DEADLINE))


@pytest.mark.parametrize(
    ("tables", "status"),
    [
        ([OK, OK], "ok"),
        ([], "ok"),
        ([OK, failed("t")], "partial"),
        ([OK, SKIPPED], "partial"),
        ([failed("t"), SKIPPED], "failed"),
        ([HELD, HELD], "held"),
        ([HELD, failed("t")], "failed"),
        ([OK, DEADLINE, SKIPPED], "deadline"),
        ([OK, CANCELLED, SKIPPED], "cancelled"),
    ],
)
def test_a_runs_status_is_one_of_the_ledgers_words(tables: list[TableOutcome], status: str) -> None:
    assert RunOutcome(tables, 1.0).status.value == status


def test_an_ok_result_is_returned_and_raises_nothing() -> None:
    run = RunOutcome([OK], 1.0)
    assert run.raise_for_failure() is run
    assert OK.raise_for_failure() is OK
    assert OK.failure is None


@pytest.mark.parametrize(
    "kind",
    [name for name in tableferry.__all__ if name.endswith("Error") and name != "RunFailedError"],
)
def test_a_failed_table_raises_the_error_that_it_names(kind: str) -> None:
    outcome = failed("t", kind)
    with pytest.raises(TableferryError, match=r"^t: it broke$") as raised:
        outcome.raise_for_failure()
    assert type(raised.value) is getattr(tableferry, kind)
    assert (raised.value.hint, raised.value.code) == ("mend it", "40001")


def test_an_unforeseen_error_is_raised_as_tableferrys_own() -> None:
    with pytest.raises(TableferryError) as raised:
        failed("t", "ZeroDivisionError").raise_for_failure()
    assert type(raised.value) is TableferryError


def test_one_failure_in_a_run_is_raised_as_itself_and_skipped_tables_do_not_count() -> None:
    with pytest.raises(tableferry.DataError, match=r"^t: it broke$"):
        RunOutcome([OK, failed("t", "DataError"), SKIPPED], 1.0).raise_for_failure()


def test_several_failures_are_one_error_that_lists_them() -> None:
    run = RunOutcome([failed("a"), OK, failed("b", "DataError")], 1.0)
    with pytest.raises(RunFailedError) as raised:
        run.raise_for_failure()
    assert raised.value.message == "2 failed:\n  a: it broke\n  b: it broke"
    assert {name: type(error).__name__ for name, error in raised.value.errors.items()} == {
        "a": "TransientError",
        "b": "DataError",
    }


def test_a_run_of_skipped_tables_only_is_a_failure_too() -> None:
    with pytest.raises(TableferryError, match="It was not synced: skipped"):
        RunOutcome([SKIPPED], 1.0).raise_for_failure()


def test_nothing_is_raised_where_nothing_failed() -> None:
    raise_any({})


def test_results_are_frozen() -> None:
    with pytest.raises(AttributeError):
        OK.status = Status.FAILED  # type: ignore[misc]
    with pytest.raises(AttributeError):
        RunOutcome([OK], 1.0).seconds = 2.0  # type: ignore[misc]


EVIL = "<script>alert('x')</script>&\""


@pytest.mark.parametrize("as_run", [True, False])
def test_a_notebook_is_shown_names_and_messages_escaped(as_run: bool) -> None:
    outcome = TableOutcome(
        EVIL,
        EVIL,
        Status.FAILED,
        warnings=(EVIL,),
        error=ErrorReport(EVIL, EVIL, EVIL),
    )
    run = RunOutcome([outcome], 1.0, warnings=(EVIL,))
    shown = run._repr_html_() if as_run else outcome._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&amp;&quot;" in shown
    assert shown.count("<tr>") == 2


def test_a_table_without_changes_says_so() -> None:
    assert table("t", Status.OK, idle=True).to_dict()["idle"] is True
    assert "idle" not in OK.to_dict()
