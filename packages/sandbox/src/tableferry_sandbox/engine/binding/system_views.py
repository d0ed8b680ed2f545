"""Catalog views: columns declared as text, rows computed from the catalog when read."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from tableferry_sandbox.engine.binding.context import Row
from tableferry_sandbox.engine.binding.system_views_compatibility import COMPATIBILITY_VIEWS
from tableferry_sandbox.engine.binding.system_views_information import INFORMATION_VIEWS
from tableferry_sandbox.engine.binding.system_views_keys import KEY_VIEWS
from tableferry_sandbox.engine.binding.system_views_objects import OBJECT_VIEWS, Rows
from tableferry_sandbox.engine.binding.system_views_others import OTHER_VIEWS
from tableferry_sandbox.engine.binding.system_views_security import SECURITY_VIEWS
from tableferry_sandbox.engine.binding.system_views_server import SERVER_VIEWS
from tableferry_sandbox.engine.binding.system_views_tracking import TRACKING_VIEWS
from tableferry_sandbox.engine.database.identifiers import Identifiers
from tableferry_sandbox.engine.tree.syntax import TypeName
from tableferry_sandbox.engine.types.duck_types import arrow_type
from tableferry_sandbox.engine.types.type_rules import resolve, with_collation
from tableferry_sandbox.sqltypes import DEFAULT_COLLATION, Column


@dataclass(frozen=True)
class SysView:
    """One catalog view."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    rows: Rows

    def columns_in(self, collation: str) -> tuple[Column, ...]:
        """Return the columns as a database of a collation shows them."""
        return _collated(self.schema, self.name, collation)

    def table(self, rows: Sequence[Row]) -> pa.Table:
        """Return rows of the view as Arrow; its columns are named k1 ... kn."""
        arrays = [
            pa.array([row[i] for row in rows], arrow_type(column.type))
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


_ALL: Final = {
    **OBJECT_VIEWS,
    **KEY_VIEWS,
    **OTHER_VIEWS,
    **SECURITY_VIEWS,
    **SERVER_VIEWS,
    **TRACKING_VIEWS,
    **INFORMATION_VIEWS,
    **COMPATIBILITY_VIEWS,
}


def _build() -> dict[tuple[str, str], SysView]:
    found = {}
    for full_name, (columns, rows) in _ALL.items():
        schema, name = full_name.split(".")
        parsed = tuple(_column(text.strip()) for text in columns.split(","))
        found[schema, name] = SysView(schema, name, parsed, rows)
    return found


_VIEWS: Final = _build()


@functools.lru_cache(maxsize=1024)
def _collated(schema: str, name: str, collation: str) -> tuple[Column, ...]:
    columns = _VIEWS[schema, name].columns
    return tuple(replace(c, type=with_collation(c.type, collation)) for c in columns)


@functools.lru_cache(maxsize=64)
def _by_key(collation: str) -> dict[tuple[str, str], tuple[str, str]]:
    """Return the views' names by the keys that these have in databases of a collation."""
    names = Identifiers(collation)
    return {names.path(*written): written for written in _VIEWS}


def find(parts: tuple[str, ...], names: Identifiers) -> SysView | None:
    """Return a catalog view by its two- or three-part name, None for any other name.

    The compatibility views need no schema, and have dbo's as well.
    """
    known = _by_key(names.collation)
    schema, name = names.key(parts[-2]) if len(parts) > 1 else "", names.key(parts[-1])
    if schema in ("", "dbo"):
        found = known.get(("sys", name))
        return _VIEWS[found] if found and ".".join(found) in COMPATIBILITY_VIEWS else None
    found = known.get((schema, name)) if len(parts) in (2, 3) else None
    return _VIEWS[found] if found else None


def is_misspelled(parts: tuple[str, ...]) -> bool:
    """Return whether a name is a catalog view's, but for its case."""
    return find(parts, Identifiers(DEFAULT_COLLATION)) is not None


def names() -> list[str]:
    """Return the names of all catalog views."""
    return sorted(f"{view.schema}.{view.name}" for view in _VIEWS.values())
