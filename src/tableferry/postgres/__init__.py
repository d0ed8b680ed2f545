"""PostgreSQL: the only importer of psycopg. Connects, reads the catalog, loads, publishes."""

from tableferry.postgres.catalog import read_schema
from tableferry.postgres.connection import TargetConnection, connect
from tableferry.postgres.event_triggers import event_trigger_warnings
from tableferry.postgres.facts import TargetFacts, read_facts
from tableferry.postgres.planned_target import read_planned_target
from tableferry.postgres.publish import (
    MERGE,
    STRATEGIES,
    AbsentKeys,
    Changes,
    Checkpoint,
    Load,
    Part,
    PublishStrategy,
    Sealing,
    Staging,
    count_deleted,
    count_rows,
    drop_staging,
    open_load,
    publish_all,
    staging_name,
    store_deleted_keys,
    store_key_texts,
    strategies_for,
    was_cut_off,
)
from tableferry.postgres.rights import require_rights
from tableferry.postgres.sessions import end_abandoned_sessions, end_other_sessions
from tableferry.postgres.shared_targets import KnownPlaces, require_own_target, shared_target

__all__ = [
    "MERGE",
    "STRATEGIES",
    "AbsentKeys",
    "Changes",
    "Checkpoint",
    "KnownPlaces",
    "Load",
    "Part",
    "PublishStrategy",
    "Sealing",
    "Staging",
    "TargetConnection",
    "TargetFacts",
    "connect",
    "count_deleted",
    "count_rows",
    "drop_staging",
    "end_abandoned_sessions",
    "end_other_sessions",
    "event_trigger_warnings",
    "open_load",
    "publish_all",
    "read_facts",
    "read_planned_target",
    "read_schema",
    "require_own_target",
    "require_rights",
    "shared_target",
    "staging_name",
    "store_deleted_keys",
    "store_key_texts",
    "strategies_for",
    "was_cut_off",
]
