"""JSON is compared by value with exact numbers, and written as PostgreSQL writes jsonb."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tableferry.verification.json_values import _number_text, json_value, jsonb_text
from tableferry.verification.nested_json import rewritten

DEEP = 3_000
"""Levels; Python's own reader ends at 1,000."""


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('{"b": 1,  "a": [1.50, null]}', '{"a": [1.50, null], "b": 1}'),
        ('{"bb":1,"a":2,"c":{"z":[],"y":{}}}', '{"a": 2, "c": {"y": {}, "z": []}, "bb": 1}'),
        ('{"k":"é","k":2}', '{"k": 2}'),
        ('"\\u0041\\n\\"\\\\\\/"', '"A\\n\\"\\\\/"'),
        ('"\\u001f\x7f"', '"\\u001f\x7f"'),
        ("[1e2,1.5E3,-0,-0.00,0e5,1E-3,12345678901234567890.10]",
         "[100, 1500, 0, 0.00, 0, 0.001, 12345678901234567890.10]"),
        (" true ", "true"),
        ("false", "false"),
    ],
)  # fmt: skip
def test_a_text_is_written_as_postgresql_writes_the_jsonb(text: str, written: str) -> None:
    assert jsonb_text(text) == written


@pytest.mark.parametrize("text", ["{", "", "NaN", "[Infinity]", "1e999999999", "[" * 100_000])
def test_what_cannot_be_read_stays_as_it_is(text: str) -> None:
    assert jsonb_text(text) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.0", "1.00"),
        ("1e2", "100"),
        ('{"a": 1, "b": [true]}', '{"b":[true],"a":1.0}'),
        ("0.1", "1E-1"),
    ],
)
def test_texts_of_one_value_are_equal(one: str, other: str) -> None:
    assert json_value(one) == json_value(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "true"),
        ("0", "false"),
        ("0", "null"),
        ("1", '"1"'),
        ("[1, 2]", "[2, 1]"),
        ("0.1", "0.10000000000000000001"),
        ("12345678901234567890", "12345678901234567891"),
        ('{"a": null}', "{}"),
        ('["number", 1]', "1"),
    ],
)
def test_texts_of_other_values_are_not(one: str, other: str) -> None:
    assert json_value(one) != json_value(other)


NO_JSON = [
    *("", "{", "[1", "[1,]", '{"a":1,}', "[1}", '{"a":1]', '{"a" 1}', "{1:2}", "[1] 2"),
    *("NaN", "[Infinity]", "1e999999999", "[01]", "[+1]", "[.5]", "['a']", '["a\n"]', "tru"),
]


@pytest.mark.parametrize("text", NO_JSON)
def test_what_is_no_json_has_no_value(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        json_value(text)


def deep(inner: str) -> str:
    """JSON that is nested too deeply for Python's own reader."""
    return '[{"a":' * DEEP + inner + "}]" * DEEP


@pytest.mark.parametrize("text", NO_JSON)
def test_what_is_no_json_has_none_at_any_depth(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        json_value(deep(text))
    assert jsonb_text(deep(text)) == deep(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"bb": 1, "a": [true, null]}', '{"a":[true ,null],\t"a":[true,null],"bb":1.0}'),
        ("-0.0", "0"),
        (" [ ] ", "[]"),
        ('"\\u0041"', '"A"'),
    ],
)
def test_values_of_any_depth_are_equal_in_every_form(one: str, other: str) -> None:
    assert json_value(deep(one)) == json_value(deep(other))


@pytest.mark.parametrize(("one", "other"), [("1", "2"), ("1", "true"), ("[]", "{}"), ("1", '"1"')])
def test_values_of_any_depth_are_told_apart(one: str, other: str) -> None:
    assert json_value(deep(one)) != json_value(deep(other))


def test_a_value_of_any_depth_is_written_as_postgresql_writes_the_jsonb() -> None:
    written = '[{"a": ' * DEEP + '{"a": [1.50, -2], "bb": {}}' + "}]" * DEEP
    assert jsonb_text(deep(' {"bb":{ } ,"a":[1.50,-2e0]}')) == written


@given(st.recursive(st.none() | st.booleans() | st.text() | st.integers() | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-9999, max_value=9999).map(float),
    lambda of: st.lists(of) | st.dictionaries(st.text(), of)))  # fmt: skip
def test_what_is_read_in_depth_is_what_is_read_by_python(value: object) -> None:
    for ascii_only in (True, False):
        text = json.dumps(value, ensure_ascii=ascii_only, indent=1)
        assert rewritten(text, _number_text) == json_value(text.replace("\0", ""))
