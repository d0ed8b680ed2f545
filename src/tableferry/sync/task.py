"""One table to be carried, and what is known of it so far."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tableferry import postgres, sqlserver, values
from tableferry.config import Settings, TableSpec
from tableferry.planning.plan import SyncPlan
from tableferry.sync.claim import Claim, NoClaim
from tableferry.sync.deadline import Deadline
from tableferry.sync.progress import OnProgress, Progress


@dataclass(slots=True)
class Tally:
    """What is known of a table's sync so far, also when it then fails.

    ``exactly`` names the source columns whose texts are to be read as bytes, because the driver
    may have altered them; None: all. ``refusals`` are the rows that go into quarantine, where the
    specification has one. ``asked_at`` is when the source was asked for the oldest row that is
    here, in seconds since the table was begun; less than 0 where an earlier run did. ``built``
    counts indexes that stay for a later run, as ``stored`` counts rows. ``committing`` is what
    will be published, once the COMMIT is on its way.
    """

    attempts: int = 0
    stored: int = 0
    built: int = 0
    failed: bool = False
    read: int = 0
    bytes: int = 0
    touched: dict[str, Counter[str]] = field(default_factory=dict)
    refusals: values.RefusedRows | None = None
    exactly: frozenset[str] | None = frozenset()
    retried: list[str] = field(default_factory=list)
    asked_at: float = 0.0
    committing: "Published | None" = None

    def begin_attempt(self) -> None:
        """Count another try; what the last one read is of no interest any more."""
        self.attempts += 1
        self.read = self.bytes = 0
        self.committing = None

    def read_exactly(self, columns: frozenset[str]) -> None:
        """Let these columns be read as bytes; should more turn up later, all of them."""
        self.exactly = None if self.exactly else columns


@dataclass(frozen=True, slots=True)
class Task:
    """One table to be carried: what is wanted, and what it is done with.

    With a ``fingerprint`` nothing is loaded unless the plan still has it. ``elapsed`` tells the
    seconds since the table was begun.
    """

    spec: TableSpec
    settings: Settings
    elapsed: Callable[[], float]
    deadline: Deadline
    on_progress: OnProgress = lambda _progress: None
    fingerprint: str | None = None
    claim: Claim = field(default_factory=NoClaim)
    tally: Tally = field(default_factory=Tally)

    def begin_reading(self, age: float) -> None:
        """Note when the oldest row is read: now, or where some are stored, so many seconds ago.

        Of those that an earlier attempt stored it is known better: when that one began to read.
        """
        asked_at = self.elapsed() - age
        self.tally.asked_at = min(asked_at, self.tally.asked_at) if age else asked_at

    @property
    def lag(self) -> float:
        """How many seconds ago the source was asked for the oldest row that is here."""
        return self.elapsed() - self.tally.asked_at

    def open_source(self) -> sqlserver.SourceConnection:
        """Open a connection to the table's source; raises TableferryError."""
        return sqlserver.connect(
            self.settings.sources[self.spec.db_type],
            lock_timeout=self.spec.lock_timeout,
            statement_timeout=self.spec.statement_timeout,
        )

    def open_target(self) -> postgres.TargetConnection:
        """Open a connection to the target, by whose name the run is known; TableferryError."""
        return postgres.connect(self.settings.target, self.claim.run_id)

    def told(self, phase: str, rows: int, expected: int | None) -> None:
        """Tell everybody how far it is; raises LeaseLostError where another run has taken over."""
        self.on_progress(Progress(self.spec.key, rows, self.elapsed(), expected))
        self.claim.progress(phase, self.tally.read, rows)


@dataclass(frozen=True, slots=True)
class Published:
    """A table whose new rows are visible."""

    task: Task
    plan: SyncPlan
    read: int
    rows: int
    changes: postgres.Changes | None = None
    warnings: tuple[str, ...] = ()
