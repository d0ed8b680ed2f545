"""Dynamic data masking: what leaves a query is shown behind the masks of its columns.

As "Dynamic data masking" documents it: conditions, joins and groups see the values themselves,
results and copies the masks, and every expression over a masked column the mask ``default()``.
"""

from dataclasses import replace

from tableferry_sandbox.engine.binding.context import Context
from tableferry_sandbox.engine.binding.scope import BoundQuery, Typed
from tableferry_sandbox.engine.types.masks import masked


def behind_masks(context: Context, bound: BoundQuery) -> BoundQuery:
    """Return a query with the masks of its columns applied, the same one where there are none."""
    if not any(column.mask for column in bound.columns):
        return bound
    shown = [
        behind_mask(context, replace(column, sql=f"c{i}"))
        for i, column in enumerate(bound.columns, 1)
    ]
    heads = ", ".join(f"{column.sql} AS c{i}" for i, column in enumerate(shown, 1))
    columns = tuple(replace(column, mask="") for column in bound.columns)
    return BoundQuery(f"SELECT {heads} FROM ({bound.sql})", columns)


def behind_mask(context: Context, typed: Typed) -> Typed:
    """Return an expression with its mask applied."""
    if not typed.mask:
        return typed
    if typed.mask.startswith("random("):
        context.volatile = context.random = True
    return replace(typed, sql=masked(typed.sql, typed.type, typed.mask), mask="")
