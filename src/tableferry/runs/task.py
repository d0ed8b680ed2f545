"""One table to load: its specification, and what the run loads it with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from tableferry import postgres, sqlserver
from tableferry.config import Settings, TableSpec
from tableferry.model.identifiers import SourceTable
from tableferry.runs.claim import Claim
from tableferry.runs.deadline import Deadline
from tableferry.runs.events import OnEvent
from tableferry.runs.first_login import FirstLogins
from tableferry.runs.kept_connections import KeptConnections
from tableferry.runs.no_claim import NoClaim
from tableferry.transfer.budget import Budget

TARGET: Final = ""
"""The target's name where each source has its ``db_type``, which is never empty."""


@dataclass(frozen=True, slots=True)
class Task:
    """One table to load.

    With a ``fingerprint`` nothing is loaded unless the plan still has it. ``elapsed`` returns the
    seconds since the table was begun; ``others`` are the run's other tables. ``budget`` and
    ``logins`` are those of the whole run; so are ``answers``, of the source's catalog, where tables
    are asked about together, ``places`` of their targets, and ``kept``, the connections that are
    open from one table to the next. ``on_open`` gets every connection to the target. ``jobs`` is
    how many tables the run loads at once.
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
    answers: sqlserver.CatalogAnswers | None = None
    places: postgres.KnownPlaces | None = None
    kept: KeptConnections = field(default_factory=lambda: KeptConnections(0))
    on_open: Callable[[postgres.TargetConnection], None] = lambda _connection: None
    jobs: int = 1

    @property
    def source(self) -> SourceTable:
        """The table's name on its server."""
        return self.spec.located_in(self.settings.sources[self.spec.db_type].db).source

    def open_source(self) -> sqlserver.SourceConnection:
        """Return a connection to the table's source, kept or new; raises TableferryError."""
        spec = self.spec
        place = (spec.db_type, spec.lock_timeout)
        connection = self.kept.sources.take(place)
        if connection is None:
            connection = self.logins.connect(
                spec.db_type,
                lambda: sqlserver.connect(
                    self.settings.sources[spec.db_type],
                    lock_timeout=spec.lock_timeout,
                    statement_timeout=spec.statement_timeout,
                ),
            )
        else:
            connection.taken_again(spec.statement_timeout)
        connection.keep = partial(self.kept.sources.keep, place)
        return connection

    def open_target(self, *, kept: bool = False) -> postgres.TargetConnection:
        """Return a connection to the target that carries the run's id; raises TableferryError.

        ``kept``: it may be one that is kept, and is kept. Not where another thread may still cancel
        a statement on it when it was given back.
        """
        connection = self.kept.targets.take(self.claim.run_id) if kept else None
        if connection is None:
            connection = self.logins.connect(
                TARGET, lambda: postgres.connect(self.settings.target, self.claim.run_id)
            )
            self.on_open(connection)
        if kept:
            connection.keep = partial(self.kept.targets.keep, self.claim.run_id)
        return connection


def answers_of_sources(
    specs: Sequence[TableSpec], settings: Settings
) -> dict[str, sqlserver.CatalogAnswers]:
    """Return where the catalogs' answers about these tables are kept, by source."""
    tables: dict[str, list[SourceTable]] = {}
    for spec in specs:
        if spec.db_type in settings.sources:
            located = spec.located_in(settings.sources[spec.db_type].db)
            tables.setdefault(spec.db_type, []).append(located.source)
    return {db_type: sqlserver.CatalogAnswers(asked) for db_type, asked in tables.items()}
