"""A small table, as most tables of most databases are: six columns of common types."""

from tableferry_sandbox.sample import BenchTable, SampleColumn, SampleTable
from tableferry_sandbox.sample.fills import (
    decimals,
    flags,
    hexadecimal,
    joined,
    key,
    sometimes_null,
    stamps,
    words,
)


def small(rows: int) -> BenchTable:
    """Return a table of six columns."""
    table = SampleTable(
        config_key="bench_small",
        database="Bench",
        name="Small",
        description="Benchmark: one of many small tables",
        pg_table="bench_small",
        primary_key="ID",
        base_rows=100,
        salt=34,
        columns=(
            SampleColumn("ID", "int NOT NULL", key("int")),
            SampleColumn("Name", "nvarchar(60) NOT NULL", joined(words("a", "ї"), hexadecimal(12))),
            SampleColumn("Code", "varchar(20) NULL", sometimes_null(hexadecimal(10), 5)),
            SampleColumn("Price", "decimal(12,2) NOT NULL", decimals(12, 2, 0, 10**9)),
            SampleColumn("IsOpen", "bit NOT NULL", flags()),
            SampleColumn("SeenAt", "datetime2(3) NOT NULL", stamps("2000-01-01", "2025-12-31", 3)),
        ),
    )
    return BenchTable(table, rows)
