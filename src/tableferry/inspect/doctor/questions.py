"""A question is a function that returns findings; one that fails is a finding, too."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from tableferry.errors import ErrorReport, TableferryError, TransientError
from tableferry.inspect.doctor.finding import Finding, Grade
from tableferry.inspect.doctor.topics import Topic

Question = Callable[[], Iterable[Finding]]

_NOT_SUPPORTED: Final = "the server did not answer"


@dataclass(frozen=True, slots=True)
class About:
    """Makes the findings about one subject: a source, the target, or a table."""

    subject: str

    def ok(self, topic: Topic, message: str) -> Finding:
        """Return that there is nothing to do."""
        return Finding(topic, self.subject, Grade.OK, message)

    def warning(self, topic: Topic, message: str, remedy: str = "") -> Finding:
        """Return that runs work, but not as one may expect."""
        return Finding(topic, self.subject, Grade.WARNING, message, remedy)

    def problem(self, topic: Topic, message: str, remedy: str = "") -> Finding:
        """Return that a run fails."""
        return Finding(topic, self.subject, Grade.PROBLEM, message, remedy)

    def not_visible(self, topic: Topic, message: str, remedy: str = "") -> Finding:
        """Return that the login or the server does not say."""
        return Finding(topic, self.subject, Grade.NOT_VISIBLE, message, remedy)

    def failed(self, topic: Topic, error: Exception) -> Finding:
        """Return the finding for a run's own error, which a question has met."""
        report = ErrorReport.of(error)
        return self.problem(topic, report.message, report.hint)

    def asked(self, topic: Topic, question: Question) -> tuple[Finding, ...]:
        """Ask; raises nothing.

        A refusal means that the login lacks a right, or the server what was asked: the answer is
        not visible. What may be gone in a minute, and what nobody has foreseen, is a problem.
        """
        try:
            return tuple(question())
        except TransientError as error:
            return (self.failed(topic, error),)
        except TableferryError as error:
            return (self.not_visible(topic, f"{_NOT_SUPPORTED}: {error.message}"),)
        except Exception as error:  # noqa: BLE001 - one question's error does not hide the others
            return (self.failed(topic, error),)
