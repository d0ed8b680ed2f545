"""Differences that the entry asks for: rows in quarantine are not missing, kept ones not extra.

That the converter refuses a row now is no proof that a run has: it may be newer than the last run,
or lost without a trace. That PostgreSQL has refused one is no proof that it is not stored since,
unless no run has read rows since, or the source has not changed this one.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tableferry.config import DeleteHandling, LedgerUse
from tableferry.model.counting import counted, verb
from tableferry.model.watermark import Watermark
from tableferry.planning.plan import SyncPlan
from tableferry.postgres import TargetConnection
from tableferry.postgres.ledger import QuarantinedRow, TableQuarantine, read_quarantine
from tableferry.values.refused_rows import MAX_VALUE_BYTES
from tableferry.verification.differences import Difference, DifferenceKind, Differences
from tableferry.verification.left_out import add_left_out
from tableferry.verification.quarantine_keys import CanonicalKey, key_forms
from tableferry.verification.refused_values import still_refused
from tableferry.verification.sides import Sides
from tableferry.verification.untouched import untouched


def kept(plan: SyncPlan, differences: Differences) -> int:
    """Take out the rows that only the target has where deletions are ignored; returns how many."""
    if plan.spec.deletes.how is not DeleteHandling.IGNORE:
        return 0
    return differences.drop_kind(DifferenceKind.EXTRA)


def quarantined(
    plan: SyncPlan,
    sides: Sides,
    differences: Differences,
    watermark: Watermark | None,
    *,
    partly: bool = False,
) -> tuple[int, int]:
    """Take out the missing rows that lie in quarantine, as far as that is still true.

    Those that the policy leaves out count if their key is there. Any other was refused by
    PostgreSQL, and may have been stored since. Of several refusals of a row those of the newest run
    count. Where a key is not unique, as many of its rows are taken out as lie there; unless
    ``partly``, none of a key of which others stay, as all of its rows are to be read again.
    ``watermark`` is the one that the target's rows were written with, None where there is none.
    Returns how many, and how many of the others lie in quarantine from earlier runs. Raises
    values.TextsAlteredError as a load does, TableferryError.
    """
    rows = _in_quarantine(plan, sides.into, differences).rows if plan.target_key else ()
    if not rows:
        return 0, 0
    of_quarantine, of_difference = key_forms(plan)
    refused = _newest(rows, of_quarantine)
    keys = {of_difference(one.key): one.key for one in differences.kept if _is_missing(one)}
    found = {key: refused[canonical] for canonical, key in keys.items() if canonical in refused}
    earlier = {key: rows[0] for key, rows in found.items() if not rows[0].is_current}
    true = {key for key in found if key not in earlier}
    if earlier and watermark is not None:
        same, unknown = untouched(plan, sides, earlier)
        true |= same | still_refused(plan, sides, {key: earlier[key] for key in unknown})
    room: Counter[tuple[CanonicalKey, bool]] = Counter()
    for canonical, there in refused.items():
        room[canonical, True] = len(there)
        if keys.get(canonical) in true:
            room[canonical, False] = sum(bool(row.sqlstate) for row in there)

    def place(one: Difference) -> tuple[CanonicalKey, bool]:
        return of_difference(one.key), one.left_out

    dropped = _drop(differences, room, place, partly=partly)
    doubtful = earlier.keys() - true
    return dropped, sum(one.key in doubtful for one in differences.kept if _is_missing(one))


def _drop(
    differences: Differences,
    room: Counter[tuple[CanonicalKey, bool]],
    place: Callable[[Difference], tuple[CanonicalKey, bool]],
    *,
    partly: bool,
) -> int:
    """Take out as many missing rows of each place as there is room for; returns how many."""
    kinds = Counter((place(one), one.kind) for one in differences.kept)
    stay = set()
    for (where, kind), rows in kinds.items():
        if kind is not DifferenceKind.MISSING or rows > room[where]:
            stay.add(where[0])

    def is_refused(one: Difference) -> bool:
        where = place(one)
        if one.kind is not DifferenceKind.MISSING or (where[0] in stay and not partly):
            return False
        room[where] -= 1
        return room[where] >= 0

    return differences.drop(is_refused)


def _newest(
    rows: Sequence[QuarantinedRow],
    of_quarantine: Callable[[Mapping[str, Any]], CanonicalKey],
) -> dict[CanonicalKey, list[QuarantinedRow]]:
    """Return the refusals of the newest run that has refused a key, one for each row of it.

    The oldest come first.
    """
    found: dict[CanonicalKey, list[QuarantinedRow]] = {}
    for row in rows:
        before = found.setdefault(of_quarantine(row.key), [])
        if before and before[0].run_id != row.run_id:
            before.clear()
        before.append(row)
    return found


def _is_missing(one: Difference) -> bool:
    return one.kind is DifferenceKind.MISSING and not one.left_out


def perhaps_stored(plan: SyncPlan, rows: int) -> tuple[str, ...]:
    """Say of so many missing rows that they lie in quarantine, which does not excuse them."""
    if not rows:
        return ()
    lie = f"{counted(rows, 'missing row')} of {plan.spec.target} {verb(rows, 'lies', 'lie')}"
    were = verb(rows, "it was", "they were")
    return (f"{lie} in quarantine from earlier runs: nothing says that {were} not stored since",)


def quarantined_of_a_count(
    plan: SyncPlan, into: TargetConnection, differences: Differences
) -> tuple[int, str, tuple[str, ...]]:
    """Take rows in quarantine from the number of those that are missing.

    Returns how many, why the numbers prove nothing, empty where they do, and warnings. Where rows
    are only counted, no key tells which are missing: only all that the last load has refused can be
    taken off, and only where no later run can have stored one of them. If fewer are missing than
    that, the target has others instead. Raises TableferryError.
    """
    missing, found = differences.counts[DifferenceKind.MISSING], quarantine_of(plan, into)
    rows = found.rows
    if plan.target_key:
        of_quarantine, _ = key_forms(plan)
        rows = [row for of_key in _newest(rows, of_quarantine).values() for row in of_key]
    if found.is_exact:
        rows = [row for row in rows if row.is_current]
    if not rows or differences.counts[DifferenceKind.EXTRA]:
        return 0, "", ()
    if found.is_exact and missing >= len(rows):
        differences.counts[DifferenceKind.MISSING] -= len(rows)
        differences.counts += Counter()  # without what is 0 now
        return len(rows), "", ()
    if found.is_exact or 0 < missing <= len(rows):
        return 0, _undecided(plan, missing, len(rows)), ()
    return 0, "", () if missing else (_by_chance(plan, len(rows)),)


def _undecided(plan: SyncPlan, missing: int, rows: int) -> str:
    fewer = f"{plan.spec.target} has {counted(missing, 'row')} fewer than the source"
    if not missing:
        fewer = f"{plan.spec.target} has as many rows as the source"
    return (
        f"{fewer}, and {_lie(rows)}: a count does not tell which rows the target has; compare "
        "them: tableferry verify"
    )


def _by_chance(plan: SyncPlan, rows: int) -> str:
    return (
        f"{_lie(rows)}: if {plan.spec.target} still lacks some of them, it has as many others that "
        "the source does not have, which a count does not tell"
    )


def _lie(rows: int) -> str:
    lie = f"{counted(rows, 'row')} of the source {verb(rows, 'has', 'have')} been in quarantine"
    return f"{lie} since the last complete load"


def perhaps_quarantined(
    plan: SyncPlan, into: TargetConnection, differences: Differences
) -> tuple[str, ...]:
    """Say that missing rows without a key may be in quarantine: nothing tells which of them are."""
    if plan.target_key or not (found := _in_quarantine(plan, into, differences).rows):
        return ()
    rows = counted(len(found), "row")
    return (f"{rows} of {plan.spec.source} in quarantine may be among those that are missing",)


def settle_left_out(
    plan: SyncPlan, into: TargetConnection, differences: Differences
) -> tuple[int, tuple[str, ...]]:
    """Make the rows that were left out differences; returns how many are none, and warnings.

    Those of which no key was kept count as missing. Raises TableferryError.
    """
    if not differences.left_out_rows:
        return 0, ()
    unnamed = differences.left_out_rows - len(differences.left_out)
    known: Counter[CanonicalKey] = Counter()
    if differences.left_out:
        of_quarantine, _ = key_forms(plan)
        newest = _newest(quarantine_of(plan, into).rows, of_quarantine)
        known.update({key: len(rows) for key, rows in newest.items()})
    quarantined = add_left_out(plan, differences, known)
    if not unnamed:
        return quarantined, ()
    differences.counts[DifferenceKind.MISSING] += unnamed
    rows = f"{counted(unnamed, 'row')} that 'on_invalid' leaves out"
    why = "they are too many" if plan.target_key else "there is no key"
    count = verb(unnamed, "counts", "count")
    return quarantined, (f"{rows} {count} as missing: {why} to look for each in quarantine",)


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
