"""The proxies of the benchmark: they count what a client sends, or slow what a server sends."""

import contextlib
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import psycopg
import pymssql
import pytest

from bench import proxy
from bench.proxy import counted, postgres_meter, slowed, tds_meter
from bench.servers import serving
from bench.tables import made
from tests.support.databases import PgDatabase


def test_statements_of_a_real_client_of_postgresql_are_counted(pg_database: PgDatabase) -> None:
    where = {"host": pg_database.host, "port": pg_database.port}
    with counted(where, postgres_meter) as (settings, seen):
        through = pg_database.through("127.0.0.1", settings["port"])
        with psycopg.connect(through.conninfo, autocommit=True) as connection:
            for number in range(3):
                connection.execute("SELECT 1")
                connection.execute("SELECT %s", [number])
            with connection.cursor().copy("COPY (SELECT 1) TO STDOUT") as copy:
                list(copy)
    assert seen.requests == Counter(query=4, execute=3)
    assert seen.connections == 1


def test_batches_of_a_real_client_of_sql_server_are_counted() -> None:
    with (
        serving([made("Narrow", 10)], 0) as where,
        counted(where, tds_meter) as (settings, seen),
        pymssql.connect(
            server="127.0.0.1",
            port=str(settings["port"]),
            user=where["user"],
            password=where["password"],
            database=where["db"],
            autocommit=True,
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT 1")
        before = seen.requests.total()
        for _ in range(5):
            cursor.execute("SELECT ID FROM dbo.Narrow")
            assert len(cursor.fetchall()) == 10
    assert seen.requests.total() - before == 5
    assert seen.requests["unreadable"] == 0


def tds(kind: int, status: int, size: int) -> bytes:
    return struct.pack(">BBHHBB", kind, status, 8 + size, 0, 1, 0) + b"x" * size


@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_requests_are_counted_however_their_bytes_arrive(piece: int) -> None:
    requests = Counter[str]()
    feed = tds_meter(requests)
    login = b"\x17\x03\x03\x00\x10" + b"\x01" * 16  # an encrypted login is no request
    sent = tds(18, 1, 40) + login + tds(1, 0, 4000) + tds(1, 1, 10) + tds(3, 1, 5) + tds(14, 1, 0)
    for start in range(0, len(sent), piece):
        feed(sent[start : start + piece])
    assert requests == Counter(batch=1, call=1, transaction=1)


def test_a_connection_that_is_encrypted_throughout_is_said_to_be_unreadable() -> None:
    requests = Counter[str]()
    tds_feed = tds_meter(requests)
    for _ in range(20):
        tds_feed(b"\x17\x03\x03\x00\x02ab")
    assert requests == Counter(unreadable=1)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record how long the proxies wait, on a clock that only their waiting moves."""
    found: list[float] = []

    def sleep(seconds: float) -> None:
        found.append(seconds)

    monkeypatch.setattr(proxy.time, "sleep", sleep)
    monkeypatch.setattr(proxy.time, "perf_counter", lambda: sum(found))
    return found


def test_each_connection_is_slowed_for_itself(pauses: list[float]) -> None:
    with (
        _sender(1_000_000) as port,
        slowed({"host": "127.0.0.1", "port": port}, 2e6) as settings,
        socket.create_connection(("127.0.0.1", settings["port"])) as client,
    ):
        while client.recv(65536):
            pass
    assert sum(pauses) == pytest.approx(0.5)


@contextlib.contextmanager
def _sender(size: int) -> Iterator[int]:
    """Run a server that sends so many bytes to whoever connects first; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            client, _ = listener.accept()
            with client:
                client.sendall(b"x" * size)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join()


def test_what_passes_a_proxy_is_what_was_sent() -> None:
    meters: list[Callable[[Counter[str]], Callable[[bytes], None]]] = [tds_meter, postgres_meter]
    for meter in meters:
        with (
            _sender(300_000) as port,
            counted({"host": "127.0.0.1", "port": port}, meter) as (
                settings,
                _,
            ),
        ):
            with socket.create_connection(("127.0.0.1", settings["port"])) as client:
                got = b""
                while data := client.recv(65536):
                    got += data
            assert got == b"x" * 300_000
