"""Watchdog process: shuts down a stalled driver socket while the parent hangs (``stall_guard``).

A program, not a module of the engine: the parent runs it by its path, it imports the standard
library only, and exits when the parent does. Arguments: the seconds for which the source may stall
while the parent hangs, and the seconds until the parent's deadline (``inf``: none). Standard input
is a socket with one message a packet: a beat of the parent (a zero byte), a socket of the driver's
(``+`` and its inode, with the descriptor) or its withdrawal (``-`` and the inode), or the number
of a signal to the parent, which the C signal handler writes even while the parent hangs.
"""

import contextlib
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Sequence

BEAT = b"\0"
"""The parent is running; no signal has this number."""

STALLED = b"stalled"
"""The only message to the parent: a connection was shut down because the source stalled."""

TICK = 0.25
"""Seconds between two checks."""

HANG_SECONDS = 1.5
"""Without a beat for so long, the parent hangs in the driver: it beats twice a second."""

SUSPEND_SECONDS = 2.0
"""So long between two checks, and the machine was suspended, or this process was stopped."""

LAST_DATA_OFFSET = 52
"""Of ``tcpi_last_data_recv`` in ``struct tcp_info`` (linux/tcp.h): milliseconds, a u32."""

STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM}


class StallDetector:
    """Decides when the parent hangs on a stalled connection; times are of a monotonic clock."""

    def __init__(self, patience: float, remaining: float, now: float) -> None:
        self.patience = patience
        self.deadline = now + remaining
        self.sockets: dict[bytes, socket.socket] = {}
        self._last_beat = self._last_check = now

    def receive(self, message: bytes, descriptors: Sequence[int], now: float) -> None:
        """Process a message of the parent's, or of its signal handler."""
        kind, inode = message[:1], message[1:]
        if kind == b"+":
            self.sockets[inode] = socket.socket(fileno=descriptors[0])
        elif kind == b"-" and inode in self.sockets:
            self.sockets.pop(inode).close()
        elif kind == BEAT:
            self._last_beat = now
        elif message[0] in STOP_SIGNALS:
            self.deadline = min(self.deadline, now)

    def check(self, now: float) -> tuple[list[socket.socket], bool]:
        """Return the sockets to shut down, and whether it is because the source stalled.

        After the deadline (or a signal) all sockets of a parent that hangs; otherwise, once none of
        them has received data for ``patience`` seconds, those without unread data.
        """
        if now - self._last_check > SUSPEND_SECONDS:
            self._last_beat = now
        self._last_check = now
        hanging = now - self._last_beat
        if hanging >= HANG_SECONDS and now >= self.deadline:
            return list(self.sockets.values()), False
        if hanging < self.patience or any(
            seconds_without_data(s) < self.patience for s in self.sockets.values()
        ):
            return [], False
        stalled = [s for s in self.sockets.values() if not has_unread_data(s)]
        return stalled, bool(stalled)


def seconds_without_data(connection: socket.socket) -> float:
    """Return the seconds since data last arrived; 0.0 where the kernel does not say."""
    with contextlib.suppress(OSError):
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LAST_DATA_OFFSET + 4)
        if len(info) == LAST_DATA_OFFSET + 4:
            return float(struct.unpack_from("=I", info, LAST_DATA_OFFSET)[0]) / 1000
    return 0.0


def has_unread_data(connection: socket.socket) -> bool:
    """Whether data has arrived that the parent has not read yet."""
    return bool(select.select([connection], [], [], 0)[0])


def shut_down(connection: socket.socket) -> None:
    """Shut a connection down for every process that holds it; nothing if it is down already."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def main() -> None:
    """Watch until the parent exits or closes its end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # meant for the parent
    channel = socket.socket(fileno=0)
    channel.settimeout(TICK)
    detector = StallDetector(float(sys.argv[1]), float(sys.argv[2]), time.monotonic())
    while True:
        try:
            message, descriptors, _, _ = socket.recv_fds(channel, 64, 1)
        except TimeoutError:
            pass
        else:
            if not message:
                return
            detector.receive(message, descriptors, time.monotonic())
        sockets, has_stalled = detector.check(time.monotonic())
        if has_stalled:
            channel.send(STALLED)
        for connection in sockets:
            shut_down(connection)


if __name__ == "__main__":
    with contextlib.suppress(ConnectionError):  # the parent exited before the message arrived
        main()
