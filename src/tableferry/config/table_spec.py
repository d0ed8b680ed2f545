"""The specification of one table: what to carry, from where to where, and how."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

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


class Consistency(StrEnum):
    """The isolation under which the source is read; ``auto`` lets the plan choose."""

    AUTO = "auto"
    SNAPSHOT = "snapshot"
    READ_COMMITTED = "read_committed"
    NOLOCK = "nolock"


class OnInvalid(StrEnum):
    """What to do with values that PostgreSQL cannot store.

    ``strip`` and ``replace`` apply to texts with U+0000 or unpaired surrogates. ``quarantine``
    stores every row apart that has no exact form in the target, or that PostgreSQL refuses.
    """

    FAIL = "fail"
    STRIP = "strip"
    REPLACE = "replace"
    QUARANTINE = "quarantine"


class TrailingBlanks(StrEnum):
    """What to do with the blanks that pad a ``char`` or ``nchar``."""

    KEEP = "keep"
    TRIM = "trim"


class DriftPolicy(StrEnum):
    """What to do with columns that only the source or only the existing target table has."""

    STOP = "stop"
    ADD_COLUMNS = "add_columns"
    IGNORE = "ignore"


class Publish(StrEnum):
    """The publishing strategy: how a load becomes visible, in one transaction.

    ``truncate`` replaces the rows in place, ``swap`` replaces the table with one that was loaded
    apart, ``merge`` changes only the rows that differ; ``auto`` lets the plan choose.
    """

    AUTO = "auto"
    TRUNCATE = "truncate"
    SWAP = "swap"
    MERGE = "merge"


class ReadMode(StrEnum):
    """What a run reads: ``full`` is every row, each time."""

    FULL = "full"


class LedgerUse(StrEnum):
    """Whether runs are recorded in the target's schema ``tableferry``."""

    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class OrderBy:
    """One term of ORDER BY as it was written; the plan resolves it against the source's columns."""

    text: str


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table to carry: a full refresh from ``source`` into ``target``.

    ``columns`` pairs each source column with its target column; where it is empty, all columns but
    ``exclude`` are discovered. ``primary_key`` holds source column names; where it is empty, the
    source's key is used. ``where`` is T-SQL from the configuration, never from an event. Up to
    ``max_invalid`` rows may go into quarantine. ``max_shrink`` is in percent of the target's rows,
    and 100 allows everything. ``chunks`` is the number of key ranges that the table is cut into,
    ``parallel`` how many of them are read at once. ``max_rows_per_second`` is 0 for no limit. The
    timeouts are in seconds.
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
    type_overrides: tuple[tuple[str, str], ...] = ()
    on_invalid: OnInvalid = OnInvalid.FAIL
    max_invalid: int = 0
    trailing_blanks: TrailingBlanks = TrailingBlanks.KEEP
    drift: DriftPolicy = DriftPolicy.STOP
    mode: ReadMode = ReadMode.FULL
    publish: Publish = Publish.AUTO
    max_shrink: int = DEFAULT_MAX_SHRINK
    chunks: int = 1
    parallel: int = 1
    ledger: LedgerUse = LedgerUse.ON
    max_rows_per_second: int = 0
    lock_timeout: int = DEFAULT_LOCK_TIMEOUT
    statement_timeout: int = DEFAULT_STATEMENT_TIMEOUT

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
            "publish": self.publish.value,
            "max_shrink": self.max_shrink,
            **({"chunks": self.chunks, "parallel": self.parallel} if self.chunks > 1 else {}),
            "ledger": self.ledger.value,
            **(
                {"max_rows_per_second": self.max_rows_per_second}
                if self.max_rows_per_second
                else {}
            ),
            "lock_timeout": self.lock_timeout,
            "statement_timeout": self.statement_timeout,
        }


DISCOVERED: Final = "from the source"
"""Shown in place of columns and a key that the configuration omits."""
