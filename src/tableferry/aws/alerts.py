"""A message to people when something failed, by SNS."""

import re
from dataclasses import dataclass
from typing import Final

from tableferry.aws.clients import Clients
from tableferry.errors import ErrorReport
from tableferry.sync.outcome import RunOutcome, Status, TableOutcome

TOLD: Final = frozenset({Status.FAILED, Status.DEADLINE, Status.CANCELLED})
"""How a table ends that somebody should hear of. Not ``held`` (another run has it: EventBridge may
deliver twice), nor a deadline that the next run continues from."""

SUBJECT_CHARACTERS: Final = 99
"""What SNS takes are fewer than 100, in ASCII and on one line."""

MESSAGE_BYTES: Final = 200_000
"""Below SNS's 262,144, whatever the encoding makes of it."""

_ARN: Final = re.compile(r"arn:[^:]+:sns:(?P<region>[^:]+):")


@dataclass(frozen=True, slots=True)
class Alert:
    """What is told: a subject of one line, and a text."""

    subject: str
    text: str


def alert_of(result: RunOutcome | ErrorReport, context: str) -> Alert | None:
    """Return what is to be told of a run, or of one that could not begin; None where all is well.

    ``context`` says which function, run and request it was.
    """
    if isinstance(result, ErrorReport):
        return Alert("tableferry: nothing was synced", f"{_told(result)}\n\n{context}")
    bad = [table for table in result.tables if table.status in TOLD and not _goes_on(table)]
    if not bad:
        return None
    subject = f"tableferry: {len(bad)} of {len(result.tables)} tables failed"
    if unlike := sum(bool(t.error and t.error.kind == "VerificationError") for t in bad):
        subject += f", {unlike} by verification"
    return Alert(subject, "\n\n".join([*(_of_table(table) for table in bad), context]))


def _goes_on(table: TableOutcome) -> bool:
    return table.status is Status.DEADLINE and table.resumable


def _of_table(table: TableOutcome) -> str:
    told = _told(table.error) if table.error else ""
    return f"{table.table} -> {table.target}: {table.status.value}\n{told}".rstrip()


def _told(error: ErrorReport) -> str:
    return f"{error.kind}: {error.message}\n{error.hint}"


@dataclass(frozen=True, slots=True)
class SnsTopic:
    """A topic by its ARN."""

    arn: str
    clients: Clients

    def publish(self, alert: Alert) -> None:
        """Send the message; raises ConfigError or TransientError."""
        found = _ARN.match(self.arn)
        what = f"Telling {self.arn}"
        with self.clients.asking(
            "sns", what, "sns:Publish", found["region"] if found else ""
        ) as client:
            client.publish(
                TopicArn=self.arn,
                Subject=_ascii(alert.subject)[:SUBJECT_CHARACTERS],
                Message=alert.text.encode()[:MESSAGE_BYTES].decode(errors="ignore"),
            )


def _ascii(text: str) -> str:
    return " ".join(text.encode("ascii", "replace").decode().split())
