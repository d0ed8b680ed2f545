"""What a plan has to know of the target: where its table is, and the rest."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tableferry.config import TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import TargetTable
from tableferry.model.schema import TargetSchema
from tableferry.model.target_database import TargetDatabase
from tableferry.postgres.catalog import Look, read_database, read_found
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.event_triggers import asking_event_triggers, warnings_of
from tableferry.postgres.messages import Question, Rows
from tableferry.postgres.shared_targets import (
    KnownPlaces,
    Place,
    asking_places,
    places,
    places_of,
    require_own_target,
    require_unshared,
    targets_beside,
)


@dataclass(frozen=True, slots=True)
class PlannedTarget:
    """The target of a plan: ``table`` has the schema that it is in, or would be created in.

    The search path decides once, so that every statement of the load means the same table. Without
    any schema in the search path a missing table stays as it is. ``schema`` is None where it is
    missing. ``event_triggers`` are warnings about those that statements of a load run.
    """

    table: TargetTable
    schema: TargetSchema | None
    database: TargetDatabase
    event_triggers: tuple[str, ...]


def read_planned_target(
    connection: TargetConnection,
    spec: TableSpec,
    others: Sequence[TableSpec],
    looks: Mapping[str, Look],
    known: KnownPlaces | None = None,
) -> PlannedTarget:
    """Read what a plan needs; ``looks`` of the strategies that it may choose.

    Where the targets of other entries are may be ``known``. Where the entry's own is, is asked now;
    if it is where it was known to be, with everything else in one message.
    Raises ConfigError where the target is another entry's as well, and SchemaError where the name
    is not a table's, or where it cannot be created.
    """
    beside = targets_beside(connection, spec, others)
    if known is None or not beside:
        place = require_own_target(connection, spec, others)
        return _read(connection, spec, place, looks)[0]
    expected, *found = known.of(connection, [spec.target, *beside.values()])
    elsewhere = dict(zip(beside, found, strict=True))
    # What is found out about a table that is elsewhere by now is of no use, an error included.
    with contextlib.suppress(SchemaError):
        asking = asking_places([spec.target])
        target, (rows,) = _read(connection, spec, expected, looks, [asking])
        (place,) = places_of(rows)
        require_unshared(spec, place, elsewhere)
        if place == expected:
            return target
    (place,) = places(connection, [spec.target])
    require_unshared(spec, place, elsewhere)
    return _read(connection, spec, place, looks)[0]


def _read(
    connection: TargetConnection,
    spec: TableSpec,
    place: Place,
    looks: Mapping[str, Look],
    also: Sequence[Question] = (),
) -> tuple[PlannedTarget, Sequence[Rows]]:
    """Read what a plan needs of a table in this place, with the rows asked for ``also``."""
    found = place.table.schema
    table = spec.target if spec.target.schema or not found else spec.target.located_in(found)
    asked = [asking_event_triggers(), *also]
    if place.oid:
        schema, (triggers, *answered) = read_found(
            connection, table, place.oid, place.kind, looks, uses=True, also=asked
        )
        if schema is not None:
            database = TargetDatabase(connection.version, connection.encoding)
            return PlannedTarget(table, schema, database, warnings_of(triggers)), answered
    database, (triggers, *answered) = read_database(connection, table, asked)
    return PlannedTarget(table, None, database, warnings_of(triggers)), answered
