"""Legal values that break careless copies, by type.

U+0000 and lone surrogates are left out: PostgreSQL cannot store them, and the default policy fails
the table. Tests of those policies bring their own rows.
"""

import datetime as dt
from decimal import Decimal
from typing import Any, Final

from tableferry_sandbox.physical import LAST_DAY, TICKS_PER_DAY, TICKS_PER_SECOND
from tableferry_sandbox.sqltypes import MAX, SqlType

LAST_TICK: Final = (LAST_DAY + 1) * TICKS_PER_DAY - 1
"""9999-12-31 23:59:59.9999999 in ticks of 100 ns since 0001-01-01."""

_TEXTS: Final = (
    "",
    " ",
    "trailing blanks   ",
    "   leading blanks",
    "O'Brien & Söhne",
    'said "hello"',
    "C:\\new\\table\\",
    "\\",
    "\\.",
    "\\N",
    "\\\\N",
    "NULL",
    "null",
    "tab\there\t",
    "line\nfeed\n",
    "carriage\rreturn",
    "both\r\nof them\r\n",
    "\x01\x1b\x1f\x7f",
    "'; DROP TABLE Customer;--",
    "[brackets] {braces} %s %(x)s $1 :x",
    ",;|\"',",
    "€uro, naïve, Ångström",
    "\u00a0no-break\u00a0",
    "Привет, мир",
    "Ελληνικά",
    "日本語のテスト",
    "مرحبا بالعالم",
    "😀🚢 and 👩‍👩‍👧‍👦",
    "e\u0301 is not \u00e9",
    "\ufeffbyte order mark",
    "\u200bzero\u200bwidth\u2028line",
    "\ud7ff\ue000\uffff\U0010ffff",
    "ǅ İ \u0131 ß ẞ ﬁ",
)
_XML: Final = (
    "",
    "<module/>",
    '<module name="Größe &amp; Gewicht">текст &lt;b&gt; 🚢</module>',
    "<a>  blanks kept  </a>",
    "<a>line\nfeed</a>",
    '<m:a xmlns:m="urn:example:m"><m:b c="&quot;"/></m:a>',
    "two <b>roots</b> and text",
)
_BYTES: Final = (b"", b"\x00", b"\x00\xff", b"\\x41", b"\r\n\t\\.", bytes(range(256)), b"  ")
_DOUBLES: Final = (
    0.0,
    -0.0,
    0.1,
    -1.5,
    1.7976931348623157e308,
    -1.7976931348623157e308,
    2.2250738585072014e-308,
    1e-300,
    9007199254740993.0,
    3.141592653589793,
)
_SINGLES: Final = (
    0.0,
    -0.0,
    0.1,
    -1.5,
    3.4028234663852886e38,
    -3.4028234663852886e38,
    1.17549435e-38,
)
_WHOLE: Final = {"tinyint", "smallint", "int", "bigint"}


def ticks(text: str) -> int:
    """Return an ISO timestamp (microseconds at most) in ticks of 100 ns since 0001-01-01."""
    delta = dt.datetime.fromisoformat(text) - dt.datetime(1, 1, 1)  # noqa: DTZ001 naive by type
    return (delta.days * 86_400 + delta.seconds) * TICKS_PER_SECOND + delta.microseconds * 10


def datetime_ticks(point: int) -> int:
    """Round ticks to the nearest value that ``datetime`` can hold, a multiple of 1/300 s."""
    # Integer arithmetic: a double is too imprecise for years far from the epoch.
    thirds = (point * 300 + TICKS_PER_SECOND // 2) // TICKS_PER_SECOND
    return (thirds * TICKS_PER_SECOND + 150) // 300


def awkward_values(sql_type: SqlType, *, nullable: bool) -> list[Any]:
    """Return the awkward values that a column of this type can hold, NULL first if nullable."""
    values = _values(sql_type)
    return [None, *values] if nullable else values


def _values(sql_type: SqlType) -> list[Any]:
    name = sql_type.name
    if name in {"char", "varchar", "nchar", "nvarchar"}:
        return _texts(sql_type)
    if name in {"binary", "varbinary"}:
        return _binaries(sql_type)
    if name in {"decimal", "numeric", "money", "smallmoney"}:
        return _decimals(sql_type)
    if name in {"date", "time", "smalldatetime", "datetime", "datetime2", "datetimeoffset"}:
        return _times(sql_type)
    if name in _WHOLE:
        return _whole_numbers(name)
    others: dict[str, list[Any]] = {
        "bit": [True, False],
        "real": list(_SINGLES),
        "float": list(_DOUBLES),
        "xml": list(_XML),
        "uniqueidentifier": [b"\x00" * 16, b"\xff" * 16, bytes(range(16)), b"\x80" + b"\x00" * 15],
    }
    return others[name]


def text_units(text: str, sql_type: SqlType) -> int:
    """Return the length as SQL Server counts it: UTF-16 units in nchar and nvarchar, else bytes."""
    if sql_type.name in {"nchar", "nvarchar"}:
        return len(text.encode("utf-16-le")) // 2
    return len(text.encode("cp1252"))


def _texts(sql_type: SqlType) -> list[str]:
    """Return the texts that fit, padded for fixed-length types as the server stores them."""
    unicode = sql_type.name in {"nchar", "nvarchar"}
    size = 1_000_000 if sql_type.length == MAX else sql_type.length
    candidates = [*_TEXTS, "x" * min(size, 8000)]
    if unicode:
        candidates += ["Ж" * min(size, 4000), "🚢" * (min(size, 4000) // 2)]
    if sql_type.length == MAX:
        candidates.append("0123456789abcdeЖ" * 8192 if unicode else "0123456789abcdef" * 8192)
    texts = [
        text
        for text in candidates
        if (unicode or _fits_code_page(text)) and text_units(text, sql_type) <= size
    ]
    if sql_type.name in {"char", "nchar"}:
        texts = [text + " " * (size - text_units(text, sql_type)) for text in texts]
    return list(dict.fromkeys(texts))


def _fits_code_page(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _binaries(sql_type: SqlType) -> list[bytes]:
    size = 1_000_000 if sql_type.length == MAX else sql_type.length
    if sql_type.name == "binary":
        return list(dict.fromkeys(value[:size].ljust(size, b"\x00") for value in _BYTES))
    long = [b"\x00\xff" * 50_000] if sql_type.length == MAX else [b"\xfe" * size]
    return [value for value in (*_BYTES, *long) if len(value) <= size]


def _decimals(sql_type: SqlType) -> list[Decimal]:
    """Return zero, the smallest step and the bounds; money is an integer of 64 or 32 bits."""
    scale, precision = sql_type.scale, sql_type.precision
    bits = {"money": 63, "smallmoney": 31}.get(sql_type.name)
    top = 10**precision - 1 if bits is None else 2**bits - 1
    bottom = -top if bits is None else -(2**bits)
    unscaled = [0, 1, -1, 10**scale, 5 * 10**scale // 2, top, bottom, top - 1]
    return [_scaled(value, scale) for value in dict.fromkeys(unscaled)]


def _scaled(unscaled: int, scale: int) -> Decimal:
    # Built from its digits: arithmetic would round to the decimal context's 28 digits.
    return Decimal((int(unscaled < 0), tuple(int(digit) for digit in str(abs(unscaled))), -scale))


def _whole_numbers(name: str) -> list[int]:
    if name == "tinyint":
        return [0, 255, 1, 128]
    bits = {"smallint": 16, "int": 32, "bigint": 64}[name]
    return [0, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1, -1, 1]


def _times(sql_type: SqlType) -> list[Any]:
    """Return the bounds of each type and dates that calendar code gets wrong."""
    step = int(10 ** (7 - sql_type.scale))
    if sql_type.name == "time":
        last = TICKS_PER_DAY - step
        return [0, step, last, TICKS_PER_DAY // 2, TICKS_PER_DAY - TICKS_PER_SECOND]
    if sql_type.name == "date":
        texts = ["0001-01-01", "9999-12-31", "1582-10-10", "1900-02-28", "2000-02-29", "1969-12-31"]
        return [dt.date.fromisoformat(text) for text in texts]
    if sql_type.name == "smalldatetime":
        return [ticks("1900-01-01"), ticks("2079-06-06T23:59"), ticks("2024-02-29T12:34")]
    if sql_type.name == "datetime":
        texts = ["1753-01-01", "9999-12-31T23:59:59.997", "1969-12-31T23:59:59.997"]
        texts += ["2000-02-29T00:00:00.003", "1900-01-01"]
        return [datetime_ticks(ticks(text)) for text in texts]
    last = LAST_TICK // step * step
    days = [ticks("1582-10-10"), ticks("1969-12-31T23:59:59") + TICKS_PER_SECOND - step]
    values = [0, last, *days, ticks("2024-03-31T02:30"), ticks("1883-11-18T12:03:58")]
    if sql_type.name == "datetime2":
        return values
    # Both the UTC instant and the local time lie within the years 1 to 9999.
    offsets = [840, -840, 0, -210, 345, 60]
    pairs = [{"utc": utc, "offset": offset} for utc, offset in zip(values, offsets, strict=True)]
    return [*pairs, {"utc": 0, "offset": 0}, {"utc": last, "offset": 0}]
