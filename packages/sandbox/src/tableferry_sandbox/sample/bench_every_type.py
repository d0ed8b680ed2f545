"""The benchmark table with every type: forty columns, half of them with NULLs."""

from collections.abc import Callable
from typing import Final

import pyarrow as pa

from tableferry_sandbox.engine.types import clr_hierarchy, clr_spatial, variant
from tableferry_sandbox.sample.bench_tables import BenchTable
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
    minutes,
    offset_stamps,
    padded,
    singles,
    sometimes_null,
    stamps,
    times_of_day,
    whole,
    words,
)
from tableferry_sandbox.sample.row_numbers import RowRange
from tableferry_sandbox.sample.tables import Fill, SampleColumn, SampleTable
from tableferry_sandbox.sqltypes import DEFAULT_COLLATION

_DISTINCT: Final = 256
"""Distinct values of the types whose values are made by a Python call each."""


def bench_every_type(rows: int) -> BenchTable:
    """Return a table with every type: forty columns, about 850 bytes a row as COPY BINARY."""
    columns = [SampleColumn("ID", "int NOT NULL", key("int"))]
    for number, (declaration, fill) in enumerate(_KINDS):
        if number % 2:
            columns.append(SampleColumn(f"Col{number:02}", f"{declaration} NOT NULL", fill))
        else:
            nulls = sometimes_null(fill, 10)
            columns.append(SampleColumn(f"Col{number:02}", f"{declaration} NULL", nulls))
    columns.append(SampleColumn("Version", "rowversion NOT NULL", None))
    table = SampleTable(
        config_key="bench_every_type",
        database="Bench",
        name="EveryType",
        description="Benchmark: forty columns, every type",
        pg_table="bench_every_type",
        primary_key="ID",
        base_rows=20_000,
        salt=33,
        columns=tuple(columns),
    )
    return BenchTable(table, rows)


def _from_python(make: Callable[[int], bytes]) -> Fill:
    """Return a fill that draws from ``_DISTINCT`` values made by calling ``make``."""

    def fill(rows: RowRange) -> pa.Array:
        made = pa.array([make(number) for number in range(_DISTINCT)], pa.large_binary())
        return made.take(pa.array(rows.between(0, _DISTINCT - 1)))

    return fill


def _variant(number: int) -> bytes:
    match number % 4:
        case 0:
            return variant.encode_number(number, "int", 0)
        case 1:
            return variant.encode_decimal(f"{number}.25", "decimal", 18, 4)
        case 2:
            text = f"вантаж {number}".encode("utf-16-le")
            return variant.encode_bytes(text, "nvarchar", 40, DEFAULT_COLLATION)
    return variant.encode_bytes(f"freight {number}".encode(), "varchar", 40, DEFAULT_COLLATION)


_WORDS = words("Größe", "Вантаж", "freight", "貨物", "перевезення вантажів")
_ASCII = joined("v-", hexadecimal(20))
_LONG = joined(_WORDS, hexadecimal(64), separator=" ")

_KINDS: Final[list[tuple[str, Fill]]] = [
    ("bit", flags(3)),
    ("tinyint", whole("tinyint", 0, 255)),
    ("smallint", whole("smallint", -32_768, 32_767)),
    ("int", whole("int", -(2**31), 2**31 - 1)),
    ("bigint", whole("bigint", -(2**62), 2**62 - 1)),
    ("decimal(18,4)", decimals(18, 4, -(10**15), 10**15)),
    ("decimal(38,10)", decimals(38, 10, -(10**18), 10**18)),
    ("numeric(9,2)", decimals(9, 2, -(10**8), 10**8)),
    ("money", decimals(19, 4, -(10**12), 10**12)),
    ("smallmoney", decimals(10, 4, -(10**9), 10**9)),
    ("real", singles(-100.0, 100.0)),
    ("float", floats(-1e6, 1e6)),
    ("date", dates("1950-01-01", "2049-12-31")),
    ("time(7)", times_of_day(7)),
    ("time(3)", times_of_day(3)),
    ("smalldatetime", minutes("1990-01-01", "2025-12-31")),
    ("datetime", datetimes("1990-01-01", "2025-12-31")),
    ("datetime2(7)", stamps("1990-01-01", "2025-12-31", 7)),
    ("datetime2(3)", stamps("1990-01-01", "2025-12-31", 3)),
    ("datetimeoffset(7)", offset_stamps("1990-01-01", "2025-12-31", 7)),
    ("char(12)", padded(hexadecimal(8), 12)),
    ("nchar(20)", padded(_WORDS, 20)),
    ("varchar(40)", _ASCII),
    ("nvarchar(60)", joined(_WORDS, hexadecimal(16), separator=":")),
    ("varchar(max)", joined(_ASCII, hexadecimal(64))),
    ("nvarchar(max)", _LONG),
    ("text", joined(_ASCII, hexadecimal(32))),
    ("ntext", _LONG),
    ("binary(8)", binaries(8)),
    ("varbinary(32)", binaries(24)),
    ("varbinary(max)", binaries(64)),
    ("image", binaries(32)),
    ("uniqueidentifier", guids()),
    ("xml", joined("<a>", _WORDS, "</a>")),
    ("hierarchyid", _from_python(lambda n: clr_hierarchy.parse(f"/{n}/{n * 7}/{n}.1/"))),
    ("geography", _from_python(lambda n: clr_spatial.point(n / 4, n / 2, 4326, "geography"))),
    ("geometry", _from_python(lambda n: clr_spatial.point(n / 4, n / 2, 25832, "geometry"))),
    ("sql_variant", _from_python(_variant)),
]
