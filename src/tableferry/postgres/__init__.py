"""PostgreSQL: the only importer of psycopg. Connect, ask the catalog, load, publish."""

from tableferry.postgres.abandoned_sessions import end_abandoned_sessions
from tableferry.postgres.catalog import names_beside, read_schema
from tableferry.postgres.connection import TargetConnection, connect
from tableferry.postgres.facts import TargetFacts, read_facts, require_rights
from tableferry.postgres.publish import (
    Changes,
    Checkpoint,
    Load,
    Part,
    StagedLoad,
    Staging,
    drop_staging,
    open_load,
    publish_all,
    staging_name,
    was_cut_off,
)

__all__ = [
    "Changes",
    "Checkpoint",
    "Load",
    "Part",
    "StagedLoad",
    "Staging",
    "TargetConnection",
    "TargetFacts",
    "connect",
    "drop_staging",
    "end_abandoned_sessions",
    "names_beside",
    "open_load",
    "publish_all",
    "read_facts",
    "read_schema",
    "require_rights",
    "staging_name",
    "was_cut_off",
]
