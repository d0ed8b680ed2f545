"""Alerts by SNS when tables failed, or differ from their sources."""

import re
from dataclasses import dataclass
from typing import Final

from tableferry.aws.clients import Clients
from tableferry.errors import ErrorReport
from tableferry.model.counting import counted, verb
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.verification.result import TableVerification, Verdict, Verification

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


def alert_of(result: RunOutcome | Verification | ErrorReport, context: str) -> Alert | None:
    """Return the alert for a run or a verification, or for one that could not begin.

    None where nothing failed. No alert has a row's key.

    ``context`` names the function, the run and the request.
    """
    if isinstance(result, ErrorReport):
        return Alert("tableferry: nothing was synced", f"{_text(result)}\n\n{context}")
    if isinstance(result, Verification):
        return _of_verification(result, context)
    bad = [table for table in result.tables if table.status in ALERTING and not _continues(table)]
    if not bad:
        return None
    subject = f"tableferry: {len(bad)} of {counted(len(result.tables), 'table')} failed"
    if mismatches := sum(bool(t.error and t.error.kind == "VerificationError") for t in bad):
        subject += f", {mismatches} by verification"
    return Alert(subject, "\n\n".join([*(_of_table(table) for table in bad), context]))


def _of_verification(result: Verification, context: str) -> Alert | None:
    """Return the alert for tables that differ, and for those that an error kept from an answer.

    A table that cannot be verified for another reason (it does not exist yet) alerts nobody.
    """
    bad = [table for table in result.tables if table.error or table.verdict is Verdict.DIFFERS]
    if not bad:
        return None
    differing = result.count(Verdict.DIFFERS)
    failed = len(bad) - differing
    said = [f"{differing} {verb(differing, 'differs', 'differ')}"] if differing else []
    said += [f"{failed} could not be verified"] if failed else []
    subject = f"tableferry: of {counted(len(result.tables), 'table')} {', '.join(said)}"
    return Alert(subject, "\n\n".join([*(_of_verified(table) for table in bad), context]))


def _of_verified(found: TableVerification) -> str:
    failure = found.failure
    kinds = ", ".join(f"{rows:,} {kind}" for kind, rows in found.counts.items())
    named = f"{found.table} -> {found.target}: {found.verdict}"
    text = f"{named} ({kinds})" if kinds else named
    return f"{text}\n{_text(failure)}" if failure else text


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
