"""Alerts by SNS when tables failed."""

import re
from dataclasses import dataclass
from typing import Final

from tableferry.aws.clients import Clients
from tableferry.errors import ErrorReport
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome

ALERTING: Final = frozenset({Status.FAILED, Status.DEADLINE, Status.CANCELLED})
"""Outcomes worth an alert. Not ``held`` (another run has the table: EventBridge may deliver
an event twice), nor a deadline that the next run continues from."""

SUBJECT_CHARACTERS: Final = 99
"""SNS takes fewer than 100 characters, in ASCII and on one line."""

MESSAGE_BYTES: Final = 200_000
"""Well below SNS's limit of 262,144 bytes for the whole message."""

_ARN: Final = re.compile(r"arn:[^:]+:sns:(?P<region>[^:]+):")


@dataclass(frozen=True, slots=True)
class Alert:
    """A subject of one line, and a text."""

    subject: str
    text: str


def alert_of(result: RunOutcome | ErrorReport, context: str) -> Alert | None:
    """Return the alert for a run, or for one that could not begin; None where nothing failed.

    ``context`` names the function, the run and the request.
    """
    if isinstance(result, ErrorReport):
        return Alert("tableferry: nothing was synced", f"{_text(result)}\n\n{context}")
    bad = [table for table in result.tables if table.status in ALERTING and not _continues(table)]
    if not bad:
        return None
    subject = f"tableferry: {len(bad)} of {len(result.tables)} tables failed"
    if mismatches := sum(bool(t.error and t.error.kind == "VerificationError") for t in bad):
        subject += f", {mismatches} by verification"
    return Alert(subject, "\n\n".join([*(_of_table(table) for table in bad), context]))


def _continues(table: TableOutcome) -> bool:
    return table.status is Status.DEADLINE and table.resumable


def _of_table(table: TableOutcome) -> str:
    error = _text(table.error) if table.error else ""
    return f"{table.table} -> {table.target}: {table.status.value}\n{error}".rstrip()


def _text(error: ErrorReport) -> str:
    return f"{error.kind}: {error.message}\n{error.hint}"


@dataclass(frozen=True, slots=True)
class SnsTopic:
    """A topic by its ARN."""

    arn: str
    clients: Clients

    def publish(self, alert: Alert) -> None:
        """Send the message; raises ConfigError or TransientError."""
        found = _ARN.match(self.arn)
        what = f"Publishing to {self.arn}"
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
