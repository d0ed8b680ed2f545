"""The options of a call, checked before anything is begun: a wrong one is no table's failure."""

import math
import threading
from typing import Final
from uuid import UUID

from tableferry.errors import ConfigError
from tableferry.inspect.plan_report import PlanReport

LONGEST_DEADLINE: Final = threading.TIMEOUT_MAX
"""In seconds, 292 years: the longest time that a thread can wait."""


def require_options(*, plan: object, deadline: object, run_id: object, on_event: object) -> None:
    """Raise ConfigError for an option of another type than ``sync`` documents; None is no option.

    ``deadline`` must be a number of seconds. Infinity and NaN are refused: None is no deadline.
    """
    if not isinstance(plan, PlanReport | None):
        raise _wrong("plan", plan, "Pass what tableferry.plan returned.")
    if not isinstance(deadline, int | float | None) or isinstance(deadline, bool):
        raise _wrong("deadline", deadline, "Pass seconds from now, as a number.")
    if deadline is not None and not (math.isfinite(deadline) and deadline < LONGEST_DEADLINE):
        raise ConfigError(
            f"The deadline is {deadline}, which no clock reaches",
            hint="Pass seconds from now, or None for no deadline.",
        )
    if not isinstance(run_id, UUID | None):
        raise _wrong("run_id", run_id, "Pass a uuid.UUID.")
    if on_event is not None and not callable(on_event):
        raise _wrong("on_event", on_event, "Pass a function that takes an event.")


def _wrong(name: str, value: object, hint: str) -> ConfigError:
    return ConfigError(f"The call's {name} is a {type(value).__name__}", hint=hint)
