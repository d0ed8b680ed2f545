"""What the steps of a fan-out hand to each other: names and numbers, as JSON has them. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid5

from tableferry.config import TableSpec
from tableferry.postgres import STRATEGIES
from tableferry.postgres.ledger import LeaseTiming

LONG: Final = LeaseTiming(ttl=1800.0)
"""Between two steps nobody renews the lease. A chunk may take Lambda's 15 minutes, and be tried
again after as long; what is being read says every 5 minutes that it is. So this is also how long a
table stays with a fan-out that was cut off as a whole."""

SIGN_SECONDS: Final = 300.0
"""How often a chunk that is being read puts off the lease's expiry."""


class Route(StrEnum):
    """How a table is carried in a fan-out: chunk by chunk, whole by one task, or not at all."""

    CHUNKS = "chunks"
    WHOLE = "whole"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One table of a fan-out, as a run of its own in the ledger."""

    table: str
    run_id: UUID


@dataclass(frozen=True, slots=True)
class Begun:
    """A table whose staging table is there, and whose chunks can be loaded.

    ``pending`` are the numbers of those to load, of ``chunks`` in all; ``parallel`` of them at the
    same time at the most.
    """

    assignment: Assignment
    pending: tuple[int, ...]
    chunks: int
    parallel: int

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "table": self.assignment.table,
            "run_id": str(self.assignment.run_id),
            "pending": list(self.pending),
            "chunks": self.chunks,
            "parallel": self.parallel,
        }


@dataclass(frozen=True, slots=True)
class Stored:
    """A chunk whose rows are in the staging table; ``again``: they were there already.

    ``bytes`` is the size of the Arrow batches that were read for it now.
    """

    number: int
    rows: int
    again: bool = False
    bytes: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"chunk": self.number, "rows": self.rows, **({"again": True} if self.again else {})}


def route_of(spec: TableSpec, *, reads_changes: bool = False) -> tuple[Route, str]:
    """Return how a table is carried, and why it is not in chunks where it is not.

    ``reads_changes``: an earlier run has left a watermark, from which an incremental mode goes on.
    """
    if spec.chunks == 1:
        return Route.WHOLE, "'chunks' is 1"
    if reads_changes:
        return Route.WHOLE, f"'mode': {str(spec.mode)!r} reads only what changed"
    strategy = STRATEGIES.get(spec.publish.value)
    if strategy is not None and not strategy.staged:
        return (
            Route.WHOLE,
            f"'publish': {strategy.name!r} is one transaction from the first row to the last",
        )
    return Route.CHUNKS, ""


def assign(spec: TableSpec, fanout_id: UUID) -> Assignment:
    """Return a table's assignment: the same one whenever it is asked for."""
    return Assignment(spec.key, uuid5(fanout_id, spec.key))
