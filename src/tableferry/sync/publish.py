"""Tables that become visible together, in one transaction: mostly one, or all of a run.

load each -> publish each -> seal each in the ledger -> COMMIT. What fails before the commit leaves
the old rows of all; what is transient is tried again, on new connections.
"""

import contextlib
from collections.abc import Sequence

from tableferry import postgres
from tableferry.errors import CommitUnknownError, TransientError
from tableferry.postgres import STRATEGIES
from tableferry.sync.claim import were_published
from tableferry.sync.retry import Retries, retried
from tableferry.sync.table import Loaded, load_table, with_strategy
from tableferry.sync.task import Published, Task
from tableferry.values import TextsAlteredError


def publish_together(tasks: Sequence[Task], retries: Retries) -> list[Published]:
    """Carry these tables and make all of them visible at once; raises TableferryError.

    Where a table's texts have to be read another way, everything is read again.
    """
    deadline = tasks[0].deadline

    def told(error: TransientError) -> None:
        for task in tasks:
            task.tally.retried.append(error.message)
            task.tally.failed = False

    while True:
        with contextlib.suppress(TextsAlteredError):
            return retried(lambda: _attempt(tasks, retries), retries, deadline, told)


def _attempt(tasks: Sequence[Task], retries: Retries) -> list[Published]:
    """Try once, on new connections."""
    with contextlib.ExitStack() as stack:
        into = stack.enter_context(tasks[0].open_target())
        if len(tasks) > 1:
            tasks = [with_strategy(task, into) for task in tasks]
        # Those that lock readers out from their first row come last, for the others' sake.
        ordered = sorted(tasks, key=_locks_from_start)
        loaded = {task.spec.key: _load(task, into, stack) for task in ordered}
        commit_together(list(loaded.values()), into, retries)
    return [_published(loaded[task.spec.key]) for task in tasks]


def _published(one: Loaded) -> Published:
    return Published(one.task, one.plan, one.read, one.rows, one.load.changes, one.warnings)


def _load(task: Task, into: postgres.TargetConnection, stack: contextlib.ExitStack) -> Loaded:
    try:
        return load_table(task, into, stack)
    except Exception:
        task.tally.failed = True
        raise


def _locks_from_start(task: Task) -> bool:
    strategy = STRATEGIES.get(task.spec.publish.value)
    return strategy is not None and strategy.locks_from_start


def commit_together(
    loaded: Sequence[Loaded], into: postgres.TargetConnection, retries: Retries
) -> None:
    """Publish, seal and commit; what is staged already need not be read again for a retry."""
    if not all(one.load.can_publish_again for one in loaded):
        retries = Retries(attempts=1)

    def undo(error: TransientError) -> None:
        if into.is_closed:
            raise error  # Then it is for a new connection to load again.
        into.rollback()
        for one in loaded:
            one.task.tally.committing = None

    try:
        retried(lambda: _publish(loaded, into), retries, loaded[0].task.deadline, undo)
    except CommitUnknownError as error:
        _decide(loaded, error)


def _publish(loaded: Sequence[Loaded], into: postgres.TargetConnection) -> None:
    def seal() -> None:
        for one in loaded:
            one.task.claim.seal(into, one.plan, one.read, one.rows)

    into.begin()
    for one in loaded:
        one.task.claim.progress("publish", one.read, one.rows)
        one.task.claim.quarantine(into, one.refused)
    with loaded[0].task.deadline.ending(into.cancel):
        postgres.publish_all(into, [one.load for one in loaded], seal)
    for one in loaded:
        one.task.tally.committing = _published(one)
    into.commit()


def _decide(loaded: Sequence[Loaded], lost: CommitUnknownError) -> None:
    """Ask the ledger whether a commit whose answer was lost has happened."""
    if were_published([one.task.claim for one in loaded]):
        return
    raise TransientError(
        f"{lost.message}: the ledger says that it was not",
        hint="The old rows stay. Run it again.",
        code=lost.code,
    ) from lost
