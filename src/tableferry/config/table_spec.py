"""What to carry: one table's specification, frozen, as the engine works with it."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from tableferry.model.identifiers import SourceTable, TargetTable

DEFAULT_BATCH_SIZE: Final = 10_000
"""Rows in a batch: progress is told this often; larger batches read no faster (see docs)."""


DEFAULT_MAX_SHRINK: Final = 50
"""Percent of the target's rows that a load may take away: half a table gone is seldom meant."""

DEFAULT_LOCK_TIMEOUT: Final = 30
"""Seconds that the source may keep us waiting for a lock; later is a better time to read then."""

DEFAULT_STATEMENT_TIMEOUT: Final = 600
"""Seconds that the source may say nothing: a sort of a large table can take minutes; a peer that
is gone is mostly noticed earlier, by TCP's keepalive."""


class Consistency(StrEnum):
    """How the source is read (ARCHITECTURE section "What a spec can say")."""

    AUTO = "auto"
    SNAPSHOT = "snapshot"
    READ_COMMITTED = "read_committed"
    NOLOCK = "nolock"


class OnInvalid(StrEnum):
    """What to do with what PostgreSQL cannot hold.

    ``strip`` and ``replace`` are about texts: U+0000 and half surrogate pairs. ``quarantine`` keeps
    aside every row that has no exact form in the target, or that PostgreSQL refuses.
    """

    FAIL = "fail"
    STRIP = "strip"
    REPLACE = "replace"
    QUARANTINE = "quarantine"


class TrailingBlanks(StrEnum):
    """What to do with the blanks that fill up a ``char`` or ``nchar``."""

    KEEP = "keep"
    TRIM = "trim"


class DriftPolicy(StrEnum):
    """What to do with columns that only the source, or only an existing target table has."""

    STOP = "stop"
    ADD_COLUMNS = "add_columns"
    IGNORE = "ignore"


class Publish(StrEnum):
    """The publishing strategy: how a load becomes visible, in one transaction.

    ``truncate`` replaces the rows in place, ``swap`` the table by another that was filled out of
    sight, ``merge`` changes only the rows that differ; ``auto`` has the plan choose.
    """

    AUTO = "auto"
    TRUNCATE = "truncate"
    SWAP = "swap"
    MERGE = "merge"


class Mode(StrEnum):
    """What a run reads: ``full`` is every row, each time."""

    FULL = "full"


class LedgerUse(StrEnum):
    """Whether runs are written down in the target's schema ``tableferry``."""

    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class OrderBy:
    """One column of ORDER BY, as it was written: resolved against the real columns by the plan."""

    text: str


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table to carry: a full refresh from ``source`` into ``target``.

    ``columns`` pairs each source column with its target column, and is empty where they are to
    be discovered: all but ``exclude``. ``primary_key`` holds source column names, and is empty
    where the source's is to be taken. ``where`` is T-SQL, taken from configuration only, never
    from an event. ``max_invalid`` rows may go into quarantine.
    ``max_shrink`` is in percent of the target's rows, 100 allows everything;
    ``chunks`` is into how many key ranges the table is cut, ``parallel`` how many are read at
    once. ``max_rows_per_second`` is 0 for as fast as it goes; the timeouts are in seconds.
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
    mode: Mode = Mode.FULL
    publish: Publish = Publish.AUTO
    max_shrink: int = DEFAULT_MAX_SHRINK
    chunks: int = 1
    parallel: int = 1
    ledger: LedgerUse = LedgerUse.ON
    max_rows_per_second: int = 0
    lock_timeout: int = DEFAULT_LOCK_TIMEOUT
    statement_timeout: int = DEFAULT_STATEMENT_TIMEOUT

    def located_in(self, database: str) -> "TableSpec":
        """Return the spec for the database that the connection is to.

        ``sql_server_db`` is the database's name in the configuration; the environment says what
        it is called on this server (McTM_Test, say). A table named in a third database stays there.
        """
        if self.source.database.lower() != self.database.lower():
            return self
        return replace(self, source=replace(self.source, database=database))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, for people who want to see what is configured."""
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
"""What is shown for columns and a key that the configuration leaves out."""
