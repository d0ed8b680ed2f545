"""What a plan has to know of the target, in two messages: where its table is, and the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tableferry.config import TableSpec
from tableferry.model.identifiers import TargetTable
from tableferry.model.schema import TargetSchema
from tableferry.model.target_database import TargetDatabase
from tableferry.postgres.catalog import Look, read_database, read_found
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.event_triggers import asking_event_triggers, warnings_of
from tableferry.postgres.shared_targets import KnownPlaces, require_own_target


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

    Where the targets of other entries are may be ``known``.
    Raises ConfigError where the target is another entry's as well, and SchemaError where the name
    is not a table's, or where it cannot be created.
    """
    place = require_own_target(connection, spec, others, known)
    found = place.table.schema
    table = spec.target if spec.target.schema or not found else spec.target.located_in(found)
    also = [asking_event_triggers()]
    if place.oid:
        schema, answered = read_found(
            connection, table, place.oid, place.kind, looks, uses=True, also=also
        )
        if schema is not None:
            database = TargetDatabase(connection.version, connection.encoding)
            return PlannedTarget(table, schema, database, warnings_of(answered[0]))
    database, answered = read_database(connection, table, also)
    return PlannedTarget(table, None, database, warnings_of(answered[0]))
