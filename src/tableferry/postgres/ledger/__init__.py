"""The ledger: tableferry's own tables in the target, in the schema ``tableferry``.

``Ledger`` writes over a connection of its own: runs, leases, progress, outcomes. ``seal``,
``checkpoint`` and ``quarantine`` write in the transaction that stores the rows: what must be
recorded if and only if the rows are committed.
"""

from tableferry.postgres.ledger.checkpoints import UnfinishedLoad, checkpoint
from tableferry.postgres.ledger.lease import Lease, LeaseTiming
from tableferry.postgres.ledger.ledger import Ledger
from tableferry.postgres.ledger.migrate import SCHEMA, migrate, require_usable
from tableferry.postgres.ledger.quarantine import quarantine, refused_counts
from tableferry.postgres.ledger.runs import Failure, TableRun
from tableferry.postgres.ledger.seal import seal, was_published, was_stored
from tableferry.postgres.ledger.watermarks import read_watermark, write_watermark

__all__ = [
    "SCHEMA",
    "Failure",
    "Lease",
    "LeaseTiming",
    "Ledger",
    "TableRun",
    "UnfinishedLoad",
    "checkpoint",
    "migrate",
    "quarantine",
    "read_watermark",
    "refused_counts",
    "require_usable",
    "seal",
    "was_published",
    "was_stored",
    "write_watermark",
]
