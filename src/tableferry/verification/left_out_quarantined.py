"""Rows that the policy leaves out count as quarantined where they lie in quarantine, only there.

That the converter refuses a row now is no proof that a run has: it may be newer than the last run,
or lost without a trace.
"""

from tableferry.model.counting import counted, verb
from tableferry.planning.plan import SyncPlan
from tableferry.postgres import TargetConnection
from tableferry.verification.differences import Difference, DifferenceKind, Differences
from tableferry.verification.left_out import add_left_out
from tableferry.verification.quarantine_keys import CanonicalKey, key_forms
from tableferry.verification.quarantined import quarantine_of


def settle_left_out(
    plan: SyncPlan, into: TargetConnection, differences: Differences
) -> tuple[int, tuple[str, ...]]:
    """Make the rows that were left out differences, but for those that lie in quarantine.

    Returns how many do, and warnings. Raises TableferryError.
    """
    if not differences.left_out_rows:
        return 0, ()
    known = _in_quarantine(plan, into) if differences.left_out else frozenset()
    unnamed = differences.left_out_rows - len(differences.left_out)
    quarantined = add_left_out(plan, differences, known)
    if not unnamed:
        return quarantined, ()
    differences.counts[DifferenceKind.MISSING] += unnamed
    rows = f"{counted(unnamed, 'row')} that 'on_invalid' leaves out"
    why = "they are too many" if plan.target_key else "there is no key"
    count = verb(unnamed, "counts", "count")
    return quarantined, (f"{rows} {count} as missing: {why} to look for each in quarantine",)


def drop_quarantined(plan: SyncPlan, into: TargetConnection, differences: Differences) -> int:
    """Take out the left-out rows that lie in quarantine by now; returns how many.

    Raises TableferryError.
    """
    if not any(map(_is_left_out, differences.kept)):
        return 0
    (_, of_difference), known = key_forms(plan), _in_quarantine(plan, into)
    return differences.drop(lambda one: _is_left_out(one) and of_difference(one.key) in known)


def _is_left_out(one: Difference) -> bool:
    return one.left_out and one.kind is DifferenceKind.MISSING


def _in_quarantine(plan: SyncPlan, into: TargetConnection) -> frozenset[CanonicalKey]:
    """Return the keys that runs have put there since the last complete load, and with it."""
    of_quarantine, _ = key_forms(plan)
    return frozenset(of_quarantine(row.key) for row in quarantine_of(plan, into).rows)
