"""The sample's tables in the form of a deployment's ``TABLE_CONFIGS``."""

from typing import Any

from tableferry_sandbox.sample.catalog import SAMPLE_TABLES
from tableferry_sandbox.sample.tables import SampleTable

BATCH_SIZE = 10_000
"""The documented default of a deployment."""


def table_configs() -> dict[str, dict[str, Any]]:
    """Return the entries of ``TABLE_CONFIGS`` by their keys, in the order of a sync.

    Each call returns fresh dicts; a caller may change them.
    """
    return {table.config_key: _entry(table) for table in SAMPLE_TABLES}


def _entry(table: SampleTable) -> dict[str, Any]:
    return {
        "db_type": table.database.lower(),
        "sql_server_db": table.database,
        "sql_table": f"[{table.database}].[{table.schema}].[{table.name}]",
        "pg_table": table.pg_table,
        "columns": [column.name for column in table.columns],
        "pg_columns": [column.pg_name for column in table.columns],
        "primary_key": table.primary_key,
        "order_by": table.primary_key,
        "batch_size": BATCH_SIZE,
        "description": table.description,
    }
