"""The guards: refuse a run that would remove more of the target's rows than is allowed. Pure."""

from tableferry.errors import GuardError
from tableferry.model.counting import counted
from tableferry.model.identifiers import TargetTable

ANYTHING = 100
"""The share, in percent, that allows everything, so that no rows need to be counted."""


def require_not_shrunk(target: TargetTable, old: int | None, new: int, max_shrink: int) -> None:
    """Refuse to replace ``old`` rows with ``new`` ones if over ``max_shrink`` percent would go.

    ``old`` is None where the rows were not counted: the table is new, or everything is allowed.
    Raises GuardError.
    """
    if not old or max_shrink >= ANYTHING or (old - new) * 100 <= max_shrink * old:
        return
    came = "no rows" if new == 0 else counted(new, "row")
    has = counted(old, "row")
    raise GuardError(
        f"The source came back with {came}, {target} has {has}: more than {max_shrink} % of them "
        "would be gone",
        hint="The old rows stay. Look at the source and at 'where'; if it is right, allow it with "
        "'max_shrink': 100 in the table's entry, for one run.",
    )


def require_few_deleted(
    target: TargetTable, rows: int, deleted: int, max_share: int, key: str = "max_delete_share"
) -> None:
    """Refuse to delete ``deleted`` of the target's ``rows`` if that is over ``max_share`` percent.

    The share is rounded up: of five rows one may be deleted. ``key`` is the entry's that says the
    share. Raises GuardError.
    """
    if deleted <= -(-max_share * rows // 100):
        return
    raise GuardError(
        f"The source lacks the keys of at least {counted(deleted, 'row')} that {target} has, of "
        f"{rows:,}: more than '{key}', {max_share} %, would be deleted",
        hint="The old rows stay. Look at the source and at 'where'; if it is right, allow it with "
        f"'{key}': 100 in the table's entry, for one run.",
    )
