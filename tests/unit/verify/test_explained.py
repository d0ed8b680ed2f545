"""Keys that the source holds for one are one where changes are looked for."""

from dataclasses import replace

import pytest

from tableferry.model.schema import SourceType
from tableferry.planning.key_spellings import Spelling
from tableferry.planning.plan import SyncPlan
from tableferry.verification.differences import Key
from tableferry.verification.explained import folding
from tests.support.specs import planned, sync_plan


def plan(*spellings: Spelling) -> SyncPlan:
    columns = planned("ID", SourceType("int", 4, 10)), planned("K", SourceType("nvarchar", 40))
    return replace(sync_plan(*columns, primary_key=("ID", "K")), spellings=spellings)


@pytest.mark.parametrize(
    ("ignores_case", "key", "folded"),
    [
        (True, ("1", "ABC "), ("1", "abc")),
        (True, ("1", "Ä B"), ("1", "Ä b")),
        (False, ("1", "ABC  "), ("1", "ABC")),
        (True, (None, None), (None, None)),
    ],
)
def test_texts_of_the_key_lose_what_the_source_does_not_compare(
    ignores_case: bool, key: Key, folded: Key
) -> None:
    assert folding(plan(Spelling("K", ignores_case)))(key) == folded


def test_keys_without_texts_stay_as_they_are() -> None:
    assert folding(plan())(("1", "ABC ")) == ("1", "ABC ")
