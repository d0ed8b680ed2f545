"""What the attempts at one table have found out, and the states a table passes through.

An effort belongs to the run and not to an attempt, since Ctrl-C may end an attempt at any
statement: what was stored by then, and whether a COMMIT was on its way, must not go with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tableferry import postgres, values
from tableferry.planning.plan import SyncPlan
from tableferry.runs.events import Progress
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
    did. ``committing`` is what will be published, once the COMMIT is on its way.
    """

    task: Task
    attempts: list[AttemptStats] = field(default_factory=list)
    retried: list[str] = field(default_factory=list)
    failed: bool = False
    exactly: frozenset[str] | None = frozenset()
    asked_at: float = 0.0
    committing: "Published | None" = None

    def begin_attempt(self) -> AttemptStats:
        """Return where the next attempt writes what it finds out."""
        self.attempts.append(AttemptStats())
        self.committing = None
        return self.attempts[-1]

    @property
    def stats(self) -> AttemptStats:
        """What the last attempt has found out; nothing where there was none."""
        return self.attempts[-1] if self.attempts else AttemptStats()

    @property
    def stored(self) -> int:
        """Rows of chunks that all attempts have stored, for the next run to go on with."""
        return sum(stats.stored for stats in self.attempts)

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

    def access(self, plan: SyncPlan) -> Access:
        """Return how an attempt reaches the databases and reports its progress."""
        task = self.task

        def on_rows(rows: int) -> None:
            # Raises LeaseLostError where another run has taken over.
            expected = plan.estimated_rows
            task.on_progress(Progress(task.spec.key, rows, task.elapsed(), expected))
            task.claim.progress("load", self.stats.read, rows)

        return Access(
            open_source=task.open_source,
            open_target=task.open_target,
            check=task.deadline.check,
            remaining=lambda: task.deadline.remaining,
            checkpoint=task.claim.checkpoint,
            is_stored=task.claim.is_stored,
            restart=task.claim.restart,
            on_rows=on_rows,
        )


@dataclass(frozen=True, slots=True)
class Loaded:
    """A table whose rows are all there and that is ready to be published.

    Of the rows ``read`` those that are not written are in quarantine: ``refused`` what does not
    wait there with its chunk. ``watermark`` is to be written with them, None where the mode keeps
    none.
    """

    effort: Effort
    plan: SyncPlan
    load: postgres.Load
    read: int
    rows: int
    warnings: tuple[str, ...] = ()
    refused: Sequence[values.RefusedRow] = ()
    complete: bool = True
    watermark: str | None = None

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
        )


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """An attempt that has found texts altered by the driver: ``effort.exactly`` names them now."""

    effort: Effort


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
