"""Differences that the entry asks for: rows in quarantine are not missing, kept ones not extra.

Rows that the converter refuses are looked for in ``left_out``. Any other missing row is one that
PostgreSQL has refused only where nothing can have stored it since, or where its value is still the
one that was refused.
"""

from collections import Counter

from tableferry.config import DeleteHandling, LedgerUse
from tableferry.model.counting import counted, verb
from tableferry.planning.plan import SyncPlan
from tableferry.postgres import TargetConnection
from tableferry.postgres.ledger import TableQuarantine, read_quarantine
from tableferry.values.refused_rows import MAX_VALUE_BYTES
from tableferry.verification.differences import Difference, DifferenceKind, Differences
from tableferry.verification.quarantine_keys import key_forms
from tableferry.verification.refused_values import still_refused
from tableferry.verification.sides import Sides


def kept(plan: SyncPlan, differences: Differences) -> int:
    """Take out the rows that only the target has where deletions are ignored; returns how many."""
    if plan.spec.deletes.how is not DeleteHandling.IGNORE:
        return 0
    return differences.drop_kind(DifferenceKind.EXTRA)


def quarantined(plan: SyncPlan, sides: Sides, differences: Differences) -> tuple[int, int]:
    """Take out the missing rows that PostgreSQL has refused, as far as that is still true.

    Returns how many, and how many others lie in quarantine from earlier runs. Of several refusals
    of a row the newest counts. Raises values.TextsAlteredError as a load does, TableferryError.
    """
    rows = _in_quarantine(plan, sides.into, differences).rows if plan.target_key else ()
    if not rows:
        return 0, 0
    of_quarantine, of_difference = key_forms(plan)
    newest = {of_quarantine(row.key): row for row in rows}  # the oldest comes first
    missing = [one.key for one in differences.kept if one.kind is DifferenceKind.MISSING]
    found = {key: row for key in missing if (row := newest.get(of_difference(key)))}
    excused = {key for key, row in found.items() if row.is_current and row.sqlstate}
    earlier = {key: row for key, row in found.items() if not row.is_current}
    same = still_refused(plan, sides, earlier)
    excused |= same

    def is_refused(one: Difference) -> bool:
        return one.kind is DifferenceKind.MISSING and one.key in excused

    return differences.drop(is_refused), len(earlier) - len(same)


def perhaps_stored(plan: SyncPlan, rows: int) -> tuple[str, ...]:
    """Say of so many missing rows that they lie in quarantine, which does not excuse them."""
    if not rows:
        return ()
    lie = f"{counted(rows, 'missing row')} of {plan.spec.target} {verb(rows, 'lies', 'lie')}"
    were = verb(rows, "it was", "they were")
    return (f"{lie} in quarantine from earlier runs: nothing says that {were} not stored since",)


def quarantined_of_a_count(
    plan: SyncPlan, into: TargetConnection, differences: Differences
) -> tuple[int, str]:
    """Take rows in quarantine from the number of those that are missing.

    Returns how many, and why the number that is left proves nothing, empty where it does. Where
    rows are only counted, no key tells which are missing: only all that the last load has refused
    can be taken off, and only where no later run can have stored one of them. Raises
    TableferryError.
    """
    missing = differences.counts[DifferenceKind.MISSING]
    found = _in_quarantine(plan, into, differences)
    if not missing or not found.rows:
        return 0, ""
    rows = found.rows
    if plan.target_key:
        of_quarantine, _ = key_forms(plan)
        rows = list({of_quarantine(row.key): row for row in rows}.values())
    if found.is_exact:
        taken = min(missing, sum(row.is_current for row in rows))
        differences.counts[DifferenceKind.MISSING] -= taken
        differences.counts += Counter()  # without what is 0 now
        return taken, ""
    return 0, _undecided(plan, missing, len(rows)) if missing <= len(rows) else ""


def _undecided(plan: SyncPlan, missing: int, rows: int) -> str:
    fewer = f"{plan.spec.target} has {counted(missing, 'row')} fewer than the source"
    lie = f"{counted(rows, 'row')} of it {verb(rows, 'has', 'have')} been in quarantine"
    return (
        f"{fewer}, and {lie} since the last complete load: a count does not tell whether these are "
        "the same; compare the rows: tableferry verify"
    )


def perhaps_quarantined(
    plan: SyncPlan, into: TargetConnection, differences: Differences
) -> tuple[str, ...]:
    """Say that missing rows without a key may be in quarantine: nothing tells which of them are."""
    if plan.target_key or not (found := _in_quarantine(plan, into, differences).rows):
        return ()
    rows = counted(len(found), "row")
    return (f"{rows} of {plan.spec.source} in quarantine may be among those that are missing",)


def _in_quarantine(
    plan: SyncPlan, into: TargetConnection, differences: Differences
) -> TableQuarantine:
    if not differences.counts[DifferenceKind.MISSING]:
        return TableQuarantine()
    return quarantine_of(plan, into)


def quarantine_of(plan: SyncPlan, into: TargetConnection) -> TableQuarantine:
    """Return what lies in quarantine of the table; raises TableferryError."""
    spec = plan.spec
    if spec.ledger is LedgerUse.OFF:
        return TableQuarantine()
    return read_quarantine(
        into,
        spec.target,
        table_key=spec.key,
        source=str(spec.source),
        is_incremental=spec.is_incremental,
        too_long=MAX_VALUE_BYTES,
    )
