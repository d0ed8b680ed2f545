"""The shrink guard: refuse a load that would remove most of the target's rows. Pure."""

from tableferry.errors import GuardError
from tableferry.model.identifiers import TargetTable

ANYTHING = 100
"""The ``max_shrink``, in percent, that allows everything, so that no rows need to be counted."""


def require_not_shrunk(target: TargetTable, old: int | None, new: int, max_shrink: int) -> None:
    """Refuse to replace ``old`` rows with ``new`` ones if over ``max_shrink`` percent would go.

    ``old`` is None where the rows were not counted: the table is new, or everything is allowed.
    Raises GuardError.
    """
    if not old or max_shrink >= ANYTHING or (old - new) * 100 <= max_shrink * old:
        return
    came = "no rows" if new == 0 else "1 row" if new == 1 else f"{new:,} rows"
    has = "1 row" if old == 1 else f"{old:,} rows"
    raise GuardError(
        f"The source came back with {came}, {target} has {has}: more than {max_shrink} % of them "
        "would be gone",
        hint="The old rows stay. Look at the source and at 'where'; if it is right, allow it with "
        "'max_shrink': 100 in the table's entry, for one run.",
    )
