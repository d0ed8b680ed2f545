"""ALTER TABLE of an existing target: what a load runs, and what a refusal says to run. Pure."""

from collections.abc import Iterable, Sequence

from tableferry.model.identifiers import TargetTable, quote_pg
from tableferry.model.naming import shortened
from tableferry.model.schema import ColumnUse, PgType, TargetColumn


def add_columns_sql(
    table: TargetTable,
    columns: Sequence[TargetColumn],
    *,
    nullable: bool = False,
    final_name: TargetTable | None = None,
) -> str:
    """Return the ALTER TABLE that adds the columns, all of them nullable with ``nullable``.

    ``final_name`` is the name that the table will get: its NOT NULL constraints are named after it.
    """

    def added(column: TargetColumn) -> str:
        text = f"ADD COLUMN {quote_pg(column.name)} {column.type}"
        if column.nullable or nullable:
            return text
        if final_name is None:
            return f"{text} NOT NULL"
        constraint = shortened(f"{final_name.name}_{column.name}_not_null")
        return f"{text} CONSTRAINT {quote_pg(constraint)} NOT NULL"

    return f"ALTER TABLE {table.sql} {', '.join(map(added, columns))}"


def add_column(table: TargetTable, name: str, kind: PgType) -> str:
    """Return the statement that adds a column, which the rows that are there leave empty."""
    return f"ALTER TABLE {table.sql} ADD COLUMN {quote_pg(name)} {kind}"


def drop_column(table: TargetTable, name: str) -> str:
    """Return the statement that drops a column, with its values."""
    return f"ALTER TABLE {table.sql} DROP COLUMN {quote_pg(name)}"


def rename_column(table: TargetTable, old: str, new: str) -> str:
    """Return the statement that gives a column another name."""
    return f"ALTER TABLE {table.sql} RENAME COLUMN {quote_pg(old)} TO {quote_pg(new)}"


def drop_not_null(table: TargetTable, name: str) -> str:
    """Return the statement that lets a column be NULL."""
    return f"ALTER TABLE {table.sql} {drop_not_null_clause(name)}"


def drop_expression(table: TargetTable, name: str) -> str:
    """Return the statement that makes a generated column an ordinary one, with its values."""
    return f"ALTER TABLE {table.sql} ALTER COLUMN {quote_pg(name)} DROP EXPRESSION"


def change_type(
    table: TargetTable, name: str, kind: PgType, uses: Iterable[ColumnUse] = (), *, by_text: bool
) -> str:
    """Return the statements that change a column's type, with what uses it taken away meanwhile.

    ``by_text``: there may be no cast between the two types, so values go by way of their texts, and
    the statement fails for one that the new type does not take.
    """
    clause = change_type_clause(name, kind)
    if by_text:
        clause += f" USING {quote_pg(name)}::text::{kind}"
    uses = list(uses)
    around = [use.before for use in uses if use.before]
    again = [use.after for use in reversed(uses) if use.after]
    return "; ".join((*around, f"ALTER TABLE {table.sql} {clause}", *again))


def change_type_clause(name: str, kind: PgType) -> str:
    """Return the part of ALTER TABLE that changes a column's type."""
    return f"ALTER COLUMN {quote_pg(name)} TYPE {kind}"


def drop_not_null_clause(name: str) -> str:
    """Return the part of ALTER TABLE that lets a column be NULL."""
    return f"ALTER COLUMN {quote_pg(name)} DROP NOT NULL"
