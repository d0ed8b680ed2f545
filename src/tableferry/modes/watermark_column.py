"""``mode: watermark``: the rows whose value in one column is at or above the watermark.

The column's value has to rise with each change: a number that counts up, or the time of the change.
The watermark is the newest value that the source had before the read began, ``overlap`` below it is
read again, and what was carried before is found unchanged by the merge. A row with the watermark's
own value is always read again: others with the same value may have been committed since.

What it cannot see: rows that are deleted, changes that do not raise the value, and rows that are
committed with a value more than ``overlap`` below the newest that was read before.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Final

from tableferry.config import Consistency, DeleteHandling
from tableferry.errors import SchemaError, VerificationError
from tableferry.model.identifiers import quote_mssql, shown
from tableferry.model.literals import exact_text, is_exact_text, tsql_literal
from tableferry.model.schema import SourceColumn, find_column
from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.modes.changed_rows import changed_keys, changed_rows, not_followed
from tableferry.modes.column_watermark import ColumnWatermark
from tableferry.modes.extract import Ask, Extract
from tableferry.modes.source_clock import ASKED_CLOCK, Clock, clock_columns
from tableferry.modes.tracking import read_identity
from tableferry.modes.watermark_types import (
    DEFAULT_TIME_OVERLAP,
    can_be_followed,
    holds_times,
    is_ahead,
    lowered,
    newest_text,
)
from tableferry.planning.plan import SyncPlan


@dataclass(frozen=True, slots=True)
class WatermarkColumn:
    """Reads the rows whose value in the configured column is at or above the watermark."""

    name: str = "watermark"
    complete: bool = False
    at_one_moment: bool = False

    def check(self, plan: SyncPlan) -> tuple[str, ...]:
        """Return what the mode cannot see of the table; raises SchemaError where it cannot work."""
        column = _followed(plan)
        name, overlap = shown(column.name), overlap_of(plan, column)
        unit = " seconds" if holds_times(column.type) else ""
        below = f"more than {overlap:,}{unit} below" if overlap else "below"
        missed = (
            f"only changes that raise {name} are seen, and rows that are committed late, with a "
            f"value {below} the newest one of an earlier run, are missed"
        )
        found = [missed]
        if column.nullable:
            found.append(f"rows whose {name} is NULL are read in every run")
        if column.type.name == "timestamp":
            found.append(
                f"{name} is a rowversion: 'mode': 'rowversion' would miss no row that is "
                "committed late"
            )
        return (*found, *not_followed(plan.spec))

    def extract(self, plan: SyncPlan, watermark: Watermark | None, ask: Ask) -> Extract:
        """Return the changed rows, or all rows; raises SchemaError, and ConfigError of the ledger.

        Everything is read where the database was restored or is another one, as far as that can be
        seen, where no row had a value before, and where deleted rows are followed and the newest
        number is below the watermark: counting began anew, or the newest rows are gone.
        """
        column, table = _followed(plan), plan.spec.source
        identity = read_identity(ask, table.database)
        mark: ColumnWatermark | ReloadReason | None = None
        if watermark is not None:
            mark = ColumnWatermark.of(watermark.value, column, table, identity)
        since = mark if isinstance(mark, ColumnWatermark) else None
        newest = replace(_ask(plan, column, since, ask), identity=identity)
        reason = mark if isinstance(mark, ReloadReason) else None
        if watermark is not None and since is not None:
            reason = _reload_reason(plan, since, newest)
            if reason is None:
                return _changes(plan, newest, since, watermark, ask)
        return Extract(
            plan.chunk,
            next_watermark=newest.mark().to_text(),
            reason=reason,
            warnings=newest.warnings(),
        )

    def changed(self, plan: SyncPlan, watermark: Watermark, ask: Ask) -> str | ReloadReason:
        """Return the SELECT of the keys of rows whose value is above the watermark.

        A row at the watermark itself, or within its overlap, is read again by the next run; that it
        has changed is not certain.
        """
        column, table = _followed(plan), plan.spec.source
        identity = read_identity(ask, table.database)
        mark = ColumnWatermark.of(watermark.value, column, table, identity)
        if isinstance(mark, ReloadReason):
            return mark
        name = f"t.{quote_mssql(column.name)}"
        if mark.value is None:  # there were no rows
            return changed_keys(plan, f"{name} IS NOT NULL")
        return changed_keys(plan, f"{name} > {tsql_literal(column.type, mark.value)}")


@dataclass(frozen=True, slots=True)
class _Newest:
    """What the source answered: ``value`` is the newest one, as far as it is not in the future.

    ``fell``: it is below the watermark. ``in_future``: a row has a time that is yet to come.
    ``identity``: the database's.
    """

    column: SourceColumn
    value: str | None
    fell: bool
    in_future: bool
    clock: Clock
    identity: dict[str, str] = field(default_factory=dict)

    def mark(self, earlier: ColumnWatermark | None = None) -> ColumnWatermark:
        """Return the next mark; where there is no row left, at the value of the earlier one."""
        column, clock = self.column, self.clock
        value = earlier.value if earlier and self.value is None else self.value
        return ColumnWatermark(
            column.name, str(column.type), value, clock.local, clock.utc, identity=self.identity
        )

    def warnings(self) -> tuple[str, ...]:
        """Return what the outcome should say of the values."""
        if not self.in_future:
            return ()
        later = (
            f"{shown(self.column.name)} has values later than the source's clock: their rows are "
            "read in every run until then"
        )
        return (later,)


def overlap_of(plan: SyncPlan, column: SourceColumn) -> int:
    """Return how far below the watermark is read again: in seconds for times, otherwise in ones."""
    if plan.spec.overlap is not None:
        return plan.spec.overlap
    return DEFAULT_TIME_OVERLAP if holds_times(column.type) else 0


def _followed(plan: SyncPlan) -> SourceColumn:
    """Return the configured column; raises SchemaError where it cannot be followed."""
    spec = plan.spec
    column = find_column(spec.watermark, plan.source_columns)
    if column is None:
        raise SchemaError(
            f"'watermark': {spec.source} has no column {shown(spec.watermark)}",
            hint="Name a column whose value rises with each change of the row.",
        )
    if column.protection:
        raise SchemaError(
            f"'watermark': {shown(column.name)} of {spec.source} {column.protection}",
            hint="Let this login read the column's real values, or name another column.",
        )
    if not can_be_followed(column.type):
        raise SchemaError(
            f"'watermark': {shown(column.name)} of {spec.source} is of type {column.type}",
            hint="Name a column of integers, dates or times, datetimeoffset included: those are "
            "exact and in order.",
        )
    return column


def _ask(plan: SyncPlan, column: SourceColumn, mark: ColumnWatermark | None, ask: Ask) -> _Newest:
    """Ask for the newest value of the rows that the entry carries, and for the source's clock."""
    name, kind = f"t.{quote_mssql(column.name)}", column.type
    times = holds_times(kind)
    where = f"\n  WHERE ({plan.spec.where}\n)" if plan.spec.where else ""
    value = mark.value if mark else None
    fell = f"m.newest < {tsql_literal(kind, value)}" if value is not None else "1 = 0"
    future = is_ahead(kind, "m.newest") if times else "1 = 0"
    clock = clock_columns(kind, mark)
    # Ordered, since MAX is not documented for rowversions; an index on the column serves both. A
    # join to one row returns one without any value, too; a subquery might be run for each use.
    sql = f"""\
{_isolation(plan)}SELECT {newest_text(kind, "m.newest")} AS newest,
  CASE WHEN {fell} THEN 1 ELSE 0 END AS fell,
  CASE WHEN {future} THEN 1 ELSE 0 END AS in_future,
  {clock}
FROM (SELECT 1 AS one) AS o
LEFT JOIN (SELECT TOP (1) {name} AS newest
  FROM {plan.spec.source.sql} AS t{where}
  ORDER BY {name} DESC) AS m ON o.one = 1"""
    [(newest, below, ahead, *clocks)] = ask(sql, ("newest", "fell", "in_future", *ASKED_CLOCK))
    return _Newest(column, _checked(column, newest), bool(below), bool(ahead), Clock(*clocks))


def _isolation(plan: SyncPlan) -> str:
    """Return the SET under which the newest value does not wait for a writer, where there is one.

    Whoever reads afterwards sets the level again.
    """
    if plan.consistency is Consistency.SNAPSHOT:
        return "SET TRANSACTION ISOLATION LEVEL SNAPSHOT;\n"
    return "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;\n"


def _checked(column: SourceColumn, text: Any) -> str | None:
    """Return the text of a value if it has the form of one: it will become T-SQL."""
    if text is None or is_exact_text(column.type, text):
        return text if text is None else str(text)
    raise VerificationError(
        f"The source returned a value of {shown(column.name)} in an unknown form",
        hint="Nothing was changed. Please report this.",
    )


def _reload_reason(plan: SyncPlan, mark: ColumnWatermark, newest: _Newest) -> ReloadReason | None:
    """Return why the watermark cannot be used; None where it can.

    Where numbers have fallen, reading everything is how deleted rows are followed. A lower time is
    no news: time goes on, and so the newest rows may be gone.
    """
    if mark.value is None:
        return ReloadReason.FIRST_LOAD
    follows = plan.spec.deletes.how is not DeleteHandling.IGNORE
    if newest.fell and follows and not holds_times(newest.column.type):
        return ReloadReason.RESET
    return None


def _changes(
    plan: SyncPlan, newest: _Newest, mark: ColumnWatermark, watermark: Watermark, ask: Ask
) -> Extract:
    column, clock = newest.column, newest.clock
    set_back = clock.set_back(watermark.age)
    back = overlap_of(plan, column) + mark.ahead + set_back
    name = f"t.{quote_mssql(column.name)}"
    rows = f"({name} >= {_low(column, str(mark.value), back, ask)} OR {name} IS NULL)"
    following = replace(newest.mark(mark), ahead=clock.ahead(mark.ahead, set_back))
    return replace(
        changed_rows(plan, rows, rows, watermark),
        next_watermark=following.to_text(),
        warnings=(
            *newest.warnings(),
            *_fallen(newest),
            *clock.warnings(column.name, watermark.age, set_back),
        ),
    )


def _fallen(newest: _Newest) -> tuple[str, ...]:
    if not newest.fell or holds_times(newest.column.type):
        return ()
    fallen = (
        f"the newest {shown(newest.column.name)} is below the watermark, so rows were deleted or "
        "counting began anew: rows written since with lower values are not read"
    )
    return (fallen,)


def _low(column: SourceColumn, value: str, back: int, ask: Ask) -> str:
    """Return the literal of the lowest value to read; the source calculates it."""
    kind = column.type
    if back:
        [(low,)] = ask(f"SELECT {exact_text(kind, lowered(kind, value, back))} AS low", ("low",))
        value = _checked(column, low) or value
    return tsql_literal(kind, value)


WATERMARK: Final = WatermarkColumn()
