"""The plain design, as such scripts are written: fetchmany, TRUNCATE, execute_values."""

from collections.abc import Callable
from typing import Final

from bench.workload import Workload

FETCH_ROWS: Final = 10_000
"""Rows that it fetches at a time."""


def plain(work: Workload) -> Callable[[], int]:
    """Copy the first ``plain_rows`` rows: all of them would take most of the benchmark's time."""
    import pymssql
    from psycopg2.extras import execute_values, register_uuid

    register_uuid()
    source, target, spec = work.source, work.target, work.spec
    columns = ", ".join(f"[{name}]" for name, _ in spec.columns)
    select = (
        f"SELECT TOP ({work.plain_rows}) {columns} FROM {spec.source.sql} WITH (NOLOCK) "
        f"ORDER BY {', '.join(f'[{name}]' for name in spec.primary_key)}"
    )
    into = ", ".join(name for _, name in spec.columns)
    insert = f"INSERT INTO {spec.target.sql} ({into}) VALUES %s"

    def run() -> int:
        import psycopg2

        reader = pymssql.connect(
            server=source["host"],
            port=str(source["port"]),
            user=source["user"],
            password=source["password"],
            database=source["db"],
        )
        writer = psycopg2.connect(
            host=target["host"],
            port=target["port"],
            user=target["user"],
            password=target["password"],
            dbname=target["db"],
        )
        rows = 0
        with writer, writer.cursor() as target_cursor, reader.cursor() as source_cursor:
            target_cursor.execute(f"TRUNCATE TABLE {spec.target.sql}")
            source_cursor.execute(select)
            while batch := source_cursor.fetchmany(FETCH_ROWS):
                execute_values(target_cursor, insert, batch, page_size=FETCH_ROWS)
                rows += len(batch)
        writer.close()
        reader.close()
        return rows

    return run
