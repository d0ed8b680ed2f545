"""tableferry carries tables from SQL Server to PostgreSQL: fast, exactly, unnoticed by readers.

    import tableferry

    outcome = tableferry.copy_table("dbo.Customer", "customer", source=..., target=...)
    outcome.raise_for_failure()

Every name is imported when it is first used: ``import tableferry`` loads no driver, and sets,
reads and prints nothing. docs/api.md describes each.
"""

from __future__ import annotations

from importlib import import_module

from tableferry.version import VERSION

# Not typing's, which takes longer to import than all of this: until the command has begun, an
# interrupt meets Python only, which prints a traceback.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, Final

    from tableferry.api.calls import check, copy_table, discover, doctor, plan, status, sync
    from tableferry.api.table import Table, TableOptions
    from tableferry.api.verifying import repair, verify
    from tableferry.config import Settings, SourceSettings, TargetSettings
    from tableferry.errors import (
        CommitUnknownError,
        ConfigError,
        DataError,
        DeadlineError,
        ErrorReport,
        GuardError,
        LeaseHeldError,
        LeaseLostError,
        RunFailedError,
        SchemaError,
        TableferryError,
        TransientError,
        VerificationError,
    )
    from tableferry.inspect.check_report import CheckReport
    from tableferry.inspect.discover import Discovery
    from tableferry.inspect.doctor.finding import Diagnosis, Finding, Grade
    from tableferry.inspect.plan_report import PlanReport
    from tableferry.runs.events import (
        Event,
        Phase,
        PhaseStarted,
        Progress,
        Retrying,
        TableFinished,
        TableStarted,
        TableVerified,
        WaitingForLease,
        WaitingForSessions,
    )
    from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
    from tableferry.states.report import StatusReport, TableState
    from tableferry.states.words import Word
    from tableferry.verification.differences import Difference, DifferenceKind
    from tableferry.verification.result import TableVerification, Verdict, Verification

__version__ = VERSION

__all__ = [
    "CheckReport",
    "CommitUnknownError",
    "ConfigError",
    "DataError",
    "DeadlineError",
    "Diagnosis",
    "Difference",
    "DifferenceKind",
    "Discovery",
    "ErrorReport",
    "Event",
    "Finding",
    "Grade",
    "GuardError",
    "LeaseHeldError",
    "LeaseLostError",
    "Phase",
    "PhaseStarted",
    "PlanReport",
    "Progress",
    "Retrying",
    "RunFailedError",
    "RunOutcome",
    "SchemaError",
    "Settings",
    "SourceSettings",
    "Status",
    "StatusReport",
    "Table",
    "TableFinished",
    "TableOptions",
    "TableOutcome",
    "TableStarted",
    "TableState",
    "TableVerification",
    "TableVerified",
    "TableferryError",
    "TargetSettings",
    "TransientError",
    "Verdict",
    "Verification",
    "VerificationError",
    "WaitingForLease",
    "WaitingForSessions",
    "Word",
    "check",
    "copy_table",
    "discover",
    "doctor",
    "plan",
    "repair",
    "status",
    "sync",
    "verify",
]

_HOMES: Final = {
    "tableferry.api.calls": ("check", "copy_table", "discover", "doctor", "plan", "status", "sync"),
    "tableferry.api.table": ("Table", "TableOptions"),
    "tableferry.api.verifying": ("repair", "verify"),
    "tableferry.config": ("Settings", "SourceSettings", "TargetSettings"),
    "tableferry.inspect.check_report": ("CheckReport",),
    "tableferry.inspect.discover": ("Discovery",),
    "tableferry.inspect.doctor.finding": ("Diagnosis", "Finding", "Grade"),
    "tableferry.inspect.plan_report": ("PlanReport",),
    "tableferry.runs.events": (
        "Event",
        "Phase",
        "PhaseStarted",
        "Progress",
        "Retrying",
        "TableFinished",
        "TableStarted",
        "TableVerified",
        "WaitingForLease",
        "WaitingForSessions",
    ),
    "tableferry.runs.outcome": ("RunOutcome", "Status", "TableOutcome"),
    "tableferry.states.report": ("StatusReport", "TableState"),
    "tableferry.states.words": ("Word",),
    "tableferry.verification.differences": ("Difference", "DifferenceKind"),
    "tableferry.verification.result": ("TableVerification", "Verdict", "Verification"),
}
"""Where each name is defined; the errors, which are all the others, are in ``errors``."""

_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


def _find(name: str) -> Any:
    return getattr(import_module(_HOME_OF.get(name, "tableferry.errors")), name)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = _find(name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
