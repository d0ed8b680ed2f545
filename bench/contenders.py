"""The contenders, each run in a process of its own: ``python -m bench.contenders NAME``.

Reads the workload from stdin and prints the measurement, both as JSON: wall and CPU seconds of the
work itself, without imports and the loading of a driver, and the process's peak memory.
"""

import json
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bench.target import target_connection
from bench.workload import Workload

FETCH_ROWS: Final = 10_000
"""Rows that the plain design fetches at a time, as such scripts do."""

COPY_BYTES: Final = 2**20

QUARANTINE: Final = {"on_invalid": "quarantine", "max_invalid": 10}


def tableferry(work: Workload) -> Callable[[], int]:
    """Run (a): the engine, as the command line and the Lambda use it."""
    from tableferry.runs.run import sync_tables

    _load_driver(work)

    def run() -> int:
        outcome = sync_tables([work.spec], work.settings)
        if not outcome.ok:
            raise SystemExit(json.dumps(outcome.to_dict()))
        return outcome.rows_written

    return run


def quarantine(work: Workload) -> Callable[[], int]:
    """Run (e): the engine with a quarantine that stays empty."""
    return tableferry(replace(work, config={**work.config, **QUARANTINE}))


def auto(work: Workload) -> Callable[[], int]:
    """Run (f): the engine with the strategy that the plan chooses, here a swap."""
    return tableferry(replace(work, config={**work.config, "publish": "auto"}))


def swap(work: Workload) -> Callable[[], int]:
    """Run the engine with the strategy swap."""
    return tableferry(replace(work, config={**work.config, "publish": "swap"}))


def merge(work: Workload) -> Callable[[], int]:
    """Run the engine with the strategy merge."""
    return tableferry(replace(work, config={**work.config, "publish": "merge"}))


def incremental(work: Workload) -> Callable[[], int]:
    """Run the engine on all tables of the workload; returns the rows that were written."""
    from tableferry.runs.run import sync_tables

    _load_driver(work)

    def run() -> int:
        outcome = sync_tables(work.specs, work.settings)
        if not outcome.ok:
            raise SystemExit(json.dumps(outcome.to_dict()))
        return outcome.rows_written

    return run


def statements(work: Workload) -> Callable[[], int]:
    """Run the engine likewise; returns how many batches of statements it sent to both sides."""
    from tableferry.postgres.connection import TargetConnection
    from tableferry.sqlserver.connection import SourceConnection

    run, sent = incremental(work), Counter[str]()
    for kind in (SourceConnection, TargetConnection):
        for name in ("execute", "rows"):
            _count_calls(kind, name, sent)

    def count() -> int:
        run()
        return sum(sent.values())

    return count


def _count_calls(kind: type[Any], name: str, sent: Counter[str]) -> None:
    call = getattr(kind, name)

    def counted(self: Any, *given: Any) -> Any:
        sent[f"{kind.__name__}.{name}"] += 1
        return call(self, *given)

    setattr(kind, name, counted)


def verify(work: Workload) -> Callable[[], int]:
    """Verify every value of the table; returns how many rows of the target are the source's."""
    _load_driver(work)

    def run() -> int:
        table = _verified(work)
        return int(table.target_rows - table.differing)

    return run


def repair(work: Workload) -> Callable[[], int]:
    """Repair the rows of which a verification has just found that they differ, and look again.

    The comparison itself is no part of it. Returns how many rows were repaired.
    """
    from tableferry.runs.events import Phase, PhaseStarted

    _load_driver(work)
    reached, released = threading.Event(), threading.Event()

    def wait_before_repair(event: object) -> None:
        if isinstance(event, PhaseStarted) and event.phase is Phase.REPAIR:
            reached.set()
            released.wait()

    verification = ThreadPoolExecutor(1).submit(
        _verified, work, repair=True, on_event=wait_before_repair
    )
    verification.add_done_callback(lambda _: reached.set())
    reached.wait()

    def run() -> int:
        released.set()
        return sum(verification.result().repaired.values())

    return run


def _verified(work: Workload, *, repair: bool = False, on_event: Any = None) -> Any:
    """Return the table's verification; raises SystemExit where it was not compared whole."""
    from tableferry.runs.verify_tables import verify_tables
    from tableferry.verification.options import VerifyOptions

    wanted = VerifyOptions(settle=0, repair=repair)
    found = verify_tables([work.spec], work.settings, wanted, on_event=on_event)
    [table] = found.tables
    if table.error or table.not_compared:
        raise SystemExit(json.dumps(found.to_dict()))
    return table


def rows_read(work: Workload) -> Callable[[], int]:
    """Verify likewise; returns how many rows were read from both sides, however often."""
    from tableferry.postgres import copy_out
    from tableferry.postgres.connection import TargetConnection
    from tableferry.sqlserver.reader import TableReader
    from tableferry.verification import target_stream

    run, read = verify(work), Counter[str]()
    batches, rows = TableReader.batches, TargetConnection.rows

    def fetched(self: Any, *given: Any) -> Any:
        for batch in batches(self, *given):
            read["source"] += batch.num_rows
            yield batch

    def copied(*given: Any) -> Any:
        for sent in copy_out.copy_out(*given):
            read["target"] += len(sent.ends)
            yield sent

    def asked(self: Any, *given: Any) -> Any:
        found = rows(self, *given)
        read["target"] += len(found)
        return found

    for owner, name, counting in (
        (TableReader, "batches", fetched),
        (target_stream, "copy_out", copied),
        (TargetConnection, "rows", asked),
    ):
        setattr(owner, name, counting)

    def count() -> int:
        run()
        return sum(read.values())

    return count


def convert(work: Workload) -> Callable[[], int]:
    """Convert and encode batches that are already in memory; no server is involved."""
    from tableferry.postgres.encoding import Encoder
    from tableferry.values import Converter, target_schema

    plan, batches = _drained(work)

    def run() -> int:
        encoder = Encoder(target_schema(plan.columns))
        converter = Converter(plan.columns)
        encoder.header()
        for batch in batches:
            encoder.batch(converter(batch))
        encoder.finish()
        return work.rows

    return run


def policies(work: Workload) -> Callable[[], int]:
    """Only search for texts that PostgreSQL cannot store, as the conversion does."""
    from tableferry.config import OnInvalid
    from tableferry.values import texts
    from tableferry.values.arrow_types import is_string_type

    _, batches = _drained(work)

    def run() -> int:
        for batch in batches:
            for array in batch.columns:
                if is_string_type(array.type):
                    texts.may_be_altered(array)
                    texts.without_nul(array, OnInvalid.FAIL)
        return work.rows

    return run


def plain(work: Workload) -> Callable[[], int]:
    """Run (b), the usual script: fetchmany, TRUNCATE, execute_values."""
    import pymssql
    from psycopg2.extras import execute_values, register_uuid

    register_uuid()
    source, target, spec = work.source, work.target, work.spec
    columns = ", ".join(f"[{name}]" for name, _ in spec.columns)
    select = (
        f"SELECT {columns} FROM {spec.source.sql} WITH (NOLOCK) ORDER BY [{spec.primary_key[0]}]"
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


def copy_limit(work: Workload) -> Callable[[], int]:
    """Run (c), the target's limit: COPY BINARY of pre-encoded bytes into the same table."""
    spec = work.spec

    def run() -> int:
        with target_connection(work.target) as connection:
            cursor = connection.execute(f"TRUNCATE TABLE {spec.target.sql}")
            sql = f"COPY {spec.target.sql} FROM STDIN (FORMAT BINARY)"
            with Path(work.copy_file).open("rb") as encoded, cursor.copy(sql) as copy:
                while data := encoded.read(COPY_BYTES):
                    copy.write(data)
            return cursor.rowcount

    return run


def drain(work: Workload) -> Callable[[], int]:
    """Run (d), the source's limit: read the driver's Arrow stream and discard it."""
    from tableferry import sqlserver

    _load_driver(work)

    def run() -> int:
        with sqlserver.connect(work.settings.sources["bench"]) as connection:
            reader = sqlserver.TableReader(connection, _plan(work, connection))
            for _batch in reader.batches():
                pass
            return reader.rows

    return run


def _load_driver(work: Workload) -> None:
    """Load the driver's library, which its first connection does and other drivers' imports do.

    The cold start measures how long that takes.
    """
    from tableferry import sqlserver

    sqlserver.connect(work.settings.sources["bench"]).close()


def _drained(work: Workload) -> tuple[Any, list[Any]]:
    """Return the plan and every batch of the table."""
    from tableferry import sqlserver

    with sqlserver.connect(work.settings.sources["bench"]) as connection:
        plan = _plan(work, connection)
        return plan, list(sqlserver.TableReader(connection, plan).batches())


def _plan(work: Workload, connection: Any) -> Any:
    from tableferry import sqlserver
    from tableferry.planning.plan_table import plan_table
    from tableferry.postgres import STRATEGIES

    return plan_table(
        work.spec,
        sqlserver.read_schema(connection, work.spec.source),
        None,
        strategies=STRATEGIES,
        isolation=sqlserver.read_isolation(connection, work.spec.source.database),
    )


CONTENDERS: Final[dict[str, Callable[[Workload], Callable[[], int]]]] = {
    "tableferry": tableferry,
    "plain": plain,
    "copy_limit": copy_limit,
    "drain": drain,
    "quarantine": quarantine,
    "auto": auto,
    "swap": swap,
    "merge": merge,
    "incremental": incremental,
    "statements": statements,
    "verify": verify,
    "repair": repair,
    "rows_read": rows_read,
    "convert": convert,
    "policies": policies,
}


def measure(run: Callable[[], int]) -> dict[str, Any]:
    """Run once and return rows, wall and CPU seconds, and peak memory in MB."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    rows = run()
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "rows": rows,
        "wall": wall,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_mb": peak_memory_mb(),
    }


def peak_memory_mb() -> float:
    """Return this process's peak memory; ``ru_maxrss`` would start from that of its parent."""
    status = Path("/proc/self/status").read_text()
    (kilobytes,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kilobytes) / 1024


def main() -> None:
    """Measure the contender named on the command line."""
    work = Workload.from_json(sys.stdin.read())
    measured = measure(CONTENDERS[sys.argv[1]](work))
    if work.rows not in (measured["rows"], -1):
        raise SystemExit(f"{sys.argv[1]} wrote {measured['rows']} rows, not {work.rows}")
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
