"""Exact texts of SQL Server's values, and T-SQL literals made of them again. Pure.

A value that is to be compared in the source later (the bound of a chunk) never passes through a
Python type: SQL Server makes an exact text of it, and the text goes back as a literal of the
column's own type, so that nothing is converted and an index can be used. A text from elsewhere
(the ledger, an event) has to look like one before it becomes SQL.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tableferry.model.schema import SourceType


@dataclass(frozen=True, slots=True)
class Exact:
    """How a type's values become texts and literals again; both are T-SQL.

    ``{}`` is the column or the text; ``{type}`` the column's type, ``{length}`` its length in
    characters or bytes, ``{collate}`` its collation's clause. ``looks`` matches such a text.
    """

    text: str
    literal: str
    looks: str


_TYPED: Final = "CAST('{}' AS {type})"
_MOMENT: Final = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,7})?"
_WHOLE: Final = Exact("CONVERT(varchar(20), {})", "CAST({} AS {type})", r"-?\d{1,19}")
_DECIMAL: Final = Exact("CONVERT(varchar(41), {})", _TYPED, r"-?(?=\.?\d)\d{0,38}(\.\d{1,38})?")
_MONEY: Final = Exact("CONVERT(varchar(30), {}, 2)", _TYPED, r"-?\d{1,15}\.\d{4}")
# Style 126 (ISO 8601) is read alike under every language and DATEFORMAT.
_DATE_AND_TIME: Final = Exact("CONVERT(varchar(27), {}, 126)", _TYPED, _MOMENT)
_NATIONAL: Final = Exact(
    "CONVERT(varchar(max), CAST({} AS varbinary(8000)), 1)",
    "CAST({} AS {type}){collate}",
    r"0x([0-9A-F]{4})*",
)
# Bytes that are cast to varchar are read in the database's code page, whatever the column's is. So
# such texts travel as UTF-16, and become varchar under the column's own collation.
_CODE_PAGE: Final = Exact(
    "CONVERT(varchar(max), CAST(CAST({} AS nvarchar({length})) AS varbinary(8000)), 1)",
    "CAST(CAST({} AS nvarchar({length})){collate} AS {type}){collate}",
    r"0x([0-9A-F]{4})*",
)
_BINARY: Final = Exact(
    "CONVERT(varchar(max), CAST({} AS varbinary({length})), 1)",
    "CAST({} AS {type})",
    r"0x([0-9A-F]{2})*",
)

EXACT: Final[Mapping[str, Exact]] = {
    **dict.fromkeys(("bit", "tinyint", "smallint", "int", "bigint"), _WHOLE),
    **dict.fromkeys(("decimal", "numeric"), _DECIMAL),
    **dict.fromkeys(("money", "smallmoney"), _MONEY),
    "date": Exact("CONVERT(char(10), {}, 23)", _TYPED, r"\d{4}-\d\d-\d\d"),
    "time": Exact("CONVERT(varchar(16), {}, 121)", _TYPED, r"\d\d:\d\d:\d\d(\.\d{1,7})?"),
    **dict.fromkeys(("smalldatetime", "datetime", "datetime2"), _DATE_AND_TIME),
    "datetimeoffset": Exact("CONVERT(varchar(34), {}, 121)", _TYPED, _MOMENT + r" [+-]\d\d:\d\d"),
    "uniqueidentifier": Exact(
        "CONVERT(char(36), {})", _TYPED, r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
    ),
    **dict.fromkeys(("nchar", "nvarchar"), _NATIONAL),
    **dict.fromkeys(("char", "varchar"), _CODE_PAGE),
    **dict.fromkeys(("binary", "varbinary"), _BINARY),
    "timestamp": Exact(
        "CONVERT(varchar(18), CAST({} AS binary(8)), 1)", "CAST({} AS binary(8))", "0x[0-9A-F]{16}"
    ),
}
"""By the type's name. ``float`` is not among them: its texts are not exact."""

LONGEST: Final = 4000
"""Characters of a text: what nvarchar holds that is not ``max``. No index takes 8,000 bytes."""

WHOLE_NUMBERS: Final = frozenset({"tinyint", "smallint", "int", "bigint"})

TEXTS: Final = frozenset({"char", "varchar", "nchar", "nvarchar"})


def has_exact_text(kind: SourceType) -> bool:
    """Whether values of this type have an exact text of bounded length."""
    if kind.is_unbounded or kind.name not in EXACT:
        return False
    return kind.name not in TEXTS or _length(kind) <= LONGEST


def exact_text(kind: SourceType, expression: str) -> str:
    """Return T-SQL that makes the exact text of an expression of this type."""
    return EXACT[kind.name].text.format(expression, length=_length(kind))


def literal(kind: SourceType, text: str, collation: str = "") -> str:
    """Return the T-SQL literal of an exact text; ``collation`` is that of the column it is of."""
    collate = f" COLLATE {collation}" if collation else ""
    return EXACT[kind.name].literal.format(text, type=kind, length=_length(kind), collate=collate)


def looks_exact(kind: SourceType, text: object) -> bool:
    """Whether this is the exact text of a value of this type, by its looks."""
    looks = EXACT[kind.name].looks
    return isinstance(text, str) and re.fullmatch(looks, text, re.ASCII) is not None


def _length(kind: SourceType) -> int:
    """Characters of a text, bytes of a binary."""
    return kind.length // 2 if kind.name in {"nchar", "nvarchar"} else kind.length
