"""The process beside ours that ends what ours waits for while it stands still: see ``stall_guard``.

A program, not a module of the engine: it is run by its path, imports the standard library only,
and ends when ours does. Its arguments are the seconds that the source may be silent while ours
stands still, and those until ours has to stop (``inf``: never). Its input is a socket on which
our process shows that it is alive (a zero), hands over the driver's sockets (``+`` and a name)
or takes them back (``-`` and the name), and on which the kernel writes the number of a signal
that our process is sent, whether it stands still or not.
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
"""Our process is alive: no signal has this number."""

CUT = b"cut"
"""The one answer: a connection was ended because the source was silent."""

TICK = 0.25
"""Seconds after which is looked again."""

STANDS_STILL = 1.5
"""Seconds without a beat after which nothing but Python's lock keeps our process from it: it beats
twice a second."""

ASLEEP = 2.0
"""Seconds between two looks that say that the whole machine was asleep, or this process was."""

LAST_DATA = 52
"""Where ``struct tcp_info`` (linux/tcp.h) has the milliseconds since data came, a u32."""

STOPS = {signal.SIGINT, signal.SIGTERM}


class Watch:
    """What is known of our process and of the sockets that it waits for."""

    def __init__(self, patience: float, left: float, now: float) -> None:
        self.patience = patience
        self.due = now + left
        self.sockets: dict[bytes, socket.socket] = {}
        self._alive = self._looked = now

    def hear(self, message: bytes, descriptors: Sequence[int], now: float) -> None:
        """Take what our process, or the kernel in its name, has said."""
        kind, name = message[:1], message[1:]
        if kind == b"+":
            self.sockets[name] = socket.socket(fileno=descriptors[0])
        elif kind == b"-" and name in self.sockets:
            self.sockets.pop(name).close()
        elif kind == BEAT:
            self._alive = now
        elif message[0] in STOPS:
            self.due = min(self.due, now)

    def judge(self, now: float) -> tuple[list[socket.socket], bool]:
        """Return the sockets to be cut, and whether it is because the source is silent.

        All of them, where our process should have ended. Otherwise those that nothing has come
        from, and nothing unread has come from before, where nothing has come from any.
        """
        if now - self._looked > ASLEEP:
            self._alive = now
        self._looked = now
        still = now - self._alive
        if still >= STANDS_STILL and now >= self.due:
            return list(self.sockets.values()), False
        if still < self.patience or any(
            silent_for(s) < self.patience for s in self.sockets.values()
        ):
            return [], False
        silent = [s for s in self.sockets.values() if not has_unread(s)]
        return silent, bool(silent)


def silent_for(connection: socket.socket) -> float:
    """Return for how many seconds no data has come; 0.0 where the kernel does not say."""
    with contextlib.suppress(OSError):
        told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LAST_DATA + 4)
        if len(told) == LAST_DATA + 4:
            return float(struct.unpack_from("=I", told, LAST_DATA)[0]) / 1000
    return 0.0


def has_unread(connection: socket.socket) -> bool:
    """Whether something has come that our process has not taken yet."""
    return bool(select.select([connection], [], [], 0)[0])


def cut(connection: socket.socket) -> None:
    """End a connection, also for the process that reads from it; one that has ended stays so."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def main() -> None:
    """Watch until our process ends, or says no more."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # those are for the process that is watched
    ours = socket.socket(fileno=0)
    ours.settimeout(TICK)
    watch = Watch(float(sys.argv[1]), float(sys.argv[2]), time.monotonic())
    while True:
        try:
            message, descriptors, _, _ = socket.recv_fds(ours, 64, 1)
        except TimeoutError:
            pass
        else:
            if not message:
                return
            watch.hear(message, descriptors, time.monotonic())
        found, is_silent = watch.judge(time.monotonic())
        if is_silent:
            ours.send(CUT)
        for connection in found:
            cut(connection)


if __name__ == "__main__":
    with contextlib.suppress(ConnectionError):  # our process has ended while it was spoken to
        main()
