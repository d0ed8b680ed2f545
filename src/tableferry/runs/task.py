"""One table to load: its specification, and what the run loads it with."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tableferry import postgres, sqlserver
from tableferry.config import Settings, TableSpec
from tableferry.runs.claim import Claim
from tableferry.runs.deadline import Deadline
from tableferry.runs.events import OnEvent
from tableferry.runs.no_claim import NoClaim


@dataclass(frozen=True, slots=True)
class Task:
    """One table to load.

    With a ``fingerprint`` nothing is loaded unless the plan still has it. ``elapsed`` returns the
    seconds since the table was begun; ``others`` are the run's other tables.
    """

    spec: TableSpec
    settings: Settings
    elapsed: Callable[[], float]
    deadline: Deadline
    on_event: OnEvent = lambda _event: None
    fingerprint: str | None = None
    claim: Claim = field(default_factory=NoClaim)
    others: tuple[TableSpec, ...] = ()

    def open_source(self) -> sqlserver.SourceConnection:
        """Open a connection to the table's source; raises TableferryError."""
        return sqlserver.connect(
            self.settings.sources[self.spec.db_type],
            lock_timeout=self.spec.lock_timeout,
            statement_timeout=self.spec.statement_timeout,
        )

    def open_target(self) -> postgres.TargetConnection:
        """Open a connection to the target that carries the run's id; raises TableferryError."""
        return postgres.connect(self.settings.target, self.claim.run_id)
