"""Cases for every row of the table of checked conversions, and for each of its source types.

Values are written in T-SQL; what becomes of them is the text that PostgreSQL's output function
gives in the time zone UTC, written down here and computed by nothing.
"""

# ruff: noqa: E501 - a value as written and as kept stand on one line

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Passing = Sequence[tuple[str, str]]


@dataclass(frozen=True, eq=False)
class Checked:
    """A column of the type ``source`` and an existing one of the type ``target``.

    ``row`` is ``Conversion.accepts`` of the conversion. ``override`` is empty where none is needed.
    ``passing`` are pairs of a value in T-SQL and its text in PostgreSQL, ``failing`` values that
    are refused; ``cut`` counts the values that lose digits. ``options`` are keys of the entry.
    """

    source: str
    row: str
    target: str
    override: str
    passing: Passing
    failing: Sequence[str] = ()
    cut: int = 0
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.source} to {self.override or self.target}"


CHARACTERS = ("char(60)", "varchar(60)", "nchar(60)", "nvarchar(60)")
LONG = ("varchar(max)", "nvarchar(max)", "text", "ntext")
TRIMMED = {"trailing_blanks": "trim"}


def each(sources: Sequence[str], *of: Any, **more: Any) -> list[Checked]:
    return [Checked(source, *of, **more) for source in sources]


UUIDS = [
    ("'6F9619FF-8B86-D011-B42D-00C04FC964FF'", "6f9619ff-8b86-d011-b42d-00c04fc964ff"),
    ("'{6f9619ff-8b86-d011-b42d-00c04fc964ff}'", "6f9619ff-8b86-d011-b42d-00c04fc964ff"),
    ("'0123456789abcdefABCDEF9876543210'", "01234567-89ab-cdef-abcd-ef9876543210"),
    ("'00000000-0000-0000-0000-000000000000  '", "00000000-0000-0000-0000-000000000000"),
]
NO_UUIDS = [
    "''",
    "'6F9619FF-8B86-D011-B42D-00C04FC964F'",
    "'6F9619FF-8B86-D011-B42D-00C04FC964FG'",
    "'{6F9619FF-8B86-D011-B42D-00C04FC964FF'",
    "'6F9619FF8-B86-D011-B42D-00C04FC964FF'",
    "'x6F9619FF-8B86-D011-B42D-00C04FC964FF'",
]
BOOLEANS = [("'Y'", "t"), ("'no'", "f"), ("'1'", "t"), ("'False '", "f"), ("'on'", "t")]
NO_BOOLEANS = ["'2'", "''", "'tr'", "'J'"]
LABELS = [("'sad'", "sad"), ("'glad '", "glad"), ("N'ça va'", "ça va")]
JSON = [
    ("""N'{"b": 1, "a": [1.50, null]}'""", """{"a": [1.50, null], "b": 1}"""),
    ("'7'", "7"),
    ("""N'{"k": "é", "k": 2}'""", """{"k": 2}"""),
]
JSON_TEXT = [
    ("""N'{"b": 1,  "a": [1.50, null]}'""", """{"b": 1,  "a": [1.50, null]}"""),
    ("'7'", "7"),
]
NO_JSON = ["'{'", "''", "'{\"a\": 1}}'"]
XML = [
    ("'<a b=\"1\">x</a>'", '<a b="1">x</a>'),
    (
        'N\'<?xml version="1.0" encoding="utf-8"?><a>é</a>\'',
        '<?xml version="1.0" encoding="utf-8"?><a>é</a>',
    ),
]
NO_XML = [
    'N\'<?xml version="1.0" encoding="windows-1252"?><a>é</a>\'',
    "N'<?xml version=\"1.0\" encoding=''UTF-16''?><a>é</a>'",
]

TEXTS = [
    *each(LONG, "citext of the extension", "citext", "", [("'Ab '", "Ab "), ("N'Straße'", "Straße"), ("''", "")]),
    *each(["char(4)", "nchar(4)"], "citext of the extension", "citext", "", [("'ab'", "ab  ")]),
    *each(["char(5)", "nchar(5)"], "char(n) of the same n", "char(5)", "", [("'ab'", "ab   "), ("'abcde'", "abcde"), ("''", "     ")]),
    *each(LONG, "varchar(n)", "varchar(5)", "varchar(5)", [("'abcde'", "abcde"), ("N'äöüßé'", "äöüßé"), ("'ab  '", "ab  "), ("''", "")], ["'abcdef'", "'abcde '"]),
    *each(["char(7)", "nchar(7)"], "varchar(n)", "varchar(5)", "varchar(5)", [("'abcde'", "abcde"), ("''", "")], ["'abcdef'"], options=TRIMMED),
    Checked("xml", "varchar(n)", "varchar(6)", "varchar(6)", [("'<ab/>'", "<ab/>")], ["'<abcd/>'"]),
    *each([*LONG, "char(7)", "nchar(7)"], "char(n)", "char(5)", "char(5)", [("'ab'", "ab   "), ("'abcde'", "abcde"), ("'ab     '", "ab   ")], ["'abcdef'"]),
    *each(CHARACTERS, "uuid", "uuid", "uuid", UUIDS, NO_UUIDS),
    *each(CHARACTERS, "boolean", "boolean", "boolean", BOOLEANS, NO_BOOLEANS),
    *each(CHARACTERS, "enum", "mood", "enum", LABELS, ["'Sad'", "''"]),
    *each([*LONG, *CHARACTERS], "jsonb", "jsonb", "jsonb", JSON, NO_JSON),
    *each(LONG, "json", "json", "json", JSON_TEXT, NO_JSON),
    *each(["char(29)", "nchar(29)"], "json", "json", "json", [("'{\"a\": 1}'", '{"a": 1}' + " " * 21)], NO_JSON),
    *each(LONG, "xml", "public.xml", "xml", XML, NO_XML),
    *each(["char(80)", "nchar(80)"], "xml", "public.xml", "xml", XML, NO_XML, options=TRIMMED),
]  # fmt: skip

NUMBERS = [
    Checked("tinyint", "boolean", "boolean", "boolean", [("0", "f"), ("1", "t")], ["2", "255"]),
    *each(["smallint", "int", "bigint"], "boolean", "boolean", "boolean", [("0", "f"), ("1", "t")], ["2", "-1"]),
    Checked("int", "smallint, integer", "smallint", "smallint", [("32767", "32767"), ("-32768", "-32768")], ["32768", "-32769"]),
    Checked("bigint", "smallint, integer", "integer", "integer", [("2147483647", "2147483647"), ("-2147483648", "-2147483648")], ["2147483648", "-2147483649"]),
    Checked("int", "real, double precision", "real", "real", [("16777216", "1.6777216e+07"), ("-7", "-7")], ["16777217"]),
    Checked("bigint", "real, double precision", "double precision", "double precision", [("9007199254740992", "9.007199254740992e+15"), ("-5", "-5")], ["9007199254740993"]),
    Checked("decimal(18,2)", "smallint, integer, bigint", "bigint", "bigint", [("7.00", "7"), ("-9999999999999999", "-9999999999999999")], ["7.50"]),
    Checked("numeric(38,0)", "smallint, integer, bigint", "bigint", "bigint", [("9223372036854775807", "9223372036854775807")], ["9223372036854775808"]),
    Checked("money", "smallint, integer, bigint", "integer", "integer", [("-5", "-5"), ("2147483647", "2147483647")], ["0.0001", "2147483648"]),
    Checked("smallmoney", "smallint, integer, bigint", "smallint", "smallint", [("12", "12")], ["12.5", "40000"]),
    *each(["tinyint"], "numeric(p,s), p up to 38", "numeric(2,0)", "numeric(2,0)", [("99", "99"), ("0", "0")], ["100"]),
    *each(["smallint", "int", "bigint"], "numeric(p,s), p up to 38", "numeric(4,1)", "numeric(4,1)", [("999", "999.0"), ("-999", "-999.0")], ["1000", "-1000"]),
    *each(["money", "smallmoney"], "numeric(p,s), p up to 38", "numeric(7,2)", "numeric(7,2)", [("12.34", "12.34"), ("-99999.99", "-99999.99"), ("0", "0.00")], ["12.345", "0.0001", "100000"]),
    Checked("decimal(38,10)", "numeric(p,s), p up to 38", "numeric(30,2)", "numeric(30,2)", [("'1234567890123456789012345678.25'", "1234567890123456789012345678.25")], ["0.001"]),
    Checked("numeric(9,2)", "numeric(p,s), p up to 38", "numeric(5,4)", "numeric(5,4)", [("9.99", "9.9900")], ["10"]),
    *each(["float", "real"], "smallint, integer, bigint", "integer", "integer", [("5", "5"), ("-2147483648", "-2147483648"), ("-1E0 * 0E0", "0")], ["1.5", "2147483648", "1E30"]),
    Checked("float", "real", "real", "real", [("0.5", "0.5"), ("-16777216", "-1.6777216e+07"), ("0", "0")], ["0.1", "1E300", "16777217"]),
]  # fmt: skip

MOMENTS = [
    Checked("smalldatetime", "date", "date", "date", [("'20240229'", "2024-02-29")], ["'2024-02-29T00:01:00'"]),
    Checked("datetime", "date", "date", "date", [("'17530101'", "1753-01-01"), ("'99991231'", "9999-12-31")], ["'2024-02-29T00:00:00.003'", "'1753-01-01T23:59:59.997'"]),
    Checked("datetime2(7)", "date", "date", "date", [("'0001-01-01'", "0001-01-01"), ("'9999-12-31'", "9999-12-31")], ["'2024-02-29 00:00:00.000001'", "'0001-01-01 12:00'"]),
    Checked("date", "timestamptz with as many digits at UTC", "timestamptz", "timestamptz at UTC", [("'2024-07-01'", "2024-07-01 00:00:00+00"), ("'0001-01-01'", "0001-01-01 00:00:00+00")]),
    Checked("smalldatetime", "timestamptz with as many digits at UTC", "timestamptz(0)", "timestamptz at utc", [("'2024-07-01T12:34:00'", "2024-07-01 12:34:00+00")]),
    Checked("datetime", "timestamptz with as many digits at UTC", "timestamptz", "timestamptz at UTC", [("'2024-07-01T12:34:56.003'", "2024-07-01 12:34:56.003+00")]),
    Checked("datetime2(3)", "timestamptz with as many digits at UTC", "timestamptz(3)", "timestamptz(3) at UTC", [("'2024-07-01 12:34:56.789'", "2024-07-01 12:34:56.789+00"), ("'9999-12-31 23:59:59.999'", "9999-12-31 23:59:59.999+00")]),
    Checked("time(7)", "time(n)", "time(0)", "time(0)", [("'23:59:59.9999999'", "23:59:59"), ("'12:00:00.5'", "12:00:00"), ("'12:00'", "12:00:00")], cut=2),
    Checked("datetime", "timestamp(n)", "timestamp(0)", "timestamp(0)", [("'9999-12-31T23:59:59.997'", "9999-12-31 23:59:59"), ("'2024-01-01T00:00:00.003'", "2024-01-01 00:00:00"), ("'20240101'", "2024-01-01 00:00:00")], cut=2),
    Checked("datetime2(7)", "timestamp(n)", "timestamp(3)", "timestamp(3)", [("'9999-12-31 23:59:59.9999999'", "9999-12-31 23:59:59.999"), ("'1969-12-31 23:59:59.9994'", "1969-12-31 23:59:59.999"), ("'2024-01-01 01:02:03.004'", "2024-01-01 01:02:03.004")], cut=2),
    Checked("datetime", "timestamptz(n) at UTC", "timestamptz(0)", "timestamptz(0) at UTC", [("'2024-01-01T00:00:00.997'", "2024-01-01 00:00:00+00")], cut=1),
    Checked("datetime2(6)", "timestamptz(n) at UTC", "timestamptz(3)", "timestamptz(3) at UTC", [("'2024-01-01 00:00:00.9999'", "2024-01-01 00:00:00.999+00"), ("'2024-01-01'", "2024-01-01 00:00:00+00")], cut=1),
    Checked("datetimeoffset(7)", "timestamptz(n)", "timestamptz(0)", "timestamptz(0)", [("'2024-05-06 23:30:00.9999999 -11:00'", "2024-05-07 10:30:00+00"), ("'2024-05-06 23:30:00 +02:00'", "2024-05-06 21:30:00+00")], cut=1),
    Checked("datetimeoffset(3)", "timestamp(n) at UTC", "timestamp", "timestamp at UTC", [("'2024-05-06 23:30:00.123 -11:00'", "2024-05-07 10:30:00.123")]),
]  # fmt: skip

CHECKED_CASES = [*TEXTS, *NUMBERS, *MOMENTS]
