"""What came of it: one table's outcome, and a run's. Plain data that a program can read."""

import signal
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from tableferry.errors import TableferryError


class Status(StrEnum):
    """How one table's sync ended.

    ``skipped``: not begun, after another's failure or a stop. ``held``: another run has the table.
    ``cancelled``: by a signal. ``deadline``: the time was over. ``partial``: likewise, and the
    chunks and indexes that are done are kept for the next run.
    """

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    HELD = "held"
    CANCELLED = "cancelled"
    DEADLINE = "deadline"
    PARTIAL = "partial"


COUNTED = (Status.OK, Status.FAILED, Status.SKIPPED)
"""Told in every run's totals; the others only where there are any."""

STOPPED = frozenset({Status.CANCELLED, Status.DEADLINE, Status.PARTIAL})
"""After these no further table is begun."""


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """An error for people and programs: never a secret, never the value of a cell."""

    kind: str
    message: str
    hint: str
    code: str = ""

    @classmethod
    def of(cls, error: Exception) -> "ErrorReport":
        """Describe an error; of an unforeseen one only its type and place, its text may quote."""
        if isinstance(error, TableferryError):
            return cls(type(error).__name__, error.message, error.hint, error.code)
        frames = traceback.extract_tb(error.__traceback__)
        place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        return cls(
            type(error).__name__,
            f"An error that tableferry did not foresee: {type(error).__name__}{place}",
            "The load was rolled back; the old rows stay. Please report this.",
        )

    def to_dict(self) -> dict[str, str]:
        """Return the JSON form."""
        return {
            "type": self.kind,
            "message": self.message,
            "hint": self.hint,
            **({"code": self.code} if self.code else {}),
        }


@dataclass(frozen=True, slots=True)
class TableOutcome:
    """One table's outcome. ``seconds`` is wall time from the first connection to the commit.

    ``touched`` counts, by source column and reason, the values that were altered as the
    specification allows; ``quarantined`` likewise the rows that were refused and left out, which
    are in the ledger. ``attempts`` is how often it was tried, ``retried`` says after what.
    ``changes`` counts what a merge did to the rows; ``bytes_read`` is the Arrow batches' size;
    ``rows_stored`` are those of chunks that a table which was not published has gained.
    ``lag`` is how old the oldest row was when readers got to see it: the seconds from the moment
    the source was asked for it to the commit; of chunks that were stored before, from when the
    first of them was. None where nothing was published.
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
    bytes_read: int = 0
    rows_stored: int = 0
    lag: float | None = None

    @property
    def rows_per_second(self) -> int:
        """Rows written a second, 0 where nothing was written."""
        return round(self.rows_written / self.seconds) if self.seconds else 0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; what does not apply is left out."""
        return {
            "table": self.table,
            "target": self.target,
            "status": self.status.value,
            "rows_read": self.rows_read,
            "rows_written": self.rows_written,
            **({"rows_stored": self.rows_stored} if self.rows_stored else {}),
            **({"bytes_read": self.bytes_read} if self.bytes_read else {}),
            "seconds": round(self.seconds, 3),
            "rows_per_second": self.rows_per_second,
            **({} if self.lag is None else {"lag_seconds": round(self.lag, 3)}),
            **({"consistency": self.consistency} if self.consistency else {}),
            **({"publish": self.publish} if self.publish else {}),
            **({"changes": dict(self.changes)} if self.changes else {}),
            **({"created": True} if self.created else {}),
            **({"attempts": self.attempts} if self.attempts > 1 else {}),
            **({"retried_after": list(self.retried)} if self.retried else {}),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            **({"losses": dict(self.losses)} if self.losses else {}),
            **({"touched": _counts(self.touched)} if self.touched else {}),
            **({"quarantined": _counts(self.quarantined)} if self.quarantined else {}),
            **({"error": self.error.to_dict()} if self.error else {}),
        }


def _counts(counted: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    return {column: dict(reasons) for column, reasons in counted.items()}


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """A run's outcome: its tables in the order they were synced. ``run_id`` is the ledger's.

    ``warnings`` tell what of the run itself could not be written to the ledger.
    """

    tables: Sequence[TableOutcome]
    seconds: float
    run_id: str = ""
    warnings: tuple[str, ...] = ()

    def count(self, status: Status) -> int:
        """Return how many tables ended like this."""
        return sum(table.status is status for table in self.tables)

    @property
    def rows_written(self) -> int:
        """Rows that are visible in the target now."""
        return sum(table.rows_written for table in self.tables)

    @property
    def ok(self) -> bool:
        """Whether every table was synced."""
        return self.count(Status.OK) == len(self.tables)

    @property
    def any_ok(self) -> bool:
        """Whether any table was synced; a skipped one neither worked nor failed."""
        return self.count(Status.OK) > 0

    @property
    def status(self) -> Status:
        """``partial`` where a deadline left tables over, ``cancelled``, ``ok`` or ``failed``."""
        ended = {table.status for table in self.tables}
        if Status.CANCELLED in ended:
            return Status.CANCELLED
        if ended & STOPPED:
            return Status.PARTIAL
        return Status.OK if self.ok else Status.FAILED

    @property
    def got_on(self) -> bool:
        """Whether a table was published, or chunks of one were stored, or indexes built."""
        got_on = (Status.OK, Status.PARTIAL)
        return any(table.status in got_on or table.rows_stored for table in self.tables)

    @property
    def exit_code(self) -> int:
        """0: all good; 1: a table was not synced; 128 and the signal's number: it was stopped."""
        for table in self.tables:
            if table.status is Status.CANCELLED and table.error:
                return 128 + signal.Signals[table.error.code]
        return 0 if self.ok else 1

    @property
    def remaining(self) -> tuple[str, ...]:
        """The tables that a run which was stopped has left over."""
        if self.status not in STOPPED:
            return ()
        left = STOPPED | {Status.SKIPPED}
        return tuple(table.table for table in self.tables if table.status in left)

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
                "rows_per_second": round(self.rows_written / self.seconds) if self.seconds else 0,
            },
        }
