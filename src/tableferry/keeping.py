"""Whether an existing target table can take rows in the way that is asked for. Pure.

What would only fail in the load, after the source has been read, is refused here by name, with
the way that would work.
"""

from collections.abc import Sequence

from tableferry.errors import SchemaError
from tableferry.identifiers import shown
from tableferry.matching import ColumnPlan
from tableferry.schema import Surroundings, TargetSchema
from tableferry.spec import Publish, TableSpec


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
    if spec.publish is Publish.MERGE:
        around = target.surroundings or Surroundings()
        told += _mergeable(spec, key, columns, around)
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
