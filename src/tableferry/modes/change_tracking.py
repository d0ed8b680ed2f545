"""``mode: change_tracking``: the rows that SQL Server's Change Tracking says have changed.

A change has the version of its commit, so what is read in one snapshot with the current version is
the table as of that version: rows inserted, updated and deleted since the saved one, each key once,
however often it has changed. Where the saved version no longer says what has changed, every row is
read, and the old ones stay until those are published; never is a gap skipped.
"""

from dataclasses import dataclass
from typing import Final

from tableferry.config import DeleteHandling, OnExpired
from tableferry.errors import SchemaError, TransientError
from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.modes.changed_rows import not_followed
from tableferry.modes.extract import Ask, Extract
from tableferry.modes.tracked_changes import (
    changes_count,
    changes_select,
    keys_select,
    unchanged_row,
)
from tableferry.modes.tracking import TrackedDatabase, TrackedTable, read_database, read_tables
from tableferry.modes.tracking_watermark import (
    is_same_journal,
    judge,
    may_be_truncated,
    parse,
    require_tracked,
    saved,
)
from tableferry.planning.plan import SyncPlan

MANY_ROWS: Final = 10_000
"""A smaller table is read fast in either way."""

CHANGE_COST: Final = 2
"""What merging one changed row costs at the least, in rows of a complete load. It took the time of
three to five (decision 53); but a complete load reads all of the source, too."""

SECONDS_A_DAY: Final = 86400.0


@dataclass(frozen=True, slots=True)
class ChangeTracking:
    """Reads what has changed since a version of the source database."""

    name: str = "change_tracking"
    complete: bool = False
    at_one_moment: bool = True

    def check(self, plan: SyncPlan) -> tuple[str, ...]:
        """Return what it is not to follow; what it needs of the source is asked there."""
        return not_followed(plan.spec)

    def extract(self, plan: SyncPlan, watermark: Watermark | None, ask: Ask) -> Extract:
        """Return the changes since the watermark, or every row where it does not hold any more.

        Raises ConfigError where Change Tracking is off or not visible, SchemaError where the
        watermark does not hold and 'on_expired' says to stop, and TransientError where the table is
        truncated or altered at this moment.
        """
        source = plan.spec.source
        before = read_tables(ask, [source])[source]
        database = read_database(ask, source.database)
        table = read_tables(ask, [source])[source]
        require_tracked(database, table)
        _require_same(before, table)
        now = saved(database, table)
        if watermark is None:
            return Extract(plan.chunk, next_watermark=now)
        reason = judge(watermark.value, database, table)
        since = parse(watermark.value).version
        if reason is ReloadReason.TRACKING_BEGAN and is_same_journal(watermark.value, table):
            reason = None if _has_unchanged_row(plan, since, ask) else reason
        if reason is None and may_be_truncated(watermark.value, database, table):
            reason = _empty(plan, ask)
        if reason is None and not watermark.is_of_this_load:
            reason = _many(plan, since, ask)
        if reason is not None:
            _require_reload_allowed(plan, reason, watermark)
            return Extract(plan.chunk, next_watermark=now, reason=reason)
        follows = plan.spec.deletes.how is not DeleteHandling.IGNORE
        return Extract(
            select=lambda _keys: changes_select(plan, since),
            complete=False,
            count=changes_count(source, since),
            # A load that is being caught up holds old forms of the rows, whose keys have to go.
            deletes=keys_select(plan, since) if follows or watermark.is_of_this_load else "",
            next_watermark=now,
            warnings=_warnings(plan, database, watermark),
        )

    def changed(self, plan: SyncPlan, watermark: Watermark, ask: Ask) -> str | ReloadReason:
        """Return the SELECT of the keys that are listed as changed since the watermark.

        Raises ConfigError where Change Tracking is off or not visible.
        """
        source = plan.spec.source
        database, table = read_database(ask, source.database), read_tables(ask, [source])[source]
        reason = judge(watermark.value, database, table)
        return reason or keys_select(plan, parse(watermark.value).version)


def _require_same(before: TrackedTable, table: TrackedTable) -> None:
    """See that the table is the one of the snapshot, which begins with the database's version.

    The catalog is not in the snapshot: of a table that is truncated between the two, the rows would
    be those before it, and the watermark would say that they are those after it.
    """
    if (before.begun, before.form, before.journal) != (table.begun, table.form, table.journal):
        raise TransientError(
            f"{table.source} was truncated or altered while its snapshot began",
            hint="Nothing was changed. The next attempt reads it as it is then.",
        )


def _empty(plan: SyncPlan, ask: Ask) -> ReloadReason | None:
    """Say whether the table has no rows, and so may have been truncated; reading it costs nothing.

    One that had none before is read again as well, until anything in the database changes.
    """
    rows = f"EXISTS (SELECT 1 AS found FROM {plan.spec.source.sql} AS t)"
    [(has_rows,)] = ask(f"SELECT CASE WHEN {rows} THEN 1 ELSE 0 END AS has_rows", ["has_rows"])
    return None if has_rows else ReloadReason.TRUNCATED


def _has_unchanged_row(plan: SyncPlan, since: int, ask: Ask) -> bool:
    """Whether the table has a row that has not changed since a version.

    Then it was not truncated since: after that, each row is one that was inserted.
    """
    [(found,)] = ask(unchanged_row(plan, since), ["found"])
    return bool(found)


def _many(plan: SyncPlan, since: int, ask: Ask) -> ReloadReason | None:
    """Say whether so many rows have changed that reading all of them is cheaper."""
    rows = plan.estimated_rows
    if rows is None or rows < MANY_ROWS:
        return None
    [(changes,)] = ask(changes_count(plan.spec.source, since), ["changes"])
    return ReloadReason.MANY_CHANGES if CHANGE_COST * changes > rows else None


def _require_reload_allowed(plan: SyncPlan, reason: ReloadReason, watermark: Watermark) -> None:
    if plan.spec.on_expired is OnExpired.RELOAD or not reason.is_lost or watermark.is_of_this_load:
        return
    raise SchemaError(
        f"The changes of {plan.spec.source} cannot be followed any more: {reason.text}",
        hint="The old rows stay. 'on_expired' is 'stop'; with 'reload' the next run reads every "
        "row and goes on from there.",
    )


def _warnings(plan: SyncPlan, database: TrackedDatabase, watermark: Watermark) -> tuple[str, ...]:
    warnings = []
    if database.retention and watermark.age > database.retention / 2:
        kept = database.retention / SECONDS_A_DAY
        warnings.append(
            f"the last run of {plan.spec.source} was {watermark.age / SECONDS_A_DAY:.1f} days ago; "
            f"{plan.spec.source.database} keeps changes for {kept:g} days, and after that every "
            "row is read again"
        )
    return tuple(warnings)


CHANGE_TRACKING: Final = ChangeTracking()
