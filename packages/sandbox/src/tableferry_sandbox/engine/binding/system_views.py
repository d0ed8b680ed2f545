"""Catalog views: columns declared as text, rows computed from the catalog when read."""

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from tableferry_sandbox.engine.binding.scope import SessionInfo
from tableferry_sandbox.engine.binding.system_views_information import INFORMATION_VIEWS
from tableferry_sandbox.engine.binding.system_views_keys import KEY_VIEWS
from tableferry_sandbox.engine.binding.system_views_objects import OBJECT_VIEWS, Rows
from tableferry_sandbox.engine.binding.system_views_server import SERVER_VIEWS
from tableferry_sandbox.engine.database.catalog_objects import Database
from tableferry_sandbox.engine.tree.syntax import TypeName
from tableferry_sandbox.engine.types.duck_types import arrow_type
from tableferry_sandbox.engine.types.type_rules import resolve
from tableferry_sandbox.sqltypes import Column


@dataclass(frozen=True)
class SysView:
    """One catalog view."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    rows: Rows

    def table(self, session: SessionInfo, database: Database) -> pa.Table:
        """Return the view's rows; its columns are named k1 ... kn."""
        values = list(self.rows(session, database))
        arrays = [
            pa.array([row[i] for row in values], arrow_type(column.type))
            for i, column in enumerate(self.columns)
        ]
        return pa.table(arrays, [f"k{i}" for i in range(1, len(self.columns) + 1)])


def _column(text: str) -> Column:
    """Read ``name type`` or ``name type(arguments)``; a type ending in ``!`` is NOT NULL."""
    name, kind = text.split()
    nullable = not kind.endswith("!")
    base, _, rest = kind.rstrip("!").partition("(")
    arguments = tuple(-1 if n == "max" else int(n) for n in rest.rstrip(")").split(":") if n)
    return Column(name, resolve(TypeName(base, arguments)), nullable)


_ALL: Final = {**OBJECT_VIEWS, **KEY_VIEWS, **SERVER_VIEWS, **INFORMATION_VIEWS}


def _build() -> dict[tuple[str, str], SysView]:
    found = {}
    for full_name, (columns, rows) in _ALL.items():
        schema, name = full_name.split(".")
        parsed = tuple(_column(text.strip()) for text in columns.split(","))
        found[schema.lower(), name.lower()] = SysView(schema, name, parsed, rows)
    return found


_VIEWS: Final = _build()


def find(parts: tuple[str, ...]) -> SysView | None:
    """Return a catalog view by its two- or three-part name, None for any other name."""
    if len(parts) not in (2, 3):
        return None
    return _VIEWS.get((parts[-2].lower(), parts[-1].lower()))


def names() -> list[str]:
    """Return the names of all catalog views."""
    return sorted(f"{view.schema}.{view.name}" for view in _VIEWS.values())
