"""The functions of Change Tracking: the current version, the lowest valid one, the column mask."""

from typing import Final

from tableferry_sandbox.engine.binding.bind_predicates import PredicateBinder
from tableferry_sandbox.engine.binding.catalog_lookups import (
    constant,
    current_catalog,
    lookup,
    number,
)
from tableferry_sandbox.engine.binding.function_arguments import Scalar, arguments
from tableferry_sandbox.engine.binding.scope import Scope, Typed
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.row_errors import raising
from tableferry_sandbox.sqltypes import SqlType


def _current_version(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """Return the version of the last commit of a change; NULL where changes are not tracked."""
    arguments(binder, node, scope, 0)
    binder.context.volatile = True
    current = binder.context.session.current
    return constant(binder.context.changes.version(current), t.BIGINT)


def _min_valid_version(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """Return a table's lowest valid version.

    NULL where it is not tracked, is not in the current database, or its changes may not be read.
    """
    (table,) = arguments(binder, node, scope, 1)
    binder.context.volatile = True
    session = binder.context.session
    entries = {
        found.object_id: found.tracking.minimum
        for found in current_catalog(binder).tables()
        if found.tracking is not None
        and session.may("VIEW CHANGE TRACKING", session.current, found)
        and session.may("SELECT", session.current, found)
    }
    return lookup(number(binder, table), entries, t.BIGINT)


def _is_column_in_mask(binder: PredicateBinder, node: s.Call, scope: Scope) -> Typed:
    """Return whether SYS_CHANGE_COLUMNS names a column; without a mask, all columns changed."""
    column, mask = arguments(binder, node, scope, 2)
    hexed = f"hex({binder.to_type(mask, SqlType('varbinary', 4100))})"
    refused = raising(
        22101,
        "The value supplied for the change_columns argument of CHANGE_TRACKING_IS_COLUMN_IN_MASK "
        "function is not valid. The value must be a bitmask returned by the "
        "CHANGETABLE(CHANGES ...) function.",
    )
    wanted = (
        f"printf('%02X%02X0000', {number(binder, column)} & 255, {number(binder, column)} >> 8)"
    )
    ids = f"regexp_extract_all(substr({hexed}, 9), '.{{8}}')"
    sql = (
        f"CASE WHEN {hexed} IS NULL THEN TRUE WHEN length({hexed}) < 16 "
        f"THEN CAST({refused} AS BOOLEAN) ELSE list_contains({ids}, {wanted}) END"
    )
    return Typed(sql, t.BIT)


FUNCTIONS: Final[dict[str, Scalar]] = {
    "change_tracking_current_version": _current_version,
    "change_tracking_min_valid_version": _min_valid_version,
    "change_tracking_is_column_in_mask": _is_column_in_mask,
}
