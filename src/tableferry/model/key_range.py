"""Key ranges: a table is cut into chunks along its key, each read by its own SELECT. Pure.

The source chooses the boundaries (``sqlserver.chunking``), and only the source compares keys,
because SQL Server sorts collated texts and uniqueidentifiers in its own order. The first range is
open below and the last above, so rows inserted after the cut fall into a range, too.
"""

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final, Self

from tableferry.errors import ConfigError
from tableferry.model.identifiers import quote_mssql, shown
from tableferry.model.literals import exact_text, has_exact_text, is_exact_text, tsql_literal
from tableferry.model.schema import SourceColumn, SourceType


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """One column of the key of a table aliased t; ``collation`` is empty unless it holds text."""

    name: str
    type: SourceType
    collation: str = ""

    @property
    def sql(self) -> str:
        """The column, qualified and quoted."""
        return f"t.{quote_mssql(self.name)}"

    @property
    def text(self) -> str:
        """The T-SQL that converts the column's value to its exact text."""
        return exact_text(self.type, self.sql)

    def literal(self, text: str) -> str:
        """Return the T-SQL literal of an exact text."""
        return tsql_literal(self.type, text, self.collation)


MAX_TYPE_BYTES: Final = 8000
"""Length in bytes of the longest type that is not ``max``."""

Key = tuple[KeyColumn, ...]
Bound = tuple[str, ...]
"""The exact text of each column of a key."""


@dataclass(frozen=True, slots=True)
class KeyRange:
    """The rows whose key is at least ``low`` and below ``high``; None leaves that side open.

    NULL sorts below everything, as in SQL Server, so a row with a NULL in its key is in a range,
    too.
    """

    key: Key = ()
    low: Bound | None = None
    high: Bound | None = None

    @property
    def condition(self) -> str:
        """The range as a T-SQL condition on a table aliased t; empty for all rows."""
        parts = []
        if self.low is not None:
            parts.append(_at_least(self.key, self.low))
        if self.high is not None:
            # A key of at least ``low`` has no NULL in its first column. Testing for one again would
            # keep the server from stopping at the upper bound.
            parts.append(_below(self.key, self.high, nulls=self.low is None))
        return " AND ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return the range in the form that ``from_dict`` reads."""
        return {
            "key": [[c.name, *astuple(c.type), c.collation] for c in self.key],
            "low": None if self.low is None else list(self.low),
            "high": None if self.high is None else list(self.high),
        }

    @classmethod
    def from_dict(cls, form: object) -> Self:
        """Return the range that ``to_dict`` wrote; raises ConfigError for anything else.

        Its bounds become part of T-SQL, so every one has to match its type's pattern.
        """
        try:
            return cls._of(form)
        except (ConfigError, KeyError, TypeError, ValueError):
            raise ConfigError(
                "This is not a key range that tableferry has written",
                hint="Run the table again from the beginning, which cuts it into chunks again.",
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
        if not (key and isinstance(form, list) and all(is_exact_text(c.type, x) for c, x in pairs)):
            raise ValueError("bound")
        return tuple(form)

    def to_json(self) -> str:
        """Return the range as JSON, in ASCII."""
        return json.dumps(self.to_dict(), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the range that ``to_json`` wrote; raises ConfigError for anything else."""
        try:
            form = json.loads(text)
        except ValueError:
            form = None
        return cls.from_dict(form)


def _key_column(form: Any) -> KeyColumn:
    """Return the key column of its JSON form; raises some error where it is invalid."""
    name, kind, *numbers, collation = form
    column = KeyColumn(name, SourceType(kind, *numbers), collation)
    quote_mssql(name)
    if not (
        len(numbers) == 3
        and all(type(number) is int and 0 <= number <= MAX_TYPE_BYTES for number in numbers)
        and has_exact_text(column.type)
        and re.fullmatch(r"\w*", collation, re.ASCII)
    ):
        raise ValueError("column")
    return column


WHOLE_TABLE: Final = KeyRange()
"""The range of a table that is not cut: all rows."""


def ranges_between(key: Key, bounds: Sequence[Bound]) -> tuple[KeyRange, ...]:
    """Return the ranges between ascending bounds; together they cover every key."""
    edges: list[Bound | None] = [None, *bounds, None]
    return tuple(KeyRange(key, *pair) for pair in itertools.pairwise(edges))


def key_problems(key: Sequence[SourceColumn]) -> list[str]:
    """Return why a table cannot be cut along this key; empty where it can."""
    if not key:
        return ["'chunks' needs a key to cut the table along, and it has none"]
    return [
        f"'chunks' cannot cut along column {shown(column.name)}: {column.type} has no exact literal"
        for column in key
        if not has_exact_text(column.type)
    ]


def _at_least(key: Key, bound: Bound) -> str:
    """Return ``a >= x AND (a > x OR b >= y)``: an index can seek by the first part."""
    column, value = key[0].sql, key[0].literal(bound[0])
    if len(key) == 1:
        return f"{column} >= {value}"
    return f"{column} >= {value} AND ({column} > {value} OR ({_at_least(key[1:], bound[1:])}))"


def _below(key: Key, bound: Bound, *, nulls: bool = True) -> str:
    """Return the condition that holds for exactly the rows that ``_at_least`` excludes.

    Every column is assumed to be nullable: for a view, the catalog may be wrong about that.
    """
    column, value = key[0].sql, key[0].literal(bound[0])
    if len(key) == 1:
        part = f"{column} < {value}"
    else:
        rest = _below(key[1:], bound[1:])
        part = f"{column} <= {value} AND ({column} < {value} OR {rest})"
    return f"({part} OR {column} IS NULL)" if nulls else part
