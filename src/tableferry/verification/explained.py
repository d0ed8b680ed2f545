"""Differences that are changes: the source has changed these rows since the target's were read.

An incremental mode knows what has changed since the watermark that was written with the target's
rows. Such a row is to differ; the next run brings it. It also removes the row's old spelling, but
looks for one only where the target lacks the new one (``postgres.publish.merge_sql``).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from tableferry.errors import ConfigError
from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.modes import mode_of
from tableferry.modes.extract import Ask
from tableferry.planning.key_spellings import Spelling
from tableferry.planning.plan import SyncPlan
from tableferry.verification.by_key import KEYS_AT_ONCE, target_rows, texts_of_key
from tableferry.verification.compared import Compared
from tableferry.verification.differences import Differences, Key
from tableferry.verification.sides import Sides
from tableferry.verification.source_keys import source_keys

_UNKNOWN: Final = "what has changed since the last run is not known"

_UPPER: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def explain(
    plan: SyncPlan, sides: Sides, differences: Differences, watermark: Watermark | None
) -> tuple[int, tuple[str, ...]]:
    """Take out the differences of rows that have changed since; returns how many, and warnings.

    ``watermark`` is the one that the target's rows were written with, None where there is none:
    then nothing is explained. Raises values.TextsAlteredError as a load does, TableferryError.
    """
    if watermark is None or not differences.kept:
        return 0, ()
    fold = folding(plan)
    wanted = {fold(one.key) for one in differences.kept}
    changed: dict[Key, set[Key]] = defaultdict(set)
    try:
        for key in _changed_keys(plan, sides, watermark):
            if (folded := fold(key)) in wanted:
                changed[folded].add(key)
    except ConfigError as error:
        return 0, (f"{_UNKNOWN}: {error.message}",)
    except _UnknownError as why:
        return 0, (f"{_UNKNOWN}, since {why}",)
    spellings = {one.key: changed.get(fold(one.key), set()) for one in differences.kept}
    others = {new for old, found in spellings.items() if old not in found for new in found}
    there = _in_target(plan, sides, sorted(others, key=repr))
    gone = {old for old, found in spellings.items() if old in found or found - there}
    return differences.drop(lambda one: one.key in gone), ()


class _UnknownError(Exception):
    """The source does not say what has changed; the text is the reason's."""


def _changed_keys(plan: SyncPlan, sides: Sides, watermark: Watermark) -> Iterator[Key]:
    """Yield the keys that have changed; raises _UnknownError."""
    mode = mode_of(plan.spec)

    def select_of(ask: Ask) -> str:
        select = mode.changed(plan, watermark, ask)
        if isinstance(select, ReloadReason):
            raise _UnknownError(select.text)
        return select

    return source_keys(plan, sides, select_of)


def _in_target(plan: SyncPlan, sides: Sides, keys: Sequence[Key]) -> set[Key]:
    """Return which of these keys the target has, as the texts of differences.

    A row that is marked as deleted counts: for a run it is there.
    """
    compared = Compared.of(replace(plan.of_key(), mark=None))
    found: set[Key] = set()
    for start in range(0, len(keys), KEYS_AT_ONCE):
        for row in target_rows(compared, sides, keys[start : start + KEYS_AT_ONCE]):
            found.add(texts_of_key(compared, row))
    return found


def folding(plan: SyncPlan) -> Callable[[Key], Key]:
    """Return what makes keys equal that the source holds for one, as far as that is certain.

    A change names the key as it is spelled now, the target may have the old spelling.
    """
    spellings = {spelling.column: spelling for spelling in plan.spellings}
    folded = [spellings.get(name) for name in plan.target_key]
    if not any(folded):
        return lambda key: key

    def fold(key: Key) -> Key:
        return tuple(map(_folded, folded, key))

    return fold


def _folded(spelling: Spelling | None, text: str | None) -> str | None:
    if spelling is None or text is None:
        return text
    text = text.rstrip(" ")
    return text.translate(_UPPER) if spelling.ignores_case else text
