"""Whether another table can take a target table's place and keep everything that hangs on it. Pure.

``swap_obstacles`` finds what hangs on a table; here stands what each kind means.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.errors import SchemaError
from tableferry.model.identifiers import TargetTable, shown
from tableferry.model.schema import Obstacle
from tableferry.planning.choose_strategy import Candidate, Suitability
from tableferry.planning.preconditions import require_unreferenced


@dataclass(frozen=True, slots=True)
class SwapObstacle:
    """Why a table is not swapped: ``reason`` precedes the names, ``hint`` says what helps."""

    reason: str
    hint: str


_MERGE: Final = "use 'publish': 'merge', which changes the rows in place"

REFUSED: Final[Mapping[str, SwapObstacle]] = {
    "inherits": SwapObstacle("partitioned, a partition, inherited or typed", _MERGE),
    "type": SwapObstacle("its row type is used by", _MERGE),
    "depends": SwapObstacle("what another table would not satisfy depends on it:", _MERGE),
    "temporary": SwapObstacle("temporary views of other sessions read it:", "run it again later"),
    "both_ways": SwapObstacle(
        "materialised views read it themselves and through a view, and would see old and new rows:",
        f"let them read it one way only, or {_MERGE}",
    ),
    "extension": SwapObstacle("an extension owns, or is needed by,", _MERGE),
    "disabled": SwapObstacle(
        "constraints that are switched off (DISABLE TRIGGER ALL) would be on again:",
        f"switch them on, or {_MERGE}",
    ),
    "subscribed": SwapObstacle("rows of another server come into it by", _MERGE),
    "label": SwapObstacle("security labels are on", _MERGE),
    "whole_row": SwapObstacle(
        "whole rows of it are used by", f"name the columns there, or {_MERGE}"
    ),
    "all_tables": SwapObstacle(
        "what is loaded out of sight would be sent to the subscribers of", f"{_MERGE}"
    ),
    "owner": SwapObstacle(
        "this login has not the rights of the owners of", f"make it a member of them, or {_MERGE}"
    ),
    "role": SwapObstacle(
        "owners or grantors in whose name this login may not act (SET ROLE):",
        f"make it a member of them, or {_MERGE}",
    ),
    "create": SwapObstacle("CREATE is lacking to", f"grant it, or {_MERGE}"),
    "references": SwapObstacle("REFERENCES is lacking on", f"grant it, or {_MERGE}"),
}
"""What another table in this one's place could not have, by ``Obstacle.kind``."""

NOTED: Final[Mapping[str, str]] = {
    "rebuilt": "the materialised view {name} is built anew from the new rows of {table}",
    "not_fired": "the trigger {name} of {table} is kept, but does not fire for the rows of a swap",
    "published": "subscribers of the publication {name} get the new rows of {table} only after "
    "ALTER SUBSCRIPTION ... REFRESH PUBLICATION",
    "invalid": "the index {name} of {table} is invalid, and is not kept",
}
"""What a person should know of a swap, by ``Obstacle.kind``."""

AVOIDED: Final[Mapping[str, str]] = {
    "event": "the event trigger {name} may refuse its statements",
}
"""Why ``auto`` chooses another strategy, by ``Obstacle.kind``, where one may be had without."""

_KEEPS_EVERYTHING: Final = frozenset({"rebuilt"})
"""Of those, what loses nothing: the materialised view is there afterwards, with the new rows."""


def check(candidate: Candidate) -> tuple[str, ...]:
    """Return warnings; raises SchemaError that names everything that a swap would not keep."""
    require_unreferenced(candidate.spec, candidate.target, "swap")
    return require_swappable(candidate.spec.target, candidate.obstacles("swap"))


def suits(candidate: Candidate) -> Suitability:
    """Say whether a swap keeps everything."""
    try:
        check(candidate)
    except SchemaError as error:
        return Suitability(suits=False, reason=error.message)
    for one in candidate.obstacles("swap"):
        if one.kind in NOTED and one.kind not in _KEEPS_EVERYTHING:
            return Suitability(suits=False, reason=_noted(one, candidate.spec.target))
        if one.kind in AVOIDED:
            reason = AVOIDED[one.kind].format(name=shown(one.name))
            return Suitability(suits=False, reason=reason)
    return Suitability(suits=True, reason="it keeps everything that depends on the table")


def require_swappable(target: TargetTable, obstacles: Sequence[Obstacle]) -> tuple[str, ...]:
    """Refuse a table whose place another cannot take; returns warnings.

    Raises SchemaError that names everything.
    """
    found: dict[str, list[str]] = {}
    for obstacle in obstacles:
        if obstacle.kind in REFUSED:
            found.setdefault(obstacle.kind, []).append(obstacle.name)
    if found:
        problems = [f"{REFUSED[kind].reason} {', '.join(names)}" for kind, names in found.items()]
        hint = "; ".join(dict.fromkeys(REFUSED[kind].hint for kind in found))
        raise SchemaError(
            f"{target} cannot be swapped for another table: {'; '.join(problems)}",
            hint=f"{hint[0].upper()}{hint[1:]}.",
        )
    return tuple(_noted(one, target) for one in obstacles if one.kind in NOTED)


def _noted(one: Obstacle, target: TargetTable) -> str:
    return NOTED[one.kind].format(name=shown(one.name), table=target)
