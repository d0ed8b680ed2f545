"""Single values that statements need before they run: variables, conditions, messages."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.execution.arithmetic_errors import forgiving
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
    return forgiving(session, lambda: _evaluated(session, node, target))


def _evaluated(session: SessionState, node: s.Node, target: SqlType | None) -> tuple[SqlType, Any]:
    with _reading(session):
        binder = binder_for(session)
        typed = _value(binder, node)
        if typed.type.name == "null":
            return target or t.INT, None
        kind = target or typed.type
        return kind, session.rows(f"SELECT {binder.to_type(typed, kind)}")[0][0]


def _value(binder: Binder, node: s.Node) -> Typed:
    """Bind an expression; what it takes from masked columns it shows behind the default mask."""
    typed = binder.value(node, Scope())
    if binder.context.masked:
        return behind_mask(binder.context, replace(typed, mask=DEFAULT_MASK))
    return typed


def _plain(node: s.Literal) -> bool:
    """Return whether a literal means the same in every code page."""
    return not isinstance(node.value, str) or t.is_national(node.type) or node.value.isascii()


def holds(session: SessionState, condition: s.Node) -> bool:
    """Return whether a condition is true; unknown counts as false."""

    def test() -> bool:
        with _reading(session):
            sql = binder_for(session).predicate(condition, Scope())
            return session.rows(f"SELECT {sql}")[0][0] is True

    return forgiving(session, test)


def text_of(session: SessionState, node: s.Node) -> str:
    """Return a scalar as text, empty for NULL."""
    target = SqlType("nvarchar", MAX)

    def read() -> Any:
        with _reading(session):
            typed = _value(binder_for(session), node)
            return session.rows(f"SELECT {convert(typed.sql, typed.type, target)}")[0][0]

    value = forgiving(session, read)
    return "" if value is None else str(value)
