"""Finds entries that load one table: the server decides, since a name may lack its schema."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.config import TableSpec
from tableferry.errors import ConfigError
from tableferry.model.identifiers import TargetTable
from tableferry.model.target_database import can_encode
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.messages import Question, Rows

PLACES: Final = """\
SELECT coalesce(t.nspname, w.schema, current_schema(), ''), w.name, coalesce(t.oid::bigint, 0),
  ARRAY(SELECT a.relid::oid::bigint FROM pg_partition_ancestors(t.oid) a), coalesce(t.relkind, '')
FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY w (schema, name, place)
LEFT JOIN LATERAL (
  SELECT c.oid, n.nspname, c.relkind::text
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relname = w.name::name
    AND CASE WHEN w.schema IS NULL THEN pg_table_is_visible(c.oid) ELSE n.nspname = w.schema END
) t ON true
ORDER BY w.place"""
"""Where each table is or would be created. A partition's ancestors hold its rows, too."""

KNOWN_SECONDS: Final = 60.0
"""As long as what is known of a source's catalog counts (decision 51)."""

_HINT: Final = (
    "Each load would replace the other's rows. Write the schema in 'pg_table', and give each entry "
    "a table of its own."
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table is or would be created; ``oid`` is 0 where it is missing, ``kind`` relkind."""

    table: TargetTable
    oid: int
    ancestors: frozenset[int]
    kind: str = ""

    def shares(self, other: "Place") -> bool:
        """Whether a row of one table may be a row of the other."""
        return (
            self.table == other.table or self.oid in other.ancestors or other.oid in self.ancestors
        )


class KnownPlaces:
    """Where the targets of a run are, asked for together; may be used by any thread.

    Every table of a run is compared with all the others: 4 ms for 200 of them, each time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[TargetTable, tuple[Place, float]] = {}

    def of(self, connection: TargetConnection, tables: Sequence[TargetTable]) -> list[Place]:
        """Return where each table is, or was ``KNOWN_SECONDS`` ago; raises TableferryError."""
        now = self._clock()
        with self._lock:
            known = {
                table: place
                for table, (place, asked) in self._known.items()
                if now - asked < KNOWN_SECONDS
            }
        if missing := [table for table in dict.fromkeys(tables) if table not in known]:
            known |= zip(missing, places(connection, missing), strict=True)
            with self._lock:
                self._known |= {table: (known[table], now) for table in missing}
        return [known[table] for table in tables]


def require_own_target(
    connection: TargetConnection, spec: TableSpec, others: Sequence[TableSpec]
) -> Place:
    """Return where an entry's target is, after seeing that it is the entry's alone.

    Raises ConfigError as ``require_unshared``.
    """
    targets = targets_beside(connection, spec, others)
    own, *elsewhere = places(connection, [spec.target, *targets.values()])
    require_unshared(spec, own, dict(zip(targets, elsewhere, strict=True)))
    return own


def targets_beside(
    connection: TargetConnection, spec: TableSpec, others: Sequence[TableSpec]
) -> dict[str, TargetTable]:
    """Return the targets that an entry is compared with, by the keys of their entries.

    Those of the ``others``, and of all that were configured beside it: one of those that is loaded
    by another run would replace its rows all the same.
    """
    targets = dict(spec.all_targets) | {other.key: other.target for other in others}
    return {
        key: target
        for key, target in targets.items()
        if key != spec.key and can_exist(connection, target)
    }


def require_unshared(spec: TableSpec, own: Place, elsewhere: Mapping[str, Place]) -> None:
    """Raise ConfigError where the target is another entry's as well, or a partition of it."""
    for key, place in elsewhere.items():
        if own.shares(place):
            raise shared_target(spec.key, own.table, key, place.table)


def shared_target(key: str, table: TargetTable, other: str, its: TargetTable) -> ConfigError:
    """Return the error for two entries, by their keys, whose tables have rows in common."""
    same = f"is {table}, which is also that of {other}"
    overlapping = f"is {table}, and that of {other} is {its}: one is a partition of the other"
    return ConfigError(f"'pg_table' of {key} {same if table == its else overlapping}", hint=_HINT)


def can_exist(connection: TargetConnection, table: TargetTable) -> bool:
    """Whether the database's encoding has the characters of the table's name."""
    return can_encode(f"{table.schema}.{table.name}", connection.encoding)


def places(connection: TargetConnection, tables: Sequence[TargetTable]) -> list[Place]:
    """Return where each table is, as the search path has it; raises TableferryError."""
    (found,) = connection.ask(asking_places(tables))
    return places_of(found)


def asking_places(tables: Sequence[TargetTable]) -> Question:
    """Return what asks for the same."""
    return (PLACES, ([table.schema or None for table in tables], [table.name for table in tables]))


def places_of(rows: Rows) -> list[Place]:
    """Return the places for the answer to ``asking_places``, in the order of the tables."""
    return [
        Place(TargetTable(schema, name), oid, frozenset(ancestors), kind)
        for schema, name, oid, ancestors, kind in rows
    ]
