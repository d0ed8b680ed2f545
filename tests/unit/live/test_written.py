"""Values as probes write them."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from live.written import is_written, like, split_row, written, written_column


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "NULL"),
        ("it's", "'it''s'"),
        (b"\x00\xff", "0x00FF"),
        (True, "1"),
        (Decimal("1E-10"), "0.0000000001"),
        (dt.datetime(2024, 2, 29, 1, 2, 3, 4), "2024-02-29 01:02:03.000004"),
        (dt.date(2024, 2, 29), "2024-02-29"),
        (dt.time(1, 2), "01:02:00"),
        (uuid.UUID(int=0xAB), "00000000-0000-0000-0000-0000000000AB"),
        (-5, "-5"),
        (0.1, "0.1"),
    ],
)
def test_each_value_has_one_text(value: Any, text: str) -> None:
    assert written(value) == text
    assert is_written(text)


def test_a_bar_in_a_text_is_part_of_it() -> None:
    assert split_row("'a|b''c' | 1 |NULL| ''") == ("'a|b''c'", "1", "NULL", "''")


def test_what_is_no_value_is_told() -> None:
    assert [one for one in ("'a", "it's", "", "'a' b") if is_written(one)] == []


def test_a_time_of_arrow_keeps_all_of_its_digits() -> None:
    column = pa.array([1_000_000_001, None], pa.timestamp("ns"))
    assert written_column(column) == ["1970-01-01 00:00:01.000000001", "NULL"]


def test_percent_stands_for_any_characters_and_nothing_else_does() -> None:
    assert like("Invalid name '%'.", "Invalid name 'a\nb'.")
    assert like("Rows (%)?", "Rows (1)?")
    assert not like("Rows.", "Rows!")
