"""TPC-H's ``lineitem``, a table for which others publish figures, made by ``tpchgen-cli``.

``tpchgen-cli`` (Apache License 2.0) is optional; it is looked for beside this Python, beside the
other tools, and on PATH.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.errors import NotInstalledError
from bench.peers.environment import FOLDER as PEERS
from tableferry_sandbox.sample import BenchTable, SampleColumn, SampleTable

ROWS_OF_SCALE_1: Final = 6_001_215
"""Rows of lineitem at TPC-H's scale factor 1 (TPC-H Specification, 4.2.5)."""

KEY: Final = ("l_orderkey", "l_linenumber")
HOW_TO_INSTALL: Final = (
    "tpchgen-cli makes this table. Install it into the environment of the benchmark, "
    "`.venv/bin/pip install tpchgen-cli`, or anywhere on PATH, and run it again."
)

_COLUMNS: Final = {
    "l_orderkey": "bigint",
    "l_partkey": "bigint",
    "l_suppkey": "bigint",
    "l_linenumber": "int",
    "l_quantity": "decimal(15,2)",
    "l_extendedprice": "decimal(15,2)",
    "l_discount": "decimal(15,2)",
    "l_tax": "decimal(15,2)",
    "l_returnflag": "char(1)",
    "l_linestatus": "char(1)",
    "l_shipdate": "date",
    "l_commitdate": "date",
    "l_receiptdate": "date",
    "l_shipinstruct": "char(25)",
    "l_shipmode": "char(10)",
    "l_comment": "varchar(44)",
}


class LineItemTable(SampleTable):
    """A table whose key has two columns, with the DDL of TPC-H."""

    __slots__ = ()

    @property
    def ddl(self) -> str:
        """The T-SQL that creates the table."""
        columns = ", ".join(f"[{column.name}] {column.declaration}" for column in self.columns)
        key = ", ".join(f"[{name}]" for name in KEY)
        return f"CREATE TABLE dbo.[{self.name}] ({columns}, PRIMARY KEY CLUSTERED ({key}));"


@dataclass(frozen=True, slots=True)
class LineItem(BenchTable):
    """The table; its rows come from ``tpchgen-cli`` when they are asked for."""

    def batches(self, batch_rows: int = 50_000) -> Iterator[pa.RecordBatch]:
        """Yield the rows as TPC-H orders them. Raises NotInstalledError."""
        schema = self.table.arrow_schema
        left = self.row_count
        with tempfile.TemporaryDirectory() as folder:
            file = _generated(folder, self.row_count)
            for batch in pq.ParquetFile(file).iter_batches(batch_rows):
                taken = batch.slice(0, left)
                left -= taken.num_rows
                yield _physical(taken, schema)
                if not left:
                    return


def line_item(rows: int) -> BenchTable:
    """Return the table with the first ``rows`` rows, of a scale that has so many."""
    table = LineItemTable(
        config_key="bench_lineitem",
        database="Bench",
        name="LineItem",
        description="Benchmark: lineitem of TPC-H",
        pg_table="bench_lineitem",
        primary_key=",".join(KEY),
        base_rows=ROWS_OF_SCALE_1,
        salt=0,
        columns=tuple(
            SampleColumn(name, f"{declaration} NOT NULL", _from_the_file)
            for name, declaration in _COLUMNS.items()
        ),
    )
    return LineItem(table, rows)


def generator() -> str:
    """Return the path of the program. Raises NotInstalledError."""
    places = [Path(sys.executable).parent, PEERS / "bin"]
    folders = os.pathsep.join([*map(str, places), os.environ.get("PATH", os.defpath)])
    found = shutil.which("tpchgen-cli", path=folders)
    if found is None:
        raise NotInstalledError(HOW_TO_INSTALL)
    return found


def _generated(folder: str, rows: int) -> Path:
    # A hundredth more than asked for: the number of an order's lines is random.
    scale = rows / ROWS_OF_SCALE_1 * 1.01 + 0.001
    subprocess.run(
        [
            *(generator(), "parquet", "--tables=lineitem"),
            *(f"--scale-factor={scale:.4f}", f"--output-dir={folder}"),
        ],
        check=True,
        capture_output=True,
    )
    return Path(folder) / "lineitem.parquet"


def _physical(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return the rows in the sandbox's physical form: ``char`` is padded with blanks."""
    arrays = []
    for name, field in zip(_COLUMNS, schema, strict=True):
        array = batch.column(name)
        if pa.types.is_large_string(field.type):
            array = array.cast(pa.large_string())
            if _COLUMNS[name].startswith("char"):
                array = pc.utf8_rpad(array, int(_COLUMNS[name][5:-1]))
        arrays.append(array.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _from_the_file(_: object) -> pa.Array:
    raise NotImplementedError("lineitem's rows are those of tpchgen-cli")
