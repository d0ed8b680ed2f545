"""How values of a column become comparable, from either driver's Python objects.

Written independently of ``values``, so that a mistake there is not repeated here.
"""

import datetime as dt
import json
import re
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from tableferry.config import OnInvalid, TableSpec, TrailingBlanks
from tableferry.model.identifiers import quote_mssql
from tableferry.model.schema import PgType
from tableferry.planning.column_plan import ColumnPlan

_MICROSECONDS: Final = 6
"""Fractional digits of a second in a time type without a modifier."""


def _unaltered(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Normalization:
    """How values of one column are made comparable: in T-SQL, then as each side's objects.

    ``select`` is T-SQL, with ``{}`` for the column.
    """

    select: str = "{}"
    source: Callable[[Any], Any] = _unaltered
    target: Callable[[Any], Any] = _unaltered

    def of(self, column: str) -> str:
        """Return the T-SQL for a column of the table aliased t."""
        return self.select.replace("{}", f"t.{quote_mssql(column)}")


def normalization(column: ColumnPlan, spec: TableSpec) -> Normalization:
    """Return how a column's values are compared, given the types on both sides.

    What the entry's policies do to texts is done to the source's.
    """
    source, into = column.source.type.name, column.target.type
    if into.name in _TEXTS and source not in _SOURCE_TEXTS:
        # The text that SQL Server makes of the value.
        found = Normalization(column.select, _utf16 if column.as_utf16 else _unaltered)
    elif source in _SHAPES:
        found = Normalization(column.select, bytes, bytes)
    else:
        found = _BY_SOURCE.get(source, Normalization())
    if source in _SOURCE_TEXTS:
        found = replace(found, source=_with_policies(found.source, column, spec))
    convert = _INTO.get(into.name)
    if convert is None:
        return found
    arrived, kept = found.source, found.target
    return replace(
        found,
        source=lambda value: convert(arrived(value), into),
        target=(lambda value: convert(kept(value), into)) if into.name in _BOTH else kept,
    )


def _with_policies(
    arrived: Callable[[Any], str], column: ColumnPlan, spec: TableSpec
) -> Callable[[Any], str]:
    instead = _INSTEAD.get(spec.on_invalid)
    trims = spec.trailing_blanks is TrailingBlanks.TRIM and column.source.type.name in _PADDED

    def convert(value: Any) -> str:
        text = arrived(value)
        if instead is not None:
            text = _INVALID.sub(instead, text)
        return text.rstrip(" ") if trims else text

    return convert


def _utf16(value: Any) -> str:
    return bytes(value).decode("utf-16-le", "surrogatepass")


def _single(value: Any, _into: PgType | None = None) -> float:
    """Return the nearest float32; PostgreSQL prints the shortest text that identifies it."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _milliseconds(value: dt.datetime) -> dt.datetime:
    """Round a ``datetime``, which ticks 1/300 s, to the milliseconds that SQL Server displays."""
    return value.replace(microsecond=0) + dt.timedelta(milliseconds=round(value.microsecond / 1000))


def _padded(value: Any, _into: PgType) -> Any:
    return value.rstrip(" ")


def _uuid(value: Any, _into: PgType) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value.strip())


def _bool(value: Any, _into: PgType) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in {"1", "t", "true", "y", "yes", "on"}
    return bool(value)


def _integer(value: Any, _into: PgType) -> int:
    return int.from_bytes(value, "big") if isinstance(value, bytes) else int(value)


def _json(value: Any, _into: PgType) -> Any:
    return json.loads(value)


def _date(value: Any, _into: PgType) -> Any:
    return value.date() if isinstance(value, dt.datetime) else value


def _moment(value: Any, into: PgType) -> Any:
    """Return a time as a column of this type has it: cut to its digits, in UTC if it has a zone."""
    digits = into.modifier[0] if into.modifier else _MICROSECONDS
    if not isinstance(value, dt.datetime | dt.time):
        value = dt.datetime.combine(value, dt.time())
    unit = 10 ** (_MICROSECONDS - digits)
    value = value.replace(microsecond=value.microsecond // unit * unit)
    if isinstance(value, dt.time):
        return value
    if value.tzinfo is not None:
        value = value.astimezone(dt.UTC)
    return value.replace(tzinfo=dt.UTC if into.name == "timestamptz" else None)


_TEXTS: Final = frozenset({"text", "varchar", "bpchar", "citext"})
_SOURCE_TEXTS: Final = frozenset(
    {"char", "varchar", "nchar", "nvarchar", "text", "ntext", "xml", "json"}
)
_PADDED: Final = frozenset({"char", "nchar"})
_INVALID: Final = re.compile("[\0\ud800-\udfff]")
"""What PostgreSQL cannot store in a text: U+0000, and surrogates that are no pair."""

_INSTEAD: Final = {OnInvalid.STRIP: "", OnInvalid.REPLACE: "\ufffd"}
_SHAPES: Final = frozenset({"geography", "geometry"})

# Unicode text is read as bytes: when it returns rows (not Arrow batches), the driver's default
# provider drops a byte order mark at the start of an nvarchar(max) (seen with mssql-python 1.16).
_UNICODE: Final = Normalization("CAST({} AS varbinary(max))", _utf16)
_LEGACY_UNICODE: Final = Normalization("CAST(CAST({} AS nvarchar(max)) AS varbinary(max))", _utf16)

_BY_SOURCE: Final = {
    "nchar": _UNICODE,
    "nvarchar": _UNICODE,
    **dict.fromkeys(("ntext", "xml", "json", "vector"), _LEGACY_UNICODE),
    "text": Normalization("CAST({} AS varchar(max))"),
    "image": Normalization("CAST({} AS varbinary(max))", bytes, bytes),
    **dict.fromkeys(("binary", "varbinary", "timestamp"), Normalization("{}", bytes)),
    "real": Normalization("{}", _single),
    "datetime": Normalization("{}", _milliseconds),
    "uniqueidentifier": Normalization("CONVERT(char(36), {})", uuid.UUID),
}
"""The types for which the two drivers return different objects."""

_INTO: Final[dict[str, Callable[[Any, PgType], Any]]] = {
    **dict.fromkeys(("bpchar", "enum"), _padded),
    "uuid": _uuid,
    "bool": _bool,
    **dict.fromkeys(("int2", "int4", "int8"), _integer),
    "float4": _single,
    "float8": lambda value, _into: float(value),
    **dict.fromkeys(("json", "jsonb"), _json),
    "_float4": lambda value, _into: [_single(number) for number in json.loads(value)],
    "bytea": lambda value, _into: bytes(value),
    "date": _date,
    **dict.fromkeys(("time", "timestamp", "timestamptz"), _moment),
}
"""What a value becomes in a column of the target type."""

_BOTH: Final = frozenset({"bpchar", "enum", "float4", "bytea", "timestamptz"})
"""The target types whose own values are converted as well."""
