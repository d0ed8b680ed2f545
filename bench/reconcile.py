"""How long it takes to compare the keys of both sides (``deletes: reconcile``)."""

from typing import Any, Final

from bench.contenders.changes import GONE
from bench.measure import Series, alternate_works, run_once
from bench.suite import Context
from bench.tables import made
from bench.target import target_connection
from bench.workload import Workload

KEYS: Final = {"bigint": "ID", "uniqueidentifier": "TraceGuid"}
"""A key that both databases sort alike, and one that is joined in PostgreSQL."""


def measure_reconcile(context: Context) -> dict[str, Series]:
    """Compare the keys of the table of nine columns, by each key of ``KEYS`` in turn."""
    bench = made("Narrow", context.sizes.rows)
    with context.source(bench) as source, context.target() as target:
        work = Workload.of(bench, source, target)
        run_once("auto", work)
        _prepare(target, work)
        works = {
            name: ("reconcile", work.with_keys(primary_key=key, publish="merge"))
            for name, key in KEYS.items()
        }
        return alternate_works(works, context.fewer.rounds, context.log)


def _prepare(target: dict[str, Any], work: Workload) -> None:
    """Add rows that the source does not have, with keys beyond its own."""
    table, columns = work.spec.target.sql, [name for _, name in work.spec.columns]
    key, guid = columns[0], dict(work.spec.columns)["TraceGuid"]
    others = [name for name in columns if name not in {key, guid}]
    into, same = ", ".join([key, guid, *others]), ", ".join(others)
    with target_connection(target) as connection:
        connection.autocommit = True
        connection.execute(
            f"INSERT INTO {table} ({into}) SELECT -{key} - 1, gen_random_uuid(), {same} "
            f"FROM {table} ORDER BY {key} LIMIT {work.rows // GONE}".encode()
        )
        connection.execute(f"VACUUM ANALYZE {table}".encode())
