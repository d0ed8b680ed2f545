"""Conversions are exact, or raise an error that does not quote the value."""

import datetime as dt
import traceback
import uuid
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from tableferry.errors import DataError, VerificationError
from tableferry.model.schema import PgType, SourceType
from tableferry.values import Converter, target_schema
from tests.support.specs import planned

GUID = SourceType("uniqueidentifier", 16)
DATETIME2 = SourceType("datetime2", 8, 27, 7)
TIME = SourceType("time", 5, 16, 7)
DATETIME = SourceType("datetime", 8, 23, 3)
EPOCH = dt.datetime(1970, 1, 1)


def converted(array: pa.Array, source: SourceType, target: PgType | None = None) -> pa.Array:
    """The array as COPY gets it."""
    column = planned("c", source, target)
    batch = pa.RecordBatch.from_arrays([array], names=["anything"])
    result = Converter([column])(batch)
    result.validate(full=True)
    assert result.schema.equals(target_schema([column]))
    return result.column(0)


def micros(*moments: dt.datetime) -> list[int]:
    return [(moment - EPOCH) // dt.timedelta(microseconds=1) for moment in moments]


GUIDS = [
    None,
    uuid.UUID("00112233-4455-6677-8899-aabbccddeeff"),
    uuid.UUID(int=0),
    None,
    uuid.UUID(int=2**128 - 1),
]


@pytest.mark.parametrize("binary", [pa.large_binary(), pa.binary(), pa.binary(16)])
def test_a_guid_gets_the_byte_order_of_its_text(binary: pa.DataType) -> None:
    sent = pa.array([found and found.bytes_le for found in GUIDS], binary)
    kept = converted(sent, GUID)
    assert [value and uuid.UUID(bytes=value) for value in kept.to_pylist()] == GUIDS


@pytest.mark.parametrize("start", range(5))
def test_a_slice_of_guids_keeps_its_own_nulls(start: int) -> None:
    sent = pa.array([found and found.bytes_le for found in GUIDS], pa.binary(16))[start:]
    kept = converted(sent, GUID)
    assert [value and uuid.UUID(bytes=value) for value in kept.to_pylist()] == GUIDS[start:]


@pytest.mark.parametrize("values", [[], [None], [None, None, None]])
def test_an_array_without_any_guid_converts(values: list[None]) -> None:
    assert converted(pa.array(values, pa.large_binary()), GUID).to_pylist() == values


@pytest.mark.parametrize(
    ("nanoseconds", "kept"),
    [
        (0, 0),
        (999, 0),
        (1_000, 1),
        (-1, -1),
        (-100, -1),
        (-1_000, -1),
        (-1_001, -2),
        (86_399_999_999_900, 86_399_999_999),
        (None, None),
    ],
)
def test_a_time_is_truncated_towards_the_past(nanoseconds: int | None, kept: int | None) -> None:
    sent = pa.array([nanoseconds], pa.int64()).cast(pa.timestamp("ns"))
    assert converted(sent, DATETIME2).cast(pa.int64()).to_pylist() == [kept]


def test_the_last_100_nanoseconds_of_a_day_stay_on_it() -> None:
    sent = pa.array([86_399_999_999_900, None, 0], pa.int64()).cast(pa.time64("ns"))
    assert converted(sent, TIME).to_pylist() == [dt.time(23, 59, 59, 999_999), None, dt.time(0)]


def test_the_last_microsecond_of_year_9999_and_the_first_of_year_1_arrive() -> None:
    ends = [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999_999), None]
    assert converted(pa.array(ends, pa.timestamp("us")), DATETIME2).to_pylist() == ends


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_every_unit_of_time_converts(unit: str) -> None:
    moment = dt.datetime(1969, 12, 31, 23, 59, 58)
    sent = pa.array([moment, None], pa.timestamp("s")).cast(pa.timestamp(unit))
    assert converted(sent, DATETIME2).to_pylist() == [moment, None]


@pytest.mark.parametrize(
    ("sent", "milliseconds"),
    [
        (".003333", 3),
        (".006666", 7),
        (".006667", 7),
        (".996666", 997),
        (".997", 997),
        (".000", 0),
    ],
)
@pytest.mark.parametrize("year", [1753, 1969, 1970, 2024, 9999])
def test_a_datetime_is_rounded_to_the_milliseconds_that_sql_server_displays(
    sent: str, milliseconds: int, year: int
) -> None:
    start = dt.datetime(year, 12, 31, 23, 59, 59)
    moment = start + dt.timedelta(seconds=float("0" + sent))
    kept = converted(pa.array([moment, None, start], pa.timestamp("us")), DATETIME)
    assert kept.to_pylist() == [start + dt.timedelta(milliseconds=milliseconds), None, start]


def test_a_datetime_in_nanoseconds_is_rounded_once() -> None:
    sent = pa.array([3_333_333, 6_666_667, -3_333_333], pa.int64()).cast(pa.timestamp("ns"))
    assert converted(sent, DATETIME).cast(pa.int64()).to_pylist() == [3_000, 7_000, -3_000]


def test_a_datetimeoffset_keeps_its_instant() -> None:
    moment = dt.datetime(2024, 2, 29, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=-11)))
    sent = pa.array([moment, None], pa.timestamp("ns", tz="UTC"))
    kept = converted(sent, SourceType("datetimeoffset", 10, 34, 7))
    assert kept.to_pylist() == [moment, None]


@pytest.mark.parametrize(
    ("precision", "scale", "values"),
    [
        (38, 0, [Decimal(10**38 - 1), Decimal(1 - 10**38), None, Decimal(0)]),
        (38, 38, [Decimal("0." + "9" * 38), Decimal("0." + "0" * 37 + "1"), None]),
        (18, 4, [Decimal("-99999999999999.9999"), Decimal("0.0001"), None]),
    ],
)
def test_a_decimal_keeps_every_digit(
    precision: int, scale: int, values: list[Decimal | None]
) -> None:
    texts = [value if value is None else format(value, "f") for value in values]
    sent = pa.array(texts, pa.string()).cast(pa.decimal128(precision, scale))
    kept = converted(sent, SourceType("decimal", 17, precision, scale))
    assert kept.to_pylist() == values


@pytest.mark.parametrize(
    ("arrow", "source", "target", "values"),
    [
        (pa.bool_(), "bit", "bool", [True, False, None]),
        (pa.bool_(), "bit", "int2", [1, 0, None]),
        (pa.bool_(), "bit", "int8", [1, 0, None]),
        (pa.bool_(), "bit", "numeric", [Decimal(1), Decimal(0), None]),
        (pa.bool_(), "bit", "float8", [1.0, 0.0, None]),
        (pa.uint8(), "tinyint", "int2", [0, 255, None]),
        (pa.uint8(), "tinyint", "numeric", [Decimal(0), Decimal(255), None]),
        (pa.int16(), "smallint", "int8", [-(2**15), 2**15 - 1, None]),
        (pa.int32(), "int", "float8", [-(2.0**31), 2.0**31 - 1, None]),
        (pa.int32(), "int", "int8", [-(2**31), 2**31 - 1, None]),
        (pa.int64(), "bigint", "int8", [-(2**63), 2**63 - 1, None]),
        (pa.int64(), "bigint", "numeric", [Decimal(-(2**63)), Decimal(2**63 - 1), None]),
        (pa.float32(), "real", "float8", [0.5, -0.0, None]),
        (pa.date32(), "date", "timestamp", [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31), None]),
        (pa.large_string(), "nvarchar", "text", ["", "Ж😀\t\n\\N\\.", None]),
        (pa.string(), "nvarchar", "varchar", ["a", None, ""]),
        (pa.large_binary(), "varbinary", "bytea", [b"", b"\0\xff", None]),
        (pa.binary(8), "timestamp", "bytea", [b"\0\0\0\0\0\0\x07\xd1", None]),
    ],
)
def test_a_column_of_another_type_gets_the_same_values(
    arrow: pa.DataType, source: str, target: str, values: list[Any]
) -> None:
    as_sent: dict[pa.DataType, Any] = {pa.bool_(): bool, pa.date32(): dt.datetime.date}
    same = as_sent.get(arrow, lambda value: value)
    sent = pa.array([None if value is None else same(value) for value in values], arrow)
    for array in (sent, pa.concat_arrays([sent, sent])[len(sent) :], sent[1:]):
        kept = converted(array, SourceType(source, 8, 38, 0), PgType(target))
        assert kept.to_pylist() == values[len(values) - len(array) :]


@pytest.mark.parametrize(
    ("arrow", "source"),
    [
        (pa.int32(), SourceType("int")),
        (pa.large_string(), SourceType("nvarchar", 10)),
        (pa.time64("ns"), TIME),
        (pa.timestamp("us"), DATETIME2),
        (pa.timestamp("us"), DATETIME),
        (pa.large_binary(), GUID),
        (pa.decimal128(10, 2), SourceType("decimal", 9, 10, 2)),
    ],
)
def test_an_empty_batch_stays_empty(arrow: pa.DataType, source: SourceType) -> None:
    assert converted(pa.array([], arrow), source).to_pylist() == []


def test_a_value_without_an_exact_form_is_refused_and_not_quoted() -> None:
    with pytest.raises(DataError) as raised:
        converted(pa.array([2**40 + 4711]), SourceType("bigint"), PgType("int4"))
    told = "".join(traceback.format_exception(raised.value))
    assert "'c'" in raised.value.message
    assert raised.value.hint
    assert str(2**40 + 4711) not in told


@pytest.mark.parametrize(
    ("sent", "source"),
    [
        (pa.array([b"abc"], pa.binary()), SourceType("date")),
        (pa.array(["ab"], pa.large_string()), GUID),
        (pa.array(["0123456789abcdef"], pa.large_string()), GUID),
        (pa.array(["2024-01-01"], pa.large_string()), SourceType("date")),
        (pa.array(["17"], pa.large_string()), SourceType("int")),
        (pa.array([1.5], pa.float64()), SourceType("int")),
        (pa.array([65], pa.int32()), SourceType("nvarchar", 10)),
        (pa.array([b"text"], pa.large_binary()), SourceType("nvarchar", 10)),
        (pa.array(["bytes"], pa.large_string()), SourceType("varbinary", 10)),
        (pa.array([1], pa.int32()), SourceType("date")),
        (pa.array([1], pa.int64()), DATETIME2),
        (pa.array([0], pa.timestamp("us")), SourceType("bigint")),
        (pa.array([0], pa.timestamp("us")), SourceType("time", 5, 16, 7)),
        (pa.array([0], pa.timestamp("us")), SourceType("datetimeoffset", 10, 34, 7)),
        (pa.array([0], pa.timestamp("us", tz="UTC")), DATETIME2),
    ],
)
def test_an_array_of_an_unexpected_type_is_never_converted(
    sent: pa.Array, source: SourceType
) -> None:
    with pytest.raises((VerificationError, DataError)) as raised:
        converted(sent, source)
    assert "'c'" in raised.value.message
