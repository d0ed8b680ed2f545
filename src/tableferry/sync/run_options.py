"""How a run behaves, whatever its tables."""

import time
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from tableferry.sync.deadline import NEVER, Clock, Deadline
from tableferry.sync.retry import Retries


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What was asked of the run as a whole.

    ``fail_fast``: tables after a failed one are skipped. ``together``: all become visible in one
    transaction, or none does. ``run_id`` None: a new one.
    """

    fail_fast: bool = False
    together: bool = False
    retries: Retries = field(default_factory=Retries)
    deadline: Deadline = NEVER
    clock: Clock = time.monotonic
    run_id: UUID | None = None


DEFAULT_OPTIONS: Final = RunOptions()
