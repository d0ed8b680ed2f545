"""From what a comparison of a table has found to what is known of the table: the verdict."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

from tableferry.config import TableSpec
from tableferry.errors import ErrorReport
from tableferry.model.counting import counted
from tableferry.modes.shown_watermark import holds_value
from tableferry.planning.plan import SyncPlan
from tableferry.verification.confirm import Confirmed
from tableferry.verification.differences import Differences
from tableferry.verification.options import Depth, VerifyOptions
from tableferry.verification.result import TableVerification, Verdict

UNEXPLAINED: Final = (
    "rows that the source has changed since the target's were loaded differ, too: without a "
    "watermark nothing tells them from others"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a comparison of the table has found."""

    plan: SyncPlan
    differences: Differences
    confidence: str
    confirmed: Confirmed
    watermark: str
    as_of: str


def unknown_yet(spec: TableSpec, wanted: VerifyOptions) -> TableVerification:
    """Return what is known of a table before it has been verified."""
    return TableVerification(
        spec.key,
        str(spec.target),
        Verdict.NOT_VERIFIED,
        wanted.depth,
        watermark_is_value=holds_value(spec),
    )


def not_verified(unknown: TableVerification, report: ErrorReport) -> TableVerification:
    """Return the verification of a table that an error has ended."""
    return replace(unknown, reason=f"{report.kind}, see the error", error=report)


def verification_of(unknown: TableVerification, found: Found, limit: int) -> TableVerification:
    """Return what is known now, and the verdict that follows; up to ``limit`` rows are listed."""
    differences, plan, confirmed = found.differences, found.plan, found.confirmed
    unexplained = (UNEXPLAINED,) if differences.total and not found.watermark else ()
    reason = _unasked(found) or ("" if unknown.depth is Depth.COUNT else _unaccounted(found))
    return replace(
        unknown,
        verdict=Verdict.NOT_VERIFIED if reason else _verdict(found),
        reason=reason,
        target=str(plan.spec.target),
        source_rows=differences.source_rows,
        target_rows=differences.target_rows,
        counts=dict(differences.counts),
        differences=tuple(differences.kept[:limit]),
        key=_key(plan),
        by_column=dict(differences.by_column),
        not_compared=dict(differences.not_compared),
        explained=confirmed.explained,
        quarantined=confirmed.quarantined,
        kept=confirmed.kept,
        touched=differences.touched,
        losses=plan.losses,
        confidence=found.confidence,
        as_of=found.as_of,
        watermark=found.watermark,
        warnings=(*differences.warnings, *confirmed.warnings, *unexplained, *unseen(plan)),
    )


def unseen(plan: SyncPlan) -> tuple[str, ...]:
    """Return what the two tables have that no comparison of them shows."""
    only = tuple(f"{one}: nothing is compared with it" for one in plan.drift.only_in_target)
    return plan.remarks + only + plan.drift.renames


def unrepairable(found: Found) -> str:
    """Return why rows cannot be repaired, empty where they can."""
    if not found.plan.target_key:
        return "it has no key"
    return "" if found.differences.all_kept else "the keys of some rows that differ are not known"


def _verdict(found: Found) -> Verdict:
    if found.differences.total:
        return Verdict.DIFFERS
    return Verdict.PARTLY_COMPARED if found.differences.not_compared else Verdict.EQUAL


def _unasked(found: Found) -> str:
    """Return why nothing is known of the rows that are left, empty where something is.

    All that could be looked at had changed since the last run, so that the others may have, too.
    """
    left, explained = found.differences.total, found.confirmed.explained
    if not left or found.differences.kept or not explained:
        return found.confirmed.undecided
    return (
        f"{counted(left + explained, 'row')} differ, too many to look at each; all of the "
        f"{explained:,} that were looked at have changed since the last run: sync, and verify again"
    )


def _unaccounted(found: Found) -> str:
    """Return why rows of which none differs are not equal: their numbers say otherwise."""
    differences, spec = found.differences, found.plan.spec
    if differences.total or not differences.unaccounted:
        return ""
    return (
        f"no rows were found to differ, but {spec.source} has {differences.source_rows:,} and "
        f"{spec.target} {differences.target_rows:,}, and what is no difference does not account "
        f"for {counted(abs(differences.unaccounted), 'row')} of them; please report this"
    )


def as_of(plan: SyncPlan, begun: dt.datetime) -> str:
    """Return of which moment a comparison is true, in words."""
    when = f"{begun:%Y-%m-%d %H:%M:%S} UTC"
    if plan.at_one_moment:
        return f"{when}, one moment of each side"
    return f"{when} and after: the source's rows were read at different moments"


def _key(plan: SyncPlan) -> tuple[str, ...]:
    """Return what the places of a difference's key are called; all columns where there is none."""
    if plan.target_key:
        return plan.target_key
    return tuple(column.target.name for column in plan.columns)
