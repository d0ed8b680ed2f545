"""The four tables of the sample, in the order of a sync."""

from typing import Final

from tableferry_sandbox.sample import mctm, voipdb
from tableferry_sandbox.sample.tables import SampleTable

SAMPLE_TABLES: Final[tuple[SampleTable, ...]] = (
    mctm.CUSTOMER,
    mctm.MODULE,
    voipdb.CUSTOMER,
    voipdb.USER_AGENT,
)


def sample_table(config_key: str) -> SampleTable:
    """Return the table with this key in ``TABLE_CONFIGS``; KeyError for another key."""
    return {table.config_key: table for table in SAMPLE_TABLES}[config_key]
