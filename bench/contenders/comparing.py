"""Verifications: what is compared, repaired and read."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.contenders.driver import load_driver
from bench.workload import Workload


def verify(work: Workload) -> Callable[[], int]:
    """Verify every value of the table; returns how many rows of the target are the source's."""
    load_driver(work)

    def run() -> int:
        table = _verified(work)
        return int(table.target_rows - table.differing)

    return run


def repair(work: Workload) -> Callable[[], int]:
    """Repair the rows of which a verification has just found that they differ, and look again.

    The comparison itself is no part of it. Returns how many rows were repaired.
    """
    from tableferry.runs.events import Phase, PhaseStarted

    load_driver(work)
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
