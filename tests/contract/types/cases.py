"""A case for every row of the table of types: its values in T-SQL and in PostgreSQL.

Dates and times are in ticks of 100 ns, as SQL Server stores them. Texts are written as the bytes of
their UTF-16 units, so that neither quoting nor line continuation can alter them.
"""

import datetime as dt
import math
import struct
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

DAY = 864_000_000_000
LAST_DAY = dt.date.max.toordinal()


@dataclass(frozen=True)
class Case:
    """One type. ``written`` returns a value as T-SQL, ``kept`` as PostgreSQL should have it."""

    type: str
    becomes: str
    values: SearchStrategy[Any]
    edges: Sequence[Any]
    written: Callable[[Any], str]
    kept: Callable[[Any], Any] = lambda value: value
    override: str = ""
    companion: str = ""
    second: Callable[[Any], Any] = field(default=lambda value: value)

    def __str__(self) -> str:
        return f"{self.type} to {self.override}" if self.override else self.type


def cast(type_: str) -> Callable[[Any], str]:
    return lambda value: f"CAST('{value}' AS {type_})"


def whole(type_: str, becomes: str, low: int, high: int, **more: Any) -> Case:
    return Case(type_, becomes, st.integers(low, high), [low, high, 0, 1], str, **more)


def decimals(type_: str, digits: int, scale: int, becomes: str = "") -> Case:
    most = 10**digits - 1
    return Case(
        f"{type_}({digits},{scale})",
        becomes or f"numeric({digits},{scale})",
        st.integers(-most, most).map(lambda n: _scaled(n, scale)),
        [_scaled(n, scale) for n in (most, -most, 1, -1, 0)],
        lambda value: cast(f"{type_}({digits},{scale})")(f"{value:f}"),
    )


def moneys(type_: str, bits: int, becomes: str, override: str = "") -> Case:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return Case(
        type_,
        becomes,
        st.integers(low, high).map(lambda n: _scaled(n, 4)),
        [_scaled(n, 4) for n in (low, high, 1, -1, 0)],
        lambda value: cast(type_)(f"{value:f}"),
        kept=(lambda value: f"{value:f}") if override else (lambda value: value),
        override=override,
    )


def floats(type_: str, becomes: str, width: int) -> Case:
    """Normal numbers only: SQL Server does not guarantee denormal ones."""
    least, most = (2.0**-126, 3.4028234663852886e38) if width == 32 else (2.0**-1022, 1.797e308)
    values = st.floats(-most, most, width=width, allow_subnormal=False)
    edges = [0.0, -0.0, most, -most, least, -least, 1.5, *([0.1] if width == 64 else [])]
    return Case(
        type_,
        becomes,
        values,
        edges,
        lambda value: cast(type_)(f"{value:.16E}") if value else f"CAST({_zero(value)} AS {type_})",
    )


def _zero(value: float) -> str:
    """Write a zero as arithmetic, since no literal is guaranteed to become the negative one."""
    return "-1E0 * 0E0" if math.copysign(1, value) < 0 else "0E0"


def texts(type_: str, most: int, *, wide: bool, fill: int = 0) -> Case:
    """``most`` counts UTF-16 units. ``test_policies`` covers U+0000 and lone surrogates."""
    alphabet = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    if not wide:
        alphabet = st.characters(codec="cp1252", exclude_characters="\0")
    values = st.text(alphabet, max_size=most).filter(lambda v: _units(v) <= most)
    edges = ["", " ", "a ", "\t\n\r", "\\\n", "\\N", "\\.", "O'Br", '"', "x" * min(most, 100)]
    wider = ["😀Ж", "\ufeff", "\ufeffa", "\ufffd", "\uffff", "\U0010ffff", "\U0010d800"]
    edges += wider if wide else ["ÄÖ€", "\xad\xff"]
    encoding, kind = ("utf-16-le", "nvarchar") if wide else ("cp1252", "varchar")
    return Case(
        type_,
        "text",
        values,
        [edge for edge in edges if _units(edge) <= most],
        lambda v: f"CAST(CAST(0x{v.encode(encoding).hex()} AS {kind}(max)) AS {type_})",
        kept=lambda v: v + " " * (fill - _units(v)) if fill else v,
    )


def binaries(type_: str, most: int, *, fixed: bool = False) -> Case:
    return Case(
        type_,
        "bytea",
        st.binary(max_size=most),
        [b"", b"\0", b"\\x00", bytes(range(min(most, 256))), b"\xff" * most],
        lambda value: f"CAST(0x{value.hex()} AS {type_})",
        kept=lambda value: value.ljust(most, b"\0") if fixed else value,
    )


def times(scale: int, override: str = "") -> Case:
    unit = 10 ** (7 - scale)
    return Case(
        f"time({scale})",
        override or f"time({min(scale, 6)}) without time zone",
        st.integers(0, DAY // unit - 1).map(lambda n: n * unit),
        [0, unit, DAY - unit, DAY // 2],
        lambda ticks: cast(f"time({scale})")(clock(ticks, scale)),
        kept=(lambda ticks: clock(ticks, scale)) if override else _time,
        override=override,
    )


def datetime2s(scale: int, override: str = "") -> Case:
    unit, end = 10 ** (7 - scale), LAST_DAY * DAY
    return Case(
        f"datetime2({scale})",
        override or f"timestamp({min(scale, 6)}) without time zone",
        st.integers(0, end // unit - 1).map(lambda n: n * unit),
        [0, unit, end - unit, (dt.date(1970, 1, 1).toordinal() - 1) * DAY - unit],
        lambda ticks: cast(f"datetime2({scale})")(moment(ticks, scale, "T")),
        kept=(lambda ticks: moment(ticks, scale, " ")) if override else datetime_of,
        override=override,
    )


def offsets(scale: int, override: str = "") -> Case:
    """Pairs of a UTC instant in ticks and an offset in minutes."""
    unit, end = 10 ** (7 - scale), LAST_DAY * DAY
    instants = st.integers(DAY // unit, (end - DAY) // unit).map(lambda n: n * unit)
    pairs = st.tuples(instants, st.integers(-14 * 60, 14 * 60))
    edges = [(0, 0), (end - unit, 0), (end - DAY, 840), (DAY, -840), (DAY * 700_000, 1), (DAY, -1)]
    in_text = override == "text"
    return Case(
        f"datetimeoffset({scale})",
        "text" if in_text else f"timestamp({min(scale, 6)}) with time zone",
        pairs,
        edges,
        lambda pair: cast(f"datetimeoffset({scale})")(zoned(*pair, scale, "T")),
        kept=(lambda pair: zoned(*pair, scale, " "))
        if in_text
        else (lambda pair: datetime_of(pair[0]).replace(tzinfo=dt.UTC)),
        override=f"timestamptz({min(scale, 6)}) + offset" if override == "offset" else override,
        companion="v_offset" if override == "offset" else "",
        second=lambda pair: pair[1],
    )


def datetimes() -> Case:
    """From 1753 on, in units of 1/300 s; shown rounded to milliseconds."""
    first = (dt.date(1753, 1, 1).toordinal() - 1) * 25_920_000
    last = LAST_DAY * 25_920_000 - 1

    def shown(thirds: int) -> dt.datetime:
        days, rest = divmod(thirds, 25_920_000)
        ticks = days * DAY + (rest * 10 + 1) // 3 * 10_000
        return datetime_of(ticks)

    return Case(
        "datetime",
        "timestamp(3) without time zone",
        st.integers(first, last),
        [first, last, first + 1, first + 2],
        lambda thirds: cast("datetime")(shown(thirds).isoformat("T", "milliseconds")),
        kept=shown,
    )


def smalldatetimes() -> Case:
    first, minutes = dt.datetime(1900, 1, 1), 65_536 * 1440
    return Case(
        "smalldatetime",
        "timestamp(0) without time zone",
        st.integers(0, minutes - 1).map(lambda n: first + dt.timedelta(minutes=n)),
        [first, first + dt.timedelta(minutes=minutes - 1)],
        lambda value: cast("smalldatetime")(value.isoformat("T", "seconds")),
    )


def dates() -> Case:
    return Case("date", "date", st.dates(), [dt.date.min, dt.date.max], cast("date"))


def guids(override: str = "") -> Case:
    return Case(
        "uniqueidentifier",
        override or "uuid",
        st.uuids(),
        [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), uuid.UUID(int=0x00112233 << 96)],
        cast("uniqueidentifier"),
        kept=(lambda value: str(value).upper()) if override else (lambda value: value),
        override=override,
    )


def xmls() -> Case:
    """Content that SQL Server's XML parser does not normalise."""
    words = st.text(st.characters(min_codepoint=0x21, exclude_categories=["C"]), max_size=8)
    safe = words.map(lambda v: "".join(c for c in v if c not in "<>&"))
    values = safe.map(lambda v: f"<a>{v}</a>" if v else "<a/>")
    edges = ["<a/>", "<a>я😀</a>", '<a b="1"><c>d</c></a>', "<a/><b/>", "text", ""]
    return Case(
        "xml",
        "text",
        values,
        edges,
        lambda v: f"CAST(CAST(0x{v.encode('utf-16-le').hex()} AS nvarchar(max)) AS xml)",
    )


def hierarchies() -> Case:
    numbers = st.integers(-300, 6000)
    label = st.lists(numbers, min_size=1, max_size=2).map(lambda n: ".".join(map(str, n)))
    return Case(
        "hierarchyid",
        "text",
        st.lists(label, max_size=4).map(lambda labels: "/" + "".join(f"{n}/" for n in labels)),
        ["/", "/1/", "/1.1/", "/-1/", "/0/4294972496/", "/1/2.5/-3/"],
        lambda path: f"hierarchyid::Parse('{path}')",
    )


def geographies() -> Case:
    halves = st.integers(-179 * 64, 179 * 64).map(lambda n: n / 64)
    points = st.tuples(halves.filter(lambda v: abs(v) < 90), halves)
    return Case(
        "geography",
        "bytea",
        points,
        [(0.0, 0.0), (89.5, -179.5), (-90.0, 179.984375)],
        lambda p: f"geography::Point({p[0]!r}, {p[1]!r}, 4326)",
        kept=lambda p: struct.pack("<BIdd", 1, 1, p[1], p[0]),
        companion="v_srid",
        second=lambda _point: 4326,
    )


def geometries() -> Case:
    """Lines with Z: type 1002 of WKB."""
    numbers = st.integers(-10_000, 10_000).map(float)
    points = st.tuples(numbers, numbers, numbers)
    lines = st.lists(points, min_size=2, max_size=5, unique_by=lambda point: point[0])

    def written(line: list[tuple[float, ...]]) -> str:
        body = ", ".join(" ".join(f"{n:g}" for n in point) for point in line)
        return f"geometry::STGeomFromText('LINESTRING ({body})', 25832)"

    def kept(line: list[tuple[float, ...]]) -> bytes:
        packed = b"".join(struct.pack("<3d", *point) for point in line)
        return struct.pack("<BII", 1, 1002, len(line)) + packed

    edge = [(0.0, 0.0, 0.0), (1.0, 1.0, -1.0)]
    return Case(
        "geometry", "bytea", lines, [edge], written, kept,
        companion="v_srid", second=lambda _line: 25832,
    )  # fmt: skip


def variants() -> Case:
    """Triples of the base type, the value in T-SQL, and the text that it becomes."""
    guid = str(uuid.UUID(int=7 << 99)).upper()
    edges = [
        ("int", "-5", "-5"),
        ("bigint", "CAST(9223372036854775807 AS bigint)", "9223372036854775807"),
        ("tinyint", "CAST(255 AS tinyint)", "255"),
        ("bit", "CAST(1 AS bit)", "1"),
        ("decimal", "CAST('12.500' AS decimal(10,3))", "12.500"),
        ("money", "CAST('-0.0001' AS money)", "-0.0001"),
        ("smallmoney", "CAST('214748.3647' AS smallmoney)", "214748.3647"),
        ("float", "CAST('0.1' AS float)", "1.0000000000000001e-001"),
        ("real", "CAST('1.5' AS real)", "1.5000000000000000e+000"),
        ("nvarchar", "N'я 😀'", "я 😀"),
        ("varchar", "'a '", "a "),
        ("nchar", "CAST(N'a' AS nchar(3))", "a  "),
        ("varbinary", "CAST(0x00FF AS varbinary(5))", "0x00FF"),
        ("binary", "CAST(0x01 AS binary(2))", "0x0100"),
        ("date", "CAST('0001-01-01' AS date)", "0001-01-01"),
        ("time", "CAST('23:59:59.9999999' AS time(7))", "23:59:59.9999999"),
        ("datetime", "CAST('9999-12-31T23:59:59.997' AS datetime)", "9999-12-31 23:59:59.997"),
        ("smalldatetime", "CAST('2079-06-06T23:59:00' AS smalldatetime)", "2079-06-06 23:59:00"),
        ("datetime2", "CAST('9999-12-31T23:59:59.9999999' AS datetime2(7))",
         "9999-12-31 23:59:59.9999999"),
        ("datetimeoffset", "CAST('2024-02-29T01:02:03.5 -11:30' AS datetimeoffset(7))",
         "2024-02-29 01:02:03.5000000 -11:30"),
        ("uniqueidentifier", f"CAST('{guid}' AS uniqueidentifier)", guid),
    ]  # fmt: skip
    return Case(
        "sql_variant",
        "text",
        st.integers(-(2**31), 2**31 - 1).map(lambda n: ("int", f"CAST({n} AS int)", str(n))),
        edges,
        lambda value: f"CAST({value[1]} AS sql_variant)",
        kept=lambda value: value[2],
        companion="v_type",
        second=lambda value: value[0],
    )


def clock(ticks: int, scale: int) -> str:
    seconds, rest = divmod(ticks, 10_000_000)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    text = f"{hours:02}:{minutes:02}:{seconds % 60:02}"
    return f"{text}.{rest:07}"[: len(text) + 1 + scale] if scale else text


def moment(ticks: int, scale: int, between: str) -> str:
    return (
        f"{dt.date.fromordinal(ticks // DAY + 1).isoformat()}{between}{clock(ticks % DAY, scale)}"
    )


def zoned(utc: int, offset: int, scale: int, between: str) -> str:
    hours, minutes = divmod(abs(offset), 60)
    local = moment(utc + offset * 600_000_000, scale, between)
    gap = "" if between == "T" else " "
    return f"{local}{gap}{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"


def datetime_of(ticks: int) -> dt.datetime:
    """Return ticks as a datetime, truncated to microseconds."""
    return dt.datetime.combine(dt.date.fromordinal(ticks // DAY + 1), _time(ticks % DAY))


def _time(ticks: int) -> dt.time:
    seconds, rest = divmod(ticks, 10_000_000)
    return dt.time(seconds // 3600, seconds // 60 % 60, seconds % 60, rest // 10)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _scaled(number: int, scale: int) -> Decimal:
    sign, digits = int(number < 0), tuple(map(int, str(abs(number))))
    return Decimal((sign, digits, -scale))


def _as_text(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


CASES = [
    Case("bit", "boolean", st.booleans(), [True, False], lambda value: str(int(value))),
    Case("bit", "text", st.booleans(), [True, False], lambda value: str(int(value)),
         kept=lambda value: str(int(value)), override="text"),
    whole("tinyint", "smallint", 0, 255),
    whole("smallint", "smallint", -(2**15), 2**15 - 1),
    whole("int", "integer", -(2**31), 2**31 - 1),
    whole("bigint", "bigint", -(2**63), 2**63 - 1),
    whole("bigint", "text", -(2**63), 2**63 - 1, kept=str, override="text"),
    decimals("decimal", 38, 0),
    decimals("decimal", 38, 38),
    decimals("decimal", 18, 4),
    decimals("numeric", 9, 2),
    moneys("money", 64, "numeric(19,4)"),
    moneys("smallmoney", 32, "numeric(10,4)"),
    moneys("money", 64, "text", "text"),
    floats("real", "real", 32),
    floats("float(24)", "real", 32),
    floats("float", "double precision", 64),
    dates(),
    times(0), times(3), times(7), times(7, "text"),
    smalldatetimes(),
    datetimes(),
    datetime2s(0), datetime2s(3), datetime2s(7), datetime2s(7, "text"),
    offsets(0), offsets(7), offsets(7, "offset"), offsets(7, "text"),
    texts("char(6)", 6, wide=False, fill=6),
    texts("nchar(6)", 6, wide=True, fill=6),
    texts("varchar(20)", 20, wide=False),
    texts("nvarchar(20)", 20, wide=True),
    texts("sysname", 20, wide=True),
    texts("dbo.Phone", 20, wide=True),
    texts("varchar(max)", 9000, wide=False),
    texts("nvarchar(max)", 5000, wide=True),
    texts("text", 50, wide=False),
    texts("ntext", 50, wide=True),
    binaries("binary(8)", 8, fixed=True),
    binaries("varbinary(20)", 20),
    binaries("varbinary(max)", 9000),
    binaries("image", 50),
    guids(), guids("text"),
    xmls(),
    hierarchies(),
    geographies(),
    geometries(),
    variants(),
]  # fmt: skip
"""Every type except those whose values the server generates (rowversion, identity, computed) and
those of SQL Server 2025 only: ``test_policies`` covers both."""
