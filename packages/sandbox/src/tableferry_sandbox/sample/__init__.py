"""Sample data for the sandbox: two databases with four tables, deterministic, full of edge cases.

The benchmark's tables are here too: they are made by the same value generators.
"""

from tableferry_sandbox.sample.bench_tables import BenchTable, bench_narrow, bench_wide
from tableferry_sandbox.sample.loading import load_bench, load_sample
from tableferry_sandbox.sample.sample_tables import SAMPLE_TABLES, sample_table, table_configs
from tableferry_sandbox.sample.tables import SampleColumn, SampleTable

__all__ = [
    "SAMPLE_TABLES",
    "BenchTable",
    "SampleColumn",
    "SampleTable",
    "bench_narrow",
    "bench_wide",
    "load_bench",
    "load_sample",
    "sample_table",
    "table_configs",
]
