"""Chunks: a table cut into ranges of its key, each read by a SELECT of its own. Pure.

Where to cut is asked of the source (``sqlserver.chunking``), and only the source compares keys:
collations and uniqueidentifiers have orders of their own there. One range is open below and one
above, so rows that come after the cut are in a range, too.
"""

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final, Self

from tableferry.errors import ConfigError
from tableferry.model.identifiers import quote_mssql, shown
from tableferry.model.literals import exact_text, has_exact_text, literal, looks_exact
from tableferry.model.schema import SourceColumn, SourceType


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """One column of a key, of a table called t. ``collation`` is empty where it is no text."""

    name: str
    type: SourceType
    collation: str = ""

    @property
    def sql(self) -> str:
        """The column."""
        return f"t.{quote_mssql(self.name)}"

    @property
    def text(self) -> str:
        """T-SQL that makes the exact text of the column's value."""
        return exact_text(self.type, self.sql)

    def literal(self, text: str) -> str:
        """Return the T-SQL literal of an exact text."""
        return literal(self.type, text, self.collation)


LONGEST_TYPE: Final = 8000
"""Bytes of the longest type that is not ``max``."""

Key = tuple[KeyColumn, ...]
Bound = tuple[str, ...]
"""The exact text of each column of a key."""


@dataclass(frozen=True, slots=True)
class KeyRange:
    """The rows whose key is ``low`` or above, and below ``high``; None: open on that side.

    NULL is below everything, as in SQL Server's order: a row whose key is not whole is in a range,
    too, as if NULL were a value.
    """

    key: Key = ()
    low: Bound | None = None
    high: Bound | None = None

    @property
    def condition(self) -> str:
        """The range in T-SQL, of a table called t; empty where it has all rows."""
        parts = []
        if self.low is not None:
            parts.append(_at_least(self.key, self.low))
        if self.high is not None:
            # What is at least ``low`` has a first column. To ask for its NULLs again would keep the
            # server from stopping at the upper bound.
            parts.append(_below(self.key, self.high, nulls=self.low is None))
        return " AND ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, which ``of_dict`` takes."""
        return {
            "key": [[c.name, *astuple(c.type), c.collation] for c in self.key],
            "low": None if self.low is None else list(self.low),
            "high": None if self.high is None else list(self.high),
        }

    @classmethod
    def of_dict(cls, form: object) -> Self:
        """Return the range of a JSON form; raises ConfigError where it is none.

        Its bounds will be part of T-SQL, so whatever does not look like one is refused.
        """
        try:
            return cls._of(form)
        except (ConfigError, KeyError, TypeError, ValueError):
            raise ConfigError(
                "This is not a range of keys that tableferry has written",
                hint="Cut the table anew: run it again from the beginning.",
            ) from None

    @classmethod
    def _of(cls, form: Any) -> Self:
        key = tuple(map(_key_column, form["key"]))
        low, high = (cls._bound(key, form[end]) for end in ("low", "high"))
        return cls(key, low, high)

    @staticmethod
    def _bound(key: Key, form: Any) -> Bound | None:
        if form is None:
            return None
        pairs = zip(key, form, strict=True)
        if not (key and isinstance(form, list) and all(looks_exact(c.type, x) for c, x in pairs)):
            raise ValueError("bound")
        return tuple(form)

    def as_json(self) -> str:
        """Return the JSON text, of ASCII signs."""
        return json.dumps(self.to_dict(), separators=(",", ":"))

    @classmethod
    def of_json(cls, text: str) -> Self:
        """Return the range of a JSON text; raises ConfigError where it is none."""
        try:
            form = json.loads(text)
        except ValueError:
            form = None
        return cls.of_dict(form)


def _key_column(form: Any) -> KeyColumn:
    """Return the column of its JSON form; raises an error of some kind where it is none."""
    name, kind, *numbers, collation = form
    column = KeyColumn(name, SourceType(kind, *numbers), collation)
    quote_mssql(name)
    if not (
        len(numbers) == 3
        and all(type(number) is int and 0 <= number <= LONGEST_TYPE for number in numbers)
        and has_exact_text(column.type)
        and re.fullmatch(r"\w*", collation, re.ASCII)
    ):
        raise ValueError("column")
    return column


WHOLE_TABLE: Final = KeyRange()
"""The range of all rows, of a table that is not cut."""


def ranges_between(key: Key, bounds: Sequence[Bound]) -> tuple[KeyRange, ...]:
    """Return the ranges that these bounds, each above the one before, cut all keys into."""
    edges: list[Bound | None] = [None, *bounds, None]
    return tuple(KeyRange(key, *pair) for pair in itertools.pairwise(edges))


def obstacles(key: Sequence[SourceColumn]) -> list[str]:
    """Say why a table cannot be cut along this key; nothing where it can."""
    if not key:
        return ["'chunks' needs a key to cut along, and the table has none"]
    return [
        f"'chunks' cannot cut along column {shown(column.name)}: {column.type} has no exact literal"
        for column in key
        if not has_exact_text(column.type)
    ]


def _at_least(key: Key, bound: Bound) -> str:
    """Return ``a >= x AND (a > x OR b >= y)``: an index seeks by the first part. It has no NULL."""
    column, value = key[0].sql, key[0].literal(bound[0])
    if len(key) == 1:
        return f"{column} >= {value}"
    return f"{column} >= {value} AND ({column} > {value} OR ({_at_least(key[1:], bound[1:])}))"


def _below(key: Key, bound: Bound, *, nulls: bool = True) -> str:
    """Return what is true of exactly those rows of which ``_at_least`` is not.

    Whether a column may be NULL is not asked: of a view the catalog may say so wrongly.
    """
    column, value = key[0].sql, key[0].literal(bound[0])
    if len(key) == 1:
        part = f"{column} < {value}"
    else:
        rest = _below(key[1:], bound[1:])
        part = f"{column} <= {value} AND ({column} < {value} OR {rest})"
    return f"({part} OR {column} IS NULL)" if nulls else part
