"""Options of a run as a whole, whatever its tables."""

import time
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from tableferry.errors import ConfigError
from tableferry.model.jobs import JOBS_HINT, jobs_problem
from tableferry.runs.deadline import NEVER, Clock, Deadline
from tableferry.runs.retry import Retries


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the caller asked of the run.

    ``fail_fast``: tables after a failed one are skipped. ``together``: all tables become visible in
    one transaction, or none does. ``run_id``: a new one where it is None. ``continues``: the run
    goes on with one that has just run out of time, whatever the age of what that one has stored.
    ``jobs``: so many tables at once. Raises ConfigError where the options contradict each other.
    """

    fail_fast: bool = False
    together: bool = False
    retries: Retries = field(default_factory=Retries)
    deadline: Deadline = NEVER
    clock: Clock = time.monotonic
    run_id: UUID | None = None
    continues: bool = False
    jobs: int = 1

    def __post_init__(self) -> None:
        if problem := jobs_problem(self.jobs, together=self.together):
            raise ConfigError(problem, hint=JOBS_HINT)


DEFAULT_OPTIONS: Final = RunOptions()
