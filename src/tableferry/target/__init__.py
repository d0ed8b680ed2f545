"""PostgreSQL: the only importer of psycopg. Connect, ask the catalog, load, publish."""

from tableferry.target.catalog import names_beside, read_schema
from tableferry.target.connection import TargetConnection, connect
from tableferry.target.facts import Facts, read_facts, require_rights
from tableferry.target.publish import (
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
from tableferry.target.reaper import end_abandoned_sessions

__all__ = [
    "Changes",
    "Checkpoint",
    "Facts",
    "Load",
    "Part",
    "StagedLoad",
    "Staging",
    "TargetConnection",
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
