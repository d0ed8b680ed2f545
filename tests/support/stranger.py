"""A T-SQL server of another make, to be had from the stand-in.

What SQL Server does not promise is otherwise with it: ids, the case of names in the catalog, the
order of rows that nobody ordered, the version.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

import pytest

from tableferry_sandbox.engine.binding import functions_metadata, system_views
from tableferry_sandbox.engine.binding.scope import BoundQuery, SessionInfo
from tableferry_sandbox.engine.database.catalog_objects import Database
from tableferry_sandbox.engine.execution import selecting
from tableferry_sandbox.engine.execution.session_state import SessionState

VERSION: Final = "Elsewhere SQL 3.1 for T-SQL clients"

_SMALL: Final = 256
"""Up to here are the numbers of the types that have one and the same number as base and as type."""


def _other_type(number: int) -> int:
    return number ^ 0x80 if number < _SMALL else 70_000 - number


_OTHER: Final[dict[str, Callable[[Any], Any]]] = {
    "system_type_id": _other_type,
    "user_type_id": _other_type,
    "name": lambda name: name and name.lower(),
}
"""By column of a catalog view; the same in each, so that the views still fit together."""

_KEPT: Final = frozenset({"databases", "extended_properties"})
"""Views whose names are those that somebody gave."""


def estrange(patch: pytest.MonkeyPatch) -> None:
    """Let every stand-in of this process be such a server, until ``patch`` is undone."""
    views = {key: _other(view) for key, view in system_views._VIEWS.items()}
    patch.setattr(system_views, "_VIEWS", views)
    patch.setattr(selecting, "cut_to_text_size", _shuffled)
    patch.setattr(functions_metadata, "VERSION_TEXT", VERSION)


def _other(view: system_views.SysView) -> system_views.SysView:
    if view.schema != "sys" or view.name in _KEPT:
        return view
    changes = [_OTHER.get(column.name, _as_it_is) for column in view.columns]

    def rows(session: SessionInfo, database: Database) -> Iterable[tuple[Any, ...]]:
        found = [
            tuple(change(cell) for change, cell in zip(changes, row, strict=True))
            for row in view.rows(session, database)
        ]
        return reversed(found)

    return replace(view, rows=rows)


def _as_it_is(cell: Any) -> Any:
    return cell


def _shuffled(session: SessionState, bound: BoundQuery) -> BoundQuery:
    if "ORDER BY" in bound.sql:
        return bound
    return replace(bound, sql=f"SELECT * FROM ({bound.sql}) ORDER BY random()")
