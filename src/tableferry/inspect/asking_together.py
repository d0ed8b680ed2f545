"""Tables that are looked at one after another: over kept connections, their catalog at once."""

import contextlib
from collections.abc import Callable, Iterator, Sequence

from tableferry.config import Settings, TableSpec
from tableferry.runs.deadline import NEVER
from tableferry.runs.first_login import FirstLogins
from tableferry.runs.kept_connections import KeptConnections
from tableferry.runs.task import Task, answers_of_sources


@contextlib.contextmanager
def tasks_of(
    specs: Sequence[TableSpec], settings: Settings
) -> Iterator[Callable[[TableSpec], Task]]:
    """Return what makes the task of each table, by which its databases are reached.

    The connections that it keeps are closed when the block ends.
    """
    answers, logins = answers_of_sources(specs, settings), FirstLogins()
    with contextlib.closing(KeptConnections(1)) as kept:
        yield lambda spec: Task(
            spec,
            settings,
            elapsed=lambda: 0.0,
            deadline=NEVER,
            logins=logins,
            answers=answers.get(spec.db_type),
            kept=kept,
        )
