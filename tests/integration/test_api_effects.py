"""What the Python API does to its process: nothing that outlasts a call, nothing on a stream."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.support.databases import PgDatabase
from tests.support.urls import source_url, target_url

ROOT = Path(__file__).parents[2]

SCRIPT = """
import os, signal, sys, threading
from tests.support.process_state import process_state

def of_the_test(): ...

threading.excepthook = of_the_test  # what a host has set is still there afterwards
signal.signal(signal.SIGTERM, lambda *_: None)
signal.signal(signal.SIGUSR1, lambda *_: None)
import numpy  # whoever imports it gets warnings filters about numpy itself

before = process_state()

import tableferry

source, target, where = sys.argv[1:]

def work():
    tables = [
        tableferry.Table("dbo.T", "t"),
        tableferry.Table("dbo.T", "u", publish="swap", chunks=2, parallel=2),
        tableferry.Table("dbo.Missing", "v"),
    ]
    tableferry.discover(source, like="T")
    tableferry.check(tables, source=source, target=target)
    tableferry.plan(tables, source=source, target=target)
    run = tableferry.sync(tables, source=source, target=target)
    assert [table.status for table in run.tables] == ["ok", "ok", "failed"], run

if where == "thread":
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
else:
    work()
for thread in threading.enumerate():
    if thread is not threading.main_thread():
        thread.join(60)  # a timer that was cancelled has a moment to end
after = process_state()
different = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
sys.exit(repr(different) if different else 0)
"""


@pytest.mark.parametrize("where", ["main", "thread"])
def test_a_run_leaves_the_process_as_it_was_and_prints_nothing(
    where: str, sandbox: Sandbox, table_in: object, pg_database: PgDatabase
) -> None:
    """A ``(max)`` column brings the watchdog process and its thread into it."""
    sandbox.run("CREATE TABLE dbo.T (id int NOT NULL PRIMARY KEY, name nvarchar(max))")
    values = ", ".join(f"({n}, N'n{n}')" for n in range(500))
    sandbox.run(f"INSERT INTO dbo.T VALUES {values}")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            SCRIPT,
            source_url(sandbox.server.host, sandbox.server.port, USER, PASSWORD),
            target_url(pg_database),
            where,
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
