"""An order of the rows that both databases agree on, as far as the key's types have one.

Whole numbers, decimals, dates and times are sorted alike everywhere, and bytes as well: SQL Server
compares them as if the shorter value had zeros at its end, which sorts keys that differ as memcmp
does. A uniqueidentifier is sorted by its last six bytes first, and so on by groups (Comparing GUID
and uniqueidentifier Values); the target is asked for that order by an expression. Collated texts
are sorted by rules that only their server has, and have none here.

Nothing relies on that alone: while the rows are read, both sides' keys are seen to ascend.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tableferry.model.identifiers import quote_mssql, quote_pg
from tableferry.model.schema import PgType
from tableferry.planning.column_plan import ColumnPlan
from tableferry.verification.binary_values import integer, numeric
from tableferry.verification.compared import Compared
from tableferry.verification.copy_rows import Fields

GUID_ORDER: Final = (10, 11, 12, 13, 14, 15, 8, 9, 7, 6, 5, 4, 3, 2, 1, 0)
"""The bytes of a PostgreSQL uuid in the order in which SQL Server compares a uniqueidentifier."""

_NUMBERS: Final = frozenset(
    {"bit", "tinyint", "smallint", "int", "bigint", "decimal", "numeric", "money", "smallmoney"}
)
_MOMENTS: Final = frozenset({"smalldatetime", "datetime", "datetime2", "datetimeoffset", "date"})
_BYTES: Final = frozenset({"binary", "varbinary", "timestamp"})
_INTEGERS: Final = frozenset({"bool", "int2", "int4", "int8"})

_SORTED_ALIKE: Final = (
    *((source, into) for source in _NUMBERS for into in (*_INTEGERS, "numeric")),
    *((source, into) for source in _MOMENTS for into in ("date", "timestamp", "timestamptz")),
    *((source, "bytea") for source in _BYTES),
    ("timestamp", "int8"),
    ("time", "time"),
    ("uniqueidentifier", "uuid"),
)
"""Pairs of a SQL Server type and the target's that keep the order of their values."""

Sortable = Callable[[bytes], Any]


class NotInOrderError(Exception):
    """A side's rows are not sorted by their keys as they were expected to be."""


@dataclass(frozen=True, slots=True)
class RowOrder:
    """The order of one table's rows: ``source`` are terms of T-SQL, ``target`` of SQL.

    ``kinds`` are the target's types of the key's columns, ``places`` where they are in a row.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    kinds: tuple[PgType, ...]
    places: tuple[int, ...]

    def of(self, key: Fields) -> tuple[Any, ...]:
        """Return a key as a value that is compared as both databases do; raises NotInOrderError.

        NULL has no place in the order: SQL Server sorts it first, PostgreSQL last.
        """
        found = []
        for kind, sent in zip(self.kinds, key, strict=True):
            if sent is None:
                raise NotInOrderError
            found.append(_SORTABLE[kind.name](sent))
        return tuple(found)


def find_order(compared: Compared) -> RowOrder | None:
    """Return the order of a plan's rows; None where the two databases have none in common."""
    columns = [compared.columns[place].plan for place in compared.key]
    if not columns or not all(map(_is_sorted_alike, columns)):
        return None
    return RowOrder(
        source=tuple(f"t.{quote_mssql(column.source.name)}" for column in columns),
        target=tuple(
            sql_term(column.target.type, f"t.{quote_pg(column.target.name)}") for column in columns
        ),
        kinds=tuple(column.target.type for column in columns),
        places=compared.key,
    )


def _is_sorted_alike(column: ColumnPlan) -> bool:
    return (column.source.type.name, column.target.type.name) in _SORTED_ALIKE


def sql_term(kind: PgType, value: str) -> str:
    """Return SQL that sorts a value of this type of the target as the source does."""
    if kind.name != "uuid":
        return value
    sent = f"pg_catalog.uuid_send({value})"
    single = (f"pg_catalog.substr({sent}, {place + 1}, 1)" for place in GUID_ORDER[8:])
    last = f"pg_catalog.substr({sent}, 11, 6) || pg_catalog.substr({sent}, 9, 2)"
    return f"({last} || {' || '.join(single)})"


class Ascending:
    """Sees that the source's keys ascend, batch by batch; raises NotInOrderError."""

    def __init__(self, order: RowOrder) -> None:
        self._places = order.places
        self._number = -1
        self._last: list[pa.Array] = []

    def __call__(self, number: int, batch: pa.RecordBatch) -> None:
        """See the next converted batch, of the range with this number."""
        if not batch.num_rows:
            return
        keys = [_comparable(batch.column(place)) for place in self._places]
        if any(key.null_count for key in keys):
            raise NotInOrderError
        if number == self._number:
            keys = [pa.concat_arrays(pair) for pair in zip(self._last, keys, strict=True)]
        if not _ascends(keys):
            raise NotInOrderError
        self._number = number
        self._last = [key.slice(len(key) - 1) for key in keys]


def _comparable(array: pa.Array) -> pa.Array:
    """Return a column of keys as one that Arrow compares."""
    if pa.types.is_boolean(array.type):
        return array.cast(pa.int8())
    if not pa.types.is_fixed_size_binary(array.type):
        return array
    raw = np.frombuffer(array.buffers()[1], np.uint8, len(array) * 16, array.offset * 16)
    sorted_ = np.ascontiguousarray(raw.reshape(-1, 16)[:, GUID_ORDER])
    offsets = np.arange(0, 16 * len(array) + 1, 16, dtype=np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(sorted_)]
    if array.null_count:
        raise NotInOrderError
    return pa.Array.from_buffers(pa.large_binary(), len(array), buffers)


def _ascends(keys: Sequence[pa.Array]) -> bool:
    """Whether each key is greater than the one before it: there are no two equal ones."""
    rows = len(keys[0]) - 1
    found = pa.array([False]).take(pa.array(np.zeros(rows, np.int8)))
    for key in reversed(keys):
        before, after = key.slice(0, rows), key.slice(1)
        found = pc.or_(pc.less(before, after), pc.and_(pc.equal(before, after), found))
    return pc.all(found).as_py() is not False


def _number(sent: bytes) -> tuple[int, Decimal]:
    """Return a numeric; PostgreSQL sorts NaN above everything."""
    number = numeric(sent)
    return (1, Decimal(0)) if number.is_nan() else (0, number)


def _guid(sent: bytes) -> bytes:
    return bytes(sent[place] for place in GUID_ORDER)


def _bytes(sent: bytes) -> bytes:
    return sent


_SORTABLE: Final[dict[str, Sortable]] = {
    **dict.fromkeys(
        ("bool", "int2", "int4", "int8", "date", "time", "timestamp", "timestamptz"), integer
    ),
    "numeric": _number,
    "uuid": _guid,
    "bytea": _bytes,
}
"""By the target's type."""
