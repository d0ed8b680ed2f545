"""A publishing strategy: everything that distinguishes it from the others, in one declaration."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from tableferry.planning.choose_strategy import Candidate, Suitability
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.catalog import Look
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.publish.load import Load
from tableferry.postgres.publish.staging import Staging
from tableferry.values import RefusedRows


@dataclass(frozen=True, slots=True)
class Opening:
    """What a load is opened with; ``refusals`` collects the rows that PostgreSQL refuses.

    ``complete``: the load holds every row of the source. Where it does not, ``deletes`` says that
    the keys of deleted rows are stored beside the staging table (see ``deleted_keys``).
    """

    connection: TargetConnection
    plan: SyncPlan
    schema: pa.Schema
    staging: Staging
    refusals: RefusedRows | None = None
    complete: bool = True
    deletes: bool = False


@dataclass(frozen=True, slots=True)
class PublishStrategy:
    """How a load becomes visible; what the plan asks of it is in ``choose_strategy``.

    One that is not ``staged`` writes into the target in a transaction that stays open until the
    commit, so its load comes last among several, and publishing is not retried. ``rights`` are
    those on an existing table. ``look`` reads from the catalog what matters to the strategy;
    ``open`` returns the load, and entering that begins it.
    """

    name: str
    staged: bool
    needs_key: bool
    in_place: bool
    rights: tuple[str, ...]
    look: Look
    judge: Callable[[Candidate], tuple[str, ...]]
    suit: Callable[[Candidate], Suitability]
    wait: Callable[[int | None, bool], str]
    open: Callable[[Opening], Load]

    def check(self, candidate: Candidate) -> tuple[str, ...]:
        """Return warnings; raises SchemaError where the table cannot be loaded like this."""
        return self.judge(candidate)

    def suits(self, candidate: Candidate) -> Suitability:
        """Say whether ``auto`` may choose it."""
        return self.suit(candidate)

    def readers_wait(self, rows: int | None, *, adds_columns: bool) -> str:
        """Say for how long queries on the target wait, ``rows`` being about to come."""
        return self.wait(rows, adds_columns)


nothing_to_look_at: Final = Look(lambda _version: "")
"""No obstacles: nothing but what every strategy asks matters."""
