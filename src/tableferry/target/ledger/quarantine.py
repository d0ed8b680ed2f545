"""Refused rows, written down in the transaction that publishes the others."""

from collections.abc import Sequence
from typing import Final

from psycopg.types.json import Jsonb

from tableferry.target.connection import TargetConnection, statement
from tableferry.target.faults import translated
from tableferry.target.ledger.lease import Lease
from tableferry.values import Refusal

_PUT: Final = """\
INSERT INTO tableferry.quarantine
  (run_id, target, row_key, column_name, reason, sqlstate, value_hex)
VALUES (%s, %s, %s, nullif(%s, ''), %s, nullif(%s, ''), %s)"""


def quarantine(connection: TargetConnection, lease: Lease, refused: Sequence[Refusal]) -> None:
    """Write down the refused rows of a load, in the open transaction; raises TableferryError."""
    rows = [
        (
            lease.run_id,
            lease.target,
            Jsonb(dict(row.row_key)),
            row.column,
            row.reason,
            row.sqlstate,
            None if row.value is None else row.value.hex(),
        )
        for row in refused
    ]
    with translated(connection.settings), connection.raw.cursor() as cursor:
        cursor.executemany(statement(_PUT), rows)
