"""Refused rows are kept with key, column, reason and bytes, up to the allowed number."""

import datetime as dt
import traceback
import uuid
from collections import Counter
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tableferry.config import OnInvalid, TrailingBlanks, parse_table_configs
from tableferry.errors import ConfigError, DataError
from tableferry.model.schema import PgType, SourceType
from tableferry.planning.column_plan import ColumnPlan, read_as_utf16
from tableferry.values import Converter, RefusedRows
from tableferry.values.refused_rows import MAX_VALUE_BYTES, json_value
from tests.support.specs import entry, planned

INT = SourceType("int", 4, 10)
NVARCHAR = SourceType("nvarchar", 40)
ROWVERSION = SourceType("timestamp", 8)
UNPAIRED = "an unpaired surrogate"
TOO_LARGE = "no exact form in bigint"


def texts(*values: str | None) -> pa.Array:
    return pa.array(values, pa.large_string())


def units_of(*values: str | None) -> pa.Array:
    encoded = [v if v is None else v.encode("utf-16-le", "surrogatepass") for v in values]
    return pa.array(encoded, pa.large_binary())


def as_utf16(name: str) -> ColumnPlan:
    return read_as_utf16([planned(name, NVARCHAR)], frozenset({name}))[0]


def sift(
    columns: list[ColumnPlan], *arrays: pa.Array, key: tuple[str, ...] = (), allowed: int = 100
) -> tuple[pa.RecordBatch, RefusedRows]:
    refusals = RefusedRows(key, allowed)
    convert = Converter(columns, OnInvalid.QUARANTINE, refusals=refusals)
    batch = pa.RecordBatch.from_arrays(list(arrays), names=[c.source.name for c in columns])
    return convert(batch), refusals


def test_a_row_with_a_nul_is_refused_with_key_column_reason_and_bytes() -> None:
    columns = [planned("ID", INT), planned("Name", NVARCHAR)]
    ids = pa.array([1, 2, 3], pa.int32())
    kept, refusals = sift(columns, ids, texts("a", "b\0", None), key=("ID",))
    assert kept.to_pylist() == [{"ID": 1, "Name": "a"}, {"ID": 3, "Name": None}]
    (row,) = refusals.rows
    assert (row.row_key, row.column, row.reason) == ({"ID": 2}, "Name", "U+0000")
    assert row.value == "b\0".encode("utf-16-le")


def test_an_unpaired_surrogate_is_kept_as_the_bytes_that_the_source_holds() -> None:
    sent = units_of("fine", "x\ud83d", None, "\U0001f600")
    kept, refusals = sift([as_utf16("Name")], sent)
    assert kept.column(0).to_pylist() == ["fine", None, "\U0001f600"]
    (row,) = refusals.rows
    assert (row.reason, row.value) == (UNPAIRED, b"x\0\x3d\xd8")
    assert row.row_key == {"Name": "0x78003dd8"}


def test_a_row_whose_number_has_no_exact_form_is_refused() -> None:
    column = planned("Version", ROWVERSION, PgType("int8"))
    sent = [n.to_bytes(8, "big") for n in (1, 2**63, 2**63 - 1, 2**64 - 1)]
    kept, refusals = sift([column], pa.array(sent, pa.binary(8)))
    assert kept.column(0).to_pylist() == [1, 2**63 - 1]
    assert [(row.reason, row.value) for row in refusals.rows] == [
        (TOO_LARGE, sent[1]),
        (TOO_LARGE, sent[3]),
    ]


def test_a_row_is_refused_once_by_its_first_column() -> None:
    columns = [planned("A", NVARCHAR), as_utf16("B")]
    kept, refusals = sift(columns, texts("\0", "a"), units_of("\udc00\0", "b"))
    assert kept.num_rows == 1
    assert refusals.counts() == {"A": Counter({"U+0000": 1})}


def test_a_refused_key_is_recorded_as_its_bytes() -> None:
    columns = [as_utf16("Code"), planned("N", INT)]
    _, refusals = sift(columns, units_of("a\ud800"), pa.array([1], pa.int32()), key=("Code",))
    assert refusals.rows[0].row_key == {"Code": "0x610000d8"}


def test_a_row_without_a_key_is_identified_by_all_its_values_truncated() -> None:
    columns = [planned("A", NVARCHAR), planned("B", NVARCHAR)]
    _, refusals = sift(columns, texts("\0"), texts("b" * 200))
    assert refusals.rows[0].row_key == {"A": "0x0000", "B": "b" * 100 + "..."}


def test_only_the_beginning_of_a_huge_value_is_kept() -> None:
    _, refusals = sift([planned("A", NVARCHAR)], texts("\0" * MAX_VALUE_BYTES))
    assert refusals.rows[0].value == b"\0" * MAX_VALUE_BYTES


def test_more_rows_than_allowed_fail_with_counts_by_column_and_reason_and_no_value() -> None:
    columns = [planned("Name", NVARCHAR), planned("Version", ROWVERSION, PgType("int8"))]
    names = texts("canary\0", "canary\0", "a")
    versions = pa.array([b"\0" * 8, b"\0" * 8, b"\xff" * 8], pa.binary(8))
    with pytest.raises(DataError) as raised:
        sift(columns, names, versions, allowed=2)
    assert raised.value.message == (
        f"3 rows were refused, 'max_invalid' allows 2: Name: U+0000: 2; Version: {TOO_LARGE}: 1"
    )
    assert "canary" not in "".join(traceback.format_exception(raised.value))


def test_no_refused_row_is_allowed_by_default() -> None:
    with pytest.raises(
        DataError, match=r"1 row was refused, 'max_invalid' allows 0: A: U\+0000: 1"
    ):
        sift([planned("A", NVARCHAR)], texts("\0"), allowed=0)


def test_altered_values_are_counted_once_although_the_batch_is_converted_again() -> None:
    columns = [planned("Code", SourceType("char", 4)), planned("Name", NVARCHAR)]
    refusals = RefusedRows((), 5)
    convert = Converter(columns, OnInvalid.QUARANTINE, TrailingBlanks.TRIM, refusals)
    batch = pa.RecordBatch.from_arrays(
        [texts("a   ", "b   ", "cccc"), texts("x", "\0", "y")], names=["Code", "Name"]
    )
    assert convert(batch).to_pydict() == {"Code": ["a", "cccc"], "Name": ["x", "y"]}
    assert convert.touched == {"Code": Counter({"trailing blanks trimmed": 1})}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (2**63 - 1, 2**63 - 1),
        (True, True),
        (Decimal("1.500"), "1.500"),
        (b"\0\xff", "0x00ff"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (dt.date(9999, 12, 31), "9999-12-31"),
        (dt.datetime(2024, 2, 29, 1, 2, 3, 4), "2024-02-29T01:02:03.000004"),
        ("я", "я"),
        ("a\0", "0x61000000"),
    ],
)
def test_a_key_has_a_form_that_json_keeps(value: Any, expected: Any) -> None:
    assert json_value(value) == expected


VALUES = st.lists(st.none() | st.text(st.characters() | st.just("\0"), max_size=4), max_size=30)


@given(VALUES)
@example(["\ufffd\ud800", "\ufffd", None])
def test_exactly_the_rows_that_cannot_be_stored_are_refused(values: list[str | None]) -> None:
    def is_bad(value: str | None) -> bool:
        whole = (value or "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return "\0" in whole or whole.count("\ufffd") > (value or "").count("\ufffd")

    kept, refusals = sift([as_utf16("V")], units_of(*values))
    assert len(kept) == len(values) - len(refusals.rows)
    assert len(refusals.rows) == sum(map(is_bad, values))


def test_quarantine_needs_the_ledger_and_a_budget_needs_quarantine() -> None:
    spec = parse_table_configs({"t": entry(on_invalid="quarantine", max_invalid=7)})["t"]
    assert (spec.on_invalid, spec.max_invalid) == (OnInvalid.QUARANTINE, 7)
    with pytest.raises(ConfigError, match="'quarantine' needs the ledger"):
        parse_table_configs({"t": entry(on_invalid="quarantine", ledger="off")})
    with pytest.raises(ConfigError, match="'max_invalid' is for 'on_invalid': 'quarantine'"):
        parse_table_configs({"t": entry(max_invalid=7)})
