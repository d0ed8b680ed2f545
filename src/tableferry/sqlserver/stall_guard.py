"""Starts the watchdog process, which shuts down a stalled driver socket while this process hangs.

The driver fetches values of unlimited size with Python's lock (the GIL) held. If the source stalls
in such a value, no thread of this process runs: no lease is renewed, no deadline is checked, no
signal is handled. Only another process can end that. It holds duplicates of the driver's sockets
and shuts them down; the driver then reports a lost connection like any other, and the load retries.

A slow value whose bytes keep arriving is left alone, unless the deadline or a signal says stop.
"""

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tableferry.errors import TransientError, os_reason
from tableferry.planning.plan import SyncPlan
from tableferry.sqlserver import watchdog
from tableferry.sqlserver.connection import SourceConnection, note_shut_down
from tableferry.sqlserver.driver_connection import KEEPALIVE_SECONDS

PATIENCE_SECONDS: Final = 10.0
"""How long the source may stall while this process hangs; ``statement_timeout`` if that is less, or
``stall_timeout`` for a load that locks its target. A lease lasts for 15 s and is renewed every 2 s:
a hang of more than 12 s would lose it."""

BEAT_SECONDS: Final = 0.5
"""A beat costs 0.1 ms: a system call, and a scan of the open file descriptors."""

EXIT_SECONDS: Final = 2.0
"""How long to wait for the watchdog to exit before it is killed; it exits within milliseconds."""

_OPEN_FILES: Final = Path("/proc/self/fd")


class StallGuard:
    """A watchdog process for the time of a block; does nothing if no column is unlimited in size.

    ``remaining`` returns the seconds until the deadline, None for no deadline. Linux only, where
    sockets can be handed to another process and report when data last arrived; elsewhere there is
    no watchdog.
    """

    def __init__(
        self, plan: SyncPlan, remaining: Callable[[], float | None] = lambda: None
    ) -> None:
        self._is_needed = plan.is_unbounded and sys.platform == "linux" and bool(sys.executable)
        limits = [PATIENCE_SECONDS, float(plan.spec.statement_timeout)]
        if plan.locks_target and plan.spec.stall_timeout:
            limits.append(float(plan.spec.stall_timeout))
        self._patience = min(limits)
        self._remaining = remaining
        self._shared: set[int] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._channel: socket.socket | None = None
        self._stack = contextlib.ExitStack()
        self.warnings: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        if self._is_needed:
            try:
                self._start()
            except OSError as error:
                reason = os_reason(error)
                self.warnings = (f"the watchdog process could not be started: {reason}",)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        channel, self._channel = self._channel, None
        message = b""
        if channel is not None:
            with contextlib.suppress(OSError):
                message = channel.recv(len(watchdog.STALLED))
        self._stack.close()
        if message and isinstance(error, TransientError):
            raise TransientError(
                f"The source stalled for {self._patience:g} s mid-value; the connection was closed",
                hint="Nothing was changed; run it again.",
                code=error.code,
            ) from error

    def guarded(self, connect: Callable[[], SourceConnection]) -> Callable[[], SourceConnection]:
        """Return a ``connect`` whose connections are shared with the watchdog at once."""

        def connect_and_share() -> SourceConnection:
            connection = connect()
            self.follow(connection)
            self.share_sockets()
            return connection

        return connect_and_share

    def follow(self, connection: SourceConnection) -> None:
        """Have a socket shared that this connection opens in place of its own."""
        connection.on_new_socket = self.share_sockets

    def share_sockets(self) -> None:
        """Send the watchdog each new socket of the driver's, withdraw closed ones, and beat."""
        with self._lock:
            channel = self._channel
            if channel is None:
                return
            # A full channel gets the message with the next beat; a broken one belongs to a watchdog
            # that was killed.
            with contextlib.suppress(OSError):
                open_now = set()
                for inode, descriptor in _driver_sockets():
                    open_now.add(inode)
                    if inode not in self._shared:
                        socket.send_fds(channel, [b"+%d" % inode], [descriptor])
                        self._shared.add(inode)
                for inode in self._shared - open_now:
                    channel.send(b"-%d" % inode)
                    self._shared.remove(inode)
                channel.send(watchdog.BEAT)

    def _start(self) -> None:
        channel, watchdog_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        remaining = self._remaining()
        with watchdog_end, contextlib.ExitStack() as stack:
            channel.setblocking(False)
            stack.enter_context(channel)
            process = subprocess.Popen(  # noqa: S603 - this Python, and a file of this package
                [
                    *(sys.executable, "-I", "-S", str(Path(watchdog.__file__).resolve())),
                    *(str(self._patience), "inf" if remaining is None else str(remaining)),
                ],
                cwd="/",
                stdin=watchdog_end.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            stack.callback(_stop, channel, process)
            stack.enter_context(_signals_to(channel))
            thread = threading.Thread(target=self._beat, name="tableferry-stall-guard", daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(self._stopped.set)
            self._stack = stack.pop_all()
        self._channel = channel
        self.share_sockets()

    def _beat(self) -> None:
        while not self._stopped.wait(BEAT_SECONDS):
            self.share_sockets()


def _stop(channel: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    """Close the channel, which ends the watchdog, and wait for its exit."""
    channel.close()
    try:
        process.wait(EXIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _signals_to(channel: socket.socket) -> Iterator[None]:
    """Have signal numbers written to the channel from the C handler, which needs no GIL.

    Signals reach the main thread only, and a process has one wakeup descriptor: that of another
    library is left in place.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.set_wakeup_fd(channel.fileno(), warn_on_full_buffer=False)
    if before != -1:
        signal.set_wakeup_fd(before)
    try:
        yield
    finally:
        if before == -1:
            signal.set_wakeup_fd(-1)


def shut_down_connections() -> None:
    """Shut down every connection of the driver's, so calls that wait on one fail; Linux only."""
    note_shut_down()
    if sys.platform == "linux":
        for _, descriptor in _driver_sockets():
            with socket.socket(fileno=os.dup(descriptor)) as duplicate:
                watchdog.shut_down(duplicate)


def _driver_sockets() -> Iterator[tuple[int, int]]:
    """Yield inode and descriptor of each connection of the driver's; valid until the next one."""
    for entry in os.listdir(_OPEN_FILES):  # noqa: PTH208 - names only, without the cost of Path
        with contextlib.suppress(OSError):  # closed by another thread, or not TCP
            status = os.fstat(int(entry))
            if not stat.S_ISSOCK(status.st_mode):
                continue
            with socket.socket(fileno=os.dup(int(entry))) as duplicate:
                idle = duplicate.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
                if idle == KEEPALIVE_SECONDS:
                    yield os.fstat(duplicate.fileno()).st_ino, duplicate.fileno()
