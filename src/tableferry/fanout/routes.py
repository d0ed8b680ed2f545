"""Decide, before the first table is begun, how a fan-out carries each: its route."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tableferry import postgres
from tableferry.config import Settings, TableSpec
from tableferry.errors import ConfigError, ErrorReport, TransientError
from tableferry.fanout.assignment import Route, route_of
from tableferry.fanout.step_context import connect_source
from tableferry.runs.outcome import Status, TableOutcome


@dataclass(frozen=True, slots=True)
class RoutedTable:
    """One table of a fan-out; with an ``error`` it is not begun."""

    spec: TableSpec
    route: Route
    why: str = ""
    error: ErrorReport | None = None

    @property
    def outcome(self) -> TableOutcome | None:
        """What became of it where it is not begun."""
        if self.error is None:
            return None
        return TableOutcome(
            self.spec.key, str(self.spec.target), Status.FAILED, attempts=0, error=self.error
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "table": self.spec.key,
            "route": self.route.value,
            **({"why": self.why} if self.why else {}),
            **({"error": self.error.to_dict()} if self.error else {}),
        }


def plan_fanout(specs: Sequence[TableSpec], settings: Settings) -> tuple[RoutedTable, ...]:
    """Say how each table is carried. Raises TableferryError where the target takes nobody.

    Every login is tried once, here: tables whose source refuses it are not begun, for many
    processes that all try it would have the account locked.
    """
    with postgres.connect(settings.target):
        pass
    refused: dict[str, ErrorReport | None] = {}
    for spec in specs:
        if spec.db_type not in refused:
            refused[spec.db_type] = _refusal(spec, settings)
    return tuple(_planned(spec, refused[spec.db_type]) for spec in specs)


def _refusal(spec: TableSpec, settings: Settings) -> ErrorReport | None:
    try:
        connect_source(spec, settings).close()
    except ConfigError as error:
        return ErrorReport.of(error)
    except TransientError:
        return None  # it may be there when a table's turn has come
    return None


def _planned(spec: TableSpec, refused: ErrorReport | None) -> RoutedTable:
    if refused is not None:
        return RoutedTable(spec, Route.NONE, error=refused)
    return RoutedTable(spec, *route_of(spec))
