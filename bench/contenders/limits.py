"""What the two databases allow: reading alone, and writing alone."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench.contenders.driver import load_driver, planned
from bench.target import target_connection
from bench.workload import Workload

COPY_BYTES: Final = 2**20
FRESH: Final = "bench_limit"
"""The table that ``copy_then_index`` makes."""


def drain(work: Workload) -> Callable[[], int]:
    """Run the source's limit: read the driver's Arrow stream and discard it."""
    from tableferry import sqlserver

    load_driver(work)

    def run() -> int:
        with sqlserver.connect(work.settings.sources["bench"]) as connection:
            reader = sqlserver.TableReader(connection, planned(work, connection))
            for _batch in reader.batches():
                pass
            return reader.rows

    return run


def copy(work: Workload) -> Callable[[], int]:
    """Run the target's limit: COPY BINARY of ready bytes into the emptied table with its key."""
    table = work.spec.target.sql

    def run() -> int:
        with target_connection(work.target) as connection:
            connection.execute(f"TRUNCATE TABLE {table}".encode())
            return send_copy(connection, table, work.copy_file)

    return run


def copy_then_index(work: Workload) -> Callable[[], int]:
    """Run the target's other limit: COPY into a new table without an index, then build them."""
    table = work.spec.target.sql
    with target_connection(work.target) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {FRESH}".encode())
        indexes = [
            re.sub(r"^CREATE (UNIQUE )?INDEX \S+ ON \S+ ", rf"CREATE \1INDEX ON {FRESH} ", row[0])
            for row in connection.execute(
                "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass",
                [table],
            )
        ]

    def run() -> int:
        with target_connection(work.target) as connection:
            connection.execute(f"CREATE TABLE {FRESH} (LIKE {table})".encode())
            rows = send_copy(connection, FRESH, work.copy_file, "FORMAT BINARY, FREEZE")
            for index in indexes:
                connection.execute(index.encode())
            return rows

    return run


def send_copy(connection: Any, table: str, file: str, options: str = "FORMAT BINARY") -> int:
    """COPY a file into a table; returns its rows."""
    cursor = connection.cursor()
    sql = f"COPY {table} FROM STDIN ({options})"
    with Path(file).open("rb") as encoded, cursor.copy(sql.encode()) as sending:
        while data := encoded.read(COPY_BYTES):
            sending.write(data)
    return int(cursor.rowcount)
