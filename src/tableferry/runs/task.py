"""One table to load: its specification, and what the run loads it with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tableferry import postgres, sqlserver
from tableferry.config import Settings, TableSpec
from tableferry.runs.claim import Claim
from tableferry.runs.deadline import Deadline
from tableferry.runs.events import OnEvent
from tableferry.runs.first_login import FirstLogins
from tableferry.runs.no_claim import NoClaim
from tableferry.transfer.budget import Budget

TARGET: Final = ""
"""The target's name where each source has its ``db_type``, which is never empty."""


@dataclass(frozen=True, slots=True)
class Task:
    """One table to load.

    With a ``fingerprint`` nothing is loaded unless the plan still has it. ``elapsed`` returns the
    seconds since the table was begun; ``others`` are the run's other tables. ``budget`` and
    ``logins`` are those of the whole run. ``on_open`` gets every connection to the target. ``jobs``
    is how many tables the run loads at once.
    """

    spec: TableSpec
    settings: Settings
    elapsed: Callable[[], float]
    deadline: Deadline
    on_event: OnEvent = lambda _event: None
    fingerprint: str | None = None
    claim: Claim = field(default_factory=NoClaim)
    others: tuple[TableSpec, ...] = ()
    budget: Budget = field(default_factory=Budget)
    logins: FirstLogins = field(default_factory=FirstLogins)
    on_open: Callable[[postgres.TargetConnection], None] = lambda _connection: None
    jobs: int = 1

    def open_source(self) -> sqlserver.SourceConnection:
        """Open a connection to the table's source; raises TableferryError."""
        return self.logins.connect(
            self.spec.db_type,
            lambda: sqlserver.connect(
                self.settings.sources[self.spec.db_type],
                lock_timeout=self.spec.lock_timeout,
                statement_timeout=self.spec.statement_timeout,
            ),
        )

    def open_target(self) -> postgres.TargetConnection:
        """Open a connection to the target that carries the run's id; raises TableferryError."""
        connection = self.logins.connect(
            TARGET, lambda: postgres.connect(self.settings.target, self.claim.run_id)
        )
        self.on_open(connection)
        return connection
