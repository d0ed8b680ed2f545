"""Decide, before the first table is begun, how a fan-out carries each: its route."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tableferry import postgres
from tableferry.config import Settings, TableSpec
from tableferry.errors import ConfigError, ErrorReport, SchemaError, TransientError
from tableferry.fanout.assignment import Route, route_of
from tableferry.fanout.step_context import connect_source
from tableferry.fanout.verification import verified_by
from tableferry.modes import mode_of
from tableferry.postgres.ledger.many_watermarks import read_watermarks
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.verification.options import VerifyOptions


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
    """Say how each table is carried; raises TableferryError where the target cannot be reached."""
    with postgres.connect(settings.target) as into:
        follows = {spec.key: _reads_changes(spec, into) for spec in specs}
        refused = _refusals(specs, settings, into)
    return tuple(
        _planned(spec, refused[spec.key], route_of(spec, reads_changes=follows[spec.key]))
        for spec in specs
    )


def plan_verification(
    specs: Sequence[TableSpec], settings: Settings, wanted: VerifyOptions
) -> tuple[RoutedTable, ...]:
    """Say how each table is verified; raises TableferryError as ``plan_fanout`` does."""
    with postgres.connect(settings.target) as into:
        refused = _refusals(specs, settings, into)
    return tuple(_planned(spec, refused[spec.key], verified_by(spec, wanted)) for spec in specs)


def _refusals(
    specs: Sequence[TableSpec], settings: Settings, into: postgres.TargetConnection
) -> dict[str, ErrorReport | None]:
    """Return why tables are not begun, by table; None for the others.

    Every login is tried once, here: tables whose source refuses it are not begun, for many
    processes that all try it would have the account locked. Tables with the target of another are
    not begun either, for the processes that would carry them do not know of each other.
    """
    refused: dict[str, ErrorReport | None] = {}
    for spec in specs:
        if spec.db_type not in refused:
            refused[spec.db_type] = _refusal(spec, settings)
    return {spec.key: refused[spec.db_type] or _shared(spec, specs, into) for spec in specs}


def _shared(
    spec: TableSpec, specs: Sequence[TableSpec], into: postgres.TargetConnection
) -> ErrorReport | None:
    try:
        postgres.require_own_target(into, spec, specs)
    except ConfigError as error:
        return ErrorReport.of(error)
    return None


def _reads_changes(spec: TableSpec, into: postgres.TargetConnection) -> bool:
    """Whether an earlier run has left a watermark; the task that carries the table checks it."""
    if mode_of(spec).complete:
        return False
    try:
        with into.in_one_transaction():
            return read_watermarks(into, spec.mode, [spec.target]) != [None]
    except SchemaError:
        return False  # there is no ledger yet, or one of a version that has no such watermarks


def _refusal(spec: TableSpec, settings: Settings) -> ErrorReport | None:
    try:
        connect_source(spec, settings).close()
    except ConfigError as error:
        return ErrorReport.of(error)
    except TransientError:
        return None  # it may be there when a table's turn has come
    return None


def _planned(spec: TableSpec, refused: ErrorReport | None, route: tuple[Route, str]) -> RoutedTable:
    if refused is not None:
        return RoutedTable(spec, Route.NONE, error=refused)
    return RoutedTable(spec, *route)
