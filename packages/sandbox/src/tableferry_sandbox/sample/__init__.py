"""The sandbox's sample data: two databases, four tables, deterministic and awkward on purpose."""

from tableferry_sandbox.sample.bench import BenchTable, bench_narrow, bench_wide
from tableferry_sandbox.sample.catalog import SAMPLE_TABLES, sample_table
from tableferry_sandbox.sample.configs import table_configs
from tableferry_sandbox.sample.loading import load_bench, load_sample
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
