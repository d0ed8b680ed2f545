"""A connection is cut before a statement of an incremental run: it goes on, and loses nothing."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import count
from typing import Any, Final

import psycopg
import pytest

from tableferry.runs.outcome import Status
from tableferry_sandbox.faults import CutConnection, StatementFault
from tests.faults.support import QUICK
from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import Sync, rows, source, source_rows, sync, target
from tests.support.databases import PgDatabase

__all__ = ["source", "sync", "target"]

pytestmark = pytest.mark.with_ledger

COMPARED: Final = {"deletes": "reconcile", "reconcile_every": 0, "max_delete_share": 100}
INCREMENTAL: Final[dict[str, dict[str, Any]]] = {
    "change_tracking": {"mode": "change_tracking"},
    "rowversion": {"mode": "rowversion", **COMPARED},
}
"""Mode watermark takes the same way as rowversion."""

COMPLETE: Final[dict[str, dict[str, Any]]] = {
    "full": {"mode": "full"},
    "first load in chunks": {"mode": "change_tracking", "chunks": 2, "parallel": 1},
}

STEP: Final = {"source": 7, "target": 3}
"""Every seventh moment only, or every third of the target's fewer: each is a run of its own, which
begins again."""

Cuts = list[bool]
"""Has an item once a connection was cut."""


def cut_target(number: int) -> AbstractContextManager[Cuts]:
    """Cut the connection over which PostgreSQL is waited for the so many-th time."""
    wait, waits = psycopg.Connection.wait, count(1)
    cuts: Cuts = []

    def counted(connection: Any, *arguments: Any, **options: Any) -> Any:
        if threading.current_thread() is threading.main_thread() and next(waits) == number:
            cuts.append(True)
            cut(connection)
        return wait(connection, *arguments, **options)

    return patched(psycopg.Connection, "wait", counted, cuts)


def cut_source(source: Sandbox, number: int) -> AbstractContextManager[Cuts]:
    """Cut the connection before the so many-th statement; of every third, after a row."""
    statements = count(1)
    cuts: Cuts = []

    def take(_sql: str) -> StatementFault | None:
        if next(statements) != number:
            return None
        cuts.append(True)
        return CutConnection(after_rows=None if number % 3 else 1, reset=number % 4 > 0)

    return patched(source.server.faults, "take_statement", take, cuts)


@contextmanager
def patched(thing: object, name: str, instead: Any, cuts: Cuts) -> Iterator[Cuts]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thing, name, instead)
        yield cuts


def lose_commit(number: int, *, arrived: bool) -> AbstractContextManager[Cuts]:
    """Cut the connection at the so many-th COMMIT: before it, or before its answer."""
    execute, commits = psycopg.Connection.execute, count(1)
    cuts: Cuts = []

    def counted(connection: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        if not query.endswith("COMMIT") or next(commits) != number:
            return execute(connection, query, *arguments, **options)
        cuts.append(True)
        if arrived:
            execute(connection, query)
        cut(connection)
        return execute(connection, query)

    return patched(psycopg.Connection, "execute", counted, cuts)


def cut(connection: Any) -> None:
    with socket.socket(fileno=os.dup(connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def altered(source: Sandbox) -> None:
    """The table has what each of the modes needs."""
    source.run("ALTER TABLE dbo.T ADD Rev int NOT NULL DEFAULT 0, RV rowversion")


@pytest.mark.parametrize("mode", list(INCREMENTAL))
@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.usefixtures("altered")
def test_a_run_whose_connection_is_cut_before_a_statement_ends_with_the_sources_rows(
    source: Sandbox, target: PgDatabase, sync: Sync, mode: str, side: str
) -> None:
    strike = partial(cut_source, source) if side == "source" else cut_target
    assert sync(publish="merge", **INCREMENTAL[mode]).status is Status.OK
    is_cut, number, retried = True, 1 - STEP[side], 0
    while is_cut:
        number += STEP[side]
        change(source, number)
        with strike(number) as cuts:
            outcome = sync(options=QUICK, publish="merge", **INCREMENTAL[mode])
        assert (outcome.status, outcome.reload) == (Status.OK, ""), (number, outcome.error)
        assert rows(target) == source_rows(source), f"cut at {number}"
        is_cut, retried = bool(cuts), retried + bool(outcome.retried)
    assert number > 10
    assert retried


@pytest.mark.parametrize(
    ("mode", "arrived"),
    [
        ("change_tracking", False),
        ("change_tracking", True),
        ("rowversion", False),
        ("full", True),
        ("first load in chunks", False),
        ("first load in chunks", True),
    ],
)
@pytest.mark.usefixtures("altered")
def test_a_run_whose_connection_is_lost_at_any_commit_ends_with_the_sources_rows(
    source: Sandbox, target: PgDatabase, sync: Sync, mode: str, arrived: bool
) -> None:
    """Of what only the load uses, such as its staging table, nobody asks whether it was stored."""
    given = {"publish": "merge", **{**INCREMENTAL, **COMPLETE}[mode]}
    assert sync(**given).status is Status.OK
    is_cut, number = True, 0
    while is_cut:
        number += 1
        change(source, number)
        if mode in COMPLETE:
            target.run("DELETE FROM tableferry.watermarks")
        with lose_commit(number, arrived=arrived) as cuts:
            outcome = sync(options=QUICK, **given)
        assert outcome.status is Status.OK, (number, outcome.error)
        assert rows(target) == source_rows(source), f"COMMIT {number}"
        is_cut = bool(cuts)
    assert number > 2


def change(source: Sandbox, number: int) -> None:
    """Let rows change, go and come at the source."""
    source.run(f"UPDATE dbo.T SET Name = N'n{number}', Rev = {number} WHERE ID IN (1, 50)")
    source.run(f"DELETE FROM dbo.T WHERE ID = {number % 40 + 5}")
    new = f"{number + 100}, N'new {number}', {number}"
    source.run(f"INSERT INTO dbo.T (ID, Name, Rev) VALUES ({new})")
