"""Keys that the target holds, as exact texts of the source's types: what the source can be asked.

PostgreSQL writes a value in its own form, and the key's source type may have another, fewer digits
or a smaller range. A text that the source type cannot hold is no key of the source: None stands for
it. An answer is compared in the target's terms, so a literal that the source rounds or cuts off
finds some other key at the worst, which counts for nothing. Pure.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from tableferry.config import OnInvalid
from tableferry.errors import SchemaError
from tableferry.model.identifiers import quote_mssql, shown
from tableferry.model.literals import has_exact_text, is_exact_text
from tableferry.model.schema import CHARACTER_TYPES, SourceType
from tableferry.planning.column_plan import ColumnPlan
from tableferry.planning.plan import SyncPlan

_ASKABLE: Final = frozenset({"cast", "truncate", "milliseconds", "guid"})
"""The conversions after which a target's value says which source value it came from, but for the
seventh digit of a second."""

_ALTERING: Final = frozenset({OnInvalid.STRIP, OnInvalid.REPLACE})

_INTEGERS: Final = {
    "bit": (0, 1),
    "tinyint": (0, 255),
    **{name: (-(2**bits), 2**bits - 1) for name, bits in
       (("smallint", 15), ("int", 31), ("bigint", 63))},
}  # fmt: skip

_MONEY: Final = {
    "money": Decimal("922337203685477.5807"),
    "smallmoney": Decimal("214748.3647"),
}

_FIRST_DATETIME: Final = "1753-01-01"
_SMALLDATETIME: Final = ("1900-01-01", "2079-06-06")
"""What these types can hold (datetime, smalldatetime, Transact-SQL)."""

_MOMENT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?(?: ?([+-]\d\d:\d\d))?"
)
_TIME: Final = re.compile(r"([01]\d|2[0-3])(:\d\d:\d\d)(?:\.(\d{1,7}))?")


def require_askable(plan: SyncPlan) -> None:
    """See that the source can be asked again for a key; raises SchemaError, naming the columns.

    It has to be, unless its keys are read at one moment: a key of a row that moves is missed.
    """
    if plan.at_one_moment:
        return
    if columns := unaskable(plan):
        raise SchemaError(
            f"'deletes': 'reconcile' of {plan.spec.source} reads its keys while rows may move, and "
            f"cannot ask again for a key that it missed: {', '.join(columns)} has another form in "
            "the target",
            hint=f"ALTER DATABASE {quote_mssql(plan.spec.source.database)} SET "
            "ALLOW_SNAPSHOT_ISOLATION ON, or set 'deletes' to 'ignore'.",
        )


def unaskable(plan: SyncPlan) -> list[str]:
    """Return the key's columns, with their types, of which a value of the target names no key."""
    return [
        f"{shown(column.source.name)} ({column.source.type})"
        for column in plan.of_key().columns
        if not _is_askable(column, plan.spec.on_invalid)
    ]


def _is_askable(column: ColumnPlan, on_invalid: OnInvalid) -> bool:
    kind = column.source.type
    altered = kind.name in CHARACTER_TYPES and on_invalid in _ALTERING
    return (
        has_exact_text(kind)
        and column.convert in _ASKABLE
        and not (column.checks or column.companion or altered)
    )


def bounds_of(kind: SourceType, text: str | None) -> tuple[str, str] | None:
    """Return the exact texts of the first and the last key that became this value of the target.

    ``text`` is what PostgreSQL writes: whole numbers and decimals as such, a boolean as 0 or 1,
    moments in ISO 8601 (in UTC, where they have no offset), bytes as 0x and hexadecimal digits.
    Both are the same but for a moment with a seventh digit, which the target does not hold. None:
    the source's type cannot hold the value, or it is no finite one.
    """
    found = None if text is None else _FORMS.get(kind.name, _same)(kind, text)
    if found is None or not all(is_exact_text(kind, end) for end in found):
        return None
    return found


def _same(_kind: SourceType, text: str) -> tuple[str, str]:
    return text, text


def _integer(kind: SourceType, text: str) -> tuple[str, str] | None:
    number = _number(text)
    low, high = _INTEGERS[kind.name]
    if number is None or number != int(number) or not low <= number <= high:
        return None
    return str(int(number)), str(int(number))


def _decimal(kind: SourceType, text: str) -> tuple[str, str] | None:
    number = _number(text)
    if number is None or number.copy_abs() >= 10 ** (kind.precision - kind.scale):
        return None
    return _with_digits(number, kind.scale)


def _money(kind: SourceType, text: str) -> tuple[str, str] | None:
    number = _number(text)
    if number is None or number.copy_abs() > _MONEY[kind.name]:
        return None
    return _with_digits(number, 4)


def _with_digits(number: Decimal, digits: int) -> tuple[str, str] | None:
    exact = f"{number:.{digits}f}"
    return (exact, exact) if Decimal(exact) == number else None


def _number(text: str) -> Decimal | None:
    """Return the number, None for one that is not finite; arithmetic rounds it to 28 digits."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _date(_kind: SourceType, text: str) -> tuple[str, str] | None:
    day, _, time = text.partition("T")
    return None if time.strip("0:.") else (day, day)


def _time(kind: SourceType, text: str) -> tuple[str, str] | None:
    if (found := _TIME.fullmatch(text)) is None:
        return None
    return _with_fraction(f"{found[1]}{found[2]}", found[3] or "", kind.scale)


def _timestamp(kind: SourceType, text: str) -> tuple[str, str] | None:
    if (found := _MOMENT.fullmatch(text)) is None:
        return None
    day, time, fraction, offset = found[1], found[2], found[3] or "", found[4] or "+00:00"
    if kind.name == "datetime":
        return None if day < _FIRST_DATETIME else _with_fraction(f"{day}T{time}", fraction, 3)
    if kind.name == "smalldatetime":
        if not _SMALLDATETIME[0] <= day <= _SMALLDATETIME[1] or not time.endswith(":00"):
            return None
        return _with_fraction(f"{day}T{time}", fraction, 0)
    if kind.name == "datetimeoffset":
        bounds = _with_fraction(f"{day} {time}", fraction, kind.scale)
        return bounds and (f"{bounds[0]} {offset}", f"{bounds[1]} {offset}")
    return _with_fraction(f"{day}T{time}", fraction, kind.scale)


def _with_fraction(moment: str, fraction: str, digits: int) -> tuple[str, str] | None:
    """Return the moment with so many digits of a second; the seventh may be any."""
    kept = fraction.rstrip("0")
    if len(kept) > digits:
        return None
    if digits == 7:
        six = f"{moment}.{kept.ljust(6, '0')}"
        return (f"{six}0", f"{six}9") if len(kept) < 7 else (f"{moment}.{kept}",) * 2
    exact = f"{moment}.{kept.ljust(digits, '0')}" if digits else moment
    return exact, exact


def _text(_kind: SourceType, text: str) -> tuple[str, str]:
    utf16 = f"0x{text.encode('utf-16-le').hex().upper()}"
    return utf16, utf16


_FORMS: Final[Mapping[str, Callable[[SourceType, str], tuple[str, str] | None]]] = {
    **dict.fromkeys(_INTEGERS, _integer),
    **dict.fromkeys(("decimal", "numeric"), _decimal),
    **dict.fromkeys(_MONEY, _money),
    "date": _date,
    "time": _time,
    **dict.fromkeys(("smalldatetime", "datetime", "datetime2", "datetimeoffset"), _timestamp),
    **dict.fromkeys(CHARACTER_TYPES, _text),
}
"""By the type's name; of all others PostgreSQL's text is the exact one."""
