"""The specification of one table: what to carry, from where to where, and how."""

from dataclasses import dataclass, field, replace
from typing import Any, Final

from tableferry.config.choices import (
    Consistency,
    DriftPolicy,
    LedgerUse,
    OnExpired,
    OnInvalid,
    Publish,
    ReadMode,
    TrailingBlanks,
)
from tableferry.config.deletes import HARD, DeleteHandling, Deletes
from tableferry.model.depth import Depth
from tableferry.model.identifiers import SourceTable, TargetTable

DEFAULT_BATCH_SIZE: Final = 10_000
"""Rows in a batch, after which progress is reported; larger batches read no faster (see docs)."""


DEFAULT_MAX_SHRINK: Final = 50
"""Percent of the target's rows that a load may remove: losing half a table is rarely intended."""

DEFAULT_LOCK_TIMEOUT: Final = 30
"""Seconds to wait for a lock in the source; after that, a later run is the better choice."""

DEFAULT_STATEMENT_TIMEOUT: Final = 600
"""Seconds that the source may send nothing: sorting a large table can take minutes. TCP keepalive
usually detects a dead peer earlier."""


DEFAULT_STALL_TIMEOUT: Final = 30
"""Seconds that the source may send nothing while readers wait for a lock of the load: as long as
the load itself waits for such a lock."""

DEFAULT_RESUME_WITHIN: Final = 3600
"""Seconds that chunks of an interrupted run stay usable: a run that is repeated at once continues,
and readers never see rows that are hours old presented as new."""

DEFAULT_RECONCILE_EVERY: Final = 86_400
"""Seconds between two comparisons of the keys: reading all of them is most of the work of a full
refresh, and a day is as long as a deleted row usually may stay."""

DEFAULT_MAX_DELETE_SHARE: Final = 10
"""Percent of the target's rows that a comparison of the keys may delete: more of them in a day are
rather a source that was emptied, or another table of the same name."""


@dataclass(frozen=True, slots=True)
class OrderBy:
    """One term of ORDER BY as it was written; the plan resolves it against the source's columns."""

    text: str


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table to carry from ``source`` into ``target``.

    ``columns`` pairs each source column with its target column; where it is empty, all columns but
    ``exclude`` are discovered. ``derived_names``: the target columns' names are derived from the
    source's, so that an existing column of another spelling may be meant. ``primary_key`` holds
    source column names; where it is empty, the source's key is used. ``where`` is T-SQL from the
    configuration, never from an event. Up to ``max_invalid`` rows may go into quarantine.
    ``max_shrink`` is in percent of the target's rows, and 100 allows everything. ``chunks`` is the
    number of key ranges that the table is cut into, ``parallel`` how many of them are read at once;
    those that an earlier run has read are used for ``resume_within`` seconds.
    ``max_rows_per_second`` is 0 for no limit. The timeouts are in seconds; ``stall_timeout`` is 0
    for none. ``watermark`` is the source column that ``mode: watermark`` compares, ``overlap`` how
    far below the watermark it reads again: in seconds for dates and times, in units for integers,
    None for the column type's default. ``reconcile_every`` (seconds, 0 for every run) and
    ``max_delete_share`` (percent of the target's rows) are for ``deletes: reconcile``.
    ``verify`` is how much is compared after each publish, None for nothing; with ``repair`` rows
    that differ are made equal. ``max_age`` is how many seconds old the target's rows may be before
    ``status`` calls the table late, None for no limit. ``all_targets`` are the keys and targets of
    all configured entries: another one's target may not be this one's, whether or not a run loads
    it.
    """

    key: str
    db_type: str
    database: str
    source: SourceTable
    target: TargetTable
    columns: tuple[tuple[str, str], ...]
    primary_key: tuple[str, ...]
    order_by: tuple[OrderBy, ...] = ()
    batch_size: int = DEFAULT_BATCH_SIZE
    description: str = ""
    consistency: Consistency = Consistency.AUTO
    where: str = ""
    exclude: tuple[str, ...] = ()
    derived_names: bool = False
    type_overrides: tuple[tuple[str, str], ...] = ()
    on_invalid: OnInvalid = OnInvalid.FAIL
    max_invalid: int = 0
    trailing_blanks: TrailingBlanks = TrailingBlanks.KEEP
    drift: DriftPolicy = DriftPolicy.STOP
    mode: ReadMode = ReadMode.FULL
    watermark: str = ""
    overlap: int | None = None
    deletes: Deletes = HARD
    on_expired: OnExpired = OnExpired.RELOAD
    reconcile_every: int = DEFAULT_RECONCILE_EVERY
    max_delete_share: int = DEFAULT_MAX_DELETE_SHARE
    publish: Publish = Publish.AUTO
    max_shrink: int = DEFAULT_MAX_SHRINK
    chunks: int = 1
    parallel: int = 1
    resume_within: int = DEFAULT_RESUME_WITHIN
    ledger: LedgerUse = LedgerUse.ON
    verify: Depth | None = None
    repair: bool = False
    max_age: int | None = None
    max_rows_per_second: int = 0
    lock_timeout: int = DEFAULT_LOCK_TIMEOUT
    statement_timeout: int = DEFAULT_STATEMENT_TIMEOUT
    stall_timeout: int = DEFAULT_STALL_TIMEOUT
    all_targets: tuple[tuple[str, TargetTable], ...] = field(default=(), compare=False, repr=False)

    @property
    def is_incremental(self) -> bool:
        """Whether a run reads what changed since the watermark, where it has a usable one."""
        return self.mode != ReadMode.FULL

    def located_in(self, database: str) -> "TableSpec":
        """Return the spec with its source in the connection's ``database``.

        ``sql_server_db`` is the database's name in the configuration; on this server it may have
        another name (McTM_Test, say), which the environment sets. A table that is configured in a
        third database stays there.
        """
        if self.source.database.lower() != self.database.lower():
            return self
        return replace(self, source=replace(self.source, database=database))

    def to_dict(self) -> dict[str, Any]:
        """Return the specification as JSON-compatible data, for display."""
        return {
            "description": self.description,
            "db_type": self.db_type,
            "source": str(self.source),
            "target": str(self.target),
            "columns": dict(self.columns) or DISCOVERED,
            "primary_key": list(self.primary_key) or DISCOVERED,
            "order_by": [order.text for order in self.order_by],
            "batch_size": self.batch_size,
            "consistency": self.consistency.value,
            **({"where": self.where} if self.where else {}),
            **({"exclude": list(self.exclude)} if self.exclude else {}),
            **({"type_overrides": dict(self.type_overrides)} if self.type_overrides else {}),
            "on_invalid": self.on_invalid.value,
            **(
                {"max_invalid": self.max_invalid} if self.on_invalid is OnInvalid.QUARANTINE else {}
            ),
            "trailing_blanks": self.trailing_blanks.value,
            "drift": self.drift.value,
            "mode": str(self.mode),
            **self._incremental(),
            "publish": self.publish.value,
            "max_shrink": self.max_shrink,
            **(
                {
                    "chunks": self.chunks,
                    "parallel": self.parallel,
                    "resume_within": self.resume_within,
                }
                if self.chunks > 1
                else {}
            ),
            "ledger": self.ledger.value,
            **({"verify": self.verify.value} if self.verify else {}),
            **({"repair": True} if self.repair else {}),
            **({} if self.max_age is None else {"max_age": self.max_age}),
            **(
                {"max_rows_per_second": self.max_rows_per_second}
                if self.max_rows_per_second
                else {}
            ),
            "lock_timeout": self.lock_timeout,
            "statement_timeout": self.statement_timeout,
            "stall_timeout": self.stall_timeout,
        }

    def _incremental(self) -> dict[str, Any]:
        """Return what the mode has settings for, and what becomes of deleted rows."""
        found: dict[str, Any] = {"watermark": self.watermark} if self.watermark else {}
        if self.overlap is not None:
            found["overlap"] = self.overlap
        found["deletes"] = str(self.deletes)
        if self.mode is ReadMode.CHANGE_TRACKING:
            found["on_expired"] = self.on_expired.value
        if self.deletes.how is DeleteHandling.RECONCILE:
            found["reconcile_every"] = self.reconcile_every
            found["max_delete_share"] = self.max_delete_share
        return found


DISCOVERED: Final = "from the source"
"""Shown in place of columns and a key that the configuration omits."""
