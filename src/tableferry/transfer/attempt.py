"""One attempt at a table's rows: its access to both sides, and its statistics."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tableferry import postgres, sqlserver, values
from tableferry.transfer.budget import Budget
from tableferry.transfer.chunk_loader import StoredChunk
from tableferry.transfer.reconcile import Reconciled
from tableferry.transfer.workers import Check


@dataclass(frozen=True, slots=True)
class Access:
    """How an attempt reaches both databases and the ledger; all of it may be called by any thread.

    ``check`` raises where it is time to stop; ``remaining`` is how many seconds are left, None for
    no end. ``checkpoint`` writes in a chunk's transaction that it is stored, ``is_stored`` finds
    out whether it is when the answer to its COMMIT was lost; ``restart`` forgets what an earlier
    attempt has staged. ``on_rows`` gets after each batch the number of rows that are there, and how
    many of them were there before this attempt. ``budget`` is shared by all readers of the run.
    """

    open_source: Callable[[], sqlserver.SourceConnection]
    open_target: Callable[[], postgres.TargetConnection]
    check: Check
    remaining: Callable[[], float | None]
    checkpoint: Callable[[postgres.TargetConnection, StoredChunk], None]
    is_stored: Callable[[int], bool]
    restart: Callable[[], None]
    on_rows: Callable[[int, int], None]
    budget: Budget = field(default_factory=Budget)


@dataclass(slots=True)
class AttemptStats:
    """What one attempt has found out, also when it then fails.

    ``read`` rows came in ``bytes`` of Arrow batches. ``stored`` rows, of chunks, and ``built``
    indexes stay for the next attempt or run; ``found`` rows were there before this attempt, and by
    now ``chunks_stored`` of ``chunks``. ``touched`` counts altered values by source column and
    reason; ``refused`` are the rows that go into quarantine, where there is one. ``reconciled``
    says what the comparison of both sides' keys has found, None where there was none.
    """

    read: int = 0
    bytes: int = 0
    stored: int = 0
    found: int = 0
    chunks: int = 0
    chunks_stored: int = 0
    built: int = 0
    touched: dict[str, Counter[str]] = field(default_factory=dict)
    refused: values.RefusedRows | None = None
    reconciled: Reconciled | None = None
