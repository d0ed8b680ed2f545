"""What is said about the runs of a watch: each of them, the waits between them, and the end."""

import datetime as dt
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tableferry.errors import ErrorReport
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome

if TYPE_CHECKING:
    from tableferry.config.table_file import FileChange

UNCHANGED: Final = "unchanged"
"""Counts, among a merge's changes, the rows that it left as they were."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """No run is due for so many seconds; told again after each sleep."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Round:
    """One run of a watch.

    ``result`` is why the run could not be begun where it is an ErrorReport. ``ages`` is how old
    each table's rows were when the run had ended, in seconds: None where this watch has not
    published the table yet. ``failures`` counts the runs in a row, this one included, in which
    nothing worked. ``pause`` is the time to the next run in seconds, None where there is none.
    """

    began: dt.datetime
    result: RunOutcome | ErrorReport
    ages: Mapping[str, float | None] = field(default_factory=dict)
    change: "FileChange | None" = None
    outdated: bool = False
    failures: int = 0
    pause: float | None = None

    @property
    def status(self) -> Status:
        """The run's status; ``failed`` where it could not be begun."""
        return self.result.status if isinstance(self.result, RunOutcome) else Status.FAILED

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: the run's, with each table's age, and when the next one begins.

        Idle tables are counted and not listed: there may be thousands of them in every run.
        """
        run: dict[str, Any] = (
            self._listed(self.result.to_dict())
            if isinstance(self.result, RunOutcome)
            else {"status": self.status.value, "error": self.result.to_dict()}
        )
        oldest = self.oldest
        return {
            "time": self.began.isoformat(timespec="milliseconds"),
            **run,
            **(
                {"oldest": {"table": oldest[0], "age_seconds": round(oldest[1], 3)}}
                if oldest
                else {}
            ),
            **({"table_file": self.change.to_dict()} if self.change else {}),
            **({"outdated": True} if self.outdated else {}),
            **({"failures": self.failures} if self.failures else {}),
            **({} if self.pause is None else {"next_in_seconds": round(self.pause, 3)}),
        }

    @property
    def oldest(self) -> tuple[str, float] | None:
        """The table with the oldest rows and their age; None where no table's are known."""
        known = {key: age for key, age in self.ages.items() if age is not None}
        key = max(known, key=known.__getitem__, default=None)
        return None if key is None else (key, known[key])

    def _listed(self, run: dict[str, Any]) -> dict[str, Any]:
        tables = [table for table in run["tables"] if not table.get("idle")]
        run["totals"]["idle"] = len(run["tables"]) - len(tables)
        for table in tables:
            age = self.ages.get(table["table"])
            if age is not None:
                table["age_seconds"] = round(age, 3)
        return {**run, "tables": tables}


def changed_rows(table: TableOutcome) -> int:
    """Return how many rows of the target a table's outcome has changed: all, unless by a merge."""
    if not table.changes:
        return table.rows_written
    return sum(count for what, count in table.changes.items() if what != UNCHANGED)


@dataclass(frozen=True, slots=True)
class Watched:
    """How a watch ended, which only a signal can do. ``failed`` counts runs that were not ok."""

    stopped_by: signal.Signals
    runs: int
    failed: int

    @property
    def ok(self) -> bool:
        """Whether every run was ok."""
        return not self.failed

    @property
    def any_ok(self) -> bool:
        """Whether any run was ok."""
        return self.failed < self.runs

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"stopped_by": self.stopped_by.name, "runs": self.runs, "failed": self.failed}
