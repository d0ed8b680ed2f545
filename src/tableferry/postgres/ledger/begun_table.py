"""The beginning of a table's run: recorded, and its lease taken if nobody holds it, in one message.

Which name the target has in the ledger may depend on the search path, which the server knows: it is
found out in the same message, and kept in a setting of the transaction's own.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tableferry.model.identifiers import TargetTable
from tableferry.planning.target_encoding import require_encodable_table
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger import runs
from tableferry.postgres.ledger.lease import Lease
from tableferry.postgres.ledger.runs import TableRun
from tableferry.postgres.ledger.stored_texts import (
    CANONICAL,
    canonical,
    canonical_parameters,
    storable,
)
from tableferry.postgres.messages import Question

TARGET: Final = "current_setting('tableferry.target')"

_NAME: Final = "SELECT set_config('tableferry.target', %(name)s, true)"

_FIND_NAME: Final = f"""\
SELECT set_config('tableferry.target', CASE WHEN found.schema ~ '^[A-Za-z0-9_]+$'
  THEN found.schema || '.' || %(shown)s ELSE '' END, true)
FROM ({CANONICAL}) AS found (schema, name)"""
"""Empty where the schema's name would be displayed in brackets: only ``canonical`` knows how."""

_ENSURE: Final = f"""\
INSERT INTO tableferry.leases
  (target, generation, process, acquired_at, renewed_at, expires_at)
SELECT {TARGET}, 0, '', clock_timestamp(), clock_timestamp(), clock_timestamp()
WHERE {TARGET} <> ''
ON CONFLICT (target) DO NOTHING"""

_BEGIN: Final = f"""\
INSERT INTO tableferry.table_runs (run_id, table_key, source, target)
SELECT r.run_id, %(table_key)s, %(source)s, {TARGET}
FROM tableferry.runs r WHERE r.run_id = %(run_id)s AND r.status = 'running' AND {TARGET} <> ''
ON CONFLICT (run_id, table_key) DO UPDATE SET target = EXCLUDED.target
RETURNING target"""

_TAKE_FREE: Final = f"""\
UPDATE tableferry.leases SET generation = generation + 1, run_id = %(run_id)s,
  table_key = %(table_key)s, process = %(process)s, acquired_at = clock_timestamp(),
  renewed_at = clock_timestamp(),
  expires_at = clock_timestamp() + make_interval(secs => %(ttl)s)
WHERE target = (
  SELECT l.target FROM tableferry.leases l JOIN tableferry.table_runs t ON t.target = l.target
  WHERE l.target = {TARGET} AND l.run_id IS NULL
    AND t.run_id = %(run_id)s AND t.table_key = %(table_key)s AND t.status = 'running'
    AND NOT EXISTS (SELECT FROM tableferry.table_runs o
      WHERE o.run_id = t.run_id AND o.target = l.target AND o.table_key <> t.table_key)
  FOR UPDATE SKIP LOCKED)
RETURNING generation"""
"""Takes a lease that nobody holds, unless another entry of this run has the same target. What locks
the table's run keeps others from marking it as abandoned in between."""

_SET_TAKEN: Final = f"""\
UPDATE tableferry.table_runs t SET generation = l.generation FROM tableferry.leases l
WHERE t.run_id = %(run_id)s AND t.table_key = %(table_key)s AND t.status = 'running'
  AND l.target = {TARGET} AND l.run_id = t.run_id AND l.table_key = t.table_key"""

_ABANDONED: Final = f"""\
SELECT EXISTS (SELECT FROM tableferry.table_runs WHERE target = {TARGET} AND status = 'abandoned')
"""


@dataclass(frozen=True, slots=True)
class BegunTable:
    """A table's run that has begun, and its lease, None where that was not free.

    ``follows_abandoned``: an earlier run of this target was given up, whose sessions may be left.
    """

    run: TableRun
    lease: Lease | None
    follows_abandoned: bool


def begin_and_take(
    connection: TargetConnection,
    run_id: UUID,
    table_key: str,
    source: str,
    target: TargetTable,
    *,
    process: str,
    ttl: float,
) -> BegunTable:
    """Record the beginning of a table's run, take its lease if nobody holds it, and commit.

    Raises LeaseLostError in an abandoned run, SchemaError as ``canonical``.
    """
    about = {
        "run_id": run_id,
        "table_key": table_key,
        "source": storable(source, connection.encoding),
        "process": process,
        "ttl": ttl,
    }
    doing = [(sql, about) for sql in (_ENSURE, _BEGIN, _TAKE_FREE, _SET_TAKEN, _ABANDONED)]
    naming = _naming(connection, target)
    ((name,),), begun, taken, ((abandoned,),) = connection.rows_and_commit(naming, *doing)
    if not name:
        with connection.transaction():
            naming = (_NAME, {"name": canonical(connection, target)})
            ((name,),), begun, taken, ((abandoned,),) = connection.rows_and_commit(naming, *doing)
    run = runs.begun(run_id, table_key, str(name), begun)
    lease = Lease(run_id, table_key, run.target, taken[0][0]) if taken else None
    return BegunTable(run, lease, bool(abandoned))


def _naming(connection: TargetConnection, target: TargetTable) -> Question:
    if target.schema:
        return (_NAME, {"name": canonical(connection, target)})
    require_encodable_table(target, connection.encoding)
    shown = str(TargetTable("", target.name))
    return (_FIND_NAME, {**canonical_parameters(target), "shown": shown})
