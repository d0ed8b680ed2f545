"""SQL Server: the only importer of its driver. Connects, reads the catalog, reads Arrow batches."""

from tableferry.sqlserver.catalog import read_isolation, read_schema, require_unaltered
from tableferry.sqlserver.catalog_answers import CatalogAnswers
from tableferry.sqlserver.chunking import Chunking, split_table
from tableferry.sqlserver.connection import SourceConnection, connect
from tableferry.sqlserver.details import read_collations, read_details, read_keys
from tableferry.sqlserver.facts import SourceFacts, probe, read_facts
from tableferry.sqlserver.key_lookup import KEYS_PER_SELECT, Interval, select_keys
from tableferry.sqlserver.rate_limit import RateLimit
from tableferry.sqlserver.reader import TableReader
from tableferry.sqlserver.stall_guard import StallGuard, shut_down_connections
from tableferry.sqlserver.table_key import read_key
from tableferry.sqlserver.table_list import FoundTable, find_tables, match_tables

__all__ = [
    "KEYS_PER_SELECT",
    "CatalogAnswers",
    "Chunking",
    "FoundTable",
    "Interval",
    "RateLimit",
    "SourceConnection",
    "SourceFacts",
    "StallGuard",
    "TableReader",
    "connect",
    "find_tables",
    "match_tables",
    "probe",
    "read_collations",
    "read_details",
    "read_facts",
    "read_isolation",
    "read_key",
    "read_keys",
    "read_schema",
    "require_unaltered",
    "select_keys",
    "shut_down_connections",
    "split_table",
]
