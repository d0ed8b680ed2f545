"""How far a mode has read a table, written in the transaction that publishes the rows.

So the watermark is there if and only if the rows are, and a run that is killed between the two
does not exist.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tableferry.errors import SchemaError
from tableferry.model.identifiers import TargetTable
from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.lease import Lease
from tableferry.postgres.ledger.stored_texts import canonical
from tableferry.postgres.messages import Question

FORM: Final = """\
SELECT c.oid::text || ' ' || hashtextextended(string_agg(
    format('%%s %%s %%s', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull),
    ',' ORDER BY a.attnum), 0)::text
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.oid = {table} GROUP BY c.oid"""
"""A table's oid and a hash of its columns: dropped and made again by hand it is another table. (Of
the hash functions this one is there whatever the server's settings: FIPS forbids md5.)"""

_READ: Final = f"""\
SELECT w.kind, w.value, w.contents,
  w.target_form IS NOT DISTINCT FROM ({FORM.format(table="to_regclass(%s)")}),
  extract(epoch FROM clock_timestamp() - w.advanced_at)::float8,
  extract(epoch FROM clock_timestamp() - w.reconciled_at)::float8
FROM tableferry.watermarks w WHERE w.target = %s"""

BECOMES: Final = """\
coalesce((
  SELECT to_regclass('tableferry.' || quote_ident(r.staging)) FROM tableferry.table_runs r
  WHERE r.run_id = %s AND r.table_key = %s), to_regclass(%s))"""
"""The table that readers find by the target's name after the commit: the staging table of a swap,
which is still there; the others are gone by then."""

_WRITE: Final = f"""\
INSERT INTO tableferry.watermarks AS w
  (target, kind, value, run_id, contents, settings, target_form, reconciled_at)
VALUES (%s, %s, %s, %s, %s, %s,
  ({FORM.format(table=BECOMES)}),
  CASE WHEN %s THEN clock_timestamp() END)
ON CONFLICT (target) DO UPDATE SET kind = excluded.kind, value = excluded.value,
  run_id = excluded.run_id, advanced_at = clock_timestamp(), contents = excluded.contents,
  settings = excluded.settings, target_form = excluded.target_form,
  reconciled_at = coalesce(excluded.reconciled_at,
    CASE WHEN w.kind = excluded.kind AND w.contents = excluded.contents THEN w.reconciled_at END)"""

_FORGET: Final = "DELETE FROM tableferry.watermarks WHERE target = %s"


@dataclass(frozen=True, slots=True)
class NewWatermark:
    """A watermark to be written with the rows.

    ``contents`` is the hash of what the rows hold (``SyncPlan.contents``), ``settings`` that of the
    table's entry. ``reconciled``: after this run the target has no key that the source lacks.
    ``every_row``: the run has read all rows, and not only what had changed.
    """

    mode: str
    value: str
    contents: str
    settings: str = ""
    reconciled: bool = False
    every_row: bool = True


def read_watermark(
    connection: TargetConnection, target: str, *, mode: str, contents: str
) -> Watermark | ReloadReason:
    """Return what the last published run has left, or why it cannot be used.

    ``target`` is the table's name in the ledger. A run of another mode has not followed what this
    one has to know, so its watermark does not count. Raises TableferryError.
    """
    table = TargetTable.parse(target).sql
    for kind, value, left, same, age, reconciled in connection.rows(_READ, (table, target)):
        if (kind, left) != (mode, contents):
            return ReloadReason.ENTRY_CHANGED
        return Watermark(value, age, reconciled) if same else ReloadReason.TARGET_CHANGED
    return ReloadReason.FIRST_LOAD


def find_watermark(
    connection: TargetConnection, table: TargetTable, *, mode: str, contents: str
) -> Watermark | ReloadReason:
    """Return the same for a table of which nothing is begun, also where there is no ledger yet."""
    try:
        with connection.transaction():  # a savepoint in an open one, which then lives on
            target = canonical(connection, table)
            return read_watermark(connection, target, mode=mode, contents=contents)
    except SchemaError:
        return ReloadReason.FIRST_LOAD  # no ledger, or one that keeps no such watermarks


def writing_watermark(lease: Lease, new: NewWatermark | None) -> Question:
    """Return what writes the watermark, in place of any other of the target.

    None: the mode keeps none, and an earlier mode's no longer counts.
    """
    if new is None:
        return (_FORGET, (lease.target,))
    facts = (new.mode, new.value, lease.run_id, new.contents, new.settings)
    return (_WRITE, (lease.target, *facts, *becoming(lease), new.reconciled))


def becoming(lease: Lease) -> tuple[UUID, str, str]:
    """Return the parameters of ``BECOMES``."""
    return (lease.run_id, lease.table_key, TargetTable.parse(lease.target).sql)
