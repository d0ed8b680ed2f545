"""Decide a COMMIT whose answer was lost, by what the ledger has recorded.

What is written in the transaction (an outcome, a checkpoint) is there if and only if the rows are.
"""

from collections.abc import Callable

from tableferry.errors import CommitUnknownError, TransientError


def decide(lost: CommitUnknownError, was_committed: Callable[[], bool], what: str) -> None:
    """Return where the COMMIT took effect.

    Raises TransientError where it has not, so that the work is done again, and CommitUnknownError
    where ``was_committed`` cannot find out. ``what`` was to be committed, for the hint.
    """
    if was_committed():
        return
    raise TransientError(
        f"{lost.message}: the ledger says that {what} was not committed",
        hint=f"Nothing of {what} was stored; the old rows stay. Run it again.",
        code=lost.code,
    ) from lost
