"""Publish by swap: another table, filled out of sight, takes the target's place.

Readers wait for the exchange of names only. What belongs to the target is made anew on the shadow
before that, or tied to it in the same transaction; what cannot be kept the plan has refused. The
old table is dropped without CASCADE: had anything been forgotten, nothing would be changed.
"""

from collections.abc import Sequence
from typing import Final, LiteralString

from tableferry.model.identifiers import TargetTable, quote_pg
from tableferry.planning.ddl.create_table import advance_identity
from tableferry.postgres.catalog import obstacles
from tableferry.postgres.locks import LockStep, lock_beside_readers
from tableferry.postgres.messages import Question, Rows
from tableferry.postgres.publish import planner_statistics, shadow
from tableferry.postgres.publish.inventory import (
    Body,
    Inventory,
    asking_inventory,
    inventory_of,
    read_inventory,
    signature,
)
from tableferry.postgres.publish.loads import Staged
from tableferry.postgres.publish.old_rows import count_old_rows
from tableferry.postgres.publish.older_snapshots import View, await_closed, open_views
from tableferry.postgres.publish.strategy import Opening, PublishStrategy
from tableferry.postgres.publish.swap_check import check, require_swappable, suits
from tableferry.postgres.publish.swap_obstacles import LOOK, REBUILT
from tableferry.postgres.publish.target_table import (
    Standing,
    as_planned,
    asking_as_planned,
    find,
    find_as_planned,
    guard,
)

_BODIES: Final[LiteralString] = f"""\
{REBUILT}
SELECT b.oid, b.kind, b.schema, b.name FROM body b ORDER BY b.depth, b.schema, b.name"""

_SEQUENCE: Final = "SELECT pg_get_serial_sequence(%s, %s)"


class SwapLoad(Staged):
    """One table's successor being filled (see ``Load``)."""

    def __init__(self, opening: Opening) -> None:
        # With a place for refused rows the shadow has its keys from the start, to refuse them.
        super().__init__(opening, self._make, made_first=opening.refusals is not None)
        staging = opening.staging
        self._lasts = staging.parts
        self._frozen = not (self._sifts or staging.parts or staging.resumed is not None)
        self._inventory: Inventory | None = None
        self._is_new = False
        self._standing: Standing | None = None
        self._older: frozenset[View] | None = None

    def _make(self) -> None:
        standing = self._standing = find_as_planned(self._connection, self._plan)
        inventory = read_inventory(self._connection, self._bodies([_named(standing)]))
        shadow.make(self._connection, inventory, self._plan)
        if self._sifts:
            # Keys and foreign keys refuse single rows, as those of the target would.
            shadow.tie(self._connection, inventory)
        self._is_new = not self._sifts

    def prepare(self) -> None:
        """Build what belongs to the table on the shadow: keys, indexes, foreign keys, statistics.

        Materialised views are built anew from it. After a failure it goes on with the indexes that
        are there, and begins the rest anew.
        """
        connection = self._connection
        self._staged.close()
        if self._older is None:
            self._older = frozenset() if self._frozen else open_views(connection)
        guard(self._plan, count_old_rows(connection, self._plan, self.rows), self.rows)
        with connection.transaction():
            standing, inventory, statistics = self._examined()
            shadow.require_alike(inventory, self._plan)
        is_new, self._is_new = self._is_new, False
        shadow.build(connection, inventory, self._count_index, statistics, is_new=is_new)
        shadow.validate(connection, inventory)
        with connection.transaction():
            self._number_on(standing, inventory.bodies[0])
        await_closed(connection, self._older)
        with connection.transaction():
            self._inventory, _ = self._read(inventory.bodies, commits=True)
        shadow.require_unaltered(inventory, self._inventory, standing.table)

    def _examined(self) -> tuple[Standing, Inventory, list[str]]:
        """Find the target as it was planned, see that it can be swapped, and read its inventory.

        Returns the statements for the planner's statistics of its successor, too.
        """
        plan, connection = self._plan, self._connection
        standing = self._standing or find(connection, plan.spec.target)
        looking = LOOK.asking(connection, standing.oid)
        statistics = planner_statistics.asking(connection, plan, standing.oid, self.rows)
        asked = [*asking_as_planned(plan), *statistics, *([looking] if looking else [])]
        inventory, (found, columns, *rest) = self._read(self._bodies([_named(standing)]), *asked)
        now = as_planned(plan, found, columns)
        if now.oid != standing.oid:
            self._standing = now
            return self._examined()
        for rows in rest[len(statistics) :]:
            require_swappable(plan.spec.target, obstacles(rows))
        body = inventory.bodies[0]
        if planner_statistics.may_carry(rest[: len(statistics)]):
            return (
                standing,
                inventory,
                planner_statistics.carried(body.table, body.shadow, self.rows),
            )
        return standing, inventory, planner_statistics.gathered(body.shadow)

    def _count_index(self) -> None:
        if self._lasts:
            self._built += 1

    def _bodies(self, found: Sequence[tuple[int, str, TargetTable]]) -> tuple[Body, ...]:
        return shadow.bodies_of(found, self._staged.name)

    def _read(
        self, bodies: Sequence[Body], *also: Question, commits: bool = False
    ) -> tuple[Inventory, Sequence[Rows]]:
        """Read the inventory, in one message if these are the bodies; ``commits`` with it.

        Returns what was asked ``also``, before, too.
        """
        asking = (_BODIES, {"oid": bodies[0].oid})
        asked = [*also, asking, *asking_inventory(self._connection, bodies)]
        send = self._connection.rows_and_commit if commits else self._connection.ask
        answers = send(*asked)
        others, found = answers[: len(also)], answers[len(also)]
        named = [(oid, kind, TargetTable(schema, name)) for oid, kind, schema, name in found]
        if named and (bodies_now := self._bodies(named)) != tuple(bodies):
            with self._connection.in_one_transaction():
                return self._read(bodies_now)[0], others
        return inventory_of(bodies, answers), others

    def _number_on(self, standing: Standing, body: Body) -> None:
        """Have sequences go on past the rows that came: the shadow's own, or those it will get."""
        for column in self._plan.columns:
            if column.target.identity:
                named = (body.shadow.sql, column.target.name)
                ((own,),) = self._connection.rows(_SEQUENCE, named)
                numbered = body.shadow if own else standing.table
                sql = advance_identity(numbered, column.target, body.shadow)
                self._connection.execute(sql)

    def publish(self) -> None:
        """Begin the transaction; everything that is left to do locks readers out."""
        self._connection.begin()

    def locks(self) -> list[LockStep]:
        """Return what takes the locks, in the open transaction (see ``retry_brief_locks``).

        Raises SchemaError where the target is not as it was when the shadow was prepared, and
        TransientError where a writer holds the table.
        """
        inventory = self._prepared
        table = inventory.bodies[0].table
        standing = find(self._connection, self._plan.spec.target)
        lock_beside_readers(self._connection, standing.table, "SHARE UPDATE EXCLUSIVE")
        before = signature(self._connection, inventory.bodies)
        now, _ = self._read(inventory.bodies)
        if now != inventory:
            differing = [step for step in now.steps if now.steps[step] != inventory.steps.get(step)]
            raise shadow.altered(table, differing)

        def look_again() -> None:
            if signature(self._connection, inventory.bodies) != before:
                raise shadow.altered(standing.table, [])

        return [*inventory.steps["claim"], look_again, *inventory.steps.get("unlink", ())]

    def expose(self) -> None:
        """Exchange the tables, now that readers are locked out."""
        inventory = self._prepared
        steps = inventory.steps
        moved: list[str] = [*steps.get("sequence", ()), *steps.get("release", ())]
        for body in inventory.bodies:
            moved += _names_exchanged(body)
        moved += [*steps.get("view", ()), *steps.get("rule", ())]
        moved += [_dropped(body) for body in reversed(inventory.bodies)]
        for step in ("name", "owner", "take", "flag", "grant", "publication"):
            moved += steps.get(step, ())
        # In one message: readers are locked out.
        self._connection.execute(shadow.with_path(moved))
        self._is_published = True

    @property
    def _prepared(self) -> Inventory:
        if self._inventory is None:
            raise RuntimeError("a swap is published after it was prepared")
        return self._inventory


def _named(standing: Standing) -> tuple[int, str, TargetTable]:
    return (standing.oid, standing.kind, standing.table)


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


def _readers_wait(_rows: int | None, _adds_columns: bool) -> str:
    return "for a moment, less than 0.1 s at a time: the new table takes the old one's place"


SWAP: Final = PublishStrategy(
    name="swap",
    staged=True,
    needs_key=False,
    in_place=False,
    rights=("SELECT",),  # the owner's, and others: ``swap_obstacles`` finds what is lacking
    look=LOOK,
    judge=check,
    suit=suits,
    wait=_readers_wait,
    open=SwapLoad,
)
