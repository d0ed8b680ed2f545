"""What the attempts at one table have found out, and the states a table passes through.

An effort belongs to the run and not to an attempt, since Ctrl-C may end an attempt at any
statement: what was stored by then, and whether a COMMIT was on its way, must not go with it.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tableferry import postgres, values
from tableferry.config import OnInvalid
from tableferry.errors import DataError, SchemaError, TableferryError, VerificationError
from tableferry.model.phase_span import PhaseSpan
from tableferry.model.watermark import ReloadReason
from tableferry.planning.consistency import fall_back, may_fall_back
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import Holder, NewWatermark
from tableferry.runs.events import (
    Phase,
    PhaseStarted,
    Progress,
    WaitingForLease,
    WaitingForSessions,
)
from tableferry.runs.task import Task
from tableferry.transfer.attempt import Access, AttemptStats


@dataclass(slots=True)
class Effort:
    """All attempts at one table.

    ``attempts`` holds what each has found out, the last one's at the end. ``retried`` are the
    errors after which another was made; ``failed`` says that the last one failed by this table's
    own error. ``exactly`` names the source columns whose texts are to be read as bytes, because
    the driver may have altered them; None: all. ``asked_at`` is when the source was asked for the
    oldest row that is here, in seconds since the table was begun; less than 0 where an earlier run
    did; ``as_of`` is that moment by the database's clock, known when the table is being published.
    ``loading_since`` is when the last attempt entered ``phase`` load, on the same clock.
    ``committing`` is what will be published, once the COMMIT is on its way. ``plan`` is the
    last attempt's; ``refusals`` are the server's codes for isolations that it refused. ``entered``
    are the phases of all attempts, each with when it was entered, on the same clock.
    ``planned_since`` is when the last attempt began, on the clock of the catalog's answers.
    ``sifts``: the last attempt set aside the rows that PostgreSQL refuses, as the next one will.
    """

    task: Task
    attempts: list[AttemptStats] = field(default_factory=list)
    retried: list[str] = field(default_factory=list)
    failed: bool = False
    exactly: frozenset[str] | None = frozenset()
    asked_at: float = 0.0
    as_of: dt.datetime | None = None
    loading_since: float = 0.0
    phase: Phase = Phase.CONNECT
    committing: "Published | None" = None
    plan: SyncPlan | None = None
    refusals: list[str] = field(default_factory=list)
    entered: list[tuple[Phase, float]] = field(default_factory=list)
    planned_since: float = 0.0
    sifts: bool = False

    @contextlib.contextmanager
    def blamed(self) -> Iterator[None]:
        """Note that an error of the block is this table's own."""
        try:
            yield
        except Exception:
            self.failed = True
            raise

    def begin_attempt(self) -> AttemptStats:
        """Return where the next attempt writes what it finds out."""
        self.attempts.append(AttemptStats())
        self.committing = None
        self.planned_since = self.task.answers.now() if self.task.answers else 0.0
        return self.attempts[-1]

    def phases(self) -> tuple[PhaseSpan, ...]:
        """Return the phases so far, the last one up to now; none of a table that was not begun."""
        if not self.entered:
            return ()
        ends = [*(at for _, at in self.entered[1:]), self.task.elapsed()]
        return tuple(
            PhaseSpan(phase.value, at, end)
            for (phase, at), end in zip(self.entered, ends, strict=True)
        )

    @property
    def stats(self) -> AttemptStats:
        """What the last attempt has found out; nothing where there was none."""
        return self.attempts[-1] if self.attempts else AttemptStats()

    @property
    def stored(self) -> int:
        """Rows of chunks that all attempts have stored, for the next run to go on with."""
        return sum(stats.stored for stats in self.attempts)

    @property
    def resumed(self) -> int:
        """Rows that an earlier run has stored: those that the first attempt has found."""
        return self.stats.found - sum(stats.stored for stats in self.attempts[:-1])

    @property
    def chunks(self) -> tuple[int, int]:
        """How many chunks are stored, of how many; 0 of 0 for a load in one piece."""
        return max(((one.chunks_stored, one.chunks) for one in self.attempts), default=(0, 0))

    @property
    def built(self) -> int:
        """Indexes that all attempts have built on a staging table, likewise."""
        return sum(stats.built for stats in self.attempts)

    @property
    def lag(self) -> float:
        """How many seconds ago the source was asked for the oldest row that is here."""
        return self.task.elapsed() - self.asked_at

    def begin_reading(self, age: float) -> None:
        """Note when the oldest row is read: now, or where some are stored, so many seconds ago.

        For rows that an earlier attempt stored, the time at which that one began to read is known.
        """
        asked_at = self.task.elapsed() - age
        self.asked_at = min(asked_at, self.asked_at) if age else asked_at

    def read_exactly(self, columns: frozenset[str]) -> None:
        """Let these columns be read as bytes; should more turn up later, all of them."""
        self.exactly = None if self.exactly else columns

    def planned(self, plan: SyncPlan) -> SyncPlan:
        """Return the plan as earlier attempts have found that the source can be read."""
        self.plan = fall_back(plan, self.refusals).reading_as_utf16(self.exactly)
        return self.plan

    def falls_back(self, error: TableferryError) -> bool:
        """Note that the source refuses the plan's isolation; False where that is not the error."""
        if self.plan is None or not may_fall_back(self.plan, error.code):
            return False
        self.refusals.append(error.code)
        return True

    def asks_anew(self, error: TableferryError) -> bool:
        """Whether the catalog's answers may be why the source and its plan do not fit together.

        That is where they were given before the attempt began, for other tables as well. The next
        attempt asks for its own.
        """
        if not isinstance(error, SchemaError | VerificationError) or self.task.answers is None:
            return False
        return self.task.answers.has_older(self.task.source, self.planned_since)

    def sifts_next(self, error: TableferryError) -> bool:
        """Note that PostgreSQL refuses a row that may be set aside; False where that is not so.

        The next attempt reads the table again, and finds which rows they are.
        """
        is_refused = isinstance(error, DataError) and bool(error.reason)
        if self.sifts or not is_refused or not self.keeps_refused:
            return False
        self.sifts = True
        return True

    @property
    def keeps_refused(self) -> bool:
        """Whether refused rows go into quarantine."""
        return self.task.spec.on_invalid is OnInvalid.QUARANTINE

    def enter(self, phase: Phase) -> None:
        """Report that the table enters a phase."""
        now = self.task.elapsed()
        if phase is Phase.LOAD:
            self.loading_since = now
        if not self.entered or self.entered[-1][0] is not phase:
            self.entered.append((phase, now))
        self.phase = phase
        self.task.on_event(PhaseStarted(self.task.spec.key, phase))

    def await_lease(self, holder: Holder) -> None:
        """Report that another run holds the table's lease."""
        lasts, run_id = max(0.0, holder.lasts), str(holder.run_id or "")
        self.task.on_event(WaitingForLease(self.task.spec.key, holder.process, run_id, lasts))

    def await_sessions(self, pids: Sequence[int] | None, seconds: float) -> None:
        """Report that other sessions hold what publishing needs; None: not any more."""
        if pids is None:
            self.task.on_event(PhaseStarted(self.task.spec.key, self.phase))
            return
        self.task.on_event(WaitingForSessions(self.task.spec.key, tuple(pids), seconds))

    def access(self, plan: SyncPlan, *, complete: bool) -> Access:
        """Return how an attempt reaches the databases and reports its progress.

        How many rows to expect is known only where the extract is ``complete``.
        """
        task = self.task
        expected = plan.estimated_rows if complete else None

        def on_rows(rows: int, stored: int) -> None:
            # Raises LeaseLostError where another run has taken over.
            seconds = task.elapsed() - self.loading_since
            task.on_event(Progress(task.spec.key, rows, seconds, expected, stored))
            task.claim.progress(Phase.LOAD, self.stats.read, rows)

        return Access(
            open_source=task.open_source,
            open_target=task.open_target,
            check=task.deadline.check,
            remaining=lambda: task.deadline.remaining,
            checkpoint=task.claim.checkpoint,
            is_stored=task.claim.is_stored,
            restart=task.claim.restart,
            on_rows=on_rows,
            budget=task.budget,
        )


@dataclass(frozen=True, slots=True)
class Loaded:
    """A table whose rows are all there and that is ready to be published.

    Of the rows ``read`` those that are not written are in quarantine: ``refused`` what does not
    wait there with its chunk. ``watermark`` is to be written with them, None where the mode keeps
    none; ``reload`` says why every row was read by a mode that reads changes. ``is_repair``: some
    rows were made equal, and how far the table has been read stays as it is.
    """

    effort: Effort
    plan: SyncPlan
    load: postgres.Load
    read: int
    rows: int
    warnings: tuple[str, ...] = ()
    refused: Sequence[values.RefusedRow] = ()
    complete: bool = True
    reload: ReloadReason | None = None
    watermark: NewWatermark | None = None
    is_repair: bool = False

    @property
    def task(self) -> Task:
        """The table."""
        return self.effort.task

    @property
    def published(self) -> "Published":
        """What it is when it is visible."""
        return Published(
            self.effort,
            self.plan,
            self.read,
            self.rows,
            self.load.changes,
            self.warnings,
            self.complete,
            self.reload,
        )


@dataclass(frozen=True, slots=True)
class Published:
    """A table whose new rows are visible. ``complete``: they are all that the source has."""

    effort: Effort
    plan: SyncPlan
    read: int
    rows: int
    changes: postgres.Changes | None = None
    warnings: tuple[str, ...] = ()
    complete: bool = True
    reload: ReloadReason | None = None
