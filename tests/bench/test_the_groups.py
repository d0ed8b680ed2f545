"""Every group measures what its section says, on tables too small to say anything about speed."""

import pytest

from bench.errors import NotInstalledError
from bench.groups import GROUPS
from bench.suite import Context

NEEDS_OTHERS = {"lineitem": "tpchgen-cli", "peers": "--peers-venv"}

EXPECTED = {
    "narrow": "plain design: pymssql",
    "wide": "limit: COPY BINARY",
    "texts": "200 rows x 7 columns. The plain design reads the first 20 of them.",
    "types": "200 rows x 40 columns.",
    "short_max": "`nvarchar(max)`",
    "lobs": "2 rows of 1 MB",
    "indexes": "a primary key and 5 indexes",
    "many": "2 tables of 100 rows",
    "memory": "2,000 rows",
    "scaling": "| 2 |",
    "inside": "policies / `auto`",
    "readers": "merge, 1 row in 10 changed",
    "incremental": "PostgreSQL's bare `UPDATE ... FROM` of as many rows",
    "verify": "3 rows are repaired and verified again, after a comparison",
    "cold": "the handler is ready",
}

BARS = {
    "narrow": 6,
    "wide": 6,
    "short_max": 1,
    "lobs": 2,
    "indexes": 1,
    "many": 2,
    "memory": 3,
    "inside": 5,
    "readers": 3,
    "incremental": 8,
    "verify": 7,
    "cold": 1,
}


def test_every_group_is_tried_here() -> None:
    names = {group.name for group in GROUPS}
    assert names == {*EXPECTED, *NEEDS_OTHERS}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_group_measures_what_its_section_shows(name: str, context: Context) -> None:
    (group,) = (group for group in GROUPS if group.name == name)
    section = group.measure(context)
    assert section.title == group.title
    assert EXPECTED[name] in section.body
    assert len(section.bars) == BARS.get(name, 0)


@pytest.mark.parametrize("name", NEEDS_OTHERS)
def test_a_group_that_needs_another_program_says_how_to_get_it(
    name: str, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    (group,) = (group for group in GROUPS if group.name == name)
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(NotInstalledError, match=NEEDS_OTHERS[name]):
        group.measure(context)
