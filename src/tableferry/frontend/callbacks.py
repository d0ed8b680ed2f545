"""What a front end is called back with while a run goes on."""

from collections.abc import Callable
from dataclasses import dataclass

from tableferry.sync.outcome import TableOutcome
from tableferry.sync.progress import OnProgress, Progress


def _ignore(_: Progress | TableOutcome) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class RunCallbacks:
    """``progress`` is called after every batch, ``outcome`` after every table."""

    progress: OnProgress = _ignore
    outcome: Callable[[TableOutcome], None] = _ignore
