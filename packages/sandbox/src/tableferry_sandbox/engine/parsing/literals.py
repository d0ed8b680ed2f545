"""Literals, with the types that T-SQL gives them."""

from decimal import Decimal

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types.type_rules import make
from tableferry_sandbox.sqltypes import MAX, SqlType


def number_literal(text: str) -> s.Literal:
    """Type a number as T-SQL does: int up to 2**31-1, else numeric by its digits."""
    if text.isdigit() and int(text) <= 2**31 - 1:
        return s.Literal(int(text), make("int"))
    whole, _, fraction = text.partition(".")
    whole = whole.lstrip("0")
    precision = max(1, len(whole) + len(fraction))
    if precision > 38:
        raise unsupported(f"the number '{text}': it has more than 38 digits")
    value = Decimal(f"{whole or '0'}.{fraction}" if fraction else whole or "0")
    return s.Literal(value, make("numeric", precision=precision, scale=len(fraction)))


def string_literal(text: str, *, national: bool) -> s.Literal:
    """Type a string by its length: ``varchar(n)`` or ``nvarchar(n)``, max beyond 8000 bytes."""
    if national:
        units = len(text.encode("utf-16-le", "surrogatepass")) // 2
        return s.Literal(text, SqlType("nvarchar", length=max(1, units) if units <= 4000 else MAX))
    return s.Literal(
        text, SqlType("varchar", length=max(1, len(text)) if len(text) <= 8000 else MAX)
    )
