"""A TCP proxy between a client and a real server that injects faults on demand.

Every fault can be set before or during a connection, for either direction::

    proxy.faults.cut_after(200_000, Direction.TO_CLIENT)
    proxy.faults.stall(Direction.TO_CLIENT)      # bytes are held back until ``heal``
    proxy.faults.go_deaf()                       # connections are accepted but never answered
"""

import contextlib
import enum
import selectors
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import Self

CHUNK = 16_384
TICK = 0.02
"""Seconds after which a waiting thread checks whether it should stop."""


class Direction(enum.Enum):
    """The direction in which bytes are sent."""

    TO_SERVER = "to server"
    TO_CLIENT = "to client"


@dataclass
class ProxyFaults:
    """The faults of a proxy; without any, it forwards everything immediately."""

    _lock: threading.Condition = field(default_factory=threading.Condition)
    _delay: dict[Direction, float] = field(default_factory=dict)
    _budget: dict[Direction, int] = field(default_factory=dict)
    _stalled: set[Direction] = field(default_factory=set)
    _reset: bool = True

    def delay(self, seconds: float, direction: Direction) -> None:
        """Delay every piece of data by this many seconds."""
        with self._lock:
            self._delay[direction] = seconds

    def stall(self, direction: Direction) -> None:
        """Forward nothing in this direction; the connection stays open."""
        with self._lock:
            self._stalled.add(direction)

    def go_deaf(self) -> None:
        """Become a black hole for open and new connections: no data, no close."""
        with self._lock:
            self._stalled.update(Direction)

    def cut_after(self, count: int, direction: Direction, *, reset: bool = True) -> None:
        """Cut the connection after ``count`` more bytes, by RST or by FIN.

        The bytes before the cut are forwarded. Later connections are cut at once, until ``heal``.
        """
        with self._lock:
            self._budget[direction] = count
            self._reset = reset

    def heal(self) -> None:
        """Remove every fault and forward what was held back."""
        with self._lock:
            self._delay.clear()
            self._budget.clear()
            self._stalled.clear()
            self._lock.notify_all()

    def allowance(self, count: int, direction: Direction) -> int:
        """Return how many of ``count`` bytes may pass before the cut, and deduct them."""
        with self._lock:
            left = self._budget.get(direction)
            if left is None:
                return count
            passing = min(left, count)
            self._budget[direction] = left - passing
            return passing

    def is_spent(self, direction: Direction) -> bool:
        """Return whether the cut in this direction is due."""
        with self._lock:
            return self._budget.get(direction) == 0

    def wait_turn(self, direction: Direction, stopped: threading.Event) -> None:
        """Wait until data may be forwarded in this direction, or the connection has ended."""
        with self._lock:
            pause = self._delay.get(direction, 0.0)
        if pause:
            stopped.wait(pause)
        with self._lock:
            while direction in self._stalled and not stopped.is_set():
                self._lock.wait(TICK)

    @property
    def resets(self) -> bool:
        """Whether a cut is an RST rather than a FIN."""
        with self._lock:
            return self._reset


class TcpProxy:
    """Listens on a loopback port and forwards connections to ``host``:``port``."""

    def __init__(self, host: str, port: int) -> None:
        self.host = "127.0.0.1"
        self.faults = ProxyFaults()
        self._passed = dict.fromkeys(Direction, 0)
        self.connections = 0
        self._upstream = (host, port)
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._stopped = threading.Event()
        self._links: list[_Link] = []
        self._lock = threading.Lock()
        self._acceptor = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._acceptor.start()

    def cut_all(self) -> None:
        """Reset every open connection now."""
        with self._lock:
            links = list(self._links)
        for link in links:
            link.cut(reset=True)

    def close(self) -> None:
        """Stop listening and end every connection."""
        self._stopped.set()
        self._acceptor.join()
        self._listener.close()
        for link in self._links:
            link.cut(reset=False)
            link.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def passed(self) -> dict[Direction, int]:
        """Bytes forwarded so far, over all connections."""
        with self._lock:
            return dict(self._passed)

    def send(self, sink: socket.socket, data: memoryview, direction: Direction) -> int:
        """Forward what ``sink`` accepts now, counted before the receiver can look."""
        with self._lock:
            sent = sink.send(data)
            self._passed[direction] += sent
            return sent

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            while not self._stopped.is_set():
                if not selector.select(TICK):
                    continue
                client, _ = self._listener.accept()
                self.connections += 1
                try:
                    server = socket.create_connection(self._upstream, timeout=10)
                except OSError:
                    client.close()
                    continue
                with self._lock:
                    self._links.append(_Link(self, client, server))


class _Link:
    """One connection through the proxy: two sockets and a thread for each direction.

    The last thread to end closes the sockets, so that none is closed during another thread's call.
    """

    def __init__(self, proxy: TcpProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._sockets = (client, server)
        self._stopped = threading.Event()
        self._reset = False
        self._running = 2
        self._lock = threading.Lock()
        for end in self._sockets:
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        flows = ((client, server, Direction.TO_SERVER), (server, client, Direction.TO_CLIENT))
        self._threads = [
            threading.Thread(
                target=self._run, args=flow, name=f"proxy {flow[2].value}", daemon=True
            )
            for flow in flows
        ]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait for the threads to end; call ``cut`` first."""
        for thread in self._threads:
            thread.join()

    def cut(self, *, reset: bool) -> None:
        """End both connections within a tick, by RST or by FIN."""
        with self._lock:
            if not self._stopped.is_set():
                self._reset = reset
                self._stopped.set()

    def _run(self, source: socket.socket, sink: socket.socket, direction: Direction) -> None:
        try:
            self._pass(source, sink, direction)
        except OSError:
            self.cut(reset=True)  # one end was reset, so reset the other
        finally:
            with self._lock:
                self._running -= 1
                is_last = self._running == 0
            if is_last:
                self._close()

    def _pass(self, source: socket.socket, sink: socket.socket, direction: Direction) -> None:
        faults = self._proxy.faults
        while not self._stopped.is_set():
            if faults.is_spent(direction):
                self.cut(reset=faults.resets)
                return
            if not _ready(source, selectors.EVENT_READ):
                continue
            data = source.recv(CHUNK)
            faults.wait_turn(direction, self._stopped)
            if not data:
                sink.shutdown(socket.SHUT_WR)
                return
            passing = memoryview(data)[: faults.allowance(len(data), direction)]
            while passing and not self._stopped.is_set():
                if _ready(sink, selectors.EVENT_WRITE):
                    passing = passing[self._proxy.send(sink, passing, direction) :]

    def _close(self) -> None:
        for end in self._sockets:
            if self._reset:
                linger = struct.pack("ii", 1, 0)  # closing then sends RST, not FIN
                with contextlib.suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            end.close()


def _ready(end: socket.socket, event: int) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(end, event)
        return bool(selector.select(TICK))
