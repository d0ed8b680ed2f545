"""Results: the outcome of a table and of a run, as frozen data."""

import datetime as dt
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

from tableferry.errors import ErrorReport, raise_any
from tableferry.model.counting import counted
from tableferry.model.html_table import html_table
from tableferry.model.phase_span import PhaseSpan, seconds_by_phase
from tableferry.verification.result import TableVerification, Verdict


class Status(StrEnum):
    """How a table or a run ended: the same words in results, their JSON and the ledger.

    ``skipped``: not begun, after another table's failure or a stop. ``held``: another run holds the
    table's lease. ``cancelled``: stopped by a signal. ``deadline``: stopped by its time limit.
    ``partial`` is for runs only: some tables are ``ok``, others are not.
    """

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    HELD = "held"
    CANCELLED = "cancelled"
    DEADLINE = "deadline"
    PARTIAL = "partial"


COUNTED = (Status.OK, Status.FAILED, Status.SKIPPED)
"""In the totals of every run; the other statuses only where a table has them."""

STOPPED = frozenset({Status.CANCELLED, Status.DEADLINE})
"""After a table that ended like this no further table is begun."""


@dataclass(frozen=True, slots=True)
class TableOutcome:
    """One table's outcome. ``seconds`` is wall time from the first connection to the commit.

    ``touched`` counts, by source column and reason, the values that were altered as the
    specification allows; ``quarantined`` the rows that were left out and kept in the ledger.
    ``attempts`` counts the tries, ``retried`` holds the error message of each that was repeated.
    ``changes`` counts the rows a merge inserted, updated and deleted; ``reconciled`` the source's
    keys that were compared, and the target's that were to be deleted for want of one there.
    ``bytes_read`` is the size of the Arrow batches. ``rows_stored`` counts the rows of chunks that
    this run stored without publishing the table, ``rows_resumed`` those of ``rows_written`` that an
    earlier run had read; ``resumable`` says that the next run continues from these chunks, or from
    indexes that are already built. ``lag`` is the age of the oldest row when it became visible, in
    seconds: from the query that read it, perhaps in an earlier run, to the commit; None where
    nothing was published. ``as_of`` is the moment of that query, by the target's clock; None
    without a ledger, too. ``mode`` is what reads changes, empty where every row is read each time;
    ``reload`` says why it has read every row (see ``ReloadReason``), empty where it has not.
    ``idle``: the source had no changes since the last run, which was found out together with other
    tables; ``lag`` and ``as_of`` are of that query. ``verified`` is the verification of what was
    published, None where the entry asks for none; where it differs the status is ``failed`` though
    the rows are visible. ``phases`` are those of all attempts, up to the commit or the failure;
    none of a table that was not begun, nor of the steps of a fan-out.
    """

    table: str
    target: str
    status: Status
    rows_read: int = 0
    rows_written: int = 0
    seconds: float = 0.0
    consistency: str = ""
    created: bool = False
    warnings: tuple[str, ...] = ()
    losses: tuple[tuple[str, str], ...] = ()
    touched: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    quarantined: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    error: ErrorReport | None = None
    publish: str = ""
    attempts: int = 1
    retried: tuple[str, ...] = ()
    changes: Mapping[str, int] = field(default_factory=dict)
    reconciled: Mapping[str, int] = field(default_factory=dict)
    bytes_read: int = 0
    rows_stored: int = 0
    rows_resumed: int = 0
    resumable: bool = False
    mode: str = ""
    reload: str = ""
    lag: float | None = None
    as_of: dt.datetime | None = None
    idle: bool = False
    verified: TableVerification | None = None
    phases: tuple[PhaseSpan, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether the rows that were published differ from the source's."""
        return self.verified is not None and self.verified.verdict is Verdict.DIFFERS

    @property
    def rows_per_second(self) -> int:
        """Rows written per second, without those that an earlier run had read."""
        return round((self.rows_written - self.rows_resumed) / self.seconds) if self.seconds else 0

    @property
    def ok(self) -> bool:
        """Whether the table was published."""
        return self.status is Status.OK

    @property
    def failure(self) -> ErrorReport | None:
        """Why the table was not published, None where it was."""
        if self.ok or self.error is not None:
            return self.error
        return ErrorReport(
            "NotPublished", f"It was not synced: {self.status}", "Nothing was changed."
        )

    def raise_for_failure(self) -> Self:
        """Return the outcome if it is ok; else raise its error, of the class that it names."""
        if self.failure is not None:
            raise_any({self.table: self.failure})
        return self

    def _repr_html_(self) -> str:
        """Return the outcome as a table, for notebooks."""
        return html_table(HEADINGS, [_row(self)])

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; what does not apply is left out."""
        return {
            "table": self.table,
            "target": self.target,
            "status": self.status.value,
            **({"idle": True} if self.idle else {}),
            "rows_read": self.rows_read,
            "rows_written": self.rows_written,
            **({"rows_stored": self.rows_stored} if self.rows_stored else {}),
            **({"rows_resumed": self.rows_resumed} if self.rows_resumed else {}),
            **({"resumable": True} if self.resumable else {}),
            **({"bytes_read": self.bytes_read} if self.bytes_read else {}),
            "seconds": round(self.seconds, 3),
            "rows_per_second": self.rows_per_second,
            **({"phases": seconds_by_phase(self.phases)} if self.phases else {}),
            **({} if self.lag is None else {"lag_seconds": round(self.lag, 3)}),
            **({} if self.as_of is None else {"rows_as_of": self.as_of.isoformat()}),
            **({"consistency": self.consistency} if self.consistency else {}),
            **({"publish": self.publish} if self.publish else {}),
            **({"mode": self.mode} if self.mode else {}),
            **({"reload": self.reload} if self.reload else {}),
            **({"changes": dict(self.changes)} if self.changes else {}),
            **({"reconciled": dict(self.reconciled)} if self.reconciled else {}),
            **({"created": True} if self.created else {}),
            **({"attempts": self.attempts} if self.attempts > 1 else {}),
            **({"retried_after": list(self.retried)} if self.retried else {}),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            **({"losses": dict(self.losses)} if self.losses else {}),
            **({"verified": self.verified.to_dict(rows=False)} if self.verified else {}),
            **({"touched": _counts(self.touched)} if self.touched else {}),
            **({"quarantined": _counts(self.quarantined)} if self.quarantined else {}),
            **({"error": self.error.to_dict()} if self.error else {}),
        }


HEADINGS: Final = ("table", "target", "status", "rows", "seconds", "remarks")


def _row(table: TableOutcome) -> tuple[object, ...]:
    error = (f"{table.error.kind}: {table.error.message}",) if table.error else ()
    remarks = "; ".join((*error, *table.warnings))
    written = table.rows_written
    return (table.table, table.target, table.status, written, f"{table.seconds:.2f}", remarks)


def _counts(counted: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    return {column: dict(reasons) for column, reasons in counted.items()}


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """A run's outcome: its tables in the order they were synced. ``run_id`` is the ledger's.

    ``warnings`` are those of the run itself: what could not be written to the ledger, say.
    """

    tables: Sequence[TableOutcome]
    seconds: float
    run_id: str = ""
    warnings: tuple[str, ...] = ()

    def count(self, status: Status) -> int:
        """Return how many tables have this status."""
        return sum(table.status is status for table in self.tables)

    @property
    def rows_written(self) -> int:
        """Rows that this run made visible."""
        return sum(table.rows_written for table in self.tables)

    @property
    def rows_per_second(self) -> int:
        """Rows written per second, without those that earlier runs had read."""
        resumed = sum(table.rows_resumed for table in self.tables)
        return round((self.rows_written - resumed) / self.seconds) if self.seconds else 0

    @property
    def ok(self) -> bool:
        """Whether every table was synced."""
        return self.count(Status.OK) == len(self.tables)

    @property
    def any_ok(self) -> bool:
        """Whether any table was synced; a skipped one neither worked nor failed."""
        return self.count(Status.OK) > 0

    @property
    def differs(self) -> bool:
        """Whether the rows of a table that was published differ from the source's."""
        return any(table.differs for table in self.tables)

    @property
    def status(self) -> Status:
        """The run's own status, as the ledger records it.

        ``cancelled`` or ``deadline`` where that stopped a table; else ``ok``, or ``partial`` where
        some tables are ``ok``; ``held`` where every table was; ``failed``.
        """
        ended = {table.status for table in self.tables}
        for stopped in (Status.CANCELLED, Status.DEADLINE):
            if stopped in ended:
                return stopped
        if self.ok:
            return Status.OK
        if self.any_ok:
            return Status.PARTIAL
        return Status.HELD if ended == {Status.HELD} else Status.FAILED

    @property
    def made_progress(self) -> bool:
        """Whether a table was published, or the next run continues from what this one stored."""
        return any(table.status is Status.OK or table.resumable for table in self.tables)

    @property
    def stopped_by(self) -> signal.Signals | None:
        """The signal that stopped the run, None where none did."""
        for table in self.tables:
            if table.status is Status.CANCELLED and table.error:
                return signal.Signals[table.error.code]
        return None

    @property
    def remaining(self) -> tuple[str, ...]:
        """The keys of the tables that a stopped run has not published."""
        if self.status not in STOPPED:
            return ()
        left = STOPPED | {Status.SKIPPED}
        return tuple(table.table for table in self.tables if table.status in left)

    def raise_for_failure(self) -> Self:
        """Return the outcome if every table is ok; else raise.

        One failed table's error has the class that its report names (skipped tables do not count);
        several become one RunFailedError.
        """
        missing = [table for table in self.tables if not table.ok]
        failed = [table for table in missing if table.status is not Status.SKIPPED] or missing
        raise_any({table.table: table.failure for table in failed if table.failure is not None})
        return self

    def _repr_html_(self) -> str:
        """Return the run as a table, for notebooks."""
        remarks = "".join(f"; {warning}" for warning in self.warnings)
        rows = counted(self.rows_written, "row")
        caption = f"{self.status}: {rows} in {self.seconds:.2f} s{remarks}"
        return html_table(HEADINGS, map(_row, self.tables), caption)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: ``status``, ``tables`` and ``totals``."""
        return {
            "status": self.status.value,
            **({"run_id": self.run_id} if self.run_id else {}),
            **({"remaining": list(self.remaining)} if self.remaining else {}),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            "tables": [table.to_dict() for table in self.tables],
            "totals": {
                "tables": len(self.tables),
                **{status.value: self.count(status) for status in COUNTED},
                **{
                    status.value: self.count(status)
                    for status in Status
                    if status not in COUNTED and self.count(status)
                },
                "rows_read": sum(table.rows_read for table in self.tables),
                "rows_written": self.rows_written,
                "seconds": round(self.seconds, 3),
                "rows_per_second": self.rows_per_second,
            },
        }
