"""The ledger: tableferry's own tables in the target, in the schema ``tableferry``.

Over the ledger's own connection (``Ledger``): runs, leases, progress, outcomes. On the connection
that stores the rows (``seal``, ``checkpoint``, ``quarantine``): what must be true if and only if
they are there.
"""

from tableferry.target.ledger.chunks import Unfinished, checkpoint
from tableferry.target.ledger.lease import Lease, Pace
from tableferry.target.ledger.ledger import Ledger
from tableferry.target.ledger.migrate import SCHEMA, migrate, require_usable
from tableferry.target.ledger.quarantine import quarantine, waiting
from tableferry.target.ledger.runs import Failure, TableRun
from tableferry.target.ledger.seal import seal, was_published, was_stored

__all__ = [
    "SCHEMA",
    "Failure",
    "Lease",
    "Ledger",
    "Pace",
    "TableRun",
    "Unfinished",
    "checkpoint",
    "migrate",
    "quarantine",
    "require_usable",
    "seal",
    "waiting",
    "was_published",
    "was_stored",
]
