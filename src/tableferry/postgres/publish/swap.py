"""Publish by swap: another table, filled out of sight, takes the target's place.

Readers wait for the exchange of names only. What belongs to the target is made anew on the shadow
before that, or tied to it in the same transaction; what cannot be kept the plan has refused. The
old table is dropped without CASCADE: had anything been forgotten, nothing would be changed.
"""

from collections.abc import Sequence
from typing import Final, LiteralString

from tableferry.model.identifiers import TargetTable
from tableferry.planning.ddl.create_table import advance_identity
from tableferry.postgres.catalog import obstacles
from tableferry.postgres.locks import (
    Asked,
    LockStep,
    briefly_beside_readers,
    lock_beside_readers,
)
from tableferry.postgres.messages import Question, Rows
from tableferry.postgres.publish import planner_statistics, shadow
from tableferry.postgres.publish.exchange import exchanging
from tableferry.postgres.publish.inventory import (
    Body,
    Inventory,
    asking_inventory,
    asking_signature,
    inventory_of,
    read_inventory,
)
from tableferry.postgres.publish.loads import AT_ONCE, Staged
from tableferry.postgres.publish.old_rows import (
    count_large,
    count_old_rows,
    counted_in_passing,
    counting_small,
    guards,
)
from tableferry.postgres.publish.older_snapshots import View, await_closed, open_views
from tableferry.postgres.publish.strategy import Opening, PublishStrategy
from tableferry.postgres.publish.swap_check import check, require_swappable, suits
from tableferry.postgres.publish.swap_obstacles import LOOK, REBUILT
from tableferry.postgres.publish.target_table import (
    Standing,
    as_planned,
    asking_as_planned,
    find,
    finding,
    found_in,
    guard,
)

_BODIES: Final[LiteralString] = f"""\
{REBUILT}
SELECT b.oid, b.kind, b.schema, b.name FROM body b ORDER BY b.depth, b.schema, b.name"""

INVENTORY_ANSWERS: Final = 4
"""To what is asked for an inventory: which bodies there are, and ``asking_inventory``'s, of which
the statement that empties the path has none."""

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
        self._early: Inventory | None = None  # of a table that nothing else hangs on
        self._returned = 0

    def _make(self) -> None:
        standing, inventory = self._found()
        self._standing = standing
        shadow.make(self._connection, inventory, self._plan)
        if self._sifts:
            # Keys and foreign keys refuse single rows, as those of the target would.
            shadow.tie(self._connection, inventory)
        self._is_new = not self._sifts

    def _found(self) -> tuple[Standing, Inventory]:
        """Find the target as it was planned, and read the table's inventory; raises SchemaError.

        In one message, if it is the table that was planned.
        """
        plan, connection = self._plan, self._connection
        planned = self._bodies([(plan.target_oid, "r", plan.spec.target)])
        asked = [*asking_as_planned(plan), *self._asking(planned)]
        found, columns, *answers = connection.ask(*asked)
        standing = as_planned(plan, found, columns)
        table = self._bodies([_named(standing)])
        if standing.oid != plan.target_oid:
            return standing, read_inventory(connection, table)
        inventory = inventory_of(table, answers)
        numbered = any(column.target.identity for column in plan.columns)
        if len(answers[0]) == 1 and shadow.is_alone(inventory) and not numbered:
            self._early = inventory
        return standing, inventory

    def prepare(self) -> None:
        """Build what belongs to the table on the shadow: keys, indexes, foreign keys, statistics.

        Materialised views are built anew from it. After a failure it goes on with the indexes that
        are there, and begins the rest anew.
        """
        connection = self._connection
        is_new, self._is_new = self._is_new, False
        if is_new and self._frozen and self._early and self.rows <= AT_ONCE:
            self._prepare_at_once(self._early)
            return
        self._staged.close()
        if self._older is None:
            self._older = frozenset() if self._frozen else open_views(connection)
        guard(self._plan, count_old_rows(connection, self._plan, self.rows), self.rows)
        standing, inventory = self._examined()
        shadow.require_alike(inventory, self._plan)
        statistics = planner_statistics.statements(
            connection, self._plan, inventory.bodies[0], self.rows
        )
        shadow.build(connection, inventory, self._count_index, statistics, is_new=is_new)
        shadow.validate(connection, inventory)
        with connection.transaction():
            self._number_on(standing, inventory.bodies[0])
        await_closed(connection, self._older)
        answers = connection.rows_and_commit(*self._asking(inventory.bodies))
        self._inventory = self._told(inventory.bodies, answers)
        shadow.require_unaltered(inventory, self._inventory, standing.table)

    def _prepare_at_once(self, inventory: Inventory) -> None:
        """Do the same in one message, for a few rows that have just come.

        The shadow is built as the target was when the shadow was made: it has to be so still.
        """
        plan, connection = self._plan, self._connection
        count = [(counting_small(plan), ())] if guards(plan) else []
        examining = self._examining(inventory.bodies)
        with shadow.naming_final_keys(inventory), counted_in_passing(connection, plan):
            answers = self._staged.close(shadow.building(inventory), *count, *examining)
        if count:
            ((old,),) = answers[-self._returned - 1]
            old = count_large(connection, plan, self.rows) if old is None else int(old)
            guard(plan, old, self.rows)
        standing, now = self._seen(inventory.bodies, answers)
        shadow.require_unaltered(inventory, now, standing.table)
        shadow.require_alike(now, plan)
        self._inventory = now

    def _examined(self) -> tuple[Standing, Inventory]:
        """Find the target as it was planned, see that it can be swapped, and read its inventory."""
        connection = self._connection
        standing = self._standing or find(connection, self._plan.spec.target)
        bodies = self._bodies([_named(standing)])
        found, inventory = self._seen(bodies, connection.rows_and_commit(*self._examining(bodies)))
        if found.oid != standing.oid:
            self._standing = found
            return self._examined()
        return found, inventory

    def _examining(self, bodies: Sequence[Body]) -> list[Question]:
        """Return what asks whether the target is as planned, and may be swapped, and for all of it.

        ``_returned`` of these return rows.
        """
        looking = LOOK.asking(self._connection, bodies[0].oid)
        self._returned = 2 + bool(looking) + INVENTORY_ANSWERS
        asked = [*asking_as_planned(self._plan), *([looking] if looking else [])]
        return [*asked, *self._asking(bodies)]

    def _seen(self, bodies: Sequence[Body], answers: Sequence[Rows]) -> tuple[Standing, Inventory]:
        """Return the target and its inventory for the answers of which the last are those.

        Raises SchemaError.
        """
        found, columns, *looked = answers[-self._returned : -INVENTORY_ANSWERS]
        standing = as_planned(self._plan, found, columns)
        for rows in looked:
            require_swappable(self._plan.spec.target, obstacles(rows))
        return standing, self._told(bodies, answers)

    def _count_index(self) -> None:
        if self._lasts:
            self._built += 1

    def _bodies(self, found: Sequence[tuple[int, str, TargetTable]]) -> tuple[Body, ...]:
        return shadow.bodies_of(found, self._staged.name)

    def _asking(self, bodies: Sequence[Body]) -> list[Question]:
        """Return what asks for the inventory, if these are still the bodies."""
        asking = (_BODIES, {"oid": bodies[0].oid})
        return [asking, *asking_inventory(self._connection, bodies)]

    def _told(self, bodies: Sequence[Body], answers: Sequence[Rows]) -> Inventory:
        """Return the inventory for the answers of which the last are those to ``_asking``.

        It is asked for again where the bodies are others by now.
        """
        found = answers[-INVENTORY_ANSWERS]
        named = [(oid, kind, TargetTable(schema, name)) for oid, kind, schema, name in found]
        if not named or (bodies_now := self._bodies(named)) == tuple(bodies):
            return inventory_of(bodies, answers)
        with self._connection.in_one_transaction():
            return self._told(bodies_now, self._connection.ask(*self._asking(bodies_now)))

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

        First one that no reader minds: under it the target has to be as it was when the shadow was
        prepared, else SchemaError is raised. From then until readers are locked out its signature
        has to stay the same.
        """
        inventory, target = self._prepared, self._plan.spec.target
        bodies, table = inventory.bodies, inventory.bodies[0].table
        signature: list[Rows] = []

        def look(answers: Sequence[Rows]) -> None:
            found, seen, *told = answers
            signature[:] = [seen]
            self._require_unaltered(found_in(target, found), self._told(bodies, told))

        def look_again(answers: Sequence[Rows]) -> None:
            if list(answers) != signature:
                raise shadow.altered(table, [])

        asking = [finding(target), asking_signature(bodies), *self._asking(bodies)]
        first = Asked(
            lambda: [briefly_beside_readers(table), *asking],
            2 + INVENTORY_ANSWERS,
            look,
            patiently=lambda: self._lock_beside_readers(table),
            comes_first=True,
        )
        again = Asked(lambda: [asking_signature(bodies)], 1, look_again)
        return [first, *inventory.steps["claim"], again, *inventory.steps.get("unlink", ())]

    def _lock_beside_readers(self, table: TargetTable) -> None:
        lock_beside_readers(self._connection, table, "SHARE UPDATE EXCLUSIVE")

    def _require_unaltered(self, standing: Standing, now: Inventory) -> None:
        inventory = self._prepared
        if standing.oid != inventory.bodies[0].oid or now != inventory:
            differing = [step for step in now.steps if now.steps[step] != inventory.steps.get(step)]
            raise shadow.altered(standing.table, differing)

    def expose(self) -> None:
        """Exchange the tables, now that readers are locked out."""
        # In one message, with the COMMIT: readers are locked out.
        self._connection.owe(shadow.with_path(exchanging(self._prepared)))
        self._is_published = True

    @property
    def _prepared(self) -> Inventory:
        if self._inventory is None:
            raise RuntimeError("a swap is published after it was prepared")
        return self._inventory


def _named(standing: Standing) -> tuple[int, str, TargetTable]:
    return (standing.oid, standing.kind, standing.table)


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
