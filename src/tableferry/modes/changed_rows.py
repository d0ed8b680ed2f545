"""What the modes have in common that see changed rows, but not deleted ones. Pure.

Whether the keys of both sides are compared in this run, which rows can be seen to be gone without
that, and what the outcome says where deleted rows are ignored.
"""

from dataclasses import replace

from tableferry.config import DeleteHandling, TableSpec
from tableferry.model.watermark import Watermark
from tableferry.modes.extract import Extract
from tableferry.planning.plan import SyncPlan


def changed_rows(plan: SyncPlan, condition: str, since: str, watermark: Watermark) -> Extract:
    """Return the extract of the rows for which the T-SQL ``condition`` holds; the table is ``t``.

    ``since`` is the same condition without an upper end, under which rows that have left the
    entry's 'where' are looked for, however late they did.
    """
    compares = _reconciles(plan.spec, watermark)
    return Extract(
        select=lambda _keys: plan.select_where(condition),
        count=plan.count_where(condition),
        complete=False,
        deletes="" if compares else _left_where(plan, since),
        reconcile=compares,
    )


def _reconciles(spec: TableSpec, watermark: Watermark) -> bool:
    """Whether the keys of both sides are due to be compared."""
    if spec.deletes.how is not DeleteHandling.RECONCILE:
        return False
    return watermark.reconciled is None or watermark.reconciled >= spec.reconcile_every


def _left_where(plan: SyncPlan, since: str) -> str:
    """Return the SELECT of the keys of changed rows for which 'where' does not hold.

    Empty where there is no 'where', or deleted rows are ignored.
    """
    spec = plan.spec
    if not spec.where or spec.deletes.how is not DeleteHandling.RECONCILE:
        return ""
    # CASE, since NOT would be unknown where the condition is.
    return changed_keys(plan, f"{since} AND CASE WHEN ({spec.where}\n) THEN 1 ELSE 0 END = 0")


def changed_keys(plan: SyncPlan, condition: str) -> str:
    """Return the SELECT of the keys of rows that meet a condition, whatever 'where' says."""
    of_key = plan.of_key()
    return replace(of_key, spec=replace(of_key.spec, where="")).select_where(condition)


def not_followed(spec: TableSpec) -> tuple[str, ...]:
    """Return the warning that every outcome has where deleted rows are ignored."""
    if spec.deletes.how is not DeleteHandling.IGNORE:
        return ()
    rows = f"rows deleted from {spec.source} stay in {spec.target}"
    return (f"deletes not followed: {rows}",)
