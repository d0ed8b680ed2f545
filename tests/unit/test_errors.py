"""Our errors as texts: what a caller prints of them cannot control a terminal."""

import pytest

from tableferry.errors import ConfigError, DataError, printable


def test_control_characters_in_a_message_and_a_hint_are_escaped() -> None:
    error = ConfigError("the table red\x1b[31m\n  is \u202egone", hint="drop \x07 it")
    assert (str(error), error.hint) == (
        "the table red\\x1b[31m\n  is \\u202egone",
        "drop \\x07 it",
    )
    assert error.args == (error.message,)


def test_a_place_is_appended_to_an_escaped_message_as_it_is() -> None:
    assert DataError("a\x1bb").within("c\x1bd").message == "a\\x1bb: c\\x1bd"


@pytest.mark.parametrize("text", ["", "Größe", "a\\x1bb", "\N{GRINNING FACE}", "two\nlines"])
def test_what_can_be_printed_stays_as_it_is(text: str) -> None:
    assert printable(text) == text
