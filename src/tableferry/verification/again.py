"""Rows that differ are read again after a while: what was only on its way is none any more.

The two sides are never read at the same moment, and rows may change at the source while they are
read. So a difference counts only if it is still there after ``settle`` seconds, in a new
transaction of the target's.
"""

import time
from collections import Counter
from typing import Final

from tableferry.model.counting import counted, verb
from tableferry.planning.key_texts import unaskable
from tableferry.planning.plan import SyncPlan
from tableferry.verification.by_key import compare_keys
from tableferry.verification.differences import DifferenceKind, Differences
from tableferry.verification.held import begin_reading
from tableferry.verification.sides import Sides

MOST_READ_AGAIN: Final = 10_000
"""Rows that are read again: measured against the stand-in, so many take 13 seconds. More of them
have not just been late, and the source has other things to do."""

TICK: Final = 0.5
"""Seconds after which it is asked, during the wait, whether it is time to stop."""


def read_again(
    plan: SyncPlan,
    sides: Sides,
    differences: Differences,
    settle: float,
    *,
    show_values: bool = False,
) -> tuple[str, ...]:
    """Leave only those differences that are still there after so many seconds; returns warnings.

    The open transaction of ``sides.into`` is ended, and a new one begun. Where the rows cannot be
    asked for again nothing is changed, and a warning says why. Raises values.TextsAlteredError as a
    load does, and TableferryError.
    """
    if not differences.total:
        return ()
    if reason := _obstacle(plan, sides, differences, settle):
        return (f"rows that differ were not read again: {reason}",)
    unnamed = [one for one in differences.kept if None in one.key]
    named = {one.key: place for place, one in enumerate(differences.kept) if None not in one.key}
    sides.into.rollback()
    _wait(sides, settle)
    begin_reading(plan, sides)
    left = compare_keys(plan, sides, list(named), show_values=show_values)
    before = differences.counts - Counter(one.kind for one in unnamed)
    had = before[DifferenceKind.MISSING] - before[DifferenceKind.EXTRA]
    differences.replace(
        unnamed + sorted(left.kept, key=lambda one: named[one.key]),
        moved=left.source_rows - left.target_rows - had,
    )
    for column, reason in left.not_compared.items():
        differences.not_compared.setdefault(column, reason)
    if not unnamed:
        return ()
    rows = len(unnamed)
    whose = f"{counted(rows, 'row')} that {verb(rows, 'differs', 'differ')}"
    why = f"{verb(rows, 'was', 'were')} not read again: a value of the key has no exact text"
    return (f"{whose} {why}",)


def _obstacle(plan: SyncPlan, sides: Sides, differences: Differences, settle: float) -> str:
    if not plan.target_key:
        return "the table is carried without a key"
    if columns := unaskable(plan):
        return f"the source cannot be asked for them by {', '.join(columns)}"
    if not differences.all_kept or differences.total > MOST_READ_AGAIN:
        return f"they are {differences.total:,}"
    remaining = sides.remaining()
    if remaining is not None and remaining <= settle:
        return "the time limit leaves no time for it"
    return ""


def _wait(sides: Sides, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        sides.check()
        time.sleep(min(left, TICK))
