"""The process that watches ours: when it ends what ours waits for."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tableferry.model.schema import UNLIMITED, SourceType
from tableferry.planning.plan import SyncPlan
from tableferry.sqlserver import stall_guard, watchdog
from tableferry.sqlserver.connection import KEEPALIVE_SECONDS
from tableferry.sqlserver.stall_guard import StallGuard
from tableferry.sqlserver.watchdog import BEAT, STANDS_STILL, Watch
from tests.faults.support import wait_for
from tests.unit.engine.support import planned, sync_plan

PATIENCE, LEFT = 10.0, 100.0


@dataclass(frozen=True)
class Wire:
    """A connection over TCP: ours is what the driver would read from."""

    ours: socket.socket
    server: socket.socket


@pytest.fixture
def wire() -> Iterator[Wire]:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as ours,
    ):
        ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_SECONDS)
        server, _ = listener.accept()
        with server:
            yield Wire(ours, server)


def watch_of(wire: Wire, silent: float, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """What watches the connection, on which nothing has come for so many seconds, since 0.0."""
    monkeypatch.setattr(watchdog, "silent_for", lambda _connection: silent)
    watch = Watch(PATIENCE, LEFT, 0.0)
    watch.hear(b"+7", [wire.ours.dup().detach()], 0.0)
    return watch


def judged(watch: Watch, until: float) -> tuple[int, bool]:
    """Look every quarter of a second; how many sockets are to be cut then, and why."""
    now = 0.0
    while now < until:
        now += watchdog.TICK
        found, is_silent = watch.judge(now)
    return len(found), is_silent


def closed(watch: Watch) -> None:
    for connection in watch.sockets.values():
        connection.close()


def test_silence_is_cut_while_our_process_stands_still(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = watch_of(wire, PATIENCE, monkeypatch)
    assert judged(watch, PATIENCE - 0.25) == (0, False)
    assert watch.judge(PATIENCE) == (list(watch.sockets.values()), True)
    closed(watch)


def test_a_process_that_is_alive_may_wait_for_a_silent_source(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = watch_of(wire, 60.0, monkeypatch)
    assert judged(watch, 9.0) == (0, False)
    watch.hear(BEAT, [], 9.0)
    assert watch.judge(10.0) == ([], False)
    closed(watch)


def test_a_long_value_that_comes_may_hold_our_process_up(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = watch_of(wire, 0.2, monkeypatch)
    assert judged(watch, 60.0) == (0, False)
    closed(watch)


def test_what_has_come_and_is_not_read_yet_is_not_waited_for(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = watch_of(wire, 60.0, monkeypatch)
    wire.server.sendall(b"rows")
    assert wait_for(lambda: watchdog.has_unread(wire.ours))
    assert judged(watch, 20.0) == (0, False)
    wire.ours.recv(100)
    assert judged(watch, 20.0) == (1, True)
    closed(watch)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_not_waited_with_although_bytes_come(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    watch = watch_of(wire, 0.0, monkeypatch)
    assert judged(watch, 5.0) == (0, False)
    watch.hear(bytes([number]), [], 5.0)
    assert watch.judge(5.25) == (list(watch.sockets.values()), False)
    closed(watch)


def test_a_signal_that_our_process_has_heard_itself_is_its_own_affair(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = watch_of(wire, 60.0, monkeypatch)
    watch.hear(bytes([signal.SIGTERM]), [], 0.0)
    watch.hear(BEAT, [], 0.5)
    assert judged(watch, STANDS_STILL) == (0, False)
    closed(watch)


def test_the_deadline_is_kept_although_bytes_come(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = watch_of(wire, 0.0, monkeypatch)
    assert judged(watch, LEFT - 0.25) == (0, False)
    assert len(watch.judge(LEFT)[0]) == 1
    closed(watch)


def test_a_machine_that_was_asleep_is_not_taken_for_a_process_that_stands_still(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = watch_of(wire, 3600.0, monkeypatch)
    assert judged(watch, 1.0) == (0, False)
    assert watch.judge(3600.0) == ([], False)
    closed(watch)


def test_what_is_taken_back_is_closed(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = watch_of(wire, 0.0, monkeypatch)
    watch.hear(b"-7", [], 0.0)
    wire.ours.close()
    assert wire.server.recv(1) == b"", "nobody else holds the connection"
    assert watch.sockets == {}


def test_the_kernel_says_when_data_came_last(wire: Wire) -> None:
    wire.server.sendall(b"rows")
    wire.ours.recv(100)
    before = watchdog.silent_for(wire.ours)
    time.sleep(0.3)
    assert watchdog.silent_for(wire.ours) >= before + 0.25
    quiet = watchdog.silent_for(wire.ours)
    wire.server.sendall(b"more")
    assert wait_for(lambda: watchdog.silent_for(wire.ours) < quiet)


def test_a_cut_ends_the_connection_for_whoever_reads_from_it(wire: Wire) -> None:
    with wire.ours.dup() as other:
        watchdog.cut(other)
        watchdog.cut(other)
    assert wire.ours.recv(1) == b""


def inode(one: socket.socket) -> int:
    return os.fstat(one.fileno()).st_ino


def test_only_the_drivers_sockets_are_handed_over(wire: Wire) -> None:
    found = {number for number, _ in stall_guard._sockets_of_the_driver()}
    assert inode(wire.ours) in found
    assert inode(wire.server) not in found


def plan_of(length: int) -> SyncPlan:
    return sync_plan(planned("Name", SourceType("nvarchar", length)))


Started = list["subprocess.Popen[bytes]"]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """The processes that watch this one, as they are started; the kernel's list of children has
    gaps (proc_pid_task_children(5)).
    """
    found: Started = []
    start = subprocess.Popen

    def starting(*arguments: Any, **options: Any) -> "subprocess.Popen[bytes]":
        found.append(start(*arguments, **options))
        return found[-1]

    monkeypatch.setattr(subprocess, "Popen", starting)
    return found


def test_a_process_watches_only_where_values_of_any_size_may_come(started: Started) -> None:
    with StallGuard(plan_of(80)):
        assert started == []
    with StallGuard(plan_of(UNLIMITED)) as one:
        [process] = started
        assert process.poll() is None
        assert signal.set_wakeup_fd(-1) != -1
        assert one.warnings == ()
    assert process.returncode is not None
    assert signal.set_wakeup_fd(-1) == -1


def test_a_watcher_that_cannot_be_started_is_told_and_hinders_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with StallGuard(plan_of(UNLIMITED)) as one:
        one.share_sockets()
    assert one.warnings == (
        "no process could be started to watch the source: No such file or directory",
    )


def test_a_watcher_that_was_killed_hinders_nobody(started: Started) -> None:
    with StallGuard(plan_of(UNLIMITED)) as one:
        [process] = started
        process.kill()
        process.wait()
        one.share_sockets()


def test_a_connection_that_is_closed_is_held_by_nobody(wire: Wire) -> None:
    with StallGuard(plan_of(UNLIMITED)) as one:
        assert one._shown >= {inode(wire.ours)}
        wire.ours.close()
        one.share_sockets()
        assert wire.server.recv(1) == b"", "the process that watches has let go of it, too"
