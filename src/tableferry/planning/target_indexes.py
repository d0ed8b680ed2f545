"""Predict which of an existing target's own indexes a row may be too long for. Pure.

A btree refuses such a row (54000), in a swap only after all rows were read. Today's rows may all be
shorter, so this is a warning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tableferry.model.identifiers import TargetTable, shown
from tableferry.model.schema import TargetSchema
from tableferry.planning.column_plan import ColumnPlan
from tableferry.planning.ddl.index_row import MAX_INDEX_ROW_BYTES, Pair, max_index_row_bytes


def long_index_rows(
    table: TargetTable,
    target: TargetSchema,
    columns: Sequence[ColumnPlan],
    collations: Mapping[str, str],
) -> tuple[str, ...]:
    """Return a warning for each index of which a row may be too long for a btree.

    ``collations`` are those of the source's text columns, by name. A column that is not loaded
    counts as empty: what it holds is not known.
    """
    pairs = {column.target.name: _pair(column) for column in columns}
    warnings = []
    for index in target.btrees:
        loaded = [pairs[name] for name in index.columns if name in pairs]
        most = max_index_row_bytes(loaded, collations)
        if most is None or most > MAX_INDEX_ROW_BYTES:
            size = "be of any length" if most is None else f"have {most:,} bytes"
            warnings.append(
                f"a row of the index {shown(index.name)} of {table} can {size}, more than the "
                f"{MAX_INDEX_ROW_BYTES:,}{' bytes' if most is None else ''} that a btree of "
                "PostgreSQL takes: such a row would fail the load"
            )
    return tuple(warnings)


def depend_on_collations(target: TargetSchema, columns: Sequence[ColumnPlan]) -> bool:
    """Whether the source's collations, not known yet, decide what ``long_index_rows`` returns."""
    table = TargetTable("", "t")
    utf8 = {column.source.name: "_UTF8" for column in columns}
    return long_index_rows(table, target, columns, {}) != long_index_rows(
        table, target, columns, utf8
    )


def _pair(column: ColumnPlan) -> Pair:
    """Return the column with the type that its values arrive as: an int may become a text."""
    if column.target.type.name == "numeric":
        return column.source, column.target
    return replace(column.source, type=column.arrives), column.target
