"""The guard: a source that came back nearly empty is not believed. Pure."""

from tableferry.errors import GuardError
from tableferry.model.identifiers import TargetTable

ANYTHING = 100
"""The ``max_shrink`` that allows everything, in percent: nothing needs to be counted then."""


def require_not_shrunk(target: TargetTable, old: int | None, new: int, max_shrink: int) -> None:
    """Refuse to replace ``old`` rows by ``new`` ones where more than ``max_shrink`` percent go.

    ``old`` is None where nobody counted them: the table is new, or everything is allowed. Raises
    GuardError.
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
