"""A first load of a busy table by many processes, by the command, is the source at one version."""

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tableferry_sandbox.faults import Stall
from tests.faults.support import FROM_T, wait_for
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.integration.incremental.conftest import Sync, rows, source_rows
from tests.support.databases import PgDatabase
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

CHUNKS = 4
STORED = "SELECT count(*) FROM tableferry.chunks WHERE done_at IS NOT NULL"


class Busy(threading.Thread):
    """Changes dbo.T until it is stopped; ``held`` has its rows at each version."""

    def __init__(self, source: Sandbox) -> None:
        super().__init__()
        self._source = source
        self._chance = random.Random(7)
        self._stopped = threading.Event()
        self.held: dict[int, list[tuple[object, ...]]] = {}

    def run(self) -> None:
        number = 0
        while not self._stopped.wait(0.02):
            number += 1
            self._source.run(self._change(number))
            self.note()

    def note(self) -> None:
        """Note what the table holds at this version: nothing else changes it."""
        query = self._source.engine.database("McTM").query
        version = query("SELECT CHANGE_TRACKING_CURRENT_VERSION() AS v")["v"][0].as_py()
        found = query("SELECT ID, Name FROM dbo.T ORDER BY ID")
        self.held[version] = list(zip(*(one.to_pylist() for one in found.columns), strict=True))

    def stop(self) -> None:
        self._stopped.set()
        self.join()

    def _change(self, number: int) -> str:
        one, other = self._chance.randrange(60), self._chance.randrange(1000)
        free = f"NOT EXISTS (SELECT 1 AS x FROM dbo.T AS o WHERE o.ID = {other})"
        return self._chance.choice(
            [
                f"UPDATE dbo.T SET Name = N'n {number}' WHERE ID BETWEEN {one} AND {one + 5}",
                f"UPDATE dbo.T SET ID = {other} WHERE ID = {one} AND {free}",
                f"DELETE FROM dbo.T WHERE ID = {one}",
                f"INSERT INTO dbo.T SELECT {other}, N'new {number}' WHERE {free}",
            ]
        )


@contextmanager
def busy(source: Sandbox) -> Iterator[Busy]:
    thread = Busy(source)
    thread.note()
    thread.start()
    try:
        yield thread
    finally:
        thread.stop()


def start(
    source: Sandbox, target: PgDatabase, folder: Path, publish: str
) -> "subprocess.Popen[str]":
    """Start the command with two workers on a cluster of its own."""
    configured = entry(
        sql_table="dbo.T", pg_table="t", publish=publish, order_by=None, mode="change_tracking",
        chunks=CHUNKS, max_shrink=100,
    )  # fmt: skip
    config = folder / "table_configs.py"
    config.write_text(f"TABLE_CONFIGS = {{'t': {configured!r}}}\n", encoding="utf-8")
    command = [sys.executable, "-m", "tableferry", "sync", "--json", "--config", str(config)]
    return subprocess.Popen(
        [*command, "--scheduler", "local:2"],
        env={
            "PATH": os.environ["PATH"],
            "SQL_SERVER_MCTM_HOST": source.server.host,
            "SQL_SERVER_MCTM_PORT": str(source.server.port),
            "SQL_SERVER_MCTM_DB": "McTM",
            "SQL_SERVER_MCTM_USER": USER,
            "SQL_SERVER_MCTM_PASSWORD": PASSWORD,
            **target.environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def some_are_stored(target: PgDatabase) -> bool:
    """Whether at least one chunk is stored, but not the one whose source is silent."""
    if target.rows("SELECT to_regclass('tableferry.chunks')") == [(None,)]:
        return False
    return target.rows(STORED)[0][0] in range(1, CHUNKS)


@pytest.mark.parametrize("publish", ["swap", "merge"])
def test_a_first_load_of_a_busy_table_by_a_cluster_is_of_one_moment(
    source: Sandbox, target: PgDatabase, sync: Sync, tmp_path: Path, publish: str
) -> None:
    source.server.faults.on_statement(rf"{FROM_T}.*ROWCOUNT", Stall(3.0))
    with busy(source) as thread:
        command = start(source, target, tmp_path, publish)
        assert wait_for(lambda: some_are_stored(target), 90)
        meanwhile = len(thread.held)
        out, said = command.communicate(timeout=120)
        assert len(thread.held) > meanwhile, "changed between two chunks"
    assert command.returncode == 0, said
    (told,) = json.loads(out)["tables"]
    assert (told["status"], told["reload"]) == ("ok", "first_load"), told
    assert target.rows("SELECT count(*) FROM tableferry.table_runs") == [(1,)]
    [(value,)] = target.rows("SELECT value FROM tableferry.watermarks")
    assert rows(target) == thread.held[json.loads(str(value))["version"]]
    outcome = sync(publish=publish, chunks=CHUNKS, max_shrink=100)
    assert outcome.reload == ""
    assert rows(target) == source_rows(source)
