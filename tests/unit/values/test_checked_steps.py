"""The steps of checked conversions on slices, NULLs, empty arrays, and values that do not pass."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from tableferry.config import OnInvalid, TrailingBlanks
from tableferry.errors import DataError
from tableferry.model.schema import UNLIMITED, PgType, SourceColumn, SourceType, TargetColumn
from tableferry.planning.column_plan import ColumnPlan, plan_column
from tableferry.typemap import RULES, parse_override
from tableferry.values import Converter, RefusedRows, target_schema
from tableferry.values.refused_rows import converted_value

TEXT = SourceType("nvarchar", UNLIMITED)
PADDED = SourceType("char", 9)
INT = SourceType("int", 4, 10)
BIGINT = SourceType("bigint", 8, 19)
MONEY = SourceType("money", 8, 19, 4)
FLOAT = SourceType("float", 8, 53)
TIME = SourceType("time", 5, 16, 7)
DATETIME = SourceType("datetime", 8, 23, 3)
DATETIME2 = SourceType("datetime2", 8, 27, 7)
OFFSET = SourceType("datetimeoffset", 10, 34, 7)
US, NS = pa.timestamp("us"), pa.timestamp("ns")
UTC = pa.timestamp("us", tz="UTC")
GUID = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
MOOD = PgType("enum", enum="mood")


def column(source: SourceType, written: str) -> ColumnPlan:
    override = parse_override(written)
    assert override
    kind = MOOD if override.type.name == "enum" else override.type
    conversion = RULES[source.name].conversion(source, kind, requested=True, form=override.form)
    assert conversion
    return plan_column(SourceColumn("c", source), TargetColumn("c", kind), conversion)


def at(*clock: int, tz: dt.tzinfo | None = None) -> dt.datetime:
    return dt.datetime(1969, 12, 31, *clock, tzinfo=tz)


CASES: list[tuple[SourceType, str, pa.DataType, list[Any], list[Any], list[Any]]] = [
    (TEXT, "varchar(3)", pa.large_string(), ["abc", "äöü", "", "a  "], ["abc", "äöü", "", "a  "],
     ["abcd", "abc "]),
    (TEXT, "char(3)", pa.string(), ["abc", "a   "], ["abc", "a   "], ["abcd"]),
    (TEXT, "uuid", pa.large_string(), [str(GUID), f"{{{GUID}}}".upper(), GUID.hex + "  "],
     [GUID.bytes] * 3, ["", str(GUID)[:-1], f"{{{GUID}", f"{GUID}}}", f" {GUID}", "{}",
                        f"{GUID}\n"]),
    (TEXT, "uuid", pa.string(), [str(GUID), str(GUID).upper(), f"{GUID}    "], [GUID.bytes] * 3,
     [f"{str(GUID)[:-1]}G", f"{GUID.hex[:9]}{str(GUID)[9:]}", f"{str(GUID)[:-2]}é"]),
    (TEXT, "boolean", pa.string(), ["1", "Y", "no ", "OFF"], [True, True, False, False],
     ["", "2", "\u0131"]),
    (TEXT, "enum", pa.string(), ["sad", "glad "], ["sad", "glad"], []),
    (TEXT, "jsonb", pa.string(), ["{}", "1"], ["\x01{}", "\x011"], []),
    (TEXT, "xml", pa.string(), ["<a/>", '<?xml version="1.0" encoding="UTF-8"?><a/>',
     "<?xml version='1.0'?><a/>", '<a encoding="x"/>'], ["<a/>",
     '<?xml version="1.0" encoding="UTF-8"?><a/>', "<?xml version='1.0'?><a/>",
     '<a encoding="x"/>'], ["<?xml version='1.0' encoding='latin1'?><a/>",
     '\n<?xml version="1.0"\nencoding = "utf-16"?><a/>']),
    (INT, "boolean", pa.int32(), [0, 1], [False, True], [2, -1]),
    (INT, "smallint", pa.int32(), [-(2**15), 2**15 - 1], [-(2**15), 2**15 - 1], [2**15]),
    (BIGINT, "double precision", pa.int64(), [2**53, -5], [2.0**53, -5.0], [2**53 + 1]),
    (BIGINT, "numeric(5,2)", pa.int64(), [999, -999], [Decimal("999.00"), Decimal("-999.00")],
     [1000, 2**63 - 1, -(2**63)]),
    (MONEY, "numeric(18,2)", pa.decimal128(19, 4), [Decimal("1.2300")], [Decimal("1.23")],
     [Decimal("1.2345")]),
    (MONEY, "integer", pa.decimal128(19, 4), [Decimal("7.0000")], [7],
     [Decimal("7.0001"), Decimal("2147483648.0000")]),
    (FLOAT, "bigint", pa.float64(), [-(2.0**63), 5.0, -0.0], [-(2**63), 5, 0],
     [2.0**63, 0.5, 1e300]),
    (FLOAT, "real", pa.float64(), [0.5, 2.0**24], [0.5, 2.0**24], [0.1, 1e39, 1e-300]),
    (DATETIME2, "date", US, [at(0)], [dt.date(1969, 12, 31)], [at(0, 0, 0, 1), at(23, 59, 59)]),
    (TIME, "time(0)", pa.time64("ns"), [dt.time(23, 59, 59, 999_999)], [dt.time(23, 59, 59)], []),
    (DATETIME, "timestamp(0)", US, [at(23, 59, 59, 996_667)], [at(23, 59, 59)], []),
    (DATETIME2, "timestamp(3)", US, [at(1, 2, 3, 456_789)], [at(1, 2, 3, 456_000)], []),
    (DATETIME2, "timestamptz at UTC", US, [at(1, 2, 3, 4)], [at(1, 2, 3, 4, tz=dt.UTC)], []),
    (SourceType("date", 3, 10), "timestamptz at UTC", pa.date32(), [dt.date(1969, 12, 31)],
     [at(0, tz=dt.UTC)], []),
    (OFFSET, "timestamp at UTC", UTC, [at(1, 2, 3, 4, tz=dt.UTC)], [at(1, 2, 3, 4)], []),
    (OFFSET, "timestamptz(0)", UTC, [at(1, 2, 3, 999_999, tz=dt.UTC)],
     [at(1, 2, 3, tz=dt.UTC)], []),
]  # fmt: skip
EACH = pytest.mark.parametrize(
    ("source", "written", "arrives", "passing", "kept", "failing"),
    CASES,
    ids=[f"{source} to {written}" for source, written, *_ in CASES],
)


def converted(plan: ColumnPlan, array: pa.Array) -> pa.Array:
    result = Converter([plan])(pa.RecordBatch.from_arrays([array], names=["c"]))
    result.validate(full=True)
    assert result.schema.equals(target_schema([plan]))
    return result.column(0)


@EACH
def test_what_passes_converts_in_any_slice_with_its_nulls(
    source: SourceType,
    written: str,
    arrives: pa.DataType,
    passing: list[Any],
    kept: list[Any],
    failing: list[Any],
) -> None:
    plan = column(source, written)
    sent = pa.array([None, *passing, None], arrives)
    for start in range(len(sent) + 1):
        found = converted(plan, sent[start:]).to_pylist()
        assert found == [None, *kept, None][start:]
    assert converted(plan, pa.nulls(2)).to_pylist() == [None, None]


@EACH
def test_each_value_that_does_not_pass_is_refused_alone(
    source: SourceType,
    written: str,
    arrives: pa.DataType,
    passing: list[Any],
    kept: list[Any],
    failing: list[Any],
) -> None:
    plan = column(source, written)
    for value in failing:
        with pytest.raises(DataError) as raised:
            converted(plan, pa.array([*passing, None, value], arrives))
        assert plan.checks in raised.value.message
        assert f"row {len(passing) + 2:,}" in raised.value.message
        assert "quarantine" in raised.value.hint
    refused = RefusedRows((), len(failing))
    convert = Converter([plan], OnInvalid.QUARANTINE, refusals=refused)
    sent = pa.array([*failing, *passing, None], arrives)
    result = convert(pa.RecordBatch.from_arrays([sent], names=["c"]))
    assert result.column(0).to_pylist() == [*kept, None]
    assert refused.total == len(failing)


def test_the_digits_that_a_column_lacks_are_counted() -> None:
    plan = column(DATETIME2, "timestamp(3)")
    convert = Converter([plan])
    moments = pa.array([at(1, 2, 3, 4_000), at(1, 2, 3, 4_001), None, at(1, 2, 3, 1)], US)
    convert(pa.RecordBatch.from_arrays([moments], names=["c"]))
    assert convert.touched == {"c": {"digits of the second cut off": 2}}


def test_a_refused_jsonb_is_kept_without_its_version_byte() -> None:
    plan = column(TEXT, "jsonb")
    (scalar,) = converted(plan, pa.array(["{"]))
    assert converted_value(scalar, plan) == "{"


def test_padding_that_is_trimmed_does_not_make_a_text_too_long() -> None:
    plan = column(PADDED, "varchar(3)")
    refused = RefusedRows((), 1)
    convert = Converter([plan], OnInvalid.QUARANTINE, TrailingBlanks.TRIM, refused)
    sent = pa.array(["abc      ", "abcd     "])
    result = convert(pa.RecordBatch.from_arrays([sent], names=["c"]))
    assert result.column(0).to_pylist() == ["abc"]
    assert refused.total == 1
