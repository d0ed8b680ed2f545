"""A checked request, executed: the one mapping from modes to what the engine does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from tableferry.frontend.request import SYNCS, Operation, Request
from tableferry.frontend.response import Report
from tableferry.runs.events import Event

if TYPE_CHECKING:
    from tableferry.config import Settings, TableSpec
    from tableferry.inspect.check_report import CheckReport
    from tableferry.inspect.doctor.finding import Diagnosis
    from tableferry.inspect.plan_report import PlanReport
    from tableferry.runs.outcome import RunOutcome
    from tableferry.verification.result import Verification

NO_FINGERPRINTS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RunCallbacks:
    """``event`` gets events, ``answer`` the answers of all that is no sync."""

    event: Callable[[Event], None] = lambda _event: None
    answer: Callable[[object], None] = lambda _answer: None


def execute(
    request: Request,
    tables: "Sequence[TableSpec]",
    settings: "Settings",
    callbacks: RunCallbacks,
    fingerprints: Mapping[str, str] = NO_FINGERPRINTS,
    *,
    warnings: tuple[str, ...] = (),
    complete: bool = True,
) -> Report:
    """Sync, check, examine, plan, verify or judge these tables, as the request's mode says.

    ``fingerprints`` are those of a plan, by table: a table that has drifted since is not loaded.
    ``warnings`` are those of the configuration; the report has them before its own. ``complete``
    is whether ``tables`` are all that the request is about: a status can do without some.
    Raises ConfigError where nothing can be begun. ``info`` is not for here: it reads no database.
    """
    if request.mode is Operation.STATUS:
        from tableferry.inspect.status import table_status

        found = table_status(tables, settings.target, request.commands)
        return replace(found, notes=(*warnings, *found.notes), complete=complete)
    report = _execute(request, tables, settings, callbacks, fingerprints)
    return replace(report, warnings=(*warnings, *report.warnings)) if warnings else report


def _execute(
    request: Request,
    tables: "Sequence[TableSpec]",
    settings: "Settings",
    callbacks: RunCallbacks,
    fingerprints: Mapping[str, str],
) -> "RunOutcome | CheckReport | PlanReport | Diagnosis | Verification":
    if request.mode in SYNCS:
        from tableferry.runs.run import sync_tables

        return sync_tables(
            tables,
            settings,
            on_event=callbacks.event,
            fingerprints=fingerprints,
            options=request.options,
        )
    if request.mode is Operation.MULTI_TEST:
        from tableferry.inspect.check import check_tables

        return check_tables(tables, settings, on_answer=callbacks.answer)
    if request.mode is Operation.PLAN:
        from tableferry.inspect.plan_report import plan_tables

        return plan_tables(tables, settings, on_answer=callbacks.answer)
    if request.mode is Operation.DOCTOR:
        from tableferry.inspect.doctor.examine import examine

        return examine(tables, settings, on_answer=callbacks.answer)
    if request.mode is Operation.VERIFY:
        from tableferry.runs.verify_tables import verify_tables

        return verify_tables(
            tables,
            settings,
            request.verify,
            on_event=callbacks.event,
            on_answer=callbacks.answer,
            options=request.options,
        )
    raise ValueError(request.mode)
