"""The two sides of a comparison: how the source is reached, and the target's open transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tableferry.postgres import TargetConnection
from tableferry.sqlserver import SourceConnection
from tableferry.transfer.budget import Budget
from tableferry.transfer.workers import Check


def no_end() -> float | None:
    """Return how long may be compared: as long as it takes."""
    return None


@dataclass(frozen=True, slots=True)
class Sides:
    """What a comparison reads from.

    ``open_source`` opens a connection in the thread that uses it and closes it there. ``into`` is
    in a REPEATABLE READ transaction that the caller has begun, so that everything is read at one
    moment of the target. ``check`` raises where it is time to stop; ``remaining`` returns the
    seconds until then, None where there is no such time. ``budget`` is shared by all readers of the
    run.
    """

    open_source: Callable[[], SourceConnection]
    into: TargetConnection
    check: Check
    remaining: Callable[[], float | None] = no_end
    budget: Budget = field(default_factory=Budget)
