"""The doctor's table of topics, and what came of it all."""

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from tableferry.errors import ConfigError, TransientError
from tableferry.frontend.response import response_to
from tableferry.inspect.doctor.finding import Diagnosis, Finding, Grade
from tableferry.inspect.doctor.questions import About
from tableferry.inspect.doctor.topics import MEANINGS, Topic, table_text
from tableferry.report.doctor_view import show_finding, show_totals

ROOT = Path(__file__).parents[3]


def test_the_page_has_the_table_of_the_code() -> None:
    page = (ROOT / "docs" / "doctor.md").read_text()
    (table,) = re.findall(r"<!-- topics -->\n(.*)\n<!-- /topics -->", page, re.DOTALL)
    assert table == table_text()


def test_every_topic_has_a_meaning_in_the_order_of_the_questions() -> None:
    assert list(MEANINGS) == list(Topic)


def finding(grade: Grade) -> Finding:
    return Finding(Topic.LEDGER, "postgresql", grade, "it is so", "GRANT [x] TO y")


@pytest.mark.parametrize(
    ("grades", "exit_code"),
    [
        ([Grade.OK, Grade.WARNING, Grade.NOT_VISIBLE], 0),
        ([Grade.OK, Grade.PROBLEM], 1),
        ([Grade.PROBLEM], 1),
    ],
)
def test_only_a_problem_makes_the_exit_code_1(grades: list[Grade], exit_code: int) -> None:
    diagnosis = Diagnosis(tuple(map(finding, grades)), 1.0)
    assert response_to(diagnosis).exit_code == exit_code
    assert diagnosis.to_dict()["totals"]["problem"] == grades.count(Grade.PROBLEM)


@pytest.mark.parametrize(
    ("error", "grade"),
    [
        (ConfigError("may not read the view (42501)"), Grade.NOT_VISIBLE),
        (TransientError("the connection was lost"), Grade.PROBLEM),
        (RuntimeError("canary"), Grade.PROBLEM),
    ],
)
def test_a_question_that_fails_is_a_finding_and_quotes_no_foreign_error(
    error: Exception, grade: Grade
) -> None:
    def ask() -> list[Finding]:
        raise error

    (found,) = About("postgresql").asked(Topic.SESSIONS, ask)
    assert found.grade is grade
    assert "canary" not in found.message


def test_a_finding_is_one_line_with_its_remedy_below() -> None:
    out = Console(file=io.StringIO(), width=200)
    show_finding(out, finding(Grade.PROBLEM))
    show_totals(out, Diagnosis((finding(Grade.PROBLEM), finding(Grade.OK)), 0.5))
    assert isinstance(out.file, io.StringIO)
    assert out.file.getvalue().splitlines() == [
        "problem  postgresql  ledger: it is so",
        "    do: GRANT [x] TO y",
        "1 problem, 0 warnings, 0 not visible, 1 ok: 0.50 s",
    ]
