"""Rows of the source that the entry's policy leaves out, as differences.

A comparison only collects them, since the target cannot hold them. Where the target has an older
version of such a row, it is one row that differs, not one that is missing and one that is extra.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from tableferry.planning.plan import SyncPlan
from tableferry.values import RefusedRow
from tableferry.verification.differences import (
    MOST_KEPT,
    Difference,
    DifferenceKind,
    Differences,
    Key,
    LeftOut,
    Texts,
)
from tableferry.verification.json_keys import text_of_json
from tableferry.verification.quarantine_keys import CanonicalKey, key_forms

_NONE: Final[frozenset[CanonicalKey]] = frozenset()
_NO_ROWS: Final[Mapping[CanonicalKey, int]] = MappingProxyType({})


def collect(plan: SyncPlan, refused: Sequence[RefusedRow], into: list[LeftOut]) -> None:
    """Keep the keys of these rows, as long as there is room; none of a table without a key."""
    if not plan.target_key:
        return
    names = [column.name for column in plan.key]
    room = max(0, MOST_KEPT - len(into))
    into += (LeftOut(tuple(map(row.row_key.get, names)), row.column) for row in refused[:room])


def add_left_out(
    plan: SyncPlan, differences: Differences, known: Mapping[CanonicalKey, int] = _NO_ROWS
) -> int:
    """Make the rows whose keys were kept differences; returns how many are none.

    One of which the target has a version, which the comparison has found extra, is different. One
    whose key cannot be stored itself has no key as a difference, so it is compared with those
    ``known`` to lie in quarantine here, and is none if there are as many.
    """
    names = [column.name for column in plan.key]
    of_quarantine, _ = key_forms(plan)
    refused = [
        (of_quarantine(dict(zip(names, row.key, strict=True))), row) for row in differences.left_out
    ]
    differences.left_out, differences.left_out_rows = [], 0
    stale = _pair_stale(plan, differences, dict(refused)) if refused else _NONE
    left, known_rows = Counter(known), sum(known.values())
    for key, row in refused:
        if key in stale:
            continue
        texts = _texts(plan, row)
        if None in texts and left[key] > 0:
            left[key] -= 1
            differences.excused[DifferenceKind.MISSING] += 1
        else:
            differences.add(Difference(DifferenceKind.MISSING, texts, left_out=True))
    return known_rows - left.total()


def _pair_stale(
    plan: SyncPlan, differences: Differences, refused: dict[CanonicalKey, LeftOut]
) -> frozenset[CanonicalKey]:
    """Make one difference of a row that is left out and the version of it that is extra.

    Returns the keys of these rows.
    """
    _, of_difference = key_forms(plan)
    found = set()
    for place, one in enumerate(differences.kept):
        if one.kind is not DifferenceKind.EXTRA:
            continue
        key = of_difference(one.key)
        row = refused.get(key)
        if row is None or key in found:
            continue
        found.add(key)
        differences.kept[place] = replace(
            one,
            kind=DifferenceKind.DIFFERENT,
            columns=(row.column,),
            target=_only(one.target, row.column),
            left_out=True,
        )
        differences.counts[DifferenceKind.EXTRA] -= 1
        differences.counts[DifferenceKind.DIFFERENT] += 1
        differences.by_column[row.column] += 1
    differences.counts += Counter()  # without what is 0 now
    return frozenset(found)


def _only(texts: Texts, column: str) -> Mapping[str, str | None]:
    return {name: text for name, text in texts.items() if name == column}


def _texts(plan: SyncPlan, row: LeftOut) -> Key:
    """Return the key as a difference has it; None for a value that cannot be stored itself."""
    by_name = {column.target.name: column.target.type for column in plan.columns}
    kinds = [by_name[name] for name in plan.target_key]
    return tuple(
        None if column.name == row.column else text_of_json(kind, value)
        for kind, column, value in zip(kinds, plan.key, row.key, strict=True)
    )
