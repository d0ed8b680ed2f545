"""Comparing two tables value by value, by another way than the one the rows took.

Rows come from both drivers as Python objects, no Arrow and no COPY, are paired by their key and
compared. Meant for tables that fit in memory: the demo and the tests.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tableferry.identifiers import quote_mssql, quote_pg
from tableferry.source import SourceConnection, read_schema
from tableferry.spec import TableSpec
from tableferry.target import TargetConnection


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
    """Compare a table's rows on both sides; raises TableferryError where one cannot be read."""
    schema = read_schema(from_, spec.source)
    types = {column.name.lower(): column.type.name for column in schema.columns}
    names = [name for name, _ in spec.columns]
    forms = [_FORMS.get(types[name.lower()], _same) for name in names]
    here = from_.rows(f"SELECT {', '.join(map(quote_mssql, names))} FROM {spec.source.sql}", names)
    there = into.rows(
        f"SELECT {', '.join(quote_pg(name) for _, name in spec.columns)} FROM {spec.target.sql}"
    )
    key = [names.index(name) for name in spec.primary_key]
    wanted = _by_key([[_form(form, value) for form, value in zip(forms, row, strict=True)]
                      for row in here], key)  # fmt: skip
    found = _by_key([[_plain(value) for value in row] for row in there], key)
    common = wanted.keys() & found.keys()
    differing = {
        name: count
        for place, name in enumerate(names)
        if (count := sum(not _equal(wanted[k][place], found[k][place]) for k in common))
    }
    return Comparison(
        source_rows=len(here),
        target_rows=len(there),
        unpaired=len(wanted.keys() ^ found.keys()),
        values=len(common) * len(names),
        differing=differing,
    )


def _by_key(rows: Sequence[list[Any]], key: Sequence[int]) -> dict[tuple[Any, ...], list[Any]]:
    return {tuple(row[place] for place in key): row for row in rows}


def _form(form: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else form(_plain(value))


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview | bytearray) else value


def _equal(one: Any, other: Any) -> bool:
    """Equal in value and in sign: -0.0 is not 0.0; NaN does not exist in SQL Server."""
    return (
        bool(one == other) and repr(one) == repr(other)
        if isinstance(one, float)
        else bool(one == other)
    )


def _same(value: Any) -> Any:
    return value


def _rounded(value: dt.datetime) -> dt.datetime:
    """``datetime`` ticks 1/300 s; its value is what SQL Server shows: rounded milliseconds."""
    return value.replace(microsecond=0) + dt.timedelta(milliseconds=round(value.microsecond / 1000))


def _guid(value: Any) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))


_FORMS: Final[dict[str, Callable[[Any], Any]]] = {
    "datetime": _rounded,
    "uniqueidentifier": _guid,
    "datetimeoffset": lambda value: value.astimezone(dt.UTC),
}
"""Where the drivers' Python objects for one value differ."""
