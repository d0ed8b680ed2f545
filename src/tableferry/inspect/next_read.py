"""What the next run of an incremental mode would read: asked of both sides, nothing is changed."""

from dataclasses import dataclass
from typing import Any

from tableferry import postgres, sqlserver
from tableferry.config import Settings
from tableferry.model.key_range import WHOLE_TABLE
from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.modes import mode_of
from tableferry.modes.shown_watermark import shown_watermark
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import find_watermark
from tableferry.runs.claim import contents_of, void_if_new


@dataclass(frozen=True, slots=True)
class NextRead:
    """What a run would read now.

    ``select`` is its SELECT, ``reload`` why it would read every row (None: it reads changes),
    ``changes`` how many rows those are. ``watermark`` says in words from where it goes on, empty
    where nothing counts, and ``age`` how many seconds ago that was written. ``reconciles``: the
    keys of both sides would be compared.
    """

    mode: str
    select: str
    reload: ReloadReason | None = None
    changes: int | None = None
    watermark: str = ""
    age: float | None = None
    reconciles: bool = False
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "mode": self.mode,
            "reads": "every row" if self.reload else "changes",
            **({"reload": self.reload.value} if self.reload else {}),
            **({} if self.changes is None else {"changes": self.changes}),
            **({"watermark": self.watermark} if self.watermark else {}),
            **({} if self.age is None else {"watermark_age_seconds": round(self.age, 3)}),
            **({"reconciles": True} if self.reconciles else {}),
        }


def next_read(
    plan: SyncPlan,
    settings: Settings,
    from_: sqlserver.SourceConnection,
    into: postgres.TargetConnection,
) -> NextRead | None:
    """Return what a run of this plan would read, None where it reads every row each time.

    Raises TableferryError, also where the mode cannot work: Change Tracking is off, say.
    """
    mode = mode_of(plan.spec)
    if mode.complete:
        return None
    contents = contents_of(plan, settings)
    found = find_watermark(into, plan.spec.target, mode=mode.name, contents=contents)
    found = void_if_new(plan, found)
    watermark = found if isinstance(found, Watermark) else None
    if mode.at_one_moment:
        from_.begin_snapshot()
    extract = mode.extract(plan, watermark, from_.rows)
    changes = None
    if extract.count:
        [(changes,)] = from_.rows(extract.count, ["changes"])
    if mode.at_one_moment:
        from_.end_snapshot()
    return NextRead(
        mode=mode.name,
        select=extract.select(WHOLE_TABLE),
        reload=extract.reason or (found if isinstance(found, ReloadReason) else None),
        changes=changes,
        watermark=shown_watermark(watermark.value) if watermark else "",
        age=watermark.age if watermark else None,
        reconciles=extract.reconcile,
        warnings=extract.warnings,
    )
