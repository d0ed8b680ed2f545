"""Python ends while threads of ours wait for a source that says nothing: it ends in order.

Only a process of its own can show it: the driver closes every connection when Python ends, and
what it freed was still written to.
"""

import json
import signal
from contextlib import ExitStack
from typing import Any

import pytest

from tableferry_sandbox.faults import Stall
from tests.faults.support import FROM_T, started, wait_for
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

AT_ONCE = 2
"""Processes that are tried together: of twelve that ended so, not one survived it. Two in each of
the four ways are eight; more would only import the engine once more."""

WAYS: dict[str, dict[str, Any]] = {
    "one stream": {},
    "chunks": {"publish": "swap", "chunks": 4, "parallel": 2},
}

COPYING = """\
SELECT count(DISTINCT application_name) FROM pg_stat_activity
WHERE application_name LIKE 'tableferry%' AND query LIKE 'COPY%'"""

IN_A_THREAD = """\
import signal, sys, threading
from tests.support.timed_sync import main
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
threading.Thread(target=main, args=(sys.argv[1], 600.0), daemon=True).start()
signal.pause()
"""
"""Syncs in a thread that nobody waits for, and ends when it is told to."""

SCRIPTS: dict[str, tuple[list[str], list[str]]] = {
    "that told of it": (["-m", "tests.support.timed_sync"], ["cancelled"]),
    "that did not wait for it": (["-c", IN_A_THREAD], []),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_of_ones_own_ends_in_order_while_the_source_is_silent(
    source: Sandbox, pg_database: PgDatabase, script: str, way: str
) -> None:
    silent = Stall(120.0, after_rows=1200)
    source.server.faults.on_statement(rf"\[Name\].*{FROM_T}", silent, times=99)
    arguments, statuses = SCRIPTS[script]
    with ExitStack() as stack:
        processes = []
        for number in range(AT_ONCE):
            table = entry(**{"sql_table": "dbo.T", "pg_table": f"t{number}", **WAYS[way]})
            command = [*arguments, json.dumps(table), *(["600"] if statuses else [])]
            where_it_crashed = {"PYTHONFAULTHANDLER": "1"}
            process = started(source, pg_database, command, variables=where_it_crashed)
            processes.append(stack.enter_context(process))
            stack.callback(process.kill)
        watcher = stack.enter_context(pg_database.connect())
        assert wait_for(lambda: watcher.execute(COPYING).fetchall() == [(AT_ONCE,)])
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            told, said = process.communicate(timeout=60)
            assert (process.returncode, said) == (0, "")
            tables = json.loads(told)["tables"] if told else []
            assert [table["status"] for table in tables] == statuses
