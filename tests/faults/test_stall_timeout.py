"""A source that falls silent while readers of the target wait for the lock of a load."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tableferry.config import Settings, parse_table_configs
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_tables
from tableferry.runs.run_options import RunOptions
from tableferry_sandbox.faults import Stall
from tests.faults.support import FROM_T, OLD, QUICK, ROWS, once, seen, sync
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.proxy import Direction, TcpProxy
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

LONGER = 2.5
"""Seconds: more than twice the ``stall_timeout`` of these tests."""


def test_a_wire_that_falls_silent_in_mid_load_keeps_readers_waiting_for_the_stall_timeout_only(
    source: Sandbox, old_rows: PgDatabase, proxy_to: Callable[[str, int], TcpProxy]
) -> None:
    """They wait for a minute at the most; ``statement_timeout`` is ten."""
    wire = proxy_to(source.server.host, source.server.port)
    found: list[object] = []

    def read() -> None:
        with old_rows.connect() as connection:
            connection.execute("SET statement_timeout = '60 s'")
            found.extend(connection.execute("SELECT count(*) FROM t").fetchall())

    reader = threading.Thread(target=read)

    def fall_silent() -> None:
        wire.faults.stall(Direction.TO_CLIENT)
        reader.start()

    wire.faults.delay(0.01, Direction.TO_CLIENT)  # 16 KB of 4 MB at a time
    try:
        outcome = sync(
            source,
            old_rows,
            source={"host": wire.host, "port": wire.port},
            on_progress=once(fall_silent),
            stall_timeout=1,
            batch_size=100,
        )
        reader.join()
    finally:
        wire.faults.heal()
    assert outcome.error is not None
    assert outcome.error.kind == "TransientError"
    assert "nothing for 1 seconds while readers" in outcome.error.message
    assert "'stall_timeout'" in outcome.error.hint
    assert found == [(len(OLD),)]
    assert seen(old_rows) == OLD


def test_a_load_that_was_ended_by_the_stall_timeout_is_tried_again(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    source.server.faults.on_statement(FROM_T, Stall(LONGER, after_rows=1000))
    outcome = sync(source, old_rows, options=QUICK, stall_timeout=1, batch_size=100)
    assert (outcome.status, outcome.attempts) == (Status.OK, 2), outcome.error
    assert len(seen(old_rows)) == ROWS


@pytest.mark.parametrize(
    ("stall", "changes"),
    [
        (Stall(LONGER), {"publish": "truncate"}),  # before the first row there is no lock
        (Stall(LONGER, after_rows=1000), {"publish": "truncate", "stall_timeout": 0}),
        (Stall(LONGER, after_rows=1000), {"publish": "swap"}),
        (Stall(LONGER, after_rows=1000), {"publish": "merge"}),
        (Stall(LONGER, after_rows=1000), {"publish": "swap", "chunks": 4, "parallel": 2}),
        (Stall(LONGER, after_rows=1000), {"pg_table": "made"}),
    ],
)
def test_a_silent_source_is_waited_for_where_no_reader_waits(
    source: Sandbox, old_rows: PgDatabase, stall: Stall, changes: dict[str, Any]
) -> None:
    source.server.faults.on_statement(FROM_T, stall)
    wanted = {"stall_timeout": 1, "batch_size": 100, **changes}
    outcome = sync(source, old_rows, options=QUICK, **wanted)
    assert (outcome.status, outcome.attempts) == (Status.OK, 1), outcome.error


@pytest.mark.parametrize(
    ("first", "attempts"),
    [("t", 2), ("made", 1)],  # readers of t wait; nobody reads a table that is made
)
def test_a_table_that_is_locked_is_not_kept_so_by_the_next_ones_first_row(
    source: Sandbox, old_rows: PgDatabase, first: str, attempts: int
) -> None:
    old_rows.run("CREATE TABLE u (LIKE t)")
    entries = {
        key: entry(sql_table="dbo.T", pg_table=table, stall_timeout=1)
        for key, table in (("first", first), ("second", "u"))
    }
    settings = Settings({"mctm": source.source()}, settings_of(old_rows))
    options = RunOptions(retries=QUICK.retries, together=True)
    stalled = once(lambda: source.server.faults.on_statement(FROM_T, Stall(LONGER)))
    run = sync_tables(
        list(parse_table_configs(entries).values()),
        settings,
        on_progress=stalled,
        options=options,
    )
    assert [table.status for table in run.tables] == [Status.OK] * 2, run.tables[0].error
    assert [table.attempts for table in run.tables] == [attempts] * 2
