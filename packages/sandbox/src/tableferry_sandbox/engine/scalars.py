"""Single values that statements need before they run: variables, conditions, messages."""

from typing import TYPE_CHECKING, Any

from tableferry_sandbox.engine import syntax as s
from tableferry_sandbox.engine import typerules as t
from tableferry_sandbox.engine.convert import convert
from tableferry_sandbox.engine.scope import Scope
from tableferry_sandbox.sqltypes import MAX, SqlType

if TYPE_CHECKING:
    from tableferry_sandbox.engine.session import Session


def evaluate(
    session: "Session", node: s.Node, target: SqlType | None = None
) -> tuple[SqlType, Any]:
    """Work out a scalar; returns its type and its value in physical form."""
    if isinstance(node, s.Literal) and (target is None or target == node.type):
        return node.type, node.value
    with session.reading():
        typed = session.binder().value(node, Scope())
        if typed.type.name == "null":
            return target or t.INT, None
        kind = target or typed.type
        sql = convert(typed.sql, typed.type, kind, explicit=False)
        return kind, session.rows(f"SELECT {sql}")[0][0]


def holds(session: "Session", condition: s.Node) -> bool:
    """Tell whether a condition is true (unknown is not)."""
    with session.reading():
        sql = session.binder().predicate(condition, Scope())
        return session.rows(f"SELECT {sql}")[0][0] is True


def text_of(session: "Session", node: s.Node) -> str:
    """Return a scalar as text, empty for NULL."""
    target = SqlType("nvarchar", MAX)
    with session.reading():
        typed = session.binder().value(node, Scope())
        value = session.rows(f"SELECT {convert(typed.sql, typed.type, target)}")[0][0]
    return "" if value is None else str(value)
