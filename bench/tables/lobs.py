"""Tables of large values: a text and a byte string in each row, 10 kB or 1 MB on the wire.

The bytes are random, so that PostgreSQL does not spend the time on compressing them.
"""

from typing import Final

import pyarrow as pa

from tableferry_sandbox.sample import BenchTable, SampleColumn, SampleTable
from tableferry_sandbox.sample.fills import binaries, hexadecimal, key
from tableferry_sandbox.sample.row_numbers import RowRange
from tableferry_sandbox.sample.tables import Fill

DISTINCT: Final = 32
"""Distinct values: making them takes longer than sending them."""


def lob_10k(rows: int) -> BenchTable:
    """Return a table with 10 kB in each row."""
    return _table("Lob10k", 10_000, rows)


def lob_1m(rows: int) -> BenchTable:
    """Return a table with 1 MB in each row."""
    return _table("Lob1m", 1_000_000, rows)


def _table(name: str, size: int, rows: int) -> BenchTable:
    table = SampleTable(
        config_key=f"bench_{name.lower()}",
        database="Bench",
        name=name,
        description=f"Benchmark: {size:,} bytes in each row",
        pg_table=f"bench_{name.lower()}",
        primary_key="ID",
        base_rows=rows,
        salt=37,
        columns=(
            SampleColumn("ID", "int NOT NULL", key("int")),
            # A character takes two bytes on the wire.
            SampleColumn("Body", "nvarchar(max) NULL", _repeated(hexadecimal(size // 4))),
            SampleColumn("Image", "varbinary(max) NULL", _repeated(binaries(size // 2))),
        ),
    )
    return BenchTable(table, rows)


def _repeated(fill: Fill) -> Fill:
    """Return a fill that draws from ``DISTINCT`` values of another one."""

    def make(rows: RowRange) -> pa.Array:
        return fill(RowRange(0, DISTINCT, rows.salt)).take(pa.array(rows.numbers() % DISTINCT))

    return make
