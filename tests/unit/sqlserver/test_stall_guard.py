"""The watchdog process: when it shuts down the connections of a process that hangs."""

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
from tableferry.sqlserver.driver_connection import KEEPALIVE_SECONDS
from tableferry.sqlserver.stall_guard import StallGuard
from tableferry.sqlserver.watchdog import BEAT, HANG_SECONDS, StallDetector
from tests.faults.support import wait_for
from tests.support.specs import planned, sync_plan

PATIENCE, REMAINING = 10.0, 100.0


@dataclass(frozen=True)
class Wire:
    """A TCP connection: ``ours`` is the end that the driver would read from."""

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


def detector_of(wire: Wire, silent: float, monkeypatch: pytest.MonkeyPatch) -> StallDetector:
    """A detector that has the connection, without data for so many seconds, since 0.0."""
    monkeypatch.setattr(watchdog, "seconds_without_data", lambda _connection: silent)
    detector = StallDetector(PATIENCE, REMAINING, 0.0)
    detector.receive(b"+7", [wire.ours.dup().detach()], 0.0)
    return detector


def checked(detector: StallDetector, until: float) -> tuple[int, bool]:
    """Check every quarter of a second; how many sockets are to be shut down at last, and why."""
    now = 0.0
    while now < until:
        now += watchdog.TICK
        sockets, has_stalled = detector.check(now)
    return len(sockets), has_stalled


def close_all(detector: StallDetector) -> None:
    for connection in detector.sockets.values():
        connection.close()


def test_a_stalled_connection_is_shut_down_while_the_parent_hangs(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = detector_of(wire, PATIENCE, monkeypatch)
    assert checked(detector, PATIENCE - 0.25) == (0, False)
    assert detector.check(PATIENCE) == (list(detector.sockets.values()), True)
    close_all(detector)


def test_a_parent_that_beats_may_wait_for_a_stalled_source(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = detector_of(wire, 60.0, monkeypatch)
    assert checked(detector, 9.0) == (0, False)
    detector.receive(BEAT, [], 9.0)
    assert detector.check(10.0) == ([], False)
    close_all(detector)


def test_a_long_value_whose_bytes_arrive_may_hang_the_parent(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = detector_of(wire, 0.2, monkeypatch)
    assert checked(detector, 60.0) == (0, False)
    close_all(detector)


def test_a_connection_with_unread_data_is_not_shut_down(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = detector_of(wire, 60.0, monkeypatch)
    wire.server.sendall(b"rows")
    assert wait_for(lambda: watchdog.has_unread_data(wire.ours))
    assert checked(detector, 20.0) == (0, False)
    wire.ours.recv(100)
    assert checked(detector, 20.0) == (1, True)
    close_all(detector)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_a_parent_that_hangs_shuts_down_although_bytes_arrive(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    detector = detector_of(wire, 0.0, monkeypatch)
    assert checked(detector, 5.0) == (0, False)
    detector.receive(bytes([number]), [], 5.0)
    assert detector.check(5.25) == (list(detector.sockets.values()), False)
    close_all(detector)


def test_a_signal_to_a_parent_that_runs_is_left_to_it(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = detector_of(wire, 60.0, monkeypatch)
    detector.receive(bytes([signal.SIGTERM]), [], 0.0)
    detector.receive(BEAT, [], 0.5)
    assert checked(detector, HANG_SECONDS) == (0, False)
    close_all(detector)


def test_the_deadline_shuts_down_although_bytes_arrive(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = detector_of(wire, 0.0, monkeypatch)
    assert checked(detector, REMAINING - 0.25) == (0, False)
    assert len(detector.check(REMAINING)[0]) == 1
    close_all(detector)


def test_a_suspended_machine_is_not_mistaken_for_a_hang(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = detector_of(wire, 3600.0, monkeypatch)
    assert checked(detector, 1.0) == (0, False)
    assert detector.check(3600.0) == ([], False)
    close_all(detector)


def test_a_withdrawn_socket_is_closed(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    detector = detector_of(wire, 0.0, monkeypatch)
    detector.receive(b"-7", [], 0.0)
    wire.ours.close()
    assert wire.server.recv(1) == b"", "no other descriptor is open"
    assert detector.sockets == {}


def test_the_kernel_says_when_data_last_arrived(wire: Wire) -> None:
    wire.server.sendall(b"rows")
    wire.ours.recv(100)
    before = watchdog.seconds_without_data(wire.ours)
    time.sleep(0.3)
    assert watchdog.seconds_without_data(wire.ours) >= before + 0.25
    quiet = watchdog.seconds_without_data(wire.ours)
    wire.server.sendall(b"more")
    assert wait_for(lambda: watchdog.seconds_without_data(wire.ours) < quiet)


def test_a_shutdown_ends_the_connection_for_every_holder(wire: Wire) -> None:
    with wire.ours.dup() as other:
        watchdog.shut_down(other)
        watchdog.shut_down(other)
    assert wire.ours.recv(1) == b""


def inode(one: socket.socket) -> int:
    return os.fstat(one.fileno()).st_ino


def test_only_the_drivers_sockets_are_shared(wire: Wire) -> None:
    found = {number for number, _ in stall_guard._driver_sockets()}
    assert inode(wire.ours) in found
    assert inode(wire.server) not in found


def plan_of(length: int) -> SyncPlan:
    return sync_plan(planned("Name", SourceType("nvarchar", length)))


Started = list["subprocess.Popen[bytes]"]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """The watchdogs of this process, as they are started; the kernel's list of children has gaps
    (proc_pid_task_children(5)).
    """
    found: Started = []
    start = subprocess.Popen

    def starting(*arguments: Any, **options: Any) -> "subprocess.Popen[bytes]":
        found.append(start(*arguments, **options))
        return found[-1]

    monkeypatch.setattr(subprocess, "Popen", starting)
    return found


def test_a_watchdog_runs_only_for_columns_of_unlimited_size(started: Started) -> None:
    with StallGuard(plan_of(80)):
        assert started == []
    with StallGuard(plan_of(UNLIMITED)) as one:
        [process] = started
        assert process.poll() is None
        assert signal.set_wakeup_fd(-1) != -1
        assert one.warnings == ()
    assert process.returncode is not None
    assert signal.set_wakeup_fd(-1) == -1


def test_a_watchdog_that_cannot_be_started_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with StallGuard(plan_of(UNLIMITED)) as one:
        one.share_sockets()
    assert one.warnings == ("the watchdog process could not be started: No such file or directory",)


def test_a_killed_watchdog_disturbs_nothing(started: Started) -> None:
    with StallGuard(plan_of(UNLIMITED)) as one:
        [process] = started
        process.kill()
        process.wait()
        one.share_sockets()


def test_a_closed_connection_is_closed_in_the_watchdog_too(wire: Wire) -> None:
    with StallGuard(plan_of(UNLIMITED)) as one:
        assert one._shared >= {inode(wire.ours)}
        wire.ours.close()
        one.share_sockets()
        assert wire.server.recv(1) == b"", "the watchdog has closed it, too"
