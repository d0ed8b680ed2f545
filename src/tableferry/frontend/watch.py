"""Who is told while a run goes on."""

from collections.abc import Callable
from dataclasses import dataclass

from tableferry.sync.outcome import TableOutcome
from tableferry.sync.progress import OnProgress, Progress


def _nobody(_: Progress | TableOutcome) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class RunCallbacks:
    """``progress`` is called after every batch, ``outcome`` after every table."""

    progress: OnProgress = _nobody
    outcome: Callable[[TableOutcome], None] = _nobody
