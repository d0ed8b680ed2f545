"""A finding: the answer to one question about a database or a table, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from tableferry.errors import ErrorReport, raise_any
from tableferry.inspect.doctor.topics import Topic
from tableferry.model.html_table import html_table


class Grade(StrEnum):
    """How good an answer is.

    ``warning``: runs work, but not as one may expect, or not always. ``problem``: a run of some
    table fails. ``not visible``: this login, or this server, does not say.
    """

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    NOT_VISIBLE = "not visible"


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer. ``subject`` is a source's name, ``postgresql``, or a table's key.

    ``remedy`` is the statement to run or the setting to change; empty where there is nothing to do.
    """

    topic: Topic
    subject: str
    grade: Grade
    message: str
    remedy: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the JSON form."""
        return {
            "grade": self.grade.value,
            "topic": self.topic.value,
            "subject": self.subject,
            "message": self.message,
            **({"remedy": self.remedy} if self.remedy else {}),
        }


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Every finding, in the order in which the questions were asked.

    ``warnings`` are those of the configuration.
    """

    findings: tuple[Finding, ...]
    seconds: float
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no problem; warnings are none."""
        return not self.count(Grade.PROBLEM)

    @property
    def any_ok(self) -> bool:
        """Whether anything that was asked is no problem."""
        return any(finding.grade is not Grade.PROBLEM for finding in self.findings)

    def raise_for_failure(self) -> Self:
        """Return the diagnosis if it is ok; else raise its problems, each as a ConfigError."""
        problems = [one for one in self.findings if one.grade is Grade.PROBLEM]
        raise_any(
            {
                f"{one.subject}, {one.topic.value}": ErrorReport(
                    "ConfigError", one.message, one.remedy
                )
                for one in problems
            }
        )
        return self

    def _repr_html_(self) -> str:
        """Return the findings as a table, for notebooks."""
        headings = ("grade", "subject", "topic", "finding", "what to do")
        rows = [
            (one.grade.value, one.subject, one.topic.value, one.message, one.remedy)
            for one in self.findings
        ]
        return html_table(headings, rows, "; ".join(self.warnings))

    def count(self, grade: Grade) -> int:
        """Return how many findings have this grade."""
        return sum(finding.grade is grade for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            "findings": [finding.to_dict() for finding in self.findings],
            "totals": {
                **{grade.value.replace(" ", "_"): self.count(grade) for grade in Grade},
                "seconds": round(self.seconds, 3),
            },
        }
