"""The target's table, held as it was planned while its rows are read.

lock -> the moment that is read -> the columns are still the plan's. Without the lock a load could
swap the table, or somebody retype a column, between that moment and the first row: the transaction
would find no table, or no rows, or bytes that mean another value.
"""

from typing import Final

from tableferry.errors import ConfigError, SchemaError, TransientError
from tableferry.model.identifiers import shown
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.catalog import read_schema
from tableferry.transfer.workers import Check, work_together
from tableferry.verification.sides import Sides

NO_TABLE: Final = "42P01"
NO_RIGHT: Final = "42501"

_AGAIN: Final = "Nothing was changed. Verify it again: a new plan is made of it."


def begin_reading(plan: SyncPlan, sides: Sides) -> None:
    """Begin the transaction of ``sides.into`` in which the rows of the plan's target are read.

    Until it ends nobody alters the table or swaps it; a load that has begun to is waited for.
    Raises TransientError where the table is another than the plan knows, so that a new plan is
    made, what ``sides.check`` raises, and other TableferryErrors.
    """
    target = plan.spec.target

    def begin(_check: Check) -> None:
        sides.into.begin_reading(target)

    try:
        work_together([begin], sides.check, sides.into.cancel)
    except SchemaError as error:
        if error.code != NO_TABLE:
            raise
        raise TransientError(
            f"{target} no longer exists ({NO_TABLE})", hint=_AGAIN, code=NO_TABLE
        ) from error
    except ConfigError as error:
        if error.code != NO_RIGHT:
            raise
        raise ConfigError(
            f"{sides.into.settings.user!r} may not read {target} ({NO_RIGHT})",
            hint="Grant it SELECT on the table, not on columns of it alone.",
            code=NO_RIGHT,
        ) from error
    if changed := _changed(plan, sides):
        sides.into.rollback()
        raise TransientError(
            f"{target} was altered since it was planned: {', '.join(map(shown, changed))}",
            hint=_AGAIN,
        )


def _changed(plan: SyncPlan, sides: Sides) -> list[str]:
    """Return the columns that are not as the plan knows them.

    COPY BINARY sends the same eight bytes for a bigint or a timestamp.
    """
    found = read_schema(sides.into, plan.spec.target)
    types = {column.name: column.type for column in found.columns} if found else {}
    lacking = {column.name for column in plan.drift.added}
    there = [c.target for c in plan.columns if c.target.name not in lacking]
    there += [plan.mark.column] if plan.mark else []
    return [one.name for one in there if types.get(one.name) != one.type] + sorted(
        lacking & types.keys()
    )
