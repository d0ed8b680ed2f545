"""A Lambda invocation's remaining time, as the run's deadline."""

from typing import Any, Final

from tableferry.sync.deadline import NEVER, Deadline

MARGIN_SECONDS: Final = 10.0
"""Reserved for the rollback, the ledger's entry and the answer."""


def deadline_of(context: Any) -> Deadline:
    """Return when a run must have ended: ``NEVER`` outside of Lambda."""
    left = getattr(context, "get_remaining_time_in_millis", None)
    if left is None:
        return NEVER
    return Deadline.after(max(0.0, left() / 1000 - MARGIN_SECONDS))
