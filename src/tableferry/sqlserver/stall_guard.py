"""While values of any size are read, another process watches that ours does not stand still.

The driver fetches such values with Python's own lock held. When the source is silent in the midst
of one, no thread of ours runs: no lease is renewed, no deadline is kept, no signal is heard. Only
another process can end that: it has the driver's sockets, too, and shuts them down. The driver
then tells of a lost connection like any other, and all goes on from there.

A value that takes long while its bytes keep coming is left alone, unless it is time to stop.
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

from tableferry.errors import TransientError
from tableferry.planning.plan import SyncPlan
from tableferry.sqlserver import watchdog
from tableferry.sqlserver.connection import KEEPALIVE_SECONDS, SourceConnection

PATIENCE_SECONDS: Final = 10.0
"""How long the source may be silent while this process stands still, if ``statement_timeout`` is
not less. A lease lasts for 15 s and is renewed every 2: after more than 12 it would be lost."""

BEAT_SECONDS: Final = 0.5
"""A beat costs 0.1 ms: a system call, and a look at what is open."""

LEAVING_SECONDS: Final = 2.0
"""How long the process is waited for, which ends within milliseconds."""

_OPEN: Final = Path("/proc/self/fd")


class StallGuard:
    """A process that watches ours; a context manager. Without values of any size it does nothing.

    ``remaining`` tells how many seconds are left until the deadline, None for no end. It is needed
    where a process's sockets can be handed over and say when data came last, on Linux; elsewhere
    nobody watches.
    """

    def __init__(
        self, plan: SyncPlan, remaining: Callable[[], float | None] = lambda: None
    ) -> None:
        self._wanted = plan.is_unbounded and sys.platform == "linux" and bool(sys.executable)
        self._patience = min(PATIENCE_SECONDS, float(plan.spec.statement_timeout))
        self._remaining = remaining
        self._shown: set[int] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._line: socket.socket | None = None
        self._stack = contextlib.ExitStack()
        self.warnings: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        if self._wanted:
            try:
                self._begin()
            except OSError as error:
                why = error.strerror or str(error)
                self.warnings = (f"no process could be started to watch the source: {why}",)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        line, self._line = self._line, None
        said = b""
        if line is not None:
            with contextlib.suppress(OSError):
                said = line.recv(len(watchdog.CUT))
        self._stack.close()
        if said and isinstance(error, TransientError):
            raise TransientError(
                f"The source has said nothing for {self._patience:g} seconds in the midst of a "
                "value; its connection was ended",
                hint="Nothing was changed; run it again.",
                code=error.code,
            ) from error

    def guarded(self, connect: Callable[[], SourceConnection]) -> Callable[[], SourceConnection]:
        """Return ``connect`` as it is to be called while this is watched: from the first byte."""

        def connected() -> SourceConnection:
            connection = connect()
            self.share_sockets()
            return connection

        return connected

    def share_sockets(self) -> None:
        """Hand over every socket of the driver's that is open now, take back those that are not."""
        with self._lock:
            line = self._line
            if line is None:
                return
            # A line that is full for a moment gets it with the next beat; one that is broken, by a
            # process that was killed, watches no more.
            with contextlib.suppress(OSError):
                found = set()
                for inode, descriptor in _sockets_of_the_driver():
                    found.add(inode)
                    if inode not in self._shown:
                        socket.send_fds(line, [b"+%d" % inode], [descriptor])
                        self._shown.add(inode)
                for inode in self._shown - found:
                    line.send(b"-%d" % inode)
                    self._shown.remove(inode)
                line.send(watchdog.BEAT)

    def _begin(self) -> None:
        line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        remaining = self._remaining()
        with theirs, contextlib.ExitStack() as stack:
            line.setblocking(False)
            stack.enter_context(line)
            process = subprocess.Popen(  # noqa: S603 - this very Python, and a file of ours
                [
                    *(sys.executable, "-I", "-S", str(Path(watchdog.__file__).resolve())),
                    *(str(self._patience), "inf" if remaining is None else str(remaining)),
                ],
                cwd="/",
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            stack.callback(_end, line, process)
            stack.enter_context(_signals_to(line))
            beating = threading.Thread(
                target=self._beat, name="tableferry-stall_guard", daemon=True
            )
            beating.start()
            stack.callback(beating.join)
            stack.callback(self._stopped.set)
            self._stack = stack.pop_all()
        self._line = line
        self.share_sockets()

    def _beat(self) -> None:
        while not self._stopped.wait(BEAT_SECONDS):
            self.share_sockets()


def _end(line: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    """Close the line, and wait for the process, which ends then."""
    line.close()
    try:
        process.wait(LEAVING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _signals_to(line: socket.socket) -> Iterator[None]:
    """Have the kernel's word of a signal written to the line at once, not when Python runs again.

    Only a main thread is told of signals, and only one place may hear of them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.set_wakeup_fd(line.fileno(), warn_on_full_buffer=False)
    if before != -1:
        signal.set_wakeup_fd(before)
    try:
        yield
    finally:
        if before == -1:
            signal.set_wakeup_fd(-1)


def shut_down_connections() -> None:
    """End every connection of the driver's: who waits for one is told that it is lost.

    On Linux; elsewhere nothing happens.
    """
    if sys.platform == "linux":
        for _, descriptor in _sockets_of_the_driver():
            with socket.socket(fileno=os.dup(descriptor)) as one:
                watchdog.cut(one)


def _sockets_of_the_driver() -> Iterator[tuple[int, int]]:
    """Yield the inode of every connection of the driver's, and a descriptor of it for a while."""
    for entry in os.listdir(_OPEN):  # noqa: PTH208 - names only, and nothing of Path's cost
        with contextlib.suppress(OSError):  # closed meanwhile, or no TCP
            status = os.fstat(int(entry))
            if not stat.S_ISSOCK(status.st_mode):
                continue
            with socket.socket(fileno=os.dup(int(entry))) as one:
                idle = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
                if idle == KEEPALIVE_SECONDS:
                    yield os.fstat(one.fileno()).st_ino, one.fileno()
