"""The list of the tests for a real server agrees with the files."""

import re
from pathlib import Path

import pytest

from tests.support.live_tests import LIVE

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("file", LIVE)
def test_what_is_listed_exists(file: str) -> None:
    found = set(re.findall(r"^def (test_\w+)", (ROOT / file).read_text(), re.MULTILINE))
    assert LIVE[file] < found
