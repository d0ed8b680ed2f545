"""``mode: rowversion``: the rows whose rowversion has risen since the watermark.

SQL Server gives a row a new rowversion at each INSERT and UPDATE, at the statement and not at the
COMMIT, so a lower one may become visible later. ``MIN_ACTIVE_ROWVERSION()`` is the lowest that an
open transaction holds ("MIN_ACTIVE_ROWVERSION (Transact-SQL)"): whatever is below it is committed,
and stays so. It is asked before anything is read; a run reads what is at least the watermark and
below it, and it becomes the next watermark. A row that changes meanwhile gets a rowversion above,
and is the next run's.

Rows that are deleted, truncated, or switched in as a partition are not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tableferry.errors import SchemaError
from tableferry.model.identifiers import SourceTable, quote_mssql, shown, text_mssql
from tableferry.model.literals import is_exact_text, tsql_literal
from tableferry.model.schema import SourceColumn
from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.modes.changed_rows import changed_keys, changed_rows, not_followed
from tableferry.modes.column_watermark import ColumnWatermark
from tableferry.modes.extract import Ask, Extract, in_database
from tableferry.modes.tracking import read_identity
from tableferry.planning.plan import SyncPlan

_ASKED: Final = ("lowest_active", "updateability", "is_read_only", "kind")

_STATE: Final = """\
SELECT CONVERT(varchar(18), MIN_ACTIVE_ROWVERSION(), 1) AS lowest_active,
  CONVERT(varchar(30), DATABASEPROPERTYEX(DB_NAME(), 'Updateability')) AS updateability,
  (SELECT d.is_read_only FROM sys.databases AS d WHERE d.name = DB_NAME()) AS is_read_only,
  (SELECT o.type FROM sys.objects AS o WHERE o.object_id = OBJECT_ID({table})) AS kind"""
"""The counter is the database's, so it is asked there. A database that cannot be written to without
having been made read-only is a copy: a secondary replica, or one that logs are shipped to."""


@dataclass(frozen=True, slots=True)
class Rowversion:
    """Reads the rows whose rowversion is at least the watermark's and below the lowest active."""

    name: str = "rowversion"
    complete: bool = False
    at_one_moment: bool = False

    def check(self, plan: SyncPlan) -> tuple[str, ...]:
        """Return what the mode cannot see of the table; raises SchemaError where it cannot work."""
        _rowversion_of(plan)
        unseen = "rowversions do not show rows that are deleted, or switched in as a partition"
        return (unseen, *not_followed(plan.spec))

    def extract(self, plan: SyncPlan, watermark: Watermark | None, ask: Ask) -> Extract:
        """Return the changed rows, or all rows; raises SchemaError, and ConfigError of the ledger.

        Everything is read where the database was restored or is another one, as far as that can be
        seen, and where the lowest active rowversion is below the watermark: then it was as well.
        """
        column, table = _rowversion_of(plan), plan.spec.source
        identity = read_identity(ask, table.database)
        high, warnings = _ask_state(table, column, ask)
        found = Extract(plan.chunk)
        if watermark is not None:
            mark = ColumnWatermark.of(watermark.value, column, table, identity)
            if isinstance(mark, ReloadReason):
                found = Extract(plan.chunk, reason=mark)
            elif (low := mark.value or high) > high:  # 16 digits each: in the order of the numbers
                found = Extract(plan.chunk, reason=ReloadReason.RESET)
            else:
                found = _changes(plan, column, low, high, watermark)
        following = ColumnWatermark(column.name, str(column.type), high, identity=identity)
        return replace(found, next_watermark=following.to_text(), warnings=warnings)

    def changed(self, plan: SyncPlan, watermark: Watermark, ask: Ask) -> str | ReloadReason:
        """Return the SELECT of the keys of rows whose rowversion is at least the watermark."""
        column, table = _rowversion_of(plan), plan.spec.source
        identity = read_identity(ask, table.database)
        mark = ColumnWatermark.of(watermark.value, column, table, identity)
        if isinstance(mark, ReloadReason):
            return mark
        if mark.value is None:
            return ReloadReason.FIRST_LOAD
        low = tsql_literal(column.type, mark.value)
        return changed_keys(plan, f"t.{quote_mssql(column.name)} >= {low}")


def _changes(
    plan: SyncPlan, column: SourceColumn, low: str, high: str, watermark: Watermark
) -> Extract:
    name = f"t.{quote_mssql(column.name)}"
    low, high = tsql_literal(column.type, low), tsql_literal(column.type, high)
    # NULL is what an outer join in a view makes of it: such a row may have changed at any time.
    return changed_rows(
        plan,
        f"({name} >= {low} AND {name} < {high} OR {name} IS NULL)",
        f"({name} >= {low} OR {name} IS NULL)",
        watermark,
    )


def _rowversion_of(plan: SyncPlan) -> SourceColumn:
    return rowversion_column(plan.spec.source, plan.source_columns)


def rowversion_column(table: SourceTable, columns: Sequence[SourceColumn]) -> SourceColumn:
    """Return the table's rowversion column; raises SchemaError where there is not exactly one."""
    found = [column for column in columns if column.type.name == "timestamp"]
    match found:
        case [column] if not column.protection:
            return column
        case [column]:
            raise SchemaError(
                f"'mode': 'rowversion' of {table}: {shown(column.name)} {column.protection}",
                hint="Let this login read the column's real values, or use another 'mode'.",
            )
        case []:
            raise SchemaError(
                f"'mode': 'rowversion': {table} has no rowversion column",
                hint=f"ALTER TABLE {table.sql} ADD row_version rowversion, which writes every row "
                "once; or use 'mode': 'change_tracking' or 'watermark'.",
            )
    named = ", ".join(shown(column.name) for column in found)
    raise SchemaError(
        f"'mode': 'rowversion': {table} has more than one rowversion column: {named}",
        hint="Use a view that has only that of the table whose changes matter, or "
        "'mode': 'watermark'.",
    )


def _ask_state(table: SourceTable, column: SourceColumn, ask: Ask) -> tuple[str, tuple[str, ...]]:
    """Return the lowest active rowversion of the table's database, and warnings."""
    state = _STATE.format(table=text_mssql(table.sql))
    [(high, updateability, is_read_only, kind)] = ask(in_database(table.database, state), _ASKED)
    if not is_exact_text(column.type, high):
        raise SchemaError(
            f"'mode': 'rowversion' of {table}: the server does not say which rowversions are in "
            "use by open transactions",
            hint="Use another 'mode'.",
        )
    if updateability == "READ_ONLY" and not is_read_only:
        raise SchemaError(
            f"'mode': 'rowversion' of {table}: {table.database} is a copy that follows another "
            "database, and does not know the open transactions there",
            hint="Read from the primary replica, or use another 'mode'.",
        )
    if (kind or "").strip() == "V":
        source = (
            f"{table} is a view: {shown(column.name)} only tells of changes in the table that it "
            f"comes from, which has to be in the database {table.database}"
        )
        return str(high), (source,)
    return str(high), ()


ROWVERSION: Final = Rowversion()
