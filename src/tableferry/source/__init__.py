"""SQL Server: the only importer of its driver. Connect, ask the catalog, read Arrow batches."""

from tableferry.source.boundaries import Cut, cut_table
from tableferry.source.catalog import read_isolation, read_schema, require_unaltered
from tableferry.source.connection import SourceConnection, connect
from tableferry.source.details import read_details, read_keys
from tableferry.source.facts import Facts, probe, read_facts
from tableferry.source.pace import Pace
from tableferry.source.reader import TableReader
from tableferry.source.tables import FoundTable, find_tables
from tableferry.source.watcher import Watcher, end_connections

__all__ = [
    "Cut",
    "Facts",
    "FoundTable",
    "Pace",
    "SourceConnection",
    "TableReader",
    "Watcher",
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
