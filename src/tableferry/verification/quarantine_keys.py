"""The key of a row in quarantine and that of a difference, in a form in which they are equal.

The quarantine has JSON values by source column, a difference texts in the target's order.
"""

import datetime as dt
import struct
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from tableferry.model.schema import PgType
from tableferry.planning.plan import SyncPlan
from tableferry.verification.differences import Key

CanonicalKey = tuple[Any, ...]


def key_forms(
    plan: SyncPlan,
) -> tuple[Callable[[Mapping[str, Any]], CanonicalKey], Callable[[Key], CanonicalKey]]:
    """Return what brings a key to the common form: one of the quarantine, one of a difference."""
    by_name = {column.target.name: column.target.type for column in plan.columns}
    kinds = [by_name[name] for name in plan.target_key]
    names = [column.name for column in plan.key]

    def of_quarantine(row_key: Mapping[str, Any]) -> CanonicalKey:
        values = (row_key.get(name) for name in names)
        return tuple(
            None if value is None else _canonical(kind, _text(value))
            for kind, value in zip(kinds, values, strict=True)
        )

    def of_difference(key: Key) -> CanonicalKey:
        return tuple(
            None if text is None else _canonical(kind, text)
            for kind, text in zip(kinds, key, strict=True)
        )

    return of_quarantine, of_difference


def _text(value: Any) -> str:
    """Return the text of a JSON value (``values.refused_rows.json_value``)."""
    return str(int(value)) if isinstance(value, bool) else str(value)


def _canonical(kind: PgType, text: str) -> Any:
    """Return what is equal for both texts of a value: as JSON has it, and as a difference has it.

    A text that is none of the type stands for itself: such a key is in quarantine because of it.
    """
    try:
        match kind.name:
            case "float4":
                return struct.pack(">f", float(text))  # JSON has the digits of a double
            case "int2" | "int4" | "int8" | "numeric" | "float8" | "bool":
                return Decimal(text)
            case "timestamp" | "timestamptz":
                return _moment(dt.datetime.fromisoformat(text))
            case "time":
                return dt.time.fromisoformat(text)
            case "bytea":
                return text.lower()
            case "bpchar":
                return text.rstrip(" ")
            case "uuid":
                return text.lower()
    except (ValueError, InvalidOperation, OverflowError):
        pass
    return text


def _moment(value: dt.datetime) -> dt.datetime:
    return value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
