"""The inventory of a table: all that belongs to it and hangs on it, as statements for another.

One query reads it. Read twice, before and under the lock, it shows whether anything was altered.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.messages import Question, Rows
from tableferry.postgres.publish.inventory import names, others, own, ownership
from tableferry.postgres.publish.inventory.body import BODY, Body, parameters_of
from tableferry.postgres.publish.inventory.built import Built, read_built
from tableferry.postgres.publish.inventory.signature import asking_signature

__all__ = [
    "KEEP_PATH",
    "OLD_PATH",
    "Body",
    "Built",
    "Inventory",
    "asking_inventory",
    "asking_signature",
    "inventory_of",
    "qualified_answer",
    "qualified_names",
    "read_built",
    "read_inventory",
    "with_qualified_names",
]

KEEP_PATH: Final = "SELECT set_config('tableferry.path', current_setting('search_path'), true)"
"""Keeps the search path in a setting of the transaction's own; every role may make one up."""

NO_PATH: Final = "SET LOCAL search_path = ''"

OLD_PATH: Final = "SELECT set_config('search_path', current_setting('tableferry.path'), true)"

_PUBLICATIONS_HAVE_COLUMNS: Final = 150000


@dataclass(frozen=True, slots=True)
class Inventory:
    """What belongs to the bodies: statements by step and, in ``placed``, by a body's place too."""

    bodies: tuple[Body, ...]
    placed: Mapping[tuple[str, int], Sequence[str]]

    @property
    def steps(self) -> Mapping[str, Sequence[str]]:
        """Statements by step, of all bodies."""
        steps: dict[str, list[str]] = {}
        for (step, _), statements in sorted(self.placed.items()):
            steps.setdefault(step, []).extend(statements)
        return steps

    def of(self, body: Body, *steps: str) -> tuple[str, ...]:
        """Return one body's statements of these steps, in their order."""
        place = self.bodies.index(body) + 1
        return tuple(sql for step in steps for sql in self.placed.get((step, place), ()))


def read_inventory(connection: TargetConnection, bodies: Sequence[Body]) -> Inventory:
    """Read the inventory in the open transaction; raises TableferryError."""
    return inventory_of(bodies, connection.ask(*asking_inventory(connection, bodies)))


def asking_inventory(connection: TargetConnection, bodies: Sequence[Body]) -> list[Question]:
    """Return what asks for the inventory, in the open transaction."""
    ctes = (own.INDEXES, own.STATISTICS, names.NUMBERED, others.DEPENDENTS, ownership.GRANTED)
    columned = connection.version >= _PUBLICATIONS_HAVE_COLUMNS
    blocks = (
        own.COLUMNS,
        own.MADE,
        own.PREPARED,
        own.COMMENTS,
        others.OWN,
        others.OTHERS,
        names.NAMES,
        ownership.RIGHTS,
        ownership.PUBLICATIONS_15 if columned else ownership.PUBLICATIONS,
    )
    query = ",\n".join((BODY, *ctes)) + "\n" + "\nUNION ALL\n".join(blocks)
    parameters = parameters_of([(body.oid, body.shadow, body.shadow.name) for body in bodies])
    return with_qualified_names((query, parameters))


def inventory_of(bodies: Sequence[Body], answers: Sequence[Rows]) -> Inventory:
    """Return the inventory for the answers of which the last are those to ``asking_inventory``."""
    placed: dict[tuple[str, int], list[str]] = {}
    for step, place, _, sql in sorted(qualified_answer(answers)):
        placed.setdefault((step, place), []).append(sql)
    return Inventory(tuple(bodies), placed)


def with_qualified_names(question: Question) -> list[Question]:
    """Return the questions that ask it while every name is printed, and found, with its schema."""
    return [(KEEP_PATH, ()), (NO_PATH, ()), question, (OLD_PATH, ())]


def qualified_answer(answers: Sequence[Rows]) -> Rows:
    """Return the answer to the question of ``with_qualified_names``, which were asked last."""
    return answers[-2]


@contextlib.contextmanager
def qualified_names(connection: TargetConnection) -> Iterator[None]:
    """Have PostgreSQL print, and look up, every name with its schema while the block runs.

    Costs no message of its own; not to be nested.
    """
    connection.defer(KEEP_PATH, NO_PATH)
    yield
    connection.defer(OLD_PATH)
