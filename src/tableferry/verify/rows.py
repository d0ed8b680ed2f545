"""Comparing two tables value by value, by another way than the one the rows took.

Rows come from both drivers as Python objects, no Arrow and no COPY, are paired by their key and
compared. Meant for tables that fit in memory: the demo and the tests.
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
    """``differing`` counts, per source column, the rows whose values differ."""

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
    """Compare a table's rows on both sides, paired by the key.

    Raises TableferryError where one cannot be read, SchemaError where there is no key.
    """
    schema = read_schema(from_, spec.source)
    spec = complete_spec(spec, schema, read_keys(from_, spec.source))
    if not spec.primary_key:
        raise SchemaError(
            f"{spec.source} has no key to pair its rows by", hint="Name one in 'primary_key'."
        )
    types = {column.name.lower(): column.type.name for column in schema.columns}
    names = [name for name, _ in spec.columns]
    forms = [_FORMS.get(types[name.lower()], _Form()) for name in names]
    key = [names.index(name) for name in spec.primary_key]
    here = from_.rows(_source_select(spec, forms), names)
    there = into.rows(
        f"SELECT {', '.join(quote_pg(name) for _, name in spec.columns)} FROM {spec.target.sql}"
    )
    wanted = _by_key(here, [form.source for form in forms], key)
    found = _by_key(there, [form.target for form in forms], key)
    common = wanted.keys() & found.keys()
    return Comparison(
        source_rows=len(here),
        target_rows=len(there),
        unpaired=len(wanted.keys() ^ found.keys()),
        values=len(common) * len(names),
        differing={
            name: count
            for place, name in enumerate(names)
            if (count := sum(not _equal(wanted[k][place], found[k][place]) for k in common))
        },
    )


@dataclass(frozen=True, slots=True)
class _Form:
    """How values of one type are made alike: in T-SQL, then as Python objects of each side."""

    select: str = "{}"
    source: Callable[[Any], Any] = lambda value: value
    target: Callable[[Any], Any] = lambda value: value


def _source_select(spec: TableSpec, forms: Sequence[_Form]) -> str:
    columns = (
        f"{form.select.replace('{}', quote_mssql(name))} AS {quote_mssql(name)}"
        for form, (name, _) in zip(forms, spec.columns, strict=True)
    )
    return f"SELECT {', '.join(columns)} FROM {spec.source.sql}"


def _by_key(
    rows: Iterable[Row], forms: Sequence[Callable[[Any], Any]], key: Sequence[int]
) -> dict[tuple[Any, ...], list[Any]]:
    alike = (
        [None if value is None else form(value) for form, value in zip(forms, row, strict=True)]
        for row in rows
    )
    return {tuple(row[place] for place in key): row for row in alike}


def _equal(one: Any, other: Any) -> bool:
    """Compare values; of floats the sign of zero, too (SQL Server has no NaN)."""
    return bool(one == other) and (not isinstance(one, float) or repr(one) == repr(other))


def _utf16(value: Any) -> str:
    return bytes(value).decode("utf-16-le")


def _single(value: float) -> float:
    """Return the nearest float32: PostgreSQL prints the shortest text that means it."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _milliseconds(value: dt.datetime) -> dt.datetime:
    """``datetime`` ticks 1/300 s; its value is what SQL Server shows: rounded milliseconds."""
    return value.replace(microsecond=0) + dt.timedelta(milliseconds=round(value.microsecond / 1000))


# Unicode text is read as the bytes it is: of rows (not of Arrow batches) the driver's default
# provider drops a byte order mark that begins an nvarchar(max) (seen with mssql-python 1.16).
_UNICODE: Final = _Form("CAST({} AS varbinary(max))", _utf16)
_UNICODE_OF_OLD: Final = _Form("CAST(CAST({} AS nvarchar(max)) AS varbinary(max))", _utf16)

_FORMS: Final = {
    "nchar": _UNICODE,
    "nvarchar": _UNICODE,
    "ntext": _UNICODE_OF_OLD,
    "xml": _UNICODE_OF_OLD,
    "text": _Form("CAST({} AS varchar(max))"),
    "image": _Form("CAST({} AS varbinary(max))", bytes, bytes),
    "binary": _Form("{}", bytes, bytes),
    "varbinary": _Form("{}", bytes, bytes),
    "timestamp": _Form("{}", bytes, bytes),
    "real": _Form("{}", _single, _single),
    "datetime": _Form("{}", _milliseconds),
    "datetimeoffset": _Form("{}", lambda value: value.astimezone(dt.UTC)),
    "uniqueidentifier": _Form("CONVERT(char(36), {})", uuid.UUID),
}
"""Where the two drivers' objects for one value differ."""
