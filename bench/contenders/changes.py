"""What changes cost: PostgreSQL's own UPDATE, the least that a merge does, and comparing keys."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bench.contenders.limits import send_copy
from bench.target import target_connection
from bench.workload import Workload

STAGED: Final = "bench_staged"

GONE: Final = 1_000
"""One row in so many is only in the target: few, as usual, but enough to be deleted."""


def update(work: Workload) -> Callable[[], int]:
    """Run the bare UPDATE of rows that are in a table beside it already, all columns."""
    with target_connection(work.target) as connection:
        _stage(connection, work)

    def run() -> int:
        with target_connection(work.target) as connection:
            return _update(connection, work)

    return run


def merge_limit(work: Workload) -> Callable[[], int]:
    """Run the least that a merge has to do: COPY the changed rows, compare them, UPDATE."""
    table, key = work.spec.target.sql, work.spec.columns[0][1]

    def run() -> int:
        with target_connection(work.target) as connection:
            _stage(connection, work)
            connection.execute(
                f"SELECT count(*) FROM {STAGED} s JOIN {table} t USING ({key}) "
                "WHERE record_image_eq(s, t)".encode()
            )
            return _update(connection, work)

    return run


def _stage(connection: object, work: Workload) -> None:
    table = work.spec.target.sql
    for sql in (
        f"DROP TABLE IF EXISTS {STAGED}",
        f"CREATE UNLOGGED TABLE {STAGED} (LIKE {table})",
    ):
        connection.execute(sql.encode())  # type: ignore[attr-defined]
    send_copy(connection, STAGED, work.copy_file)
    connection.execute(f"ANALYZE {STAGED}".encode())  # type: ignore[attr-defined]


def _update(connection: object, work: Workload) -> int:
    names = [name for _, name in work.spec.columns]
    key, others = names[0], names[1:]
    setting = ", ".join(f"{name} = s.{name}" for name in others)
    done = connection.execute(  # type: ignore[attr-defined]
        f"UPDATE {work.spec.target.sql} t SET {setting} FROM {STAGED} s "
        f"WHERE t.{key} = s.{key}".encode()
    )
    return int(done.rowcount)


def reconcile(work: Workload) -> Callable[[], int]:
    """Compare the keys of both sides once (``deletes: reconcile``), and count them."""
    from tableferry import postgres, sqlserver
    from tableferry.runs.make_plan import make_plan
    from tableferry.transfer.readers import no_check
    from tableferry.transfer.reconcile import Reconciliation

    source = work.settings.sources["bench"]
    with (
        sqlserver.connect(source) as from_,
        postgres.connect(work.settings.target) as into,
    ):
        plan = replace(make_plan(work.spec, from_, into), at_one_moment=True)

    def run() -> int:
        staging = postgres.Staging()
        with postgres.connect(work.settings.target) as into:
            found = Reconciliation(
                plan, staging, lambda: sqlserver.connect(source), into, no_check
            ).run()
            postgres.drop_staging(into, staging.name)
        if found.deleted != work.rows // GONE:
            raise SystemExit(f"{found.deleted} keys were found, not {work.rows // GONE}")
        return found.compared

    return run
