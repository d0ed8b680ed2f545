"""``verify`` and ``repair``: whether the targets are what the sources are, and making them so."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tableferry.api.calls import resolved
from tableferry.api.connections import Source
from tableferry.api.options import require_options
from tableferry.api.table import Tables
from tableferry.config import Settings, TargetSettings
from tableferry.runs.deadline import NEVER, Deadline
from tableferry.runs.events import OnEvent
from tableferry.runs.run_options import RunOptions
from tableferry.runs.verify_tables import verify_tables
from tableferry.verification.asked_options import checked_options
from tableferry.verification.options import DEFAULT_LIMIT, DEFAULT_SETTLE
from tableferry.verification.result import Verification

if TYPE_CHECKING:
    from tableferry.postgres.caller_connection import CallerConnection

    Target = str | TargetSettings | CallerConnection


def verify(
    tables: Tables,
    *,
    source: Source | None = None,
    target: "Target | None" = None,
    settings: Settings | None = None,
    sample: int | None = None,
    count: bool = False,
    independent: bool = False,
    settle: float = DEFAULT_SETTLE,
    limit: int = DEFAULT_LIMIT,
    show_values: bool = False,
    deadline: float | None = None,
    run_id: UUID | None = None,
    on_event: OnEvent | None = None,
) -> Verification:
    """Compare every table with its source; nothing is written but what was found, to the ledger.

    Every value of every row is compared: with ``sample`` only those of so many key ranges, with
    ``count`` the numbers of rows alone. ``independent``: a sample is read by other paths as well.
    Rows that differ are read again after ``settle`` seconds, and the first ``limit`` that still do
    are listed, with their values where ``show_values``. The rest is as for ``sync``.

    Raises ConfigError; what happens to a table is its verdict.
    """
    asked = {
        "sample": sample,
        "count": count,
        "independent": independent,
        "settle": settle,
        "limit": limit,
    }
    return _verified(
        (tables, source, target, settings), asked, show_values, (deadline, run_id, on_event)
    )


def repair(
    tables: Tables,
    *,
    source: Source | None = None,
    target: "Target | None" = None,
    settings: Settings | None = None,
    sample: int | None = None,
    settle: float = DEFAULT_SETTLE,
    limit: int = DEFAULT_LIMIT,
    deadline: float | None = None,
    run_id: UUID | None = None,
    on_event: OnEvent | None = None,
) -> Verification:
    """Verify the tables, make the rows that differ equal, and compare these again.

    Each table in one transaction, under its lease. ``limit`` is of what is listed, not of what is
    repaired. The rest is as for ``verify``. Raises ConfigError.
    """
    asked = {"sample": sample, "settle": settle, "limit": limit, "repair": True}
    return _verified((tables, source, target, settings), asked, False, (deadline, run_id, on_event))


def _verified(
    where: "tuple[Tables, Source | None, Target | None, Settings | None]",
    asked: dict[str, Any],
    show_values: bool,
    how: tuple[float | None, UUID | None, OnEvent | None],
) -> Verification:
    deadline, run_id, on_event = how
    require_options(plan=None, deadline=deadline, run_id=run_id, on_event=on_event)
    wanted = checked_options(asked, show_values=bool(show_values))
    expansion, found = resolved(*where)
    options = RunOptions(
        deadline=NEVER if deadline is None else Deadline.after(deadline), run_id=run_id
    )
    verified = verify_tables(expansion.tables, found, wanted, on_event=on_event, options=options)
    return replace(verified, warnings=(*expansion.warnings, *verified.warnings))
