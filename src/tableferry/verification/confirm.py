"""From what a comparison has found to what counts: what the entry asks for, what was only late.

kept and quarantined rows -> changes since the watermark -> the rest is read again -> the same
questions once more, for what was published or changed meanwhile.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from tableferry.config import DeleteHandling
from tableferry.model.counting import counted, verb
from tableferry.model.watermark import Watermark
from tableferry.planning.plan import SyncPlan
from tableferry.postgres import TargetConnection
from tableferry.verification.again import read_again
from tableferry.verification.differences import DifferenceKind, Differences
from tableferry.verification.explained import explain
from tableferry.verification.quarantined import (
    kept,
    perhaps_quarantined,
    perhaps_stored,
    quarantined,
    settle_left_out,
)
from tableferry.verification.sides import Sides

WatermarkOf = Callable[[TargetConnection], Watermark | None]
"""Returns the watermark of the target's rows, in the transaction in which they are read."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """How many of the differences are none, and why; ``warnings`` say what could not be found out.

    ``unknown``: so many are left of which the keys were not kept, so that nobody could ask.
    ``undecided`` says why what is left proves nothing, empty where it does.
    """

    explained: int = 0
    quarantined: int = 0
    kept: int = 0
    unknown: int = 0
    undecided: str = ""
    warnings: tuple[str, ...] = ()

    def with_more(self, later: Self) -> Self:
        """Return what is known after the same rows were compared once more.

        The warnings are the later ones: those of rows that are equal by now are no longer so.
        """
        return replace(
            self,
            explained=self.explained + later.explained,
            quarantined=self.quarantined + later.quarantined,
            kept=self.kept + later.kept,
            unknown=later.unknown,
            undecided=later.undecided,
            warnings=later.warnings,
        )


def confirm(
    plan: SyncPlan,
    sides: Sides,
    differences: Differences,
    *,
    settle: float,
    watermark_of: WatermarkOf,
    show_values: bool = False,
) -> Confirmed:
    """Leave in ``differences`` what counts; returns how many do not.

    Rows that the policy leaves out count, unless they lie in quarantine. The rows that are left are
    read again after ``settle`` seconds, in a new transaction of ``sides.into``, which stays open.
    Raises values.TextsAlteredError as a load does: then it has to begin with the comparison again.
    Raises TableferryError.
    """
    unnamed, untold = settle_left_out(plan, sides.into, differences)
    first = _sifted(plan, sides, differences, watermark_of)
    watermark = first.watermark
    unknown = differences.total - len(differences.kept)
    warnings = untold + first.warnings
    second = _Sifted()
    if differences.kept:
        warnings += read_again(plan, sides, differences, settle, show_values=show_values)
        second = _sifted(plan, sides, differences, watermark_of, is_last=True)
        watermark = second.watermark
        warnings += tuple(one for one in second.warnings if one not in warnings)
    return Confirmed(
        explained=first.explained + second.explained,
        quarantined=unnamed + first.quarantined + second.quarantined,
        kept=first.kept + second.kept,
        unknown=unknown,
        warnings=warnings
        + perhaps_stored(plan, second.in_quarantine)
        + perhaps_quarantined(plan, sides.into, differences)
        + _perhaps_deleted(plan, differences, watermark),
    )


@dataclass(frozen=True, slots=True)
class _Sifted:
    """What was none of the differences; of the rest, how many lie in quarantine nevertheless."""

    explained: int = 0
    quarantined: int = 0
    kept: int = 0
    in_quarantine: int = 0
    warnings: tuple[str, ...] = ()
    watermark: Watermark | None = None


def _sifted(
    plan: SyncPlan,
    sides: Sides,
    differences: Differences,
    watermark_of: WatermarkOf,
    *,
    is_last: bool = False,
) -> _Sifted:
    if not differences.total:
        return _Sifted()
    stay = kept(plan, differences)
    watermark = watermark_of(sides.into) if differences.total else None
    refused, in_quarantine = quarantined(plan, sides, differences, watermark, partly=is_last)
    changed, warnings = explain(plan, sides, differences, watermark)
    return _Sifted(changed, refused, stay, in_quarantine, warnings, watermark)


def _perhaps_deleted(
    plan: SyncPlan, differences: Differences, watermark: Watermark | None
) -> tuple[str, ...]:
    """Say of rows that only the target has that the mode does not see deletions."""
    extra = differences.counts[DifferenceKind.EXTRA]
    if plan.spec.deletes.how is not DeleteHandling.RECONCILE or not extra or watermark is None:
        return ()
    since = "never" if watermark.reconciled is None else f"{watermark.reconciled:,.0f} seconds ago"
    rows = f"{counted(extra, 'row')} that only the target has"
    deleted = f"may have been deleted at the source since the keys were last compared, {since}"
    goes = verb(extra, "it goes", "they go")
    return (f"{rows} {deleted}: {goes} with the next run that compares them",)
