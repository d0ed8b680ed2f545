"""A watermark is shown in words, without what tells databases apart."""

import json

import pytest

from tableferry.modes.column_watermark import ColumnWatermark
from tableferry.modes.shown_watermark import shown_watermark

IDENTITY = {"database_guid": "not shown"}
NOON = "2026-11-29 12:00:00.0000000"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (json.dumps({"version": 7, "begun": 1, "identity": IDENTITY}), "version 7"),
        (ColumnWatermark("RV", "timestamp", "0x07D3", identity=IDENTITY).to_text(), "RV 0x07D3"),
        (
            ColumnWatermark("At", "datetime2(7)", NOON, clock=NOON, utc=NOON).to_text(),
            f"At {NOON}, read at {NOON} UTC",
        ),
        (ColumnWatermark("Rev", "int", None).to_text(), "Rev, without rows"),
        ("{}", ""),
        ("7", ""),
        ("not JSON", ""),
    ],
)
def test_a_watermark_is_a_version_or_a_column_and_its_value(text: str, shown: str) -> None:
    assert shown_watermark(text) == shown
