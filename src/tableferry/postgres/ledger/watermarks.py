"""How far a mode has read a table, written in the transaction that publishes the rows.

So the watermark is there if and only if the rows are, and a run that is killed between the two
does not exist.
"""

from typing import Final

from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.lease import Lease

_READ: Final = """\
SELECT value FROM tableferry.watermarks WHERE target = %s AND kind = %s"""

_WRITE: Final = """\
INSERT INTO tableferry.watermarks (target, kind, value, run_id) VALUES (%s, %s, %s, %s)
ON CONFLICT (target) DO UPDATE SET kind = excluded.kind, value = excluded.value,
  run_id = excluded.run_id, advanced_at = clock_timestamp()"""


def read_watermark(connection: TargetConnection, lease: Lease, mode: str) -> str | None:
    """Return the text that the last published run of this mode has left, None where none has.

    A run of another mode has not followed what this one has to know, so its watermark does not
    count. Raises TableferryError.
    """
    found = connection.rows(_READ, (lease.target, str(mode)))
    return str(found[0][0]) if found else None


def write_watermark(connection: TargetConnection, lease: Lease, mode: str, watermark: str) -> None:
    """Write the watermark into the open transaction, in place of any other of the target."""
    connection.execute(_WRITE, (lease.target, str(mode), watermark, lease.run_id))
