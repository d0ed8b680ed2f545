"""What came of it: one table's outcome, and a run's. Plain data that a program can read."""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from tableferry.errors import TableferryError


class Status(StrEnum):
    """How one table's sync ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


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

    def as_dict(self) -> dict[str, str]:
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
    specification allows.
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
    error: ErrorReport | None = None

    @property
    def rows_per_second(self) -> int:
        """Rows written a second, 0 where nothing was written."""
        return round(self.rows_written / self.seconds) if self.seconds else 0

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form; what does not apply is left out."""
        return {
            "table": self.table,
            "target": self.target,
            "status": self.status.value,
            "rows_read": self.rows_read,
            "rows_written": self.rows_written,
            "seconds": round(self.seconds, 3),
            "rows_per_second": self.rows_per_second,
            **({"consistency": self.consistency} if self.consistency else {}),
            **({"created": True} if self.created else {}),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            **({"losses": dict(self.losses)} if self.losses else {}),
            **({"touched": {c: dict(n) for c, n in self.touched.items()}} if self.touched else {}),
            **({"error": self.error.as_dict()} if self.error else {}),
        }


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """A run's outcome: its tables in the order they were synced."""

    tables: Sequence[TableOutcome]
    seconds: float

    def count(self, status: Status) -> int:
        """Return how many tables ended like this."""
        return sum(table.status is status for table in self.tables)

    @property
    def rows_written(self) -> int:
        """Rows that are visible in the target now."""
        return sum(table.rows_written for table in self.tables)

    @property
    def all_ok(self) -> bool:
        """Whether every table was synced."""
        return self.count(Status.OK) == len(self.tables)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: ``tables`` and ``totals``."""
        return {
            "tables": [table.as_dict() for table in self.tables],
            "totals": {
                "tables": len(self.tables),
                **{status.value: self.count(status) for status in Status},
                "rows_read": sum(table.rows_read for table in self.tables),
                "rows_written": self.rows_written,
                "seconds": round(self.seconds, 3),
                "rows_per_second": round(self.rows_written / self.seconds) if self.seconds else 0,
            },
        }
