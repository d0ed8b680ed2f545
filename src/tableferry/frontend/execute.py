"""A checked request, executed: the one mapping from modes to what the engine does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from tableferry.frontend.request import SYNCS, Operation, Request
from tableferry.frontend.response import Report
from tableferry.runs.events import OnProgress, Progress
from tableferry.runs.outcome import TableOutcome

if TYPE_CHECKING:
    from tableferry.config import Settings, TableSpec

NO_FINGERPRINTS: Final[Mapping[str, str]] = MappingProxyType({})


def _ignore(_: Progress | TableOutcome) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class RunCallbacks:
    """``progress`` is called after every batch, ``outcome`` after every table."""

    progress: OnProgress = _ignore
    outcome: Callable[[TableOutcome], None] = _ignore


def execute(
    request: Request,
    tables: "Sequence[TableSpec]",
    settings: "Settings",
    callbacks: RunCallbacks,
    fingerprints: Mapping[str, str] = NO_FINGERPRINTS,
) -> Report:
    """Sync, check or plan these tables, as the request's mode says.

    ``fingerprints`` are those of a plan, by table: a table that has drifted since is not loaded.
    Raises ConfigError where nothing can be begun. ``info`` is not for here: it reads no database.
    """
    if request.mode in SYNCS:
        from tableferry.runs.run import sync_tables

        return sync_tables(
            tables,
            settings,
            on_progress=callbacks.progress,
            on_outcome=callbacks.outcome,
            fingerprints=fingerprints,
            options=request.options,
        )
    if request.mode is Operation.MULTI_TEST:
        from tableferry.inspect.check import check_tables

        return check_tables(tables, settings)
    if request.mode is Operation.PLAN:
        from tableferry.inspect.plan_report import plan_tables

        return plan_tables(tables, settings)
    raise ValueError(request.mode)
