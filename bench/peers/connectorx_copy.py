"""Copies tables with connectorx and COPY, in their environment; reads what from stdin, as JSON.

As its users do: Arrow from connectorx, read in as many partitions as there are cores where the
table is large, CSV by pyarrow, COPY by psycopg into the emptied table with its key.
"""

import json
import os
import sys

import connectorx
import psycopg
import pyarrow as pa
import pyarrow.csv as pacsv

PIECE = 100_000


class _Copy:
    """A file that pyarrow writes CSV into."""

    def __init__(self, copy: psycopg.Copy) -> None:
        self.closed = False
        self.write = copy.write

    def flush(self) -> None:
        """Nothing is kept back."""


def main() -> None:
    """Copy the tables whose names are given, with those of their targets and keys."""
    work = json.load(sys.stdin)
    source, target = work["source"], work["target"]
    where = (
        f"mssql://{source['user']}:{source['password']}@{source['host']}:{source['port']}"
        f"/{source['db']}?encrypt=false&trust_server_certificate=true"
    )
    with psycopg.connect(
        host=target["host"],
        port=target["port"],
        user=target["user"],
        password=target["password"],
        dbname=target["db"],
    ) as into:
        for table, name, key in zip(work["tables"], work["targets"], work["keys"], strict=True):
            parts = {"partition_on": key, "partition_num": os.cpu_count()} if work["large"] else {}
            query = f"SELECT * FROM dbo.[{table}]"
            rows = connectorx.read_sql(where, query, return_type="arrow", **parts)
            _send(into, name, rows)
            into.commit()


def _send(into: psycopg.Connection, name: str, rows: pa.Table) -> None:
    cursor = into.cursor()
    cursor.execute(f"TRUNCATE {name}")
    with cursor.copy(f"COPY {name} FROM STDIN (FORMAT CSV)") as copy:
        options = pacsv.WriteOptions(include_header=False)
        with pacsv.CSVWriter(
            pa.PythonFile(_Copy(copy), "w"), rows.schema, write_options=options
        ) as writer:
            writer.write_table(rows, PIECE)


if __name__ == "__main__":
    main()
