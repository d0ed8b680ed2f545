"""Building blocks of conversions: casts between numbers, truncation and padding."""

from collections.abc import Callable
from typing import Final

from tableferry_sandbox.engine.types import text_sizes
from tableferry_sandbox.engine.types.duck_types import duck_type
from tableferry_sandbox.engine.types.type_rules import family
from tableferry_sandbox.sqltypes import MAX, SqlType

_LONG: Final = 200
"""Characters of SQL that may be copied about ten times."""

Rule = Callable[[str, SqlType, SqlType, int, bool], str]


def cast(sql: str, target: SqlType, attempt: bool) -> str:
    """Return a DuckDB cast; with ``attempt`` it gives NULL where it fails."""
    return f"{'TRY_CAST' if attempt else 'CAST'}({sql} AS {duck_type(target)})"


def flag(attempt: bool) -> str:
    """Return a DuckDB boolean."""
    return "TRUE" if attempt else "FALSE"


def once(sql: str, use: Callable[[str], str]) -> str:
    """Return what ``use`` makes of an expression that it, or a macro in it, writes several times.

    Macros are copies: around each other they grow without bounds, which a lambda's name prevents.
    """
    if len(sql) < _LONG and "ts_" not in sql:
        return use(sql)
    return f"list_transform([{sql}], lambda x: {use('x')})[1]"


def number(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    """Convert between numbers; to integers, decimals are truncated and money is rounded."""
    del style
    kind, goal = family(source), family(target)
    if target.name == "bit":
        return f"({sql} <> 0)"
    if goal == "int":
        if kind == "money":
            sql = f"round({sql}, 0)"
        elif kind in ("decimal", "float"):
            sql = f"trunc({sql})"
    elif (goal in ("decimal", "money") and source.name == "bit") or (
        goal == "float" and source.name == "bit"
    ):
        sql = f"CAST({sql} AS INTEGER)"
    return cast(sql, target, attempt)


def fit_text(sql: str, target: SqlType) -> str:
    """Truncate a string to a character type's length; pad for fixed-length types."""
    if target.length == MAX:
        return sql
    cut = once(sql, lambda text: text_sizes.cut(text, target.length, target))
    if target.name in ("char", "nchar"):
        return once(cut, lambda text: text_sizes.pad(text, target.length, target))
    return cut


def fit_bytes(sql: str, target: SqlType) -> str:
    """Truncate bytes to a binary type's length; pad with zeros for fixed-length types."""
    if target.length == MAX:
        return sql
    if target.name in ("binary", "timestamp"):
        return f"ts_pad_bytes({sql}, {target.length})"
    return f"ts_bytes({sql}, {target.length})"
