"""The rows of verifications in the ledger: how many rows differed, no keys and no values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from psycopg.types.json import Jsonb

from tableferry.model.identifiers import TargetTable
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.stored_texts import canonical, storable

KEPT_OF_A_TABLE: Final = 1_000
"""Verifications that are kept of each table, as many as runs: 300 kB."""

PRUNED_AT_ONCE: Final = 10
"""Each verification adds one and deletes a few."""

_INSERT: Final = """\
INSERT INTO tableferry.verifications (
  id, run_id, table_key, target, depth, verdict, source_rows, target_rows, missing, extra,
  different, explained, quarantined, kept, repaired, not_compared, watermark, as_of, seconds,
  reason)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (id) DO NOTHING"""

_PRUNE: Final = """\
DELETE FROM tableferry.verifications WHERE id IN (
  SELECT v.id FROM tableferry.verifications v
  WHERE v.target = %(target)s AND v.verified_at < (
    SELECT verified_at FROM tableferry.verifications WHERE target = %(target)s
    ORDER BY verified_at DESC OFFSET %(kept)s - 1 LIMIT 1)
  ORDER BY v.verified_at LIMIT %(at_once)s
  FOR UPDATE OF v SKIP LOCKED)"""


@dataclass(frozen=True, slots=True)
class RecordedVerification:
    """One verification of a table, as the ledger has it; the table's columns say what each is.

    ``id`` makes it one row, however often it is written. ``run_id`` is the run that published the
    rows, or the verification's own where no run did.
    """

    id: UUID
    run_id: UUID
    table_key: str
    target: TargetTable
    depth: str
    verdict: str
    source_rows: int = 0
    target_rows: int = 0
    missing: int = 0
    extra: int = 0
    different: int = 0
    explained: int = 0
    quarantined: int = 0
    kept: int = 0
    repaired: int = 0
    not_compared: Mapping[str, str] = field(default_factory=dict)
    watermark: str | None = None
    as_of: str = ""
    seconds: float = 0.0
    reason: str = ""


def write_verification(
    connection: TargetConnection, found: RecordedVerification, kept: int = KEPT_OF_A_TABLE
) -> None:
    """Write a verification into the open transaction, and delete the table's oldest ones.

    ``kept`` of them are left. Raises TableferryError.
    """
    target = canonical(connection, found.target)

    def text(value: str) -> str:
        return storable(value, connection.encoding)

    connection.execute(
        _INSERT,
        (
            found.id,
            found.run_id,
            text(found.table_key),
            target,
            found.depth,
            found.verdict,
            found.source_rows,
            found.target_rows,
            found.missing,
            found.extra,
            found.different,
            found.explained,
            found.quarantined,
            found.kept,
            found.repaired,
            Jsonb({text(column): text(why) for column, why in found.not_compared.items()}),
            found.watermark,
            text(found.as_of),
            found.seconds,
            text(found.reason),
        ),
    )
    connection.execute(_PRUNE, {"target": target, "kept": kept, "at_once": PRUNED_AT_ONCE})
