"""Verdicts: what passes, what differs, what is refused and what may not be asked."""

import pytest

from live.answers import Answered, Failed
from live.judge import Verdict, expected_of, judge, shown
from live.probe import Expectation, Fails, Rows, Succeeds, Versions

TWO = Answered(("a", "b"), (), (("1", "'x'"), ("2", "NULL")))


@pytest.mark.parametrize(
    ("rows", "passes"),
    [
        (Rows(("a", "b"), TWO.rows), True),
        (Rows(("a", "b"), (("1", "'x'"), ("2", "*"))), True),
        (Rows(("a", "b"), TWO.rows[::-1]), False),
        (Rows(("a", "b"), TWO.rows[::-1], ordered=False), True),
        (Rows(("a", "b"), (("*", "*"), ("1", "'x'")), ordered=False), True),
        (Rows(("a", "b"), TWO.rows[:1]), False),
        (Rows(("a", "c"), TWO.rows), False),
        (Rows(("a", "b"), (("1", "'y'"), ("2", "NULL"))), False),
        (Rows(("a", "b"), TWO.rows, types=("int32", "string")), False),
    ],
)
def test_rows_are_compared_with_their_columns_and_in_their_order(rows: Rows, passes: bool) -> None:
    assert judge(rows, TWO) is (Verdict.PASSED if passes else Verdict.DIFFERS)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Failed(208, "Invalid object name 'dbo.X'.", "208"), Verdict.PASSED),
        (Failed(208, "Invalid object name 'dbo.X'.", ""), Verdict.DIFFERS),
        (Failed(208, "No such thing as dbo.X.", "208"), Verdict.DIFFERS),
        (Failed(207, "Invalid object name 'dbo.X'.", "207"), Verdict.DIFFERS),
        (TWO, Verdict.DIFFERS),
        (Failed(102, "Incorrect syntax near 'X'.", "102"), Verdict.REFUSED),
        (Failed(50000, "The sandbox does not support X.", ""), Verdict.REFUSED),
    ],
)
def test_an_error_has_a_number_a_text_and_is_what_the_engine_takes_it_for(
    answer: Answered | Failed, verdict: Verdict
) -> None:
    assert judge(Fails(208, "Invalid object name '%'."), answer) is verdict


def test_a_right_that_the_login_lacks_is_no_difference() -> None:
    refused = Failed(297, "The user does not have permission to perform this action.", "297")
    assert judge(Succeeds(), refused) is Verdict.NOT_RUN
    assert judge(Fails(208, "%"), refused) is Verdict.DIFFERS


def test_the_expectation_is_that_of_the_servers_version() -> None:
    old, new = Fails(8152, "Cut."), Fails(2628, "Cut there.")
    both = (Expectation(old, Versions(until=2017)), Expectation(new, Versions(since=2019)))
    assert expected_of(both, 2016) == old
    assert expected_of(both, 2022) == new
    assert expected_of(both, None) == new
    assert expected_of(both[1:], 2016) is None


def test_answers_are_shown_as_probes_write_them() -> None:
    assert shown(TWO) == "rows: a, b\n  1 | 'x'\n  2 | NULL"
    assert shown(Answered(("a",), ("int32",))) == "no rows: a int32"
    assert shown(Failed(208, "Gone.", "")) == ("error 208: Gone. (which the engine takes for none)")
    assert shown(Answered()) == "success, without a result set"
