"""Collect the rows that cannot be stored, with the reason, up to the limit of the specification."""

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
from tableferry.model.counting import counted, verb
from tableferry.planning.column_plan import ColumnPlan
from tableferry.values.arrow_types import is_binary_type

MAX_VALUE_BYTES: Final = 64 * 1024
"""Bytes kept of a refused value: enough to see what is wrong with it, and all the refused rows
that the specification allows have to fit into memory."""

NO_COLUMN: Final = "(row)"
"""Counts refusals of a row as a whole, instead of a column's name."""

JSONB_VERSION: Final = "\x01"
"""What jsonb's binary form has before the text."""

MAX_KEYLESS_VALUE: Final = 100
"""Characters kept of each value that identifies a row of a table without a key."""


Counts = Mapping[str, Mapping[str, int]]
"""Numbers of rows or values, by source column and reason."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One refused row. ``column`` is the source's name, empty where PostgreSQL names no column.

    ``value`` is a binary value's own bytes, and the UTF-16LE text of any other, the only form that
    an unpaired surrogate has. None stands for a NULL or an unknown value.
    """

    row_key: Mapping[str, Any]
    column: str
    reason: str
    value: bytes | None = None
    sqlstate: str = ""


@dataclass(slots=True)
class RefusedRows:
    """The refused rows of a load; ``key`` names the source columns that identify a row.

    ``earlier`` counts those that an earlier attempt has stored already. ``parent`` collects those
    of the whole load where this collects a chunk's.
    """

    key: Sequence[str]
    allowed: int
    earlier: Counts = field(default_factory=dict)
    parent: "RefusedRows | None" = None
    rows: list[RefusedRow] = field(default_factory=list)
    _adding: threading.Lock = field(default_factory=threading.Lock)

    def for_chunk(self) -> "RefusedRows":
        """Return a collector for the rows of one chunk and one thread, which count here, too."""
        return RefusedRows(self.key, self.allowed, parent=self)

    def add(self, refused: Sequence[RefusedRow]) -> None:
        """Add refused rows; raises DataError where that exceeds the limit."""
        with self._adding:
            self.rows += refused
            if self.parent is None:
                self.require_allowed()
        if self.parent is not None:
            self.parent.add(refused)

    def require_allowed(self) -> None:
        """Raise DataError where more rows were refused than allowed."""
        if self.total > self.allowed:
            raise DataError(
                f"{_rows(self.total)} refused, 'max_invalid' allows {self.allowed:,}: "
                + "; ".join(
                    f"{column}: {reason}: {count:,}"
                    for column, reasons in self.counts().items()
                    for reason, count in reasons.items()
                ),
                hint="The load was rolled back; the old rows stay. Correct the rows in the source, "
                "exclude them with 'where', or raise 'max_invalid' (more may follow).",
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
        """Return a row's key in JSON form, from its values by source column.

        For a table without a key, that is the whole row, with long values truncated.
        """
        if self.key:
            return {name: json_value(values[name]) for name in self.key}
        return {name: _truncated(json_value(value)) for name, value in values.items()}


def json_value(value: Any) -> Any:
    """Return a value in a form that jsonb keeps exactly: PostgreSQL's text, or 0x and hex."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return f"0x{value.encode('utf-16-le').hex()}" if "\0" in value else value
        case bytes():
            return f"0x{value.hex()}"
        case Decimal():
            return f"{value:f}"
        case dt.date() | dt.time():  # a datetime is a date, too
            return value.isoformat()
        case list():
            return [json_value(one) for one in value]
    return str(value)


def value_bytes(value: Any) -> bytes | None:
    """Return the bytes to keep of a refused value (see ``RefusedRow``)."""
    if value is None:
        return None
    raw = value if isinstance(value, bytes) else str(value).encode("utf-16-le")
    return raw[:MAX_VALUE_BYTES]


def arrived_value(scalar: pa.Scalar) -> Any:
    """Return a value of a source batch: bytes and texts as they are, others as exact text."""
    if pa.types.is_null(scalar.type) or is_binary_type(scalar.type):
        return scalar.as_py()
    return scalar.cast(pa.large_string()).as_py()


def converted_value(scalar: pa.Scalar, column: ColumnPlan) -> Any:
    """Return a value of a converted batch as a Python object."""
    value = scalar.as_py()
    if value is None:
        return None
    match column.target.type.name:
        case "uuid":
            return uuid.UUID(bytes=value)
        case "jsonb":
            return value.removeprefix(JSONB_VERSION)
    return value


def _truncated(value: Any) -> Any:
    is_long = isinstance(value, str) and len(value) > MAX_KEYLESS_VALUE
    return f"{value[:MAX_KEYLESS_VALUE]}..." if is_long else value


def _rows(count: int) -> str:
    return f"{counted(count, 'row')} {verb(count, 'was', 'were')}"
