"""The key of a merge's staging table, and what is said where the rows do not have one."""

import contextlib
from collections.abc import Iterator
from typing import Final

from tableferry.errors import DataError
from tableferry.model.identifiers import quote_pg
from tableferry.planning.plan import SyncPlan

_NO_VALUE: Final = "23502"

TAKEN: Final = frozenset({"23505", "23P01"})
"""What PostgreSQL says when a unique index or an exclusion constraint has met a value twice."""


def key_sql(plan: SyncPlan) -> str:
    """Return the key's columns."""
    return ", ".join(map(quote_pg, plan.target_key))


@contextlib.contextmanager
def naming_keys(plan: SyncPlan) -> Iterator[None]:
    """Add the key in the block; raises DataError where rows do not have one, or the same."""
    try:
        yield
    except DataError as error:
        if error.code == _NO_VALUE:
            raise DataError(
                f"A row of {plan.spec.source} has no value in {error.column!r}, which is part of "
                f"the key ({error.code})",
                hint="The old rows stay. 'primary_key' must name columns that always hold a "
                "value; 'publish': 'swap' needs no key.",
                code=error.code,
                reason=error.reason,
                column=error.column,
            ) from None
        if error.code not in TAKEN:
            raise
        raise DataError(
            f"Two rows of {plan.spec.source} have the same key ({key_sql(plan)}) in "
            f"PostgreSQL ({error.code})",
            hint="The old rows stay. 'primary_key' must name columns that tell the rows apart, "
            "also for PostgreSQL (case, trailing blanks); rows read under NOLOCK may come "
            "twice.",
            code=error.code,
            reason=error.reason,
        ) from None
