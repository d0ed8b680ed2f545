"""The suite begins with the files that take longest."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.support.longest_first import LONGEST, longest_first

ROOT = Path(__file__).parents[3]


def test_the_files_that_are_begun_first_are_there() -> None:
    assert [file for file in LONGEST if not (ROOT / file).is_file()] == []


def test_the_longest_come_first_and_the_others_stay_as_they_were() -> None:
    given = ["b.py::two", f"{LONGEST[1]}::a[x::y]", "a.py::one", f"{LONGEST[0]}::b", "b.py::three"]
    items: list[Any] = [SimpleNamespace(nodeid=name) for name in given]
    found = [item.nodeid for item in longest_first(items)]
    assert found == [given[3], given[1], "b.py::two", "a.py::one", "b.py::three"]
