"""tableferry carries tables from SQL Server to PostgreSQL: fast, exactly, unnoticed by readers.

    import tableferry

    outcome = tableferry.copy_table("dbo.Customer", "customer", source=..., target=...)
    outcome.raise_for_failure()

Every name is imported when it is first used: ``import tableferry`` loads no driver, and sets,
reads and prints nothing. docs/api.md describes each.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from tableferry.version import VERSION

if TYPE_CHECKING:
    from tableferry.api.calls import check, copy_table, discover, plan, sync
    from tableferry.api.table import Table, TableOptions
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
    from tableferry.inspect.check import CheckReport
    from tableferry.inspect.discover import Discovery
    from tableferry.inspect.plan_report import PlanReport
    from tableferry.sync.events import Event, Retrying, TableFinished, TableStarted
    from tableferry.sync.outcome import RunOutcome, Status, TableOutcome
    from tableferry.sync.progress import Progress

__version__ = VERSION

__all__ = [
    "CheckReport",
    "CommitUnknownError",
    "ConfigError",
    "DataError",
    "DeadlineError",
    "Discovery",
    "ErrorReport",
    "Event",
    "GuardError",
    "LeaseHeldError",
    "LeaseLostError",
    "PlanReport",
    "Progress",
    "Retrying",
    "RunFailedError",
    "RunOutcome",
    "SchemaError",
    "Settings",
    "SourceSettings",
    "Status",
    "Table",
    "TableFinished",
    "TableOptions",
    "TableOutcome",
    "TableStarted",
    "TableferryError",
    "TargetSettings",
    "TransientError",
    "VerificationError",
    "check",
    "copy_table",
    "discover",
    "plan",
    "sync",
]

_HOMES: Final = {
    "tableferry.api.calls": ("check", "copy_table", "discover", "plan", "sync"),
    "tableferry.api.table": ("Table", "TableOptions"),
    "tableferry.config": ("Settings", "SourceSettings", "TargetSettings"),
    "tableferry.inspect.check": ("CheckReport",),
    "tableferry.inspect.discover": ("Discovery",),
    "tableferry.inspect.plan_report": ("PlanReport",),
    "tableferry.sync.events": ("Event", "Retrying", "TableFinished", "TableStarted"),
    "tableferry.sync.outcome": ("RunOutcome", "Status", "TableOutcome"),
    "tableferry.sync.progress": ("Progress",),
}
"""Where each name is defined; the errors, which are all the others, are in ``errors``."""

_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


def _find(name: str) -> Any:
    return getattr(import_module(_HOME_OF.get(name, "tableferry.errors")), name)


class _Package(ModuleType):
    """The package, whose function ``sync`` has the name of its folder ``sync``.

    Importing a module of that folder would bind the folder to ``tableferry.sync``. This property
    keeps the function there; ``from tableferry.sync.run import ...`` works all the same.
    """

    @property
    def sync(self) -> Any:
        """The function ``sync``."""
        return _find("sync")

    @sync.setter
    def sync(self, folder: ModuleType) -> None:
        """Leave the function where it is."""

    def __getattr__(self, name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        found = _find(name)
        setattr(self, name, found)
        return found

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
