"""Exact texts of SQL Server's values, and the T-SQL literals made from them. Pure.

A value that SQL Server will compare later (the bound of a chunk) never becomes a Python value. SQL
Server writes it as an exact text, and the text goes back as a literal of the column's own type, so
nothing is converted and an index can be used. A text from elsewhere (the ledger, an event) has to
match its type's pattern before it becomes SQL.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tableferry.model.schema import CHARACTER_TYPES, SourceType


@dataclass(frozen=True, slots=True)
class LiteralFormat:
    """The T-SQL that turns a type's values into exact texts, and the texts into literals.

    ``{}`` is the column or the text, ``{type}`` the column's type, ``{length}`` its length in
    characters or bytes, ``{collate}`` a COLLATE clause. ``pattern`` matches every exact text.
    """

    text: str
    literal: str
    pattern: str


_TYPED: Final = "CAST('{}' AS {type})"
_INTEGER: Final = LiteralFormat("CONVERT(varchar(20), {})", "CAST({} AS {type})", r"-?\d{1,19}")
_DECIMAL: Final = LiteralFormat(
    "CONVERT(varchar(41), {})", _TYPED, r"-?(?=\.?\d)\d{0,38}(\.\d{1,38})?"
)
_MONEY: Final = LiteralFormat("CONVERT(varchar(30), {}, 2)", _TYPED, r"-?\d{1,15}\.\d{4}")
_DATE: Final = LiteralFormat("CONVERT(char(10), {}, 23)", _TYPED, r"\d{4}-\d\d-\d\d")
_TIME: Final = LiteralFormat("CONVERT(varchar(16), {}, 121)", _TYPED, r"\d\d:\d\d:\d\d(\.\d{1,7})?")
_DATE_TIME: Final = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,7})?"
# Style 126 (ISO 8601) reads the same under every language and DATEFORMAT.
_TIMESTAMP: Final = LiteralFormat("CONVERT(varchar(27), {}, 126)", _TYPED, _DATE_TIME)
_OFFSET: Final = LiteralFormat(
    "CONVERT(varchar(34), {}, 121)", _TYPED, _DATE_TIME + r" [+-]\d\d:\d\d"
)
_GUID: Final = LiteralFormat(
    "CONVERT(char(36), {})", _TYPED, r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
)
_UNICODE: Final = LiteralFormat(
    "CONVERT(varchar(max), CAST({} AS varbinary(8000)), 1)",
    "CAST({} AS {type}){collate}",
    r"0x([0-9A-F]{4})*",
)
# SQL Server decodes bytes cast to varchar with the database's code page, whatever the column's is.
# So these texts travel as UTF-16 and become varchar under the column's own collation.
_CODE_PAGE: Final = LiteralFormat(
    "CONVERT(varchar(max), CAST(CAST({} AS nvarchar({length})) AS varbinary(8000)), 1)",
    "CAST(CAST({} AS nvarchar({length})){collate} AS {type}){collate}",
    r"0x([0-9A-F]{4})*",
)
_BINARY: Final = LiteralFormat(
    "CONVERT(varchar(max), CAST({} AS varbinary({length})), 1)",
    "CAST({} AS {type})",
    r"0x([0-9A-F]{2})*",
)
_ROWVERSION: Final = LiteralFormat(
    "CONVERT(varchar(18), CAST({} AS binary(8)), 1)", "CAST({} AS binary(8))", "0x[0-9A-F]{16}"
)

LITERAL_FORMATS: Final[Mapping[str, LiteralFormat]] = {
    **dict.fromkeys(("bit", "tinyint", "smallint", "int", "bigint"), _INTEGER),
    **dict.fromkeys(("decimal", "numeric"), _DECIMAL),
    **dict.fromkeys(("money", "smallmoney"), _MONEY),
    "date": _DATE,
    "time": _TIME,
    **dict.fromkeys(("smalldatetime", "datetime", "datetime2"), _TIMESTAMP),
    "datetimeoffset": _OFFSET,
    "uniqueidentifier": _GUID,
    **dict.fromkeys(("nchar", "nvarchar"), _UNICODE),
    **dict.fromkeys(("char", "varchar"), _CODE_PAGE),
    **dict.fromkeys(("binary", "varbinary"), _BINARY),
    "timestamp": _ROWVERSION,
}
"""By the type's name. ``float`` is missing because its texts are not exact."""

MAX_TEXT_LENGTH: Final = 4000
"""Characters: the longest nvarchar that is not ``max``. No index takes 8,000 bytes anyway."""

INTEGER_TYPES: Final = frozenset({"tinyint", "smallint", "int", "bigint"})


def has_exact_text(kind: SourceType) -> bool:
    """Whether values of this type have an exact text of bounded length."""
    if kind.is_unbounded or kind.name not in LITERAL_FORMATS:
        return False
    return kind.name not in CHARACTER_TYPES or _length(kind) <= MAX_TEXT_LENGTH


def exact_text(kind: SourceType, expression: str) -> str:
    """Return the T-SQL that converts an expression of this type to its exact text."""
    return LITERAL_FORMATS[kind.name].text.format(expression, length=_length(kind))


def tsql_literal(kind: SourceType, text: str, collation: str = "") -> str:
    """Return the T-SQL literal of an exact text; ``collation`` is the column's own."""
    collate = f" COLLATE {collation}" if collation else ""
    literal = LITERAL_FORMATS[kind.name].literal
    return literal.format(text, type=kind, length=_length(kind), collate=collate)


def is_exact_text(kind: SourceType, text: object) -> bool:
    """Whether ``text`` has the form of an exact text of this type."""
    pattern = LITERAL_FORMATS[kind.name].pattern
    return isinstance(text, str) and re.fullmatch(pattern, text, re.ASCII) is not None


def _length(kind: SourceType) -> int:
    """Return the length in characters of a text, in bytes of a binary."""
    return kind.length // 2 if kind.name in {"nchar", "nvarchar"} else kind.length
