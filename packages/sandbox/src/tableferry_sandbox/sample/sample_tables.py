"""The four sample tables in the order of a sync, and their ``TABLE_CONFIGS`` entries."""

from typing import Any, Final

from tableferry_sandbox.sample import mctm, voipdb
from tableferry_sandbox.sample.tables import SampleTable

BATCH_SIZE: Final = 10_000
"""The documented default of a deployment."""

SAMPLE_TABLES: Final[tuple[SampleTable, ...]] = (
    mctm.CUSTOMER,
    mctm.MODULE,
    voipdb.CUSTOMER,
    voipdb.USER_AGENT,
)


def sample_table(config_key: str) -> SampleTable:
    """Return the table with this ``TABLE_CONFIGS`` key. Raises KeyError for an unknown key."""
    return {table.config_key: table for table in SAMPLE_TABLES}[config_key]


def table_configs() -> dict[str, dict[str, Any]]:
    """Return the ``TABLE_CONFIGS`` entries by key, in the order of a sync.

    Every call returns new dicts, which the caller may change.
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
