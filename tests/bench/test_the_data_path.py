"""What a row costs on its way, by counting: calls and bytes, which are the same on any machine.

The benchmark measures seconds. These counts are what keeps a change from adding work to each row
unseen. They are bounds: a change that needs less lowers them here.
"""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

import pyarrow as pa
import pytest

from bench.contenders.driver import drained
from bench.servers import serving
from bench.tables import made
from bench.workload import Workload
from tableferry.postgres.encoding import Encoder
from tableferry.runs.run import sync_tables
from tableferry.values import Converter, target_schema
from tests.support.databases import PgDatabase

ENGINE: Final = "/src/tableferry/"

ROWS: Final = 4000


@dataclass(frozen=True)
class Bounds:
    """What one batch may take: Python calls, and bytes that Arrow allocates for each row."""

    calls: int
    bytes_a_row: float


BOUNDS: Final = {
    "Narrow": Bounds(calls=270, bytes_a_row=3),
    "Wide": Bounds(calls=1020, bytes_a_row=103),
    "TextHeavy": Bounds(calls=316, bytes_a_row=3),
    "EveryType": Bounds(calls=1270, bytes_a_row=110),
}
"""A tenth more than was counted: 246, 925, 287 and 1152 calls, and 2, 93, 1 and 99 bytes.

Texts take 14 calls a column and batch, since they are searched by their lowest and highest byte.
"""


@dataclass(frozen=True)
class OneBatch:
    """A batch as it comes from the driver, and what converts and encodes it."""

    batch: pa.RecordBatch
    converter: Converter
    encoder: Encoder

    def carry(self, rows: int) -> bytes:
        """Convert and encode the first rows."""
        return self.encoder.batch(self.converter(self.batch.slice(0, rows)))


@pytest.fixture(scope="module", params=BOUNDS)
def table(request: pytest.FixtureRequest) -> tuple[OneBatch, Bounds]:
    """One batch of each table; the first ones make what later ones use again."""
    bench = made(request.param, ROWS)
    nowhere = {"host": "127.0.0.1", "port": 1, "user": "-", "password": "-", "db": "-"}
    with serving([bench], 0) as source:
        plan, batches = drained(Workload.of(bench, source, nowhere))
    (batch,) = pa.Table.from_batches(batches).combine_chunks().to_batches()
    encoder = Encoder(target_schema(plan.columns))
    encoder.header()
    one = OneBatch(batch, Converter(plan.columns), encoder)
    for rows in (ROWS, ROWS):
        one.carry(rows)
    return one, BOUNDS[request.param]


def test_the_number_of_calls_for_a_batch_does_not_depend_on_its_rows(
    table: tuple[OneBatch, Bounds],
) -> None:
    one, bounds = table
    few, many = (calls(lambda rows=rows: one.carry(rows)) for rows in (ROWS // 8, ROWS))
    assert few == many
    assert many <= bounds.calls


def test_a_batch_allocates_no_more_than_the_forms_that_its_columns_change_into(
    table: tuple[OneBatch, Bounds],
) -> None:
    one, bounds = table
    pool = pa.default_memory_pool()
    before = pool.total_bytes_allocated()
    one.carry(ROWS)
    assert (pool.total_bytes_allocated() - before) / ROWS <= bounds.bytes_a_row


def test_a_batch_that_was_carried_leaves_nothing_in_memory(
    table: tuple[OneBatch, Bounds],
) -> None:
    one, _ = table
    pool = pa.default_memory_pool()
    before = pool.bytes_allocated()
    one.carry(ROWS)
    assert pool.bytes_allocated() == before


CALLS_A_ROW: Final = 0.1
"""Calls of the engine that a further row of a whole run may add: a batch of some thousand rows
takes some hundred, and one more call for each row would be 1."""


def test_a_further_row_of_a_run_adds_no_call_of_its_own(pg_database: PgDatabase) -> None:
    target = {
        "host": pg_database.host,
        "port": pg_database.port,
        "user": pg_database.user,
        "password": pg_database.password,
        "db": pg_database.name,
    }
    few, many = 5_000, 45_000
    sizes = {1: few, 2: few, 3: many}  # the first makes the ledger, and imports
    with serving([made(f"Narrow_{one}", rows) for one, rows in sizes.items()], 0) as source:
        works = [
            Workload.of(made(f"Narrow_{one}", rows), source, target) for one, rows in sizes.items()
        ]
        found = [calls(lambda work=work: _sync(work), ENGINE) for work in works]
    assert min(found) > 1000
    assert (found[2] - found[1]) / (many - few) <= CALLS_A_ROW


def _sync(work: Workload) -> None:
    outcome = sync_tables(work.specs, work.settings)
    assert outcome.rows_written == work.rows


def calls(do: Callable[[], Any], within: str = "") -> int:
    """Return how many calls are made, in threads that begin meanwhile as well.

    Those of frames whose file is ``within`` a folder, of Python functions and of C functions.
    """
    counts: list[int] = []
    counting = threading.Lock()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event in {"call", "c_call"} and within in frame.f_code.co_filename:
            with counting:
                counts.append(1)

    threading.setprofile(count)
    sys.setprofile(count)
    try:
        do()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    return len(counts)
