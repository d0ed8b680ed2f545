"""A range of the source's keys as a condition of the target: the same rows, if both are equal.

The bounds are exact texts of the source's types (``model.literals``). Where the target holds fewer
digits than a bound has, rows on either side of it have the same key there, and there is no such
condition.
"""

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Final

from tableferry.model.key_range import Bound, KeyColumn, KeyRange
from tableferry.model.literals import is_exact_text
from tableferry.model.schema import PgType
from tableferry.verification.key_order import RowOrder, sql_term

_MICROSECONDS: Final = 6
"""Fractional digits of a second in PostgreSQL's time types without a modifier."""

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_FRACTION: Final = re.compile(r"\.(\d{1,7})")
_OFFSET: Final = re.compile(r" [+-]\d\d:\d\d$")


def conditions_of(order: RowOrder, ranges: Sequence[KeyRange]) -> list[str] | None:
    """Return a condition for each range, empty for all rows; None where one has none."""
    found = [_condition(order, keys) for keys in ranges]
    return None if None in found else [one for one in found if one is not None]


def cover_all(ranges: Sequence[KeyRange]) -> bool:
    """Whether the ranges follow each other from the first key to the last."""
    ends = [(None, None), *((keys.low, keys.high) for keys in ranges), (None, None)]
    return bool(ranges) and all(before[1] == after[0] for before, after in itertools.pairwise(ends))


def _condition(order: RowOrder, keys: KeyRange) -> str | None:
    if keys.low is None and keys.high is None:
        return ""
    if tuple(column.sql for column in keys.key) != order.source:
        return None
    parts = []
    for bound, operator in ((keys.low, ">="), (keys.high, "<")):
        if bound is None:
            continue
        values = _literals(order, keys.key, bound)
        if values is None:
            return None
        parts.append(f"{_row(order.target)} {operator} {_row(values)}")
    if keys.low is None:  # NULL is below everything, as in SQL Server
        parts += [f"{term} IS NULL" for term in order.target]
        return " OR ".join(parts)
    return " AND ".join(parts)


def _row(terms: Sequence[str]) -> str:
    return terms[0] if len(terms) == 1 else f"({', '.join(terms)})"


def _literals(order: RowOrder, key: Sequence[KeyColumn], bound: Bound) -> list[str] | None:
    found = []
    for column, kind, text in zip(key, order.kinds, bound, strict=True):
        literal = _literal(column, kind, text) if is_exact_text(column.type, text) else None
        if literal is None:
            return None
        found.append(sql_term(kind, literal))
    return found


def _literal(column: KeyColumn, kind: PgType, text: str) -> str | None:
    """Return an exact text of the source as SQL of the target's type; None where it has none."""
    return _LITERALS[kind.name](column, kind, text)


def _cast(_column: KeyColumn, kind: PgType, text: str) -> str:
    return f"'{text}'::pg_catalog.{kind.name}"


def _number(column: KeyColumn, kind: PgType, text: str) -> str:
    if column.type.name == "timestamp":  # a rowversion
        return f"{int(text, 16)}::pg_catalog.int8"
    if kind.name == "bool":
        return "true" if int(text) else "false"
    # A decimal into a whole number's column; a bound may have digits all the same.
    return f"'{text}'::pg_catalog.numeric"


def _bytes(_column: KeyColumn, _kind: PgType, text: str) -> str:
    return f"pg_catalog.decode('{text[2:]}', 'hex')"


def _moment(column: KeyColumn, kind: PgType, text: str) -> str | None:
    if not _has_digits(kind, text):
        return None
    has_offset = bool(_OFFSET.search(text))
    if kind.name == "timestamptz":
        return f"'{text if has_offset else f'{text} +00:00'}'::pg_catalog.timestamptz"
    if kind.name == "timestamp" and has_offset:
        return f"('{text}'::pg_catalog.timestamptz AT TIME ZONE 'UTC')"
    if kind.name == "date" and not _DAY.fullmatch(text):
        return _midnight(text)
    return _cast(column, kind, text)


def _midnight(text: str) -> str | None:
    day, time = text[:10], text[11:]
    return None if time.strip("0:.") else f"'{day}'::pg_catalog.date"


def _has_digits(kind: PgType, text: str) -> bool:
    """Whether the column has all digits of the second that the text has."""
    found = _FRACTION.search(text)
    digits = kind.modifier[0] if kind.modifier else _MICROSECONDS
    return found is None or kind.name == "date" or len(found[1].rstrip("0")) <= digits


_LITERALS: Final[dict[str, Callable[[KeyColumn, PgType, str], str | None]]] = {
    **dict.fromkeys(("bool", "int2", "int4", "int8", "numeric"), _number),
    **dict.fromkeys(("date", "time", "timestamp", "timestamptz"), _moment),
    "uuid": _cast,
    "bytea": _bytes,
}
"""By the target's type."""
