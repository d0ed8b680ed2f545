"""PostgreSQL: the only importer of psycopg. Connect, ask the catalog, load in one transaction."""

from tableferry.target.catalog import read_schema, schema_exists
from tableferry.target.connection import TargetConnection, connect
from tableferry.target.load import FullRefresh

__all__ = ["FullRefresh", "TargetConnection", "connect", "read_schema", "schema_exists"]
