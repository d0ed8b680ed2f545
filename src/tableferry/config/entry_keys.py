"""The keys of a table's entry in ``TABLE_CONFIGS``, by what kind of values they have."""

from enum import StrEnum
from typing import Final

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
from tableferry.model.depth import Depth

REQUIRED: Final = ("db_type", "sql_server_db", "sql_table")
OPTIONAL: Final = (
    "pg_table",
    "columns",
    "pg_columns",
    "primary_key",
    "exclude",
    "order_by",
    "batch_size",
    "description",
    "mode",
    "watermark",
    "overlap",
    "deletes",
    "on_expired",
    "reconcile_every",
    "max_delete_share",
    "consistency",
    "where",
    "type_overrides",
    "on_invalid",
    "max_invalid",
    "trailing_blanks",
    "drift",
    "publish",
    "max_shrink",
    "chunks",
    "parallel",
    "resume_within",
    "ledger",
    "verify",
    "repair",
    "max_age",
    "max_rows_per_second",
    "lock_timeout",
    "statement_timeout",
    "stall_timeout",
)

PATTERN_KEYS: Final = ("exclude_tables", "views", "new_tables")
"""The keys that only a pattern of tables has."""

OWN_KEYS: Final = ("sql_table", "pg_table")
"""The keys that say which table an entry is: nothing gives them to several entries."""

CHOICES: Final[dict[str, type[StrEnum]]] = {
    "mode": ReadMode,
    "on_expired": OnExpired,
    "consistency": Consistency,
    "on_invalid": OnInvalid,
    "trailing_blanks": TrailingBlanks,
    "drift": DriftPolicy,
    "publish": Publish,
    "ledger": LedgerUse,
    "verify": Depth,
}
"""The keys whose values are enumerated."""

NUMBERS: Final = {
    "batch_size": (1, 1_000_000),
    "max_invalid": (0, 10_000),
    "max_shrink": (0, 100),
    "overlap": (0, 1_000_000_000),
    "reconcile_every": (0, 31_536_000),
    "max_delete_share": (0, 100),
    "chunks": (1, 10_000),
    "parallel": (1, 32),
    "resume_within": (0, 604_800),
    "max_age": (1, 31_536_000),
    "max_rows_per_second": (1, 1_000_000_000),
    "lock_timeout": (1, 3600),
    "statement_timeout": (1, 86_400),
    "stall_timeout": (0, 86_400),
}
"""The keys whose values are integers, with their ranges."""

FLAGS: Final = ("repair",)
"""The keys whose values are true or false."""

UNCHANGED: Final = ("description", "where", "watermark", *FLAGS, *NUMBERS)
"""The keys whose values the specification takes unchanged."""
