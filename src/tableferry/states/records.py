"""What the ledger says of the tables: its rows as frozen data, as ``judge`` takes them.

All moments are the target database's, and aware; ages are seconds.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tableferry.errors import ErrorReport
from tableferry.model.phase_span import PhaseSpan, seconds_by_phase

RUNNING: Final = "running"
OK: Final = "ok"
NOT_BEGUN: Final = frozenset({"held", "skipped"})
"""Outcomes that say nothing of the table: its load was not begun."""

REPAIR: Final = "repair"
"""In place of a publishing strategy: a run that has made single rows equal."""


@dataclass(frozen=True, slots=True)
class TableRecord:
    """One table of a run: a row of ``table_runs``.

    ``heartbeat`` is when its run last showed life. ``as_of``: when the source was asked for the
    oldest row that was published, None where nothing was, or only single rows. ``phases`` are empty
    where they were not recorded; ``losses`` are the declared ones, by source column.
    """

    run_id: str
    table: str
    source: str
    target: str
    status: str
    started_at: dt.datetime
    heartbeat: dt.datetime
    ended_at: dt.datetime | None = None
    process: str = ""
    publish: str = ""
    consistency: str = ""
    phase: str = ""
    attempt: int = 1
    rows_read: int = 0
    rows_written: int = 0
    as_of: dt.datetime | None = None
    error: ErrorReport | None = None
    warnings: tuple[str, ...] = ()
    phases: tuple[PhaseSpan, ...] = ()
    losses: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float | None:
        """How long it took, None while it runs; 0 where the clock went back meanwhile."""
        if self.ended_at is None:
            return None
        return max(0.0, (self.ended_at - self.started_at).total_seconds())

    @property
    def rows_per_second(self) -> int | None:
        """Rows written per second; None for a run that published no rows, or is not over."""
        if self.status != OK or not self.seconds or not self.rows_written:
            return None
        return round(self.rows_written / self.seconds)

    @property
    def is_load(self) -> bool:
        """Whether it published what it had read, and not just single rows (a repair)."""
        return self.status == OK and self.publish != REPAIR

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; what does not apply is left out."""
        return {
            "run_id": self.run_id,
            "table": self.table,
            "target": self.target,
            "status": self.status,
            "started_at": self.started_at.isoformat(),
            **({"ended_at": self.ended_at.isoformat()} if self.ended_at else {}),
            **({} if self.seconds is None else {"seconds": round(self.seconds, 3)}),
            **({"process": self.process} if self.process else {}),
            **({"publish": self.publish} if self.publish else {}),
            **({"consistency": self.consistency} if self.consistency else {}),
            **({"phase": self.phase} if self.phase else {}),
            **({"attempts": self.attempt} if self.attempt > 1 else {}),
            "rows_read": self.rows_read,
            "rows_written": self.rows_written,
            **(
                {"rows_per_second": self.rows_per_second}
                if self.rows_per_second is not None
                else {}
            ),
            **({"rows_as_of": self.as_of.isoformat()} if self.as_of else {}),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            **({"phases": seconds_by_phase(self.phases)} if self.phases else {}),
            **({"losses": dict(self.losses)} if self.losses else {}),
            **({"error": self.error.to_dict()} if self.error else {}),
        }


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One call of sync: a row of ``runs``.

    ``tables`` counts its tables by status, and ``rows_written`` their rows; empty and None where
    that was not asked for. A table without changes is not among them.
    """

    run_id: str
    status: str
    started_at: dt.datetime
    heartbeat: dt.datetime
    ended_at: dt.datetime | None = None
    process: str = ""
    version: str = ""
    rows_written: int | None = None
    tables: Mapping[str, int] = field(default_factory=dict)

    @property
    def seconds(self) -> float | None:
        """How long it took, None while it runs; 0 where the clock went back meanwhile."""
        if self.ended_at is None:
            return None
        return max(0.0, (self.ended_at - self.started_at).total_seconds())

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; what does not apply is left out."""
        return {
            "run_id": self.run_id,
            "status": self.status,
            "started_at": self.started_at.isoformat(),
            **({"ended_at": self.ended_at.isoformat()} if self.ended_at else {}),
            **({} if self.seconds is None else {"seconds": round(self.seconds, 3)}),
            "process": self.process,
            "version": self.version,
            **({} if self.rows_written is None else {"rows_written": self.rows_written}),
            **({"tables": dict(self.tables)} if self.tables else {}),
        }


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """A lease that has not expired: who may load the table, and when that was last confirmed."""

    run_id: str
    process: str
    acquired_at: dt.datetime
    renewed_at: dt.datetime
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class WatermarkRecord:
    """How far a table has been read: by which mode, and when the source was last asked.

    ``retention`` is for how many seconds the source keeps changes, None where that is not known.
    """

    mode: str
    run_id: str
    advanced_at: dt.datetime
    reconciled_at: dt.datetime | None = None
    retention: float | None = None


@dataclass(frozen=True, slots=True)
class VerificationRecord:
    """What a verification has found; ``differing`` counts the rows.

    ``seconds`` is how long it took. ``run_id`` is the run that published what was verified, or the
    verification's own.
    """

    verified_at: dt.datetime
    depth: str
    verdict: str
    source_rows: int = 0
    target_rows: int = 0
    differing: int = 0
    reason: str = ""
    run_id: str = ""
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "verified_at": self.verified_at.isoformat(),
            "depth": self.depth,
            "verdict": self.verdict,
            "source_rows": self.source_rows,
            "target_rows": self.target_rows,
            "differing": self.differing,
            **({"reason": self.reason} if self.reason else {}),
        }


@dataclass(frozen=True, slots=True)
class TableFacts:
    """All that the ledger says of one target table.

    ``runs``: the newest ones of any outcome, and the newest that are ok, the newest first.
    ``verifications``: the newest ones and the newest that differs, the newest first.
    ``complete_at``: when a load of every row was last published, as far as that is recorded.
    ``quarantined``: rows in quarantine since then, None where they may not be read.
    """

    target: str
    runs: tuple[TableRecord, ...] = ()
    lease: LeaseRecord | None = None
    watermark: WatermarkRecord | None = None
    verifications: tuple[VerificationRecord, ...] = ()
    complete_at: dt.datetime | None = None
    quarantined: int | None = None

    @property
    def last_load(self) -> TableRecord | None:
        """The newest run that published what it had read."""
        return next((run for run in self.runs if run.is_load), None)

    @property
    def last_ended(self) -> TableRecord | None:
        """The newest run that is over, and was begun at all."""
        over = [run for run in self.runs if run.ended_at and run.status not in NOT_BEGUN]
        return max(over, key=lambda run: run.ended_at or run.started_at, default=None)

    @property
    def usual_speed(self) -> int | None:
        """The median of rows per second over the runs that published rows, None without any."""
        speeds = sorted(
            run.rows_per_second for run in self.runs if run.is_load and run.rows_per_second
        )
        # Not statistics.median: it would bring decimal and random into the start of each command.
        middle = speeds[(len(speeds) - 1) // 2 : len(speeds) // 2 + 1]
        return round(sum(middle) / len(middle)) if middle else None


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """What a ledger says of all tables.

    ``at`` is the database's clock when it was read. ``version`` is the ledger's, 0 where there is
    none. ``tables`` are by the target's name in the ledger, ``targets`` the configured tables'
    names there, by key.
    """

    at: dt.datetime
    version: int = 0
    tables: Mapping[str, TableFacts] = field(default_factory=dict)
    targets: Mapping[str, str] = field(default_factory=dict)
    last_run: RunRecord | None = None
