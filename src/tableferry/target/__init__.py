"""PostgreSQL: the only importer of psycopg. Connect, ask the catalog, load in one transaction."""

from tableferry.target.catalog import read_schema, schema_exists
from tableferry.target.connection import TargetConnection, connect
from tableferry.target.facts import Facts, read_facts, require_rights
from tableferry.target.load import FullRefresh

__all__ = [
    "Facts",
    "FullRefresh",
    "TargetConnection",
    "connect",
    "read_facts",
    "read_schema",
    "require_rights",
    "schema_exists",
]
