"""SQL Server: the only importer of its driver. Connect, ask the catalog, read Arrow batches."""

from tableferry.sqlserver.boundaries import Cut, cut_table
from tableferry.sqlserver.catalog import read_isolation, read_schema, require_unaltered
from tableferry.sqlserver.connection import SourceConnection, connect
from tableferry.sqlserver.details import read_details, read_keys
from tableferry.sqlserver.facts import SourceFacts, probe, read_facts
from tableferry.sqlserver.rate_limit import RateLimit
from tableferry.sqlserver.reader import TableReader
from tableferry.sqlserver.stall_guard import StallGuard, end_connections
from tableferry.sqlserver.table_list import FoundTable, find_tables

__all__ = [
    "Cut",
    "FoundTable",
    "RateLimit",
    "SourceConnection",
    "SourceFacts",
    "StallGuard",
    "TableReader",
    "connect",
    "cut_table",
    "end_connections",
    "find_tables",
    "probe",
    "read_details",
    "read_facts",
    "read_isolation",
    "read_keys",
    "read_schema",
    "require_unaltered",
]
