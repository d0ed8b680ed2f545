"""What can be asked of a verification: by an event, a script's flags, or the command's options."""

import math
from typing import Any

import pytest

from tableferry.config import Depth
from tableferry.errors import ConfigError
from tableferry.frontend.request import parse_event
from tableferry.frontend.scripts import Parser, verify_event, with_values
from tableferry.verification.asked_options import checked_options
from tableferry.verification.options import VerifyOptions


def asked(**keys: Any) -> VerifyOptions:
    return parse_event({"mode": "verify", **keys}, ["customer"]).verify


def refusal(**keys: Any) -> ConfigError:
    with pytest.raises(ConfigError) as raised:
        parse_event({"mode": "verify", **keys}, ["customer"])
    assert raised.value.hint
    return raised.value


def test_every_row_is_compared_unless_something_else_is_asked_for() -> None:
    assert asked() == VerifyOptions()
    assert VerifyOptions().depth is Depth.ROWS


def test_every_key_reaches_the_options() -> None:
    found = asked(sample=7, independent=True, repair=True, settle=0, limit=0)
    assert found == VerifyOptions(
        Depth.SAMPLE, ranges=7, independent=True, repair=True, settle=0.0, limit=0
    )
    assert asked(count=True).depth is Depth.COUNT
    assert asked(settle=0.5).settle == 0.5


@pytest.mark.parametrize(
    ("key", "value", "meaning"),
    [
        *(("sample", value, "a whole number from 1 to 10,000") for value in (0, -1, 10_001, 1.5)),
        *(("sample", value, "a whole number from 1 to 10,000") for value in (True, "5", None)),
        *(("limit", value, "a whole number from 0 to 100,000") for value in (-1, 100_001, [])),
        *(("settle", value, "a number of seconds from 0 to 3,600") for value in (-1, 3601, "1")),
        *(("settle", value, "a number of seconds") for value in (math.nan, math.inf)),
        *((key, 1, "true or false") for key in ("count", "independent", "repair")),
    ],
)
def test_a_value_of_another_kind_is_refused_by_its_key(key: str, value: Any, meaning: str) -> None:
    assert f"'{key}' must be {meaning}" in refusal(**{key: value}).message


@pytest.mark.parametrize("key", ["sample", "independent", "repair"])
def test_counting_finds_no_rows_to_look_at_or_to_repair(key: str) -> None:
    message = refusal(count=True, **{key: 5 if key == "sample" else True}).message
    assert f"'{key}' does not fit 'count'" in message


def test_an_event_cannot_ask_for_values() -> None:
    error = refusal(show_values=True)
    assert "'show_values' is no key of an event" in error.message
    assert error.hint == "Run: tableferry verify --show-values."


@pytest.mark.parametrize("mode", ["multi_sync", "multi_test", "plan", "info"])
def test_the_keys_of_a_verification_are_refused_for_anything_else(mode: str) -> None:
    with pytest.raises(ConfigError, match="sample and repair: for verify only"):
        parse_event({"mode": mode, "sample": 5, "repair": True}, ["customer"])


def test_a_verification_takes_a_list_of_tables() -> None:
    assert parse_event({"mode": "verify", "tables": ["customer"]}, ["customer"]).tables == (
        "customer",
    )
    assert "verify takes a list of tables" in refusal(table_name="customer").message


def test_a_scripts_flags_are_the_events_keys() -> None:
    parser = Parser()
    parser.add_verify_flags()
    found = parser.parse_args(["--sample=0", "--settle=0", "--limit=0", "--repair"])
    assert verify_event(found) == {"sample": 0, "settle": 0.0, "limit": 0, "repair": True}
    assert verify_event(parser.parse_args([])) == {}


def test_a_person_at_a_script_may_see_values_and_only_of_a_verification() -> None:
    parser = Parser()
    parser.add_verify_flags()
    found = parser.parse_args(["--show-values"])
    assert with_values(parse_event({"mode": "verify"}, []), found).show_values
    with pytest.raises(ConfigError, match="--show-values goes with verify"):
        with_values(parse_event({}, []), found)


def test_a_commands_options_are_checked_alike_and_all_at_once() -> None:
    assert checked_options({"sample": None, "limit": None}) == VerifyOptions()
    assert checked_options({"count": False}, show_values=True).show_values
    with pytest.raises(ConfigError) as raised:
        checked_options({"sample": 0, "settle": -1.0})
    assert "'sample' must be" in raised.value.message
    assert "'settle' must be" in raised.value.message
