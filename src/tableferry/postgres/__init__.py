"""PostgreSQL: the only importer of psycopg. Connects, reads the catalog, loads, publishes."""

from tableferry.postgres.catalog import read_schema, similar_names
from tableferry.postgres.connection import TargetConnection, connect
from tableferry.postgres.facts import TargetFacts, read_facts
from tableferry.postgres.publish import (
    STRATEGIES,
    Changes,
    Checkpoint,
    Load,
    Part,
    PublishStrategy,
    Staging,
    drop_staging,
    open_load,
    publish_all,
    staging_name,
    store_deleted_keys,
    strategies_for,
    was_cut_off,
)
from tableferry.postgres.rights import require_rights
from tableferry.postgres.sessions import end_abandoned_sessions, end_other_sessions

__all__ = [
    "STRATEGIES",
    "Changes",
    "Checkpoint",
    "Load",
    "Part",
    "PublishStrategy",
    "Staging",
    "TargetConnection",
    "TargetFacts",
    "connect",
    "drop_staging",
    "end_abandoned_sessions",
    "end_other_sessions",
    "open_load",
    "publish_all",
    "read_facts",
    "read_schema",
    "require_rights",
    "similar_names",
    "staging_name",
    "store_deleted_keys",
    "strategies_for",
    "was_cut_off",
]
