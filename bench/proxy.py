"""A TCP proxy in front of a server: counts requests and connections, or slows each connection.

A real source is limited by more than the processor: a network's bandwidth, disks, a share of the
server. ``bytes_per_second`` gives each connection such a limit, so that reading through several at
once can be measured on one machine.
"""

import contextlib
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

PIECE: Final = 2**16
"""Bytes forwarded at a time: at the rates used here, a pause of 5 to 20 ms after each."""

Feed = Callable[[bytes], None]


class Proxy:
    """Listens on a loopback port and forwards connections until ``close``.

    ``meter`` makes what reads the bytes that a client sends, given ``requests`` to count in.
    """

    def __init__(
        self,
        server: dict[str, Any],
        *,
        bytes_per_second: float = 0.0,
        meter: Callable[[Counter[str]], Feed] | None = None,
    ) -> None:
        self.requests = Counter[str]()
        self.connections = 0
        self._to = (server["host"], server["port"])
        self._rate = bytes_per_second
        self._meter = meter
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    def close(self) -> None:
        """Accept no more, end what is connected, and wait for all threads."""
        # Closing alone does not wake a thread that waits in accept().
        _shut(self._listener)
        for one in tuple(self._open):
            _shut(one)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _start(self, work: Callable[..., None], *given: Any) -> threading.Thread:
        thread = threading.Thread(target=work, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._carry, client)

    def _carry(self, client: socket.socket) -> None:
        """Forward both directions of one connection until both have ended."""
        with client, socket.create_connection(self._to) as server:
            self.connections += 1
            self._open |= {client, server}
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            feed = self._meter(self.requests) if self._meter else None
            asking = self._start(_forward, client, server, 0.0, feed)
            _forward(server, client, self._rate, None)
            asking.join()
            self._open -= {client, server}


def _forward(from_: socket.socket, into: socket.socket, rate: float, feed: Feed | None) -> None:
    due = time.perf_counter()
    with contextlib.suppress(OSError):
        while data := from_.recv(PIECE):
            if feed:
                feed(data)
            into.sendall(data)
            if rate:
                # What was not used while nothing was sent is lost, as on a network.
                due = max(due, time.perf_counter()) + len(data) / rate
                time.sleep(max(0.0, due - time.perf_counter()))
    for one in (from_, into):
        _shut(one)


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def slowed(server: dict[str, Any], bytes_per_second: float) -> Iterator[dict[str, Any]]:
    """Yield the settings of a server whose every connection is limited to this rate."""
    proxy = Proxy(server, bytes_per_second=bytes_per_second)
    try:
        yield {**server, "port": proxy.port}
    finally:
        proxy.close()


@contextlib.contextmanager
def counted(
    server: dict[str, Any], meter: Callable[[Counter[str]], Feed]
) -> Iterator[tuple[dict[str, Any], Proxy]]:
    """Yield the settings of a server behind a proxy that counts, and the proxy."""
    proxy = Proxy(server, meter=meter)
    try:
        yield {**server, "port": proxy.port}, proxy
    finally:
        proxy.close()


def tds_meter(requests: Counter[str]) -> Feed:
    """Count the batches, procedure calls and transaction requests of one TDS connection.

    The login may be encrypted, with TLS records among the packets; a connection that is encrypted
    throughout is counted as ``unreadable`` ([MS-TDS] 2.2.3.1.1 has the packet types).
    """
    kinds = {1: "batch", 3: "call", 14: "transaction"}
    records = 0

    def packet(head: bytes) -> int:
        nonlocal records
        if head[0] in range(0x14, 0x18) and head[1] == 3:  # a TLS record
            records += 1
            # An encrypted login is two or three records long.
            requests["unreadable"] += records == 8
            return 5 + int(struct.unpack(">H", head[3:5])[0])
        if head[0] in kinds and head[1] & 1:  # the last packet of a message
            requests[kinds[head[0]]] += 1
        return int(struct.unpack(">H", head[2:4])[0])

    return _framed(packet, 8)


def postgres_meter(requests: Counter[str]) -> Feed:
    """Count the statements of one PostgreSQL connection: simple queries and executions."""
    kinds = {b"Q": "query", b"E": "execute"}
    started = False

    def message(head: bytes) -> int:
        nonlocal started
        if not started:
            length, code = struct.unpack(">ii", head)
            # PostgreSQL documentation, 54.7: requests for encryption come before the start.
            started = code not in {80877103, 80877104}
            return int(length)
        if head[:1] in kinds:
            requests[kinds[head[:1]]] += 1
        return 1 + int(struct.unpack(">i", head[1:5])[0])

    def needed() -> int:
        return 5 if started else 8

    return _framed(message, needed)


def _framed(measure: Callable[[bytes], int], head: int | Callable[[], int]) -> Feed:
    """Return a feed that calls ``measure`` with each message's first bytes; it returns its size."""
    kept, skip = b"", 0

    def feed(data: bytes) -> None:
        nonlocal kept, skip
        kept += data
        while True:
            if skip >= len(kept):
                skip -= len(kept)
                kept = b""
                return
            kept, skip = kept[skip:], 0
            needs = head if isinstance(head, int) else head()
            if len(kept) < needs:
                return
            skip = measure(kept[:needs])

    return feed
