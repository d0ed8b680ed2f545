"""Building blocks of functions about the catalog: constants, and lookups in a map of constants."""

from collections.abc import Mapping
from typing import Any, Final

from tableferry_sandbox.engine.binding.bind_predicates import PredicateBinder
from tableferry_sandbox.engine.binding.scope import Typed
from tableferry_sandbox.engine.database.catalog_objects import Database
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.duck_types import literal, quote_text
from tableferry_sandbox.sqltypes import MAX, SqlType

NVARCHAR: Final = SqlType("nvarchar", 128)
"""The type of names: sysname is a synonym of it."""


def constant(value: Any, sql_type: SqlType) -> Typed:
    """Return a bound constant."""
    return Typed(literal(value, sql_type), sql_type, nullable=value is None)


def lookup(key: str, entries: Mapping[Any, Any], sql_type: SqlType) -> Typed:
    """Return a lookup of a key in a map of constants."""
    if not entries:
        return Typed(literal(None, sql_type), sql_type)
    keys = ", ".join(quote_text(k) if isinstance(k, str) else str(k) for k in entries)
    values = ", ".join(literal(v, sql_type) for v in entries.values())
    return Typed(f"map([{keys}], [{values}])[{key}]", sql_type)


def number(binder: PredicateBinder, value: Typed) -> str:
    """Return SQL of a value as int."""
    return binder.to_type(value, t.INT)


def text_key(binder: PredicateBinder, value: Typed) -> str:
    """Return SQL of a value as a lower-case string, as names of the instance are looked up."""
    return f"lower({_text(binder, value)})"


def name_key(binder: PredicateBinder, value: Typed) -> str:
    """Return SQL of the key of a name in the current database."""
    return binder.context.session.current.key_sql(_text(binder, value))


def _text(binder: PredicateBinder, value: Typed) -> str:
    return binder.to_type(value, SqlType("nvarchar", MAX), explicit=True)


def current_catalog(binder: PredicateBinder) -> Database:
    """Return the current database with only the objects that the session may see."""
    session = binder.context.session
    return session.catalog_of(session.current)
