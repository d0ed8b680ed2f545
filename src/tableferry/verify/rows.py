"""Compare two tables value by value, on a path independent of the one that carried the rows.

Both drivers return the rows as Python objects, without Arrow and COPY; the rows are paired by key
and compared. Only for tables that fit into memory: the demo's and the tests'.
"""

import datetime as dt
import struct
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tableferry.config import TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import quote_mssql, quote_pg
from tableferry.planning.complete_spec import complete_spec
from tableferry.postgres import TargetConnection
from tableferry.sqlserver import SourceConnection, read_keys, read_schema

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of a comparison; ``differing`` counts the rows that differ, by source column.

    ``unpaired`` counts the keys that only one side has, ``values`` the values that were compared.
    """

    source_rows: int
    target_rows: int
    unpaired: int
    values: int
    differing: dict[str, int]

    @property
    def equal(self) -> bool:
        """Whether both sides hold the same rows with the same values."""
        return self.source_rows == self.target_rows and not self.unpaired and not self.differing


def compare_rows(spec: TableSpec, from_: SourceConnection, into: TargetConnection) -> Comparison:
    """Compare a table's rows on both sides, paired by key.

    Raises TableferryError where a side cannot be read, SchemaError where there is no key.
    """
    schema = read_schema(from_, spec.source)
    spec = complete_spec(spec, schema, read_keys(from_, spec.source))
    if not spec.primary_key:
        raise SchemaError(
            f"{spec.source} has no key to pair its rows by", hint="Name one in 'primary_key'."
        )
    types = {column.name.lower(): column.type.name for column in schema.columns}
    names = [name for name, _ in spec.columns]
    rules = [_NORMALIZATIONS.get(types[name.lower()], _Normalization()) for name in names]
    key = [names.index(name) for name in spec.primary_key]
    source_rows = from_.rows(_source_select(spec, rules), names)
    target_rows = into.rows(
        f"SELECT {', '.join(quote_pg(name) for _, name in spec.columns)} FROM {spec.target.sql}"
    )
    wanted = _by_key(source_rows, [rule.source for rule in rules], key)
    found = _by_key(target_rows, [rule.target for rule in rules], key)
    common = wanted.keys() & found.keys()
    return Comparison(
        source_rows=len(source_rows),
        target_rows=len(target_rows),
        unpaired=len(wanted.keys() ^ found.keys()),
        values=len(common) * len(names),
        differing={
            name: count
            for place, name in enumerate(names)
            if (count := sum(not _equal(wanted[k][place], found[k][place]) for k in common))
        },
    )


@dataclass(frozen=True, slots=True)
class _Normalization:
    """How values of one type are made comparable: in T-SQL, then as each side's Python objects."""

    select: str = "{}"
    source: Callable[[Any], Any] = lambda value: value
    target: Callable[[Any], Any] = lambda value: value


def _source_select(spec: TableSpec, rules: Sequence[_Normalization]) -> str:
    columns = (
        f"{rule.select.replace('{}', quote_mssql(name))} AS {quote_mssql(name)}"
        for rule, (name, _) in zip(rules, spec.columns, strict=True)
    )
    return f"SELECT {', '.join(columns)} FROM {spec.source.sql}"


def _by_key(
    rows: Iterable[Row], normalizers: Sequence[Callable[[Any], Any]], key: Sequence[int]
) -> dict[tuple[Any, ...], list[Any]]:
    normalized = (
        [
            None if value is None else normalize(value)
            for normalize, value in zip(normalizers, row, strict=True)
        ]
        for row in rows
    )
    return {tuple(row[place] for place in key): row for row in normalized}


def _equal(one: Any, other: Any) -> bool:
    """Compare values, for floats including the sign of zero (SQL Server has no NaN)."""
    return bool(one == other) and (not isinstance(one, float) or repr(one) == repr(other))


def _utf16(value: Any) -> str:
    return bytes(value).decode("utf-16-le")


def _single(value: float) -> float:
    """Return the nearest float32; PostgreSQL prints the shortest text that identifies it."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _milliseconds(value: dt.datetime) -> dt.datetime:
    """Round a ``datetime``, which ticks 1/300 s, to the milliseconds that SQL Server displays."""
    return value.replace(microsecond=0) + dt.timedelta(milliseconds=round(value.microsecond / 1000))


# Unicode text is read as bytes: when it returns rows (not Arrow batches), the driver's default
# provider drops a byte order mark at the start of an nvarchar(max) (seen with mssql-python 1.16).
_UNICODE: Final = _Normalization("CAST({} AS varbinary(max))", _utf16)
_LEGACY_UNICODE: Final = _Normalization("CAST(CAST({} AS nvarchar(max)) AS varbinary(max))", _utf16)

_NORMALIZATIONS: Final = {
    "nchar": _UNICODE,
    "nvarchar": _UNICODE,
    "ntext": _LEGACY_UNICODE,
    "xml": _LEGACY_UNICODE,
    "text": _Normalization("CAST({} AS varchar(max))"),
    "image": _Normalization("CAST({} AS varbinary(max))", bytes, bytes),
    "binary": _Normalization("{}", bytes, bytes),
    "varbinary": _Normalization("{}", bytes, bytes),
    "timestamp": _Normalization("{}", bytes, bytes),
    "real": _Normalization("{}", _single, _single),
    "datetime": _Normalization("{}", _milliseconds),
    "datetimeoffset": _Normalization("{}", lambda value: value.astimezone(dt.UTC)),
    "uniqueidentifier": _Normalization("CONVERT(char(36), {})", uuid.UUID),
}
"""The types for which the two drivers return different objects."""
