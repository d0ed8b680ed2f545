"""Makes the sandbox behave like another vendor's T-SQL server.

It differs in what SQL Server does not guarantee: ids, the case of names in the catalog, the order
of rows without ORDER BY, the version.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

import pytest

from tableferry_sandbox.engine.binding import functions_metadata, system_views
from tableferry_sandbox.engine.binding.context import SessionInfo
from tableferry_sandbox.engine.binding.scope import BoundQuery
from tableferry_sandbox.engine.database.catalog_objects import Database
from tableferry_sandbox.engine.execution import selecting
from tableferry_sandbox.engine.execution.session_state import SessionState

VERSION: Final = "Elsewhere SQL 3.1 for T-SQL clients"

_SMALL: Final = 256
"""Below it are the types whose system_type_id and user_type_id are the same."""


def _other_type(number: int) -> int:
    return number ^ 0x80 if number < _SMALL else 70_000 - number


_OTHER: Final[dict[str, Callable[[Any], Any]]] = {
    "system_type_id": _other_type,
    "user_type_id": _other_type,
    "name": lambda name: name and name.lower(),
}
"""Changes by column, the same in every catalog view, so that joins between views still work."""

_KEPT: Final = frozenset({"databases", "extended_properties"})
"""Views whose names are chosen by users."""


def act_as_foreign_server(patch: pytest.MonkeyPatch) -> None:
    """Let every sandbox in this process act as such a server until ``patch`` is undone."""
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
