"""Translate the conditions of filtered indexes to PostgreSQL.

SQL Server allows only comparisons of a column with constants, IN, IS [NOT] NULL and AND there
(CREATE INDEX, "WHERE <filter_predicate>"). Nothing else is translated.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tableferry.model.identifiers import quote_pg
from tableferry.model.naming import find_name
from tableferry.model.schema import SourceColumn, TargetColumn
from tableferry.planning.ddl.pg_literals import pg_operand
from tableferry.planning.ddl.stored_values import stored_value
from tableferry.planning.ddl.tsql_constants import TEXT_TYPES, parse_constant
from tableferry.typemap import may_alter, stays_distinct

_TOKEN: Final = re.compile(
    r"\s*(\[(?:[^\]]|\]\])+\]|\"(?:[^\"]|\"\")+\"|[Nn]?'(?:[^']|'')*'|0[xX][0-9A-Fa-f]*"
    r"|\$?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[^\W\d][\w@#$]*|<=|>=|<>|!=|!<|!>|[=<>(),+-])"
)
COMPARISONS: Final = {
    "=": "=",
    "<>": "<>",
    "!=": "<>",
    "<": "<",
    "<=": "<=",
    "!>": "<=",
    ">": ">",
    ">=": ">=",
    "!<": ">=",
}

_PADDED: Final = TEXT_TYPES | {"binary", "varbinary", "image"}
"""Types of which two values may be equal in SQL Server and differ in PostgreSQL: texts by case,
accents and trailing blanks, binaries by trailing zeros."""

SORTED_DIFFERENTLY: Final = _PADDED | {"uniqueidentifier"}

Columns = Mapping[str, tuple[SourceColumn, TargetColumn]]


NO_CODE_PAGES: Final[Mapping[str, int]] = MappingProxyType({})


class _UntranslatableError(Exception):
    """The condition has no certain equivalent in PostgreSQL."""


def translated_condition(
    text: str,
    columns: Columns,
    code_pages: Mapping[str, int] = NO_CODE_PAGES,
    *,
    narrow: bool = False,
) -> str | None:
    """Return the condition on the target's columns; None where it has no certain equivalent.

    ``columns`` are the carried ones, by source name; ``code_pages`` are those of text columns,
    where they are known. Values that are equal in SQL Server may differ in PostgreSQL (case,
    accents, trailing blanks), and values that differ may become equal (a seventh digit). With
    ``narrow``, also None where the condition might hold for a row for which it does not hold in the
    source.
    """
    tokens, position = [], 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if not match:
            return None
        tokens.append(match[1])
        position = match.end()
    parser = _ConditionParser(tokens, columns, code_pages, narrow=narrow)
    try:
        found = parser.any_of()
    except _UntranslatableError:
        return None
    return found if parser.at_end else None


class _ConditionParser:
    """A recursive descent parser."""

    def __init__(
        self, tokens: list[str], columns: Columns, code_pages: Mapping[str, int], *, narrow: bool
    ) -> None:
        self._tokens = tokens
        self._columns = columns
        self._code_pages = code_pages
        self._narrow = narrow
        self._position = 0

    @property
    def at_end(self) -> bool:
        return self._position == len(self._tokens)

    def any_of(self) -> str:
        parts = [self._all_of()]
        while self._accept("OR"):
            parts.append(self._all_of())
        return " OR ".join(parts)

    def _all_of(self) -> str:
        parts = [self._one()]
        while self._accept("AND"):
            parts.append(self._one())
        return " AND ".join(parts)

    def _one(self) -> str:
        if self._accept("("):
            inner = self.any_of()
            self._expect(")")
            return f"({inner})"
        source, target = self._column()
        name = quote_pg(target.name)
        if self._accept("IS"):
            negated = "NOT " if self._accept("NOT") else ""
            self._expect("NULL")
            return f"{name} IS {negated}NULL"
        if self._accept("IN"):
            self._expect("(")
            self._require_narrow("=", source, target)
            values = [self._constant(source, target)]
            while self._accept(","):
                values.append(self._constant(source, target))
            self._expect(")")
            return f"{name} IN ({', '.join(values)})"
        comparison = COMPARISONS.get(self._next())
        sorts_alike = source.type.name not in SORTED_DIFFERENTLY
        if comparison is None or not (sorts_alike or comparison in {"=", "<>"}):
            raise _UntranslatableError
        self._require_narrow(comparison, source, target)
        return f"{name} {comparison} {self._constant(source, target)}"

    def _require_narrow(self, comparison: str, source: SourceColumn, target: TargetColumn) -> None:
        may_differ = source.type.name in _PADDED and comparison == "<>"
        may_be_equal = not stays_distinct(source.type, target.type) and comparison in {"=", "<="}
        if self._narrow and (may_differ or may_be_equal):
            raise _UntranslatableError

    def _column(self) -> tuple[SourceColumn, TargetColumn]:
        token = self._next()
        name = token
        if token.startswith("["):
            name = token[1:-1].replace("]]", "]")
        elif token.startswith('"'):
            name = token[1:-1].replace('""', '"')
        found = find_name(name, self._columns)
        if found is None:
            raise _UntranslatableError
        return self._columns[found]

    def _constant(self, source: SourceColumn, target: TargetColumn) -> str:
        """Parse one constant, with or without parentheses and sign."""
        depth, text = 0, ""
        while True:
            word = self._next()
            depth += (word == "(") - (word == ")")
            text += word
            if depth == 0 and word.upper() not in {"+", "-", "CONVERT"}:
                break
        constant = None if may_alter(source.type, target.type) else parse_constant(text)
        page = self._code_pages.get(source.name, 0)
        stored = stored_value(constant, source.type, page) if constant else None
        comparable = stored is not None and stored.comparable
        found = pg_operand(stored, source.type, target.type) if stored and comparable else None
        if found is None:
            raise _UntranslatableError
        return found

    def _next(self) -> str:
        if self.at_end:
            raise _UntranslatableError
        self._position += 1
        return self._tokens[self._position - 1]

    def _accept(self, token: str) -> bool:
        if not self.at_end and self._tokens[self._position].upper() == token:
            self._position += 1
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            raise _UntranslatableError
