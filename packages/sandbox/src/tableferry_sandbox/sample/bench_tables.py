"""The benchmark's tables of nine and of forty columns, generated batch by batch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from tableferry_sandbox.sample.fills import (
    binaries,
    dates,
    datetimes,
    decimals,
    flags,
    floats,
    guids,
    hexadecimal,
    joined,
    key,
    numbered,
    singles,
    sometimes_null,
    stamps,
    times_of_day,
    whole,
    words,
)
from tableferry_sandbox.sample.row_numbers import RowRange
from tableferry_sandbox.sample.tables import Fill, SampleColumn, SampleTable

BATCH_ROWS: Final = 50_000

_NARROW: Final = SampleTable(
    config_key="bench_narrow",
    database="Bench",
    name="Narrow",
    description="Benchmark: nine columns",
    pg_table="bench_narrow",
    primary_key="ID",
    base_rows=1_000_000,
    salt=31,
    columns=(
        SampleColumn("ID", "bigint NOT NULL", key("bigint")),
        SampleColumn("Quantity", "int NOT NULL", whole("int", -(10**9), 10**9)),
        SampleColumn(
            "Title",
            "nvarchar(40) NULL",
            sometimes_null(
                joined(words("Größe", "Вантаж", "freight", "貨物"), hexadecimal(12), separator=" "),
                20,
            ),
        ),
        SampleColumn("Code", "varchar(30) NOT NULL", joined("CODE-", numbered(width=10))),
        SampleColumn("BookedAt", "datetime2(6) NOT NULL", stamps("2000-01-01", "2025-12-31", 6)),
        SampleColumn("TraceGuid", "uniqueidentifier NOT NULL", guids()),
        SampleColumn(
            "Amount", "decimal(18,4) NULL", sometimes_null(decimals(18, 4, -(10**13), 10**13), 20)
        ),
        SampleColumn("IsOpen", "bit NOT NULL", flags()),
        SampleColumn("Weight", "float NOT NULL", floats(0.0, 1_000.0)),
    ),
)


@dataclass(frozen=True, slots=True)
class BenchTable:
    """A benchmark table of ``row_count`` rows. Batches are generated on demand, none is kept."""

    table: SampleTable
    row_count: int

    @property
    def ddl(self) -> str:
        """The T-SQL that creates the table; run it in the database ``table.database``."""
        return self.table.ddl

    def batches(self, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Yield the rows in key order, as record batches in the physical form."""
        schema = self.table.arrow_schema
        for first in range(0, self.row_count, batch_rows):
            rows = RowRange(first, min(batch_rows, self.row_count - first), self.table.salt)
            arrays = [
                column.fill(rows.salted(position))
                for position, column in enumerate(self.table.columns)
                if column.fill is not None
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def bench_narrow(rows: int) -> BenchTable:
    """Return a table of nine columns of common types, about 135 bytes a row as COPY BINARY."""
    return BenchTable(_NARROW, rows)


def bench_wide(rows: int) -> BenchTable:
    """Return a table of forty columns of mixed types, half of them with NULLs."""
    return BenchTable(_wide_table(), rows)


def _wide_table() -> SampleTable:
    kinds = _wide_kinds()
    columns = [SampleColumn("ID", "bigint NOT NULL", key("bigint"))]
    for number in range(1, 40):
        declaration, fill = kinds[(number - 1) % len(kinds)]
        if number % 2:
            columns.append(SampleColumn(f"Col{number:02}", f"{declaration} NOT NULL", fill))
        else:
            nulls = sometimes_null(fill, 10)
            columns.append(SampleColumn(f"Col{number:02}", f"{declaration} NULL", nulls))
    return SampleTable(
        config_key="bench_wide",
        database="Bench",
        name="Wide",
        description="Benchmark: forty columns",
        pg_table="bench_wide",
        primary_key="ID",
        base_rows=100_000,
        salt=32,
        columns=tuple(columns),
    )


def _wide_kinds() -> list[tuple[str, Fill]]:
    """Return the declarations that the wide table repeats.

    Their number, 17, is odd, so that each one occurs both nullable and NOT NULL.
    """
    return [
        ("int", whole("int", -(2**31), 2**31 - 1)),
        ("nvarchar(60)", joined(words("імʼя", "name", "名前"), hexadecimal(16), separator=":")),
        ("datetime2(6)", stamps("1990-01-01", "2025-12-31", 6)),
        ("decimal(18,4)", decimals(18, 4, -(10**15), 10**15)),
        ("varchar(40)", joined("v-", hexadecimal(20))),
        ("bit", flags(3)),
        ("float", floats(-1e6, 1e6)),
        ("uniqueidentifier", guids()),
        ("smallint", whole("smallint", -32_768, 32_767)),
        ("date", dates("1950-01-01", "2049-12-31")),
        ("bigint", whole("bigint", -(2**62), 2**62 - 1)),
        ("money", decimals(19, 4, -(10**12), 10**12)),
        ("real", singles(-100.0, 100.0)),
        ("time(6)", times_of_day(6)),
        ("datetime", datetimes("1990-01-01", "2025-12-31")),
        ("varbinary(32)", binaries(24)),
        ("tinyint", whole("tinyint", 0, 255)),
    ]
