"""Tables that become visible together, in one transaction: mostly one, or all of a run.

load each -> publish each -> seal each in the ledger -> COMMIT. What fails before the commit leaves
the old rows of all; what is transient is tried again, on new connections.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from tableferry import postgres
from tableferry.errors import CommitUnknownError, TransientError
from tableferry.runs.claim import were_published
from tableferry.runs.effort import Effort, Loaded, Published, ReadAgain
from tableferry.runs.load_table import load_table, with_strategy
from tableferry.runs.retry import Retries, retried
from tableferry.runs.task import Task
from tableferry.transfer.lost_commit import decide


def publish_together(efforts: Sequence[Effort], retries: Retries) -> list[Published]:
    """Carry these tables and make all of them visible at once; raises TableferryError.

    Where a table's texts have to be read another way, everything is read again.
    """

    def on_retry(error: TransientError) -> None:
        for effort in efforts:
            effort.retried.append(error.message)
            effort.failed = False

    deadline = efforts[0].task.deadline
    while True:
        published = retried(lambda: _attempt(efforts, retries), retries, deadline, on_retry)
        if published is not None:
            return published


def _attempt(efforts: Sequence[Effort], retries: Retries) -> list[Published] | None:
    """Try once, on new connections; None where some texts are to be read another way."""
    with contextlib.ExitStack() as stack:
        into = stack.enter_context(efforts[0].task.open_target())
        if len(efforts) > 1:
            for effort in efforts:
                _choose_strategy(effort, into)
        loaded: dict[str, Loaded] = {}
        # Those that lock readers out from their first row come last, for the others' sake.
        for effort in sorted(efforts, key=lambda effort: _locks_from_start(effort.task)):
            found = _load(effort, into, stack)
            if isinstance(found, ReadAgain):
                return None
            loaded[effort.task.spec.key] = found
        commit_together(list(loaded.values()), into, retries)
    return [loaded[effort.task.spec.key].published for effort in efforts]


def _choose_strategy(effort: Effort, into: postgres.TargetConnection) -> None:
    try:
        effort.task = with_strategy(effort.task, into)
    except Exception:
        effort.failed = True
        raise


def _load(
    effort: Effort, into: postgres.TargetConnection, stack: contextlib.ExitStack
) -> Loaded | ReadAgain:
    try:
        return load_table(effort, into, stack)
    except Exception:
        effort.failed = True
        raise


def _locks_from_start(task: Task) -> bool:
    strategy = postgres.STRATEGIES.get(task.spec.publish.value)
    return strategy is not None and strategy.locks_from_start


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
    def seal() -> None:
        for one in loaded:
            one.task.claim.seal(into, one.plan, one.read, one.rows, one.watermark)

    into.begin()
    for one in loaded:
        one.task.claim.progress("publish", one.read, one.rows)
        one.task.claim.quarantine(into, one.refused)
    with loaded[0].task.deadline.ending(into.cancel):
        postgres.publish_all(into, [one.load for one in loaded], seal)
    for one in loaded:
        one.effort.committing = one.published
    into.commit()
