"""Rows that cannot be stored, kept aside with the reason, as many as the specification allows."""

import datetime as dt
import threading
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from tableferry.errors import DataError
from tableferry.planning.column_plan import ColumnPlan
from tableferry.values.arrow_types import is_binary_type

MAX_VALUE_BYTES: Final = 64 * 1024
"""Of a refused value that are kept: what is wrong with it is seen by less, and as many rows as are
allowed have to fit into memory."""

NO_COLUMN: Final = "(row)"
"""What refusals of a row as a whole are counted under."""

MAX_KEYLESS_VALUE: Final = 100
"""Characters of each value that a row without a key is told by."""


Counts = Mapping[str, Mapping[str, int]]
"""How many, by source column and reason."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row. ``column`` is the source's, empty where PostgreSQL names none.

    ``value`` holds the bytes of binary values as they are, and of any other the text, as nvarchar
    has it (UTF-16LE): half a surrogate pair has no other form. None: a NULL, or not known.
    """

    row_key: Mapping[str, Any]
    column: str
    reason: str
    value: bytes | None = None
    sqlstate: str = ""


@dataclass(slots=True)
class RefusedRows:
    """The refused rows of a load; ``key`` holds the source columns that a row is told by.

    ``earlier`` counts those that an earlier attempt has kept aside already. ``whole`` are the
    refusals of the load that these are a part of.
    """

    key: Sequence[str]
    allowed: int
    earlier: Counts = field(default_factory=dict)
    whole: "RefusedRows | None" = None
    rows: list[RefusedRow] = field(default_factory=list)
    _adding: threading.Lock = field(default_factory=threading.Lock)

    def part(self) -> "RefusedRows":
        """Return a place for the rows of one chunk, which count here, too; for one thread."""
        return RefusedRows(self.key, self.allowed, whole=self)

    def add(self, refused: Sequence[RefusedRow]) -> None:
        """Keep these aside; raises DataError where that makes too many."""
        with self._adding:
            self.rows += refused
            if self.whole is None:
                self.require_allowed()
        if self.whole is not None:
            self.whole.add(refused)

    def require_allowed(self) -> None:
        """Raise DataError where there are too many."""
        if self.total > self.allowed:
            raise DataError(
                f"{_rows(self.total)} refused, 'max_invalid' allows {self.allowed:,}: "
                + "; ".join(
                    f"{column}: {reason}: {count:,}"
                    for column, reasons in self.counts().items()
                    for reason, count in reasons.items()
                ),
                hint="The load was rolled back; the old rows stay. Mend the rows in the source or "
                "exclude them with 'where'; or raise 'max_invalid', more may come.",
            )

    @property
    def total(self) -> int:
        """How many rows were refused."""
        return len(self.rows) + sum(sum(reasons.values()) for reasons in self.earlier.values())

    def counts(self) -> dict[str, Counter[str]]:
        """Return how many rows were refused, by source column and reason."""
        counts = {column: Counter(reasons) for column, reasons in self.earlier.items()}
        for row in self.rows:
            counts.setdefault(row.column or NO_COLUMN, Counter())[row.reason] += 1
        return counts

    def row_key(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row's key as JSON has it, from its values by source column.

        Of a table without a key that is the whole row, long values cut.
        """
        if self.key:
            return {name: json_value(values[name]) for name in self.key}
        return {name: _cut(json_value(value)) for name, value in values.items()}


def json_value(value: Any) -> Any:
    """Return a value in a form that jsonb keeps exactly: as PostgreSQL writes it, or 0x and hex."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return f"0x{value.encode('utf-16-le').hex()}" if "\0" in value else value
        case bytes():
            return f"0x{value.hex()}"
        case Decimal():
            return f"{value:f}"
        case dt.date() | dt.time():  # a datetime is a date
            return value.isoformat()
        case list():
            return [json_value(one) for one in value]
    return str(value)


def value_bytes(value: Any) -> bytes | None:
    """Return what is kept of a refused value (see ``RefusedRow``)."""
    if value is None:
        return None
    raw = value if isinstance(value, bytes) else str(value).encode("utf-16-le")
    return raw[:MAX_VALUE_BYTES]


def arrived_value(scalar: pa.Scalar) -> Any:
    """Return bytes and texts of a source batch as they are, and the exact text of the others."""
    if pa.types.is_null(scalar.type) or is_binary_type(scalar.type):
        return scalar.as_py()
    return scalar.cast(pa.large_string()).as_py()


def converted_value(scalar: pa.Scalar, column: ColumnPlan) -> Any:
    """Return a value of a converted batch as Python has it."""
    value = scalar.as_py()
    is_uuid = column.target.type.name == "uuid" and value is not None
    return uuid.UUID(bytes=value) if is_uuid else value


def _cut(value: Any) -> Any:
    is_long = isinstance(value, str) and len(value) > MAX_KEYLESS_VALUE
    return f"{value[:MAX_KEYLESS_VALUE]}..." if is_long else value


def _rows(count: int) -> str:
    return "1 row was" if count == 1 else f"{count:,} rows were"
