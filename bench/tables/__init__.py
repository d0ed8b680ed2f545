"""The benchmark's tables, by the names that they have at the source.

``made(name, rows)`` makes one again in another process. A number after a name makes a table of
its own with the same columns: ``Narrow3``.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bench.tables.lineitem import line_item
from bench.tables.lobs import lob_1m, lob_10k
from bench.tables.small import small
from bench.tables.texts import bounded_texts, short_max_texts, text_heavy
from tableferry_sandbox.sample import BenchTable, bench_narrow, bench_wide
from tableferry_sandbox.sample.bench_every_type import bench_every_type

MAKERS: Final[dict[str, Callable[[int], BenchTable]]] = {
    "Narrow": bench_narrow,
    "Wide": bench_wide,
    "EveryType": bench_every_type,
    "TextHeavy": text_heavy,
    "BoundedTexts": bounded_texts,
    "ShortMaxTexts": short_max_texts,
    "Lob10k": lob_10k,
    "Lob1m": lob_1m,
    "Small": small,
    "LineItem": line_item,
}


def made(name: str, rows: int) -> BenchTable:
    """Return the table of this name with so many rows. Raises KeyError."""
    if name in MAKERS:
        return MAKERS[name](rows)
    kind, number = re.fullmatch(r"(.*?)_?(\d+)", name).groups()  # type: ignore[union-attr]
    return numbered(MAKERS[kind](rows), int(number))


def numbered(bench: BenchTable, number: int) -> BenchTable:
    """Return another table with the same columns and rows."""
    table = bench.table
    return replace(
        bench,
        table=replace(
            table,
            name=f"{table.name}_{number}",
            config_key=f"{table.config_key}_{number}",
            pg_table=f"{table.pg_table}_{number}",
        ),
    )
