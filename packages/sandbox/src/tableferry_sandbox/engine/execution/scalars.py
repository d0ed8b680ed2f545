"""Single values that statements need before they run: variables, conditions, messages."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tableferry_sandbox.engine.binding.collation_precedence import converted
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.execution.masking import behind_mask
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import binder_for
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.convert import convert
from tableferry_sandbox.engine.types.masks import DEFAULT_MASK
from tableferry_sandbox.sqltypes import MAX, SqlType


@contextmanager
def _reading(session: SessionState) -> Iterator[None]:
    """Keep the row versions that an expression may read while it is computed."""
    _, release = session.server.store.versions.take()
    try:
        yield
    finally:
        release()
        session.unregister()


def evaluate(
    session: SessionState, node: s.Node, target: SqlType | None = None
) -> tuple[SqlType, Any]:
    """Evaluate a scalar expression; returns its type and its value in physical form."""
    if isinstance(node, s.Literal) and (target is None or target == node.type) and _plain(node):
        return node.type, node.value
    with _reading(session):
        typed = _value(session, node)
        if typed.type.name == "null":
            return target or t.INT, None
        kind = target or typed.type
        default = session.current.collation
        sql = converted(typed.sql, typed.type, kind, default, explicit=False)
        return kind, session.rows(f"SELECT {sql}")[0][0]


def _value(session: SessionState, node: s.Node) -> Typed:
    """Bind an expression; what it takes from masked columns it shows behind the default mask."""
    binder = binder_for(session)
    typed = binder.value(node, Scope())
    if binder.context.masked:
        return behind_mask(binder.context, replace(typed, mask=DEFAULT_MASK))
    return typed


def _plain(node: s.Literal) -> bool:
    """Return whether a literal means the same in every code page."""
    return not isinstance(node.value, str) or t.is_national(node.type) or node.value.isascii()


def holds(session: SessionState, condition: s.Node) -> bool:
    """Return whether a condition is true; unknown counts as false."""
    with _reading(session):
        sql = binder_for(session).predicate(condition, Scope())
        return session.rows(f"SELECT {sql}")[0][0] is True


def text_of(session: SessionState, node: s.Node) -> str:
    """Return a scalar as text, empty for NULL."""
    target = SqlType("nvarchar", MAX)
    with _reading(session):
        typed = _value(session, node)
        value = session.rows(f"SELECT {convert(typed.sql, typed.type, target)}")[0][0]
    return "" if value is None else str(value)
