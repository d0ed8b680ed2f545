"""Tables that become visible together, in one transaction: mostly one, or all of a run.

load each -> publish each -> seal each in the ledger -> COMMIT. What fails before the commit leaves
the old rows of all; what is transient is tried again, on new connections.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tableferry import postgres
from tableferry.errors import CommitUnknownError, TransientError
from tableferry.runs.claim import were_published
from tableferry.runs.effort import Effort, Loaded, Published, ReadAgain
from tableferry.runs.load_table import PlannedLoad, load_table, plan_load
from tableferry.runs.retry import Retries, retried
from tableferry.transfer.lost_commit import decide


def publish_together(efforts: Sequence[Effort], retries: Retries) -> list[Published]:
    """Load these tables and make all of them visible at once; raises TableferryError.

    Where a table's texts have to be read as bytes, everything is read again.
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
    """Try once, on new connections; None where some texts have to be read as bytes."""
    with contextlib.ExitStack() as stack:
        into = stack.enter_context(efforts[0].task.open_target())
        planned = [_plan(effort, into, stack, alone=len(efforts) == 1) for effort in efforts]
        loaded: dict[str, Loaded] = {}
        # Last those that hold one transaction open: a staged load would commit it for them, and
        # some lock readers out from their first row.
        for one in sorted(planned, key=lambda one: one.holds_transaction):
            with _blamed(one.effort):
                found = load_table(one, into, stack)
            if isinstance(found, ReadAgain):
                return None
            loaded[one.effort.task.spec.key] = found
        commit_together(list(loaded.values()), into, retries)
    return [loaded[effort.task.spec.key].published for effort in efforts]


def _plan(
    effort: Effort, into: postgres.TargetConnection, stack: contextlib.ExitStack, *, alone: bool
) -> PlannedLoad:
    with _blamed(effort):
        planned = plan_load(effort, into, stack)
        if not alone:
            planned.disconnect()
    return planned


@contextlib.contextmanager
def _blamed(effort: Effort) -> Iterator[None]:
    """Note that an error of the block is this table's own."""
    try:
        yield
    except Exception:
        effort.failed = True
        raise


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
