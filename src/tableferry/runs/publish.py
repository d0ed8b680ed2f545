"""Tables that become visible together, in one transaction: mostly one, or all of a run.

load each -> publish each -> seal each in the ledger -> COMMIT. What fails before the commit leaves
the old rows of all; what is transient is tried again, on new connections.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from tableferry import postgres
from tableferry.errors import CommitUnknownError, TableferryError, TransientError
from tableferry.postgres.ledger import Seal
from tableferry.runs.claim import were_published
from tableferry.runs.effort import Effort, Loaded, Published
from tableferry.runs.events import Phase
from tableferry.runs.load_together import load_together
from tableferry.runs.retry import Retries, retried
from tableferry.transfer.lost_commit import decide

LoadAll = Callable[
    [Sequence[Effort], postgres.TargetConnection, contextlib.ExitStack], list[Loaded] | None
]
"""Loads tables up to the moment before they are published, as ``load_together`` does."""


def publish_together(
    efforts: Sequence[Effort], retries: Retries, load: LoadAll = load_together
) -> list[Published]:
    """Load these tables and make all of them visible at once; raises TableferryError.

    Where a table's texts have to be read as bytes, or under another isolation, everything is read
    again.
    """

    def on_retry(error: TransientError) -> None:
        efforts[0].task.kept.drop()
        for effort in efforts:
            effort.retried.append(error.message)
            effort.failed = False

    deadline = efforts[0].task.deadline
    while True:
        published = retried(lambda: _attempt(efforts, retries, load), retries, deadline, on_retry)
        if published is not None:
            return published


def _attempt(efforts: Sequence[Effort], retries: Retries, load: LoadAll) -> list[Published] | None:
    """Try once; None where a table is to be read in another way, as its effort has noted."""
    try:
        return _load_and_commit(efforts, retries, load)
    except TableferryError as error:
        failed = [effort for effort in efforts if effort.failed]
        for effort in failed:
            if effort.falls_back(error) or effort.asks_anew(error):
                effort.failed = False
                return None
        # Whose row it is that refuses the COMMIT of all nobody knows.
        sifting = [effort for effort in failed or efforts if effort.sifts_next(error)]
        if sifting:
            for effort in failed:
                effort.failed = False
            return None
        raise


def _load_and_commit(
    efforts: Sequence[Effort], retries: Retries, load: LoadAll
) -> list[Published] | None:
    """Load and publish; None where some texts have to be read as bytes."""
    with contextlib.ExitStack() as stack:
        into = stack.enter_context(efforts[0].task.open_target(kept=True))
        loaded = load(efforts, into, stack)
        if loaded is None:
            return None
        commit_together(loaded, into, retries)
    return [one.published for one in loaded]


def commit_together(
    loaded: Sequence[Loaded], into: postgres.TargetConnection, retries: Retries
) -> None:
    """Publish, seal and commit; what is staged already need not be read again for a retry."""
    if not all(one.load.can_publish_again for one in loaded):
        retries = replace(retries, attempts=1)

    def undo(error: TransientError) -> None:
        if into.is_closed:
            raise error  # Then it is for a new connection to load again.
        into.rollback()
        for one in loaded:
            one.effort.committing = None

    try:
        retried(lambda: _publish(loaded, into), retries, loaded[0].task.deadline, undo)
    except CommitUnknownError as lost:
        decide(lost, lambda: were_published([one.task.claim for one in loaded]), "the load")


def _publish(loaded: Sequence[Loaded], into: postgres.TargetConnection) -> None:
    def on_wait(pids: Sequence[int] | None, seconds: float) -> None:
        for one in loaded:
            one.effort.await_sessions(pids, seconds)

    into.on_wait = on_wait
    into.begin()
    for one in loaded:
        one.effort.enter(Phase.PUBLISH)
        one.task.claim.progress(Phase.PUBLISH, one.read, one.rows)
        one.task.claim.quarantine(into, one.refused)
    recorded = [one for one in loaded if one.task.claim.run_id]
    sealing = postgres.Sealing(
        lambda: [seal for one in loaded if (seal := _seal(one, into)) is not None]
    )
    with loaded[0].task.deadline.ending(into.cancel):
        postgres.publish_all(into, [one.load for one in loaded], sealing)
    for one in loaded:
        one.effort.committing = one.published
    sealing.commit(into)
    for one, as_of in zip(recorded, sealing.as_of, strict=True):
        one.effort.as_of = as_of


def _seal(one: Loaded, into: postgres.TargetConnection) -> Seal | None:
    return one.task.claim.seal(
        into,
        one.plan,
        one.read,
        one.rows,
        watermark=one.watermark,
        is_repair=one.is_repair,
        age=one.effort.lag,
    )
