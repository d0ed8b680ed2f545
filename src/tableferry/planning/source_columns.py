"""Resolve the configured column names and ``order_by`` against the source's columns. Pure."""

from collections.abc import Sequence

from tableferry.config import OrderBy, TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import quote_mssql, shown
from tableferry.model.schema import SourceColumn, SourceSchema, TargetSchema, find_column
from tableferry.planning.renamed_columns import likely_new_name
from tableferry.typemap import RULES


def source_columns(
    spec: TableSpec, source: SourceSchema, target: TargetSchema | None
) -> list[tuple[SourceColumn, str]]:
    """Pair the configured columns with the source's, ignoring case; raises SchemaError."""
    pairs: list[tuple[SourceColumn, str]] = []
    problems = []
    for source_name, target_name in spec.columns:
        column = find_column(source_name, source.columns)
        if column is None:
            new = likely_new_name(target_name, spec, source, target)
            renamed = f" (it looks renamed to {shown(new)})" if new else ""
            problems.append(f"{spec.source} has no column {shown(source_name)}{renamed}")
        elif column.type.name not in RULES:
            problems.append(
                f"column {shown(source_name)} has the type {column.type}, "
                "which tableferry does not carry"
            )
        elif any(column == other for other, _ in pairs):
            problems.append(f"column {shown(column.name)} is named twice")
        elif column.protection:
            problems.append(f"column {shown(source_name)} {column.protection}")
        else:
            pairs.append((column, target_name))
    if problems:
        raise SchemaError(
            "; ".join(problems),
            hint="Correct 'columns' in the table's configuration, or take columns out with "
            "'exclude'. The table has: " + ", ".join(column.name for column in source.columns),
        )
    return pairs


def unrequested(
    requested: Sequence[tuple[SourceColumn, str]], source: SourceSchema
) -> list[SourceColumn]:
    """Return the source's columns that are not among the requested ones."""
    names = {column.name for column, _ in requested}
    return [column for column in source.columns if column.name not in names]


def order_term(order: OrderBy, columns: Sequence[SourceColumn]) -> str:
    """Return one term of ORDER BY, from ``Name``, ``[Name]`` or ``Name DESC``.

    A column whose own name has that form takes precedence. Raises SchemaError for unknown columns.
    """
    name, direction = order.text, ""
    column = find_column(name, columns)
    if column is None:
        head, *tail = order.text.rsplit(maxsplit=1) or [""]
        name = order.text.strip()
        if tail and tail[0].upper() in {"ASC", "DESC"}:
            name, direction = head.strip(), f" {tail[0].upper()}"
        if name.startswith("[") and name.endswith("]"):
            name = name[1:-1].replace("]]", "]")
        column = find_column(name, columns)
    if column is None:
        raise SchemaError(
            f"'order_by' names {shown(order.text)}, which is not a column of the source table",
            hint="Name one column or a list of columns, each optionally followed by ASC or DESC.",
        )
    return f"t.{quote_mssql(column.name)}{direction}"
