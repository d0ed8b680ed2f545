"""Whether an existing target table can take rows in the way that is asked for. Pure.

What would only fail in the load, after the source has been read, is refused here by name, with
the way that would work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.config import Publish, TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import shown
from tableferry.model.schema import Surroundings, TargetSchema
from tableferry.planning.columns import ColumnPlan


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a table is not swapped: ``said`` stands before the names, ``hint`` says what helps."""

    said: str
    hint: str


_MERGE: Final = "use 'publish': 'merge', which changes the rows in place"

REFUSED: Final[Mapping[str, Refusal]] = {
    "inherits": Refusal("partitioned, a partition, inherited or typed", _MERGE),
    "type": Refusal("its row type is used by", _MERGE),
    "depends": Refusal("what another table would not satisfy depends on it:", _MERGE),
    "temporary": Refusal("temporary views of other sessions read it:", "run it again later"),
    "both_ways": Refusal(
        "materialised views read it themselves and through a view, and would see old and new rows:",
        f"let them read it one way only, or {_MERGE}",
    ),
    "extension": Refusal("an extension owns, or is needed by,", _MERGE),
    "disabled": Refusal(
        "constraints that are switched off (DISABLE TRIGGER ALL) would be on again:",
        f"switch them on, or {_MERGE}",
    ),
    "subscribed": Refusal("rows of another server come into it by", _MERGE),
    "label": Refusal("security labels are on", _MERGE),
    "whole_row": Refusal("whole rows of it are used by", f"name the columns there, or {_MERGE}"),
    "all_tables": Refusal(
        "what is loaded out of sight would be sent to the subscribers of", f"{_MERGE}"
    ),
    "owner": Refusal(
        "this login has not the rights of the owners of", f"make it a member of them, or {_MERGE}"
    ),
    "role": Refusal(
        "owners or grantors in whose name this login may not act (SET ROLE):",
        f"make it a member of them, or {_MERGE}",
    ),
    "create": Refusal("CREATE is lacking to", f"grant it, or {_MERGE}"),
    "references": Refusal("REFERENCES is lacking on", f"grant it, or {_MERGE}"),
}
"""What of a table another one in its place could not have, by ``Obstacle.kind``."""

TOLD: Final[Mapping[str, str]] = {
    "rebuilt": "the materialised view {name} is built anew from the new rows of {table}",
    "not_fired": "the trigger {name} of {table} is kept, but does not fire for the rows of a swap",
    "published": "subscribers of the publication {name} get the new rows of {table} only after "
    "ALTER SUBSCRIPTION ... REFRESH PUBLICATION",
    "invalid": "the index {name} of {table} is invalid, and is not kept",
}
"""What a person should know of a swap, by ``Obstacle.kind``."""


def require_key(spec: TableSpec, key: Sequence[str]) -> None:
    """Refuse a merge without a key; ``key`` names its columns in the target. Raises SchemaError."""
    if spec.publish is Publish.MERGE and not key:
        raise SchemaError(
            f"{spec.source} is carried without a key, so its rows cannot be told apart to be "
            f"merged into {spec.target}",
            hint="Name the columns that tell its rows apart in 'primary_key', and carry all of "
            "them; or use 'publish': 'swap', which needs no key.",
        )


def require_keepable(
    spec: TableSpec, key: Sequence[str], columns: Sequence[ColumnPlan], target: TargetSchema
) -> tuple[str, ...]:
    """Refuse an existing table that cannot take rows in this way; returns what is to be told.

    Raises SchemaError.
    """
    if target.row_security:
        raise SchemaError(
            f"Row-level security of {spec.target} binds this login, so PostgreSQL does not let it "
            "load all rows",
            hint="Load as the table's owner, or as a role with BYPASSRLS.",
        )
    if spec.publish is not Publish.MERGE and target.referenced_by:
        raise SchemaError(
            f"Foreign keys of {', '.join(target.referenced_by)} point to {spec.target}, so "
            f"PostgreSQL does not let its rows be replaced by '{spec.publish}'",
            hint="Drop these foreign keys, or change the rows in place: 'publish': 'merge'.",
        )
    told = tuple(
        f"the trigger {shown(name)} of {spec.target} runs before each row and may change its values"
        for name in target.row_triggers
    )
    if target.has_heirs:
        told += (
            f"tables inherit from {spec.target} and keep their rows, which queries on it show too",
        )
    around = target.surroundings or Surroundings()
    if spec.publish is Publish.MERGE:
        told += _mergeable(spec, key, columns, around)
    if spec.publish is Publish.SWAP:
        told += require_swappable(spec, around)
    return told


def _mergeable(
    spec: TableSpec, key: Sequence[str], columns: Sequence[ColumnPlan], around: Surroundings
) -> tuple[str, ...]:
    loaded = [column.target.name for column in columns]
    if numbered := [name for name in around.always if name in loaded and name not in key]:
        raise SchemaError(
            f"PostgreSQL numbers {', '.join(map(shown, numbered))} of {spec.target} itself "
            "(GENERATED ALWAYS) and lets no row's number be changed, as a merge may have to",
            hint="Make it part of 'primary_key', or ALTER TABLE ... ALTER COLUMN ... SET GENERATED "
            "BY DEFAULT; or use 'publish': 'truncate' or 'swap'.",
        )
    if around.rules:
        raise SchemaError(
            f"Rules rewrite what is written into {spec.target}: "
            f"{', '.join(map(shown, around.rules))}; a merge would not do what it says",
            hint="Use 'publish': 'truncate' or 'swap', which rules do not touch, or make the rules "
            "triggers.",
        )
    warnings = [
        f"the trigger {shown(name)} of {spec.target} runs before rows are updated or deleted, and "
        "may change or keep them"
        for name in around.triggers
    ]
    warnings += [
        f"rows that the source no longer has take rows of other tables with them: {name}"
        for name in around.cascades
    ]
    return tuple(warnings)


def require_swappable(spec: TableSpec, around: Surroundings) -> tuple[str, ...]:
    """Refuse a table whose place another cannot take; returns what is to be told.

    Raises SchemaError that names everything.
    """
    found: dict[str, list[str]] = {}
    for obstacle in around.obstacles:
        found.setdefault(obstacle.kind, []).append(obstacle.name)
    if found:
        problems = [f"{REFUSED[kind].said} {', '.join(names)}" for kind, names in found.items()]
        hints = dict.fromkeys(REFUSED[kind].hint for kind in found)
        told = "; ".join(hints)
        raise SchemaError(
            f"{spec.target} cannot be swapped for another table: {'; '.join(problems)}",
            hint=f"{told[0].upper()}{told[1:]}.",
        )
    return tuple(
        TOLD[one.kind].format(name=shown(one.name), table=spec.target) for one in around.told
    )
