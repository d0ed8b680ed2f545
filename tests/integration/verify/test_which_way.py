"""A large table is read in the order of its key only where the source stores it in that order."""

from typing import Any

import pytest

from tableferry.model.key_range import KeyRange
from tableferry.sqlserver import TableReader
from tableferry.verification import compare_table as comparing
from tests.integration.verify.conftest import Pair
from tests.support.comparing import summary

pytestmark = pytest.mark.with_ledger

KEYS = {
    "PRIMARY KEY (A, B)": True,
    "PRIMARY KEY (A DESC, B DESC)": True,
    "PRIMARY KEY (A DESC, B)": False,
    "PRIMARY KEY NONCLUSTERED (A, B)": False,
}
"""A key, and whether the rows are stored in its order."""


@pytest.fixture
def selects(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The SELECTs with which rows are read."""
    asked: list[str] = []
    batches = TableReader.batches

    def noted(self: TableReader, *given: KeyRange) -> Any:
        asked.append(self._plan.select)
        return batches(self, *given)

    monkeypatch.setattr(TableReader, "batches", noted)
    return asked


@pytest.mark.parametrize(("key", "in_order"), KEYS.items(), ids=list(KEYS))
@pytest.mark.parametrize("large", [True, False], ids=["large", "small"])
def test_the_source_is_not_asked_to_sort_a_large_table(
    pair: Pair,
    monkeypatch: pytest.MonkeyPatch,
    selects: list[str],
    key: str,
    *,
    in_order: bool,
    large: bool,
) -> None:
    pair.source.run(f"CREATE TABLE dbo.T (A int NOT NULL, B int NOT NULL, C int, {key})")
    pair.source.run("INSERT INTO dbo.T SELECT value % 7, value, value FROM GENERATE_SERIES(1, 90)")
    pair.load(primary_key=["A", "B"])
    pair.target.run("UPDATE t SET c = 0 WHERE b = 42")
    if large:
        monkeypatch.setattr(comparing, "SORTED_ROWS", 50)
    selects.clear()
    assert summary(pair.compare(primary_key=["A", "B"])) == [("different", ("0", "42"), ("C",))]
    assert selects
    assert ["ORDER BY" in select for select in selects] == ([in_order or not large] * len(selects))
