"""Texts that PostgreSQL cannot store are refused, stripped or replaced by policy."""

import traceback
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tableferry.config import OnInvalid, TrailingBlanks, parse_table_configs
from tableferry.errors import ConfigError, DataError, VerificationError
from tableferry.model.schema import PgType, SourceType
from tableferry.planning.column_plan import ColumnPlan, read_as_utf16
from tableferry.values import Converter, TextsAlteredError
from tests.support.specs import entry, planned

NVARCHAR = SourceType("nvarchar", 40)
CANARY = "canary 4711\0"
UNPAIRED = "an unpaired surrogate"


def batch(*arrays: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(list(arrays), names=[f"c{n}" for n in range(len(arrays))])


def texts(*values: str | None) -> pa.Array:
    return pa.array(values, pa.large_string())


def units_of(*values: str | None) -> pa.Array:
    encoded = [v if v is None else v.encode("utf-16-le", "surrogatepass") for v in values]
    return pa.array(encoded, pa.large_binary())


def as_utf16(name: str = "c") -> ColumnPlan:
    return read_as_utf16([planned(name, NVARCHAR)], frozenset({name}))[0]


def kept(array: pa.Array, column: ColumnPlan, policy: OnInvalid) -> tuple[list[Any], Any]:
    convert = Converter([column], policy)
    result = convert(batch(array)).column(0)
    result.validate(full=True)
    return result.to_pylist(), convert.touched


@pytest.mark.parametrize("kind", ["char", "varchar", "nchar", "nvarchar", "text", "ntext", "xml"])
def test_a_nul_is_refused_with_column_and_row_and_without_the_value(kind: str) -> None:
    convert = Converter([planned("Name", SourceType(kind, 40))])
    convert(batch(texts("a", "b")))
    with pytest.raises(DataError, match=r"'Name' holds U\+0000 in row 4,") as raised:
        convert(batch(texts("fine", CANARY)))
    assert "4711" not in "".join(traceback.format_exception(raised.value))
    assert "on_invalid" in raised.value.hint


@pytest.mark.parametrize(
    ("policy", "expected", "done"),
    [
        (OnInvalid.STRIP, ["ab", None, "", "x"], "U+0000 stripped"),
        (OnInvalid.REPLACE, ["a\ufffdb", None, "\ufffd\ufffd", "x"], "U+0000 replaced by U+FFFD"),
    ],
)
@pytest.mark.parametrize("start", [0, 1, 2])
def test_a_nul_is_stripped_or_replaced_and_its_values_counted(
    policy: OnInvalid, expected: list[Any], done: str, start: int
) -> None:
    sent = texts("a\0b", None, "\0\0", "x")[start:]
    found, touched = kept(sent, planned("c", NVARCHAR), policy)
    assert found == expected[start:]
    assert touched == {"c": Counter({done: 2 if start == 0 else 1})}


def test_a_nul_outside_the_slice_is_ignored() -> None:
    sent = texts("\0", "x", "\0")[1:2]
    assert kept(sent, planned("c", NVARCHAR), OnInvalid.FAIL) == (["x"], {})


def test_counts_add_up_over_batches_and_by_column() -> None:
    convert = Converter([planned("a", NVARCHAR), planned("b", NVARCHAR)], OnInvalid.STRIP)
    for _ in range(2):
        convert(batch(texts("\0", "x"), texts("x", "x\0\0")))
    assert convert.touched == {"a": {"U+0000 stripped": 2}, "b": {"U+0000 stripped": 2}}


def test_binary_values_with_nul_and_blanks_are_left_alone() -> None:
    column = planned("c", SourceType("binary", 4))
    convert = Converter([column], OnInvalid.STRIP, TrailingBlanks.TRIM)
    sent = pa.array([b"\0 \xef\xbf\xbd ", None], pa.large_binary())
    assert convert(batch(sent)).column(0).to_pylist() == [b"\0 \xef\xbf\xbd ", None]
    assert convert.touched == {}


@pytest.mark.parametrize("kind", ["char", "nchar"])
def test_only_blanks_are_trimmed_and_only_where_configured(kind: str) -> None:
    column = planned("c", SourceType(kind, 10))
    sent = texts("ab  ", "  ab", "   ", "ab\t", "ab\u3000", None, "")
    convert = Converter([column], trailing_blanks=TrailingBlanks.TRIM)
    trimmed = convert(batch(sent)).column(0).to_pylist()
    assert trimmed == ["ab", "  ab", "", "ab\t", "ab\u3000", None, ""]
    assert convert.touched == {"c": {"trailing blanks trimmed": 2}}


@pytest.mark.parametrize("kind", ["varchar", "nvarchar", "ntext"])
def test_trailing_blanks_of_a_varchar_stay(kind: str) -> None:
    convert = Converter([planned("c", SourceType(kind, 10))], trailing_blanks=TrailingBlanks.TRIM)
    assert convert(batch(texts("ab  "))).column(0).to_pylist() == ["ab  "]


def test_a_batch_with_u_fffd_is_not_trusted_and_names_every_such_column() -> None:
    columns = [planned(name, NVARCHAR) for name in "abc"]
    with pytest.raises(TextsAlteredError) as raised:
        Converter(columns)(batch(texts("\ufffd"), texts("x"), texts("a\ufffd")))
    assert raised.value.columns == {"a", "c"}


def test_reading_as_utf16_keeps_a_genuine_u_fffd() -> None:
    sent = units_of("\ufffd", "a\ufffdb", None)
    assert kept(sent, as_utf16(), OnInvalid.FAIL) == (["\ufffd", "a\ufffdb", None], {})


@pytest.mark.parametrize(
    ("value", "stripped", "replaced"),
    [
        ("\ud800", "", "\ufffd"),
        ("\udfffa", "a", "\ufffda"),
        ("a\udbff", "a", "a\ufffd"),
        ("\udc00\ud800", "", "\ufffd\ufffd"),
        ("\ud83d\ud83d\ude00", "😀", "\ufffd😀"),
        ("\ud83d\ude00\ude00", "😀", "😀\ufffd"),
    ],
)
def test_an_unpaired_surrogate_is_found_at_any_position(
    value: str, stripped: str, replaced: str
) -> None:
    sent = units_of("x", value, None, "😀")
    for policy, expected in ((OnInvalid.STRIP, stripped), (OnInvalid.REPLACE, replaced)):
        found, touched = kept(sent, as_utf16(), policy)
        assert found == ["x", expected, None, "😀"]
        assert list(touched["c"].values()) == [1]
    with pytest.raises(DataError, match=f"'c' holds {UNPAIRED} in row 2"):
        kept(sent, as_utf16(), OnInvalid.FAIL)


def test_surrogates_of_adjacent_values_do_not_pair() -> None:
    sent = units_of("a\ud83d", "\ude00b", "", "\ud83d", None, "\ude00")
    found, touched = kept(sent, as_utf16(), OnInvalid.STRIP)
    assert found == ["a", "b", "", "", None, ""]
    assert touched == {"c": {f"{UNPAIRED} stripped": 4}}


def test_all_65536_units_are_decoded() -> None:
    every = [bytes([n & 0xFF, n >> 8]) for n in range(65536)]
    found, touched = kept(pa.array(every, pa.large_binary()), as_utf16(), OnInvalid.REPLACE)
    halves = range(0xD800, 0xE000)
    assert found == ["\ufffd" if n in halves or n == 0 else chr(n) for n in range(65536)]
    assert touched["c"] == {f"{UNPAIRED} replaced by U+FFFD": 2048, "U+0000 replaced by U+FFFD": 1}


UNITS = st.text(st.characters(exclude_categories=[], exclude_characters="\0"), max_size=8)


@given(st.lists(st.none() | UNITS, max_size=12), st.integers(0, 3))
def test_decoding_agrees_with_python(values: list[str | None], start: int) -> None:
    sent = units_of(*values)[start:]
    expected = [
        v if v is None else v.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
        for v in values[start:]
    ]
    halves = [v is not None and v != e for v, e in zip(values[start:], expected, strict=True)]
    found, touched = kept(sent, as_utf16(), OnInvalid.STRIP)
    assert [v and _paired(v) for v in found] == [v and _paired(v) for v in expected]
    assert sum(touched.get("c", Counter()).values()) == sum(halves)


def _paired(value: str) -> str:
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def test_an_odd_number_of_bytes_is_refused() -> None:
    with pytest.raises(VerificationError, match="'c' arrived"):
        kept(pa.array([b"abc"], pa.large_binary()), as_utf16(), OnInvalid.STRIP)


def test_a_text_is_refused_where_utf16_bytes_were_requested() -> None:
    with pytest.raises(VerificationError, match="'c' arrived"):
        kept(texts("abc"), as_utf16(), OnInvalid.STRIP)


@pytest.mark.parametrize("start", [0, 1])
def test_a_rowversion_becomes_the_number_that_it_counts(start: int) -> None:
    numbers = [0, None, 2001, 2**63 - 1]
    sent = pa.array([n if n is None else n.to_bytes(8, "big") for n in numbers], pa.large_binary())
    column = planned("c", SourceType("timestamp", 8), PgType("int8"))
    assert kept(sent[start:], column, OnInvalid.FAIL)[0] == numbers[start:]


def test_a_rowversion_beyond_bigint_is_refused_by_row() -> None:
    column = planned("Version", SourceType("timestamp", 8), PgType("int8"))
    sent = pa.array([n.to_bytes(8, "big") for n in (1, 2, 2**63, 2**64 - 1)], pa.large_binary())
    with pytest.raises(DataError, match=r"'Version' \(timestamp\) in row 3 "):
        kept(sent, column, OnInvalid.FAIL)


def test_a_vector_becomes_float32_values() -> None:
    column = planned("c", SourceType("vector", 20))
    sent = texts("[1.0000000e+000,-2.5000000e-001, 3]", None, "[1e-45,3.4028235e+038]")[0:]
    expected = [
        [1.0, -0.25, 3.0],
        None,
        [float(np.float32(1e-45)), float(np.float32(3.4028235e38))],
    ]
    for start in (0, 1, 2):
        assert kept(sent[start:], column, OnInvalid.FAIL)[0] == expected[start:]


def test_an_invalid_vector_is_refused() -> None:
    with pytest.raises(DataError, match="'c'"):
        kept(texts("[1,x]"), planned("c", SourceType("vector", 20)), OnInvalid.FAIL)


def test_json_gets_the_version_that_jsonb_begins_with() -> None:
    sent = texts('{"a": 1}', None)
    assert kept(sent, planned("c", SourceType("json", -1)), OnInvalid.FAIL)[0] == [
        '\x01{"a": 1}',
        None,
    ]


def test_the_seventh_digits_of_a_time_are_counted() -> None:
    column = planned("c", SourceType("time", 5, 16, 7))
    convert = Converter([column])
    convert(batch(pa.array([100, 1000, None, 86_399_999_999_900], pa.time64("ns"))))
    assert convert.touched == {"c": {"seventh digit cut off": 2}}


def test_a_specification_sets_the_text_policies() -> None:
    configured = entry(
        type_overrides={"name": "varchar(50)"}, on_invalid="strip", trailing_blanks="trim"
    )
    found = parse_table_configs({"t": configured})["t"]
    assert found.type_overrides == (("name", "varchar(50)"),)
    assert (found.on_invalid, found.trailing_blanks) == (OnInvalid.STRIP, TrailingBlanks.TRIM)
    assert found.to_dict()["type_overrides"] == {"name": "varchar(50)"}
    plain = parse_table_configs({"t": entry()})["t"]
    assert (plain.on_invalid, plain.trailing_blanks) == (OnInvalid.FAIL, TrailingBlanks.KEEP)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"on_invalid": "ignore"}, "'on_invalid' must be one of fail, strip, replace"),
        ({"trailing_blanks": True}, "'trailing_blanks' must be one of keep, trim"),
        ({"type_overrides": {"Name": 5}}, "'type_overrides' must be a dict"),
        ({"type_overrides": ["Name"]}, "'type_overrides' must be a dict"),
        ({"type_overrides": {"Nmae": "text"}}, "'type_overrides' names 'Nmae'"),
    ],
)
def test_an_unknown_policy_is_reported(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_table_configs({"t": entry(**changes)})
