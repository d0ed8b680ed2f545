"""Guesses that a column has another name now: a new one and a missing one of the same type. Pure.

A guess is only told, with the statement that would follow it: no load renames a column.
"""

from collections.abc import Sequence

from tableferry.config import TableSpec
from tableferry.model.identifiers import shown
from tableferry.model.schema import (
    PgType,
    SourceColumn,
    SourceSchema,
    TargetColumn,
    TargetSchema,
    find_column,
)
from tableferry.planning.alter_table import rename_column
from tableferry.planning.expected_types import created_type
from tableferry.planning.pair_columns import RequestedColumns
from tableferry.typemap import RULES

Rename = tuple[SourceColumn, str, TargetColumn]
"""A new source column, the name that its target column should have, and the one that it may be."""


def find_renames(
    spec: TableSpec, missing: RequestedColumns, surplus: Sequence[TargetColumn]
) -> list[Rename]:
    """Pair a missing and a surplus column where each is the only one of its type."""
    by_type: dict[PgType, list[tuple[SourceColumn, str]]] = {}
    for column, name in missing:
        by_type.setdefault(created_type(spec, column), []).append((column, name))
    found = []
    for kind, new in by_type.items():
        gone = [column for column in surplus if column.type == kind]
        if len(new) == len(gone) == 1:
            found.append((*new[0], gone[0]))
    return found


def say_renamed(spec: TableSpec, column: SourceColumn, name: str, old: TargetColumn) -> str:
    """Say which column may be which one renamed, with the statement that would follow it."""
    return (
        f"{shown(column.name)} of {spec.source} looks like {shown(old.name)} of {spec.target} "
        f"renamed: both are {old.type}; {rename_column(spec.target, old.name, name)} would follow "
        "it"
    )


def likely_new_name(
    name: str, spec: TableSpec, source: SourceSchema, target: TargetSchema | None
) -> str:
    """Guess the new name of a configured column that the source lacks, empty for no guess.

    The guess is the only column that the configuration does not name, provided that a column
    created for it would have the target column's type.
    """
    into = next((c for c in target.columns if c.name == name), None) if target else None
    configured = (find_column(written, source.columns) for written, _ in spec.columns)
    known = {column.name for column in configured if column}
    unknown = [column for column in source.columns if column.name not in known]
    if into is None or len(unknown) != 1 or unknown[0].type.name not in RULES:
        return ""
    same_type = RULES[unknown[0].type.name].create(unknown[0].type) == into.type
    return unknown[0].name if same_type else ""
