"""PostgreSQL: the only importer of psycopg. Connect, ask the catalog, load, publish."""

from tableferry.target.catalog import read_schema, schema_exists
from tableferry.target.connection import TargetConnection, connect
from tableferry.target.facts import Facts, read_facts, require_rights
from tableferry.target.publish import Load, open_load
from tableferry.target.reaper import end_abandoned_sessions

__all__ = [
    "Facts",
    "Load",
    "TargetConnection",
    "connect",
    "end_abandoned_sessions",
    "open_load",
    "read_facts",
    "read_schema",
    "require_rights",
    "schema_exists",
]
