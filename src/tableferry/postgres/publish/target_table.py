"""The target table as it stands: under which name, with how many rows, still as it was planned."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.errors import ConfigError, SchemaError
from tableferry.model.identifiers import TargetTable, shown
from tableferry.planning.guards import require_not_shrunk
from tableferry.planning.mark import Mark
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.catalog import asking_columns, columns_of
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.messages import Question, Rows

NO_TABLE: Final = "42P01"

_FIND: Final = """\
SELECT c.oid, n.nspname, c.relname, c.relkind
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(%s)"""


@dataclass(frozen=True, slots=True)
class Standing:
    """An existing table: its ``pg_class.oid``, its name with the schema, its ``relkind``."""

    oid: int
    table: TargetTable
    kind: str

    @property
    def rows_sql(self) -> str:
        """The table for SELECT, UPDATE and DELETE, without the tables that inherit from it."""
        return f"ONLY {self.table.sql}" if self.kind == "r" else self.table.sql


def find(connection: TargetConnection, table: TargetTable) -> Standing:
    """Find the table, wherever the search path has it; raises SchemaError where it is gone."""
    return found_in(table, connection.rows(*finding(table)))


def asking_as_planned(plan: SyncPlan) -> tuple[Question, Question]:
    """Return what finds the plan's target, and asks for its columns (see ``require_columns``)."""
    return finding(plan.spec.target), asking_columns(plan.spec.target)


def as_planned(plan: SyncPlan, found: Rows, columns: Rows) -> Standing:
    """Return the table for the answers to ``asking_as_planned``; raises SchemaError."""
    standing = found_in(plan.spec.target, found)
    require_those_planned(plan, columns, added=False)
    return standing


def finding(table: TargetTable) -> Question:
    """Return what asks where the table is."""
    return (_FIND, (table.sql,))


def found_in(table: TargetTable, rows: Rows) -> Standing:
    """Return the table for the answer to ``finding``; raises SchemaError where it is gone."""
    for oid, schema, name, kind in rows:
        return Standing(oid, TargetTable(schema, name), kind)
    raise gone(table)


def gone(table: TargetTable) -> SchemaError:
    """Return the error of a table that is not there any more."""
    return SchemaError(f"{table} no longer exists", hint="Nothing was changed. Look at a new plan.")


@contextlib.contextmanager
def present(table: TargetTable) -> Iterator[None]:
    """Say in the block that it is this table that is not there; raises SchemaError."""
    try:
        yield
    except SchemaError as error:
        if error.code != NO_TABLE:
            raise
        raise gone(table) from error


def count(
    connection: TargetConnection,
    standing: Standing,
    mark: Mark | None = None,
    enough: int | None = None,
) -> int:
    """Count the table's rows but those with the ``mark`` of deleted ones, up to ``enough`` of them.

    Raises ConfigError where this login may not read them.
    """
    try:
        ((((rows,),)),) = connection.ask((_count_sql(standing.rows_sql, mark, enough), ()))
    except ConfigError as error:
        raise may_not_count(connection, standing.table, error) from error
    return int(rows)


def counting(plan: SyncPlan) -> str:
    """Return the SELECT that counts the rows of the plan's target, without marked ones."""
    only = "ONLY " if plan.can_freeze else ""  # else its partitions have the rows
    return _count_sql(f"{only}{plan.spec.target.sql}", plan.mark)


def _count_sql(rows_sql: str, mark: Mark | None, enough: int | None = None) -> str:
    where = f" WHERE {mark.is_clear}" if mark else ""
    limit = "" if enough is None else f" LIMIT {enough}"
    return f"SELECT count(*) FROM (SELECT FROM {rows_sql} AS t{where}{limit}) AS r"


def may_not_count(
    connection: TargetConnection, table: TargetTable, error: ConfigError
) -> ConfigError:
    """Return the error of a login that may not read the table; another one as it is."""
    if error.code != "42501":
        return error
    return ConfigError(
        f"{connection.settings.user!r} may not read {table}, whose rows are counted "
        f"before others take their place ({error.code})",
        hint="Grant it SELECT on the table, or set 'max_shrink' to 100.",
        code=error.code,
    )


def count_rows(connection: TargetConnection, plan: SyncPlan, enough: int | None = None) -> int:
    """Count the rows of the plan's target, up to ``enough`` of them, without marked ones."""
    return count(connection, find(connection, plan.spec.target), plan.mark, enough)


def guard(plan: SyncPlan, old: int | None, new: int) -> None:
    """Refuse a load that takes away more rows than the specification allows; raises GuardError."""
    require_not_shrunk(plan.spec.target, old, new, plan.spec.max_shrink)


def require_columns(
    connection: TargetConnection, plan: SyncPlan, *, added: bool, after: Sequence[str] = ()
) -> None:
    """See that the columns are those the plan knew, now that a lock keeps them so.

    COPY BINARY takes eight bytes for a bigint or a timestamp alike: after an ALTER TABLE between
    plan and load it would store other values, without an error. ``added``: with those that the
    load itself adds, and as it alters others. ``after``: statements to run before, in the same
    message. Raises SchemaError.
    """
    first = [(sql, ()) for sql in after]
    (columns,) = connection.ask(*first, asking_columns(plan.spec.target))
    require_those_planned(plan, columns, added=added)


def require_those_planned(plan: SyncPlan, rows: Rows, *, added: bool) -> None:
    """See the same of the columns that ``asking_columns`` has found; raises SchemaError."""
    types = {column.name: column.type for column in columns_of(rows)}
    new = set() if added else {column.name for column in plan.drift.added}
    expected = [column.target for column in plan.columns if column.target.name not in new]
    expected += [plan.mark.column] if plan.mark else []
    before = {} if added else plan.drift.before
    changed = [
        shown(one.name) for one in expected if types.get(one.name) != before.get(one.name, one.type)
    ]
    if changed:
        raise SchemaError(
            f"{plan.spec.target} was altered during the load: {', '.join(changed)}",
            hint="The load was rolled back; the old rows stay. Run it again.",
        )
