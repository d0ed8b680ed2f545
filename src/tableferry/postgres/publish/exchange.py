"""The moment of a swap: the shadow gets the target's name, and the old table is dropped."""

from tableferry.model.identifiers import TargetTable, quote_pg
from tableferry.postgres.publish.inventory import Body, Inventory


def exchanging(inventory: Inventory) -> list[str]:
    """Return the statements that exchange the tables, under the locks that keep readers out."""
    steps = inventory.steps
    moved: list[str] = [*steps.get("sequence", ()), *steps.get("release", ())]
    for body in inventory.bodies:
        moved += _names_exchanged(body)
    moved += [*steps.get("view", ()), *steps.get("rule", ())]
    moved += [_dropped(body) for body in reversed(inventory.bodies)]
    for step in ("name", "owner", "take", "flag", "grant", "publication"):
        moved += steps.get(step, ())
    return moved


def _names_exchanged(body: Body) -> tuple[str, ...]:
    schema, name = quote_pg(body.table.schema), quote_pg(body.table.name)
    moved = TargetTable(body.table.schema, body.shadow.name)
    return (
        f"ALTER TABLE {body.table.sql} RENAME TO {quote_pg(_old(body).name)}",
        f"ALTER TABLE {body.shadow.sql} SET SCHEMA {schema}",
        f"ALTER TABLE {moved.sql} RENAME TO {name}",
    )


def _old(body: Body) -> TargetTable:
    return TargetTable(body.table.schema, f"{body.shadow.name}_old")


def _dropped(body: Body) -> str:
    kind = "MATERIALIZED VIEW" if body.kind == "m" else "TABLE"
    return f"DROP {kind} {_old(body).sql}"
