"""The ledger: tableferry's own tables in the target, in the schema ``tableferry``.

``Ledger`` writes over a connection of its own: runs, leases, progress, outcomes. ``seal``,
``checkpoint`` and ``quarantine`` write in the transaction that stores the rows: what must be
recorded if and only if the rows are committed.
"""

from tableferry.postgres.ledger.begun_table import BegunTable
from tableferry.postgres.ledger.checkpoints import (
    OldestChunk,
    ResumeLimit,
    StagedTable,
    UnfinishedLoad,
    add_amended,
    amended_rows,
    checkpoint,
)
from tableferry.postgres.ledger.first_runs import read_first_runs
from tableferry.postgres.ledger.lease import Holder, Lease, LeaseTiming
from tableferry.postgres.ledger.ledger import Ledger
from tableferry.postgres.ledger.lost_seal import Decision, decide_seal, was_stored
from tableferry.postgres.ledger.many_watermarks import LeftWatermark
from tableferry.postgres.ledger.migrate import SCHEMA, migrate, require_usable
from tableferry.postgres.ledger.quarantine import quarantine, refused_counts, was_row_refused
from tableferry.postgres.ledger.quarantined_rows import (
    REPAIR,
    QuarantinedRow,
    TableQuarantine,
    read_quarantine,
)
from tableferry.postgres.ledger.runs import Failure, LoadDescription, TableRun
from tableferry.postgres.ledger.seal import Seal, moments, seal, sealing
from tableferry.postgres.ledger.verifications import RecordedVerification, write_verification
from tableferry.postgres.ledger.watermarks import (
    NewWatermark,
    find_watermark,
    read_watermark,
    writing_watermark,
)

__all__ = [
    "REPAIR",
    "SCHEMA",
    "BegunTable",
    "Decision",
    "Failure",
    "Holder",
    "Lease",
    "LeaseTiming",
    "Ledger",
    "LeftWatermark",
    "LoadDescription",
    "NewWatermark",
    "OldestChunk",
    "QuarantinedRow",
    "RecordedVerification",
    "ResumeLimit",
    "Seal",
    "StagedTable",
    "TableQuarantine",
    "TableRun",
    "UnfinishedLoad",
    "add_amended",
    "amended_rows",
    "checkpoint",
    "decide_seal",
    "find_watermark",
    "migrate",
    "moments",
    "quarantine",
    "read_first_runs",
    "read_quarantine",
    "read_watermark",
    "refused_counts",
    "require_usable",
    "seal",
    "sealing",
    "was_row_refused",
    "was_stored",
    "write_verification",
    "writing_watermark",
]
