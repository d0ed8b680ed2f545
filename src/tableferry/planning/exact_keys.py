"""Incremental runs know a row by its key, so no key may become another on its way. Pure.

Two keys of the source that become one in the target (a seventh digit that is lost, a U+0000 that is
stripped) fail a complete load, for there they meet. In different runs of changes they never meet:
the one would take the other's place without a word.
"""

from collections.abc import Iterable

from tableferry.errors import DataError
from tableferry.model.identifiers import shown
from tableferry.planning.plan import SyncPlan


def require_exact_keys(plan: SyncPlan, altered: Iterable[str]) -> None:
    """Refuse rows in which values of these source columns were altered, if the key has one.

    Raises DataError. Where every run reads every row, all keys are allowed.
    """
    if plan.merging is None:
        return
    if lossy := inexact_keys(plan, altered):
        names = ", ".join(map(shown, lossy))
        raise DataError(
            f"Keys of {plan.spec.source} have no exact form in {plan.spec.target}: {names}",
            hint="The old rows stay. An incremental mode knows rows by their keys: use 'mode': "
            "'full', or a target type and an 'on_invalid' that keep them as they are.",
            column=lossy[0],
        )


def inexact_keys(plan: SyncPlan, altered: Iterable[str]) -> list[str]:
    """Return those of the source columns in which values were altered that are part of the key."""
    columns = set(altered)
    return [
        column.source.name
        for column in plan.columns
        if column.target.name in plan.target_key and column.source.name in columns
    ]
