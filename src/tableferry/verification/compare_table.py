"""Compare the rows of one table with the target's: in order where there is one, else as sets.

In order is the cheaper way for us, and the only one for a part of a table. The source has to have
the rows in that order already: it would sort a large table for each verification, in tempdb, which
is what a clustered index saves it.
"""

from collections.abc import Sequence
from typing import Final

from tableferry import sqlserver
from tableferry.errors import VerificationError
from tableferry.model.key_range import WHOLE_TABLE, KeyRange
from tableferry.planning.plan import SyncPlan
from tableferry.verification.compared import Compared
from tableferry.verification.differences import Differences
from tableferry.verification.key_conditions import conditions_of, cover_all
from tableferry.verification.key_order import NotInOrderError, find_order
from tableferry.verification.ordered import compare_ordered
from tableferry.verification.sides import Sides
from tableferry.verification.unordered import compare_unordered

SORTED_ROWS: Final = 100_000
"""Rows that the source may have to sort, in memory and in less time than it takes to send them."""

CLUSTERED: Final = "CLUSTERED"
"""``sys.indexes.type_desc`` of the index that a table's rows are stored in the order of."""


def compare_table(
    plan: SyncPlan,
    sides: Sides,
    ranges: Sequence[KeyRange] = (WHOLE_TABLE,),
    *,
    show_values: bool = False,
) -> Differences:
    """Compare every value of every row of these ranges, which ascend.

    Ranges that leave rows out need an order (see ``can_compare_ranges``). Raises
    values.TextsAlteredError as a load does: the caller reads again, with ``plan.reading_as_utf16``.
    Raises TableferryError.
    """
    compared = Compared.of(plan)
    order = find_order(compared)
    conditions = conditions_of(order, ranges) if order else None
    is_part = not cover_all(ranges)
    if order and conditions is not None and (is_part or _has_order(plan, sides)):
        try:
            return compare_ordered(
                compared, sides, order, ranges, conditions, show_values=show_values
            )
        except NotInOrderError:
            pass
    if is_part:
        raise VerificationError(
            f"The keys of {plan.spec.source} are not sorted as they were expected to be, so a part "
            "of its rows cannot be compared by itself",
            hint="Compare the whole table.",
        )
    return compare_unordered(plan, sides, ranges, show_values=show_values)


def can_compare_ranges(plan: SyncPlan, ranges: Sequence[KeyRange]) -> bool:
    """Whether the rows of these ranges can be compared by themselves."""
    order = find_order(Compared.of(plan))
    return order is not None and conditions_of(order, ranges) is not None


def _has_order(plan: SyncPlan, sides: Sides) -> bool:
    """Whether the source has the rows in the order of their keys, or few enough to sort them."""
    if plan.estimated_rows is not None and plan.estimated_rows <= SORTED_ROWS:
        return True
    with sides.open_source() as connection:
        indexes = sqlserver.read_keys(connection, plan.spec.source).indexes
    key = [column.name for column in plan.key]
    return any(
        index.kind == CLUSTERED
        and [column.name for column in index.columns[: len(key)]] == key
        and len({column.descending for column in index.columns[: len(key)]}) == 1
        for index in indexes
    )
