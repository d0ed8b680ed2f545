"""The proxy's faults do what they say, seen by a client of a plain echo server."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.support.proxy import Direction, TcpProxy

MakeProxy = Callable[[str, int], TcpProxy]


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    """A server that sends back what it gets."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(65_536):
                    connection.sendall(data)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield listener.getsockname()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


@pytest.fixture
def proxy(echo: tuple[str, int], proxy_to: MakeProxy) -> TcpProxy:
    return proxy_to(*echo)


def connect(proxy: TcpProxy) -> socket.socket:
    return socket.create_connection((proxy.host, proxy.port), timeout=10)


def receive(client: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = client.recv(count - len(data))
        if not piece:
            break
        data += piece
    return data


def test_without_faults_every_byte_passes_both_ways(proxy: TcpProxy) -> None:
    payload = bytes(range(256)) * 2_000
    with connect(proxy) as client:
        sender = threading.Thread(target=client.sendall, args=(payload,))
        sender.start()
        assert receive(client, len(payload)) == payload
        sender.join()
    assert proxy.passed == {Direction.TO_SERVER: 512_000, Direction.TO_CLIENT: 512_000}


def test_a_cut_lets_exactly_so_many_bytes_pass_and_resets(proxy: TcpProxy) -> None:
    proxy.faults.cut_after(10, Direction.TO_CLIENT)
    with connect(proxy) as client:
        client.sendall(b"x" * 100)
        assert receive(client, 10) == b"x" * 10
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert proxy.passed[Direction.TO_CLIENT] == 10


def test_a_cut_by_fin_ends_the_stream_without_an_error(proxy: TcpProxy) -> None:
    proxy.faults.cut_after(10, Direction.TO_CLIENT, reset=False)
    with connect(proxy) as client:
        client.sendall(b"x" * 10)
        assert receive(client, 11) == b"x" * 10


def test_a_cut_towards_the_server_resets_the_client_too(proxy: TcpProxy) -> None:
    proxy.faults.cut_after(3, Direction.TO_SERVER)
    with connect(proxy) as client, pytest.raises(ConnectionResetError):
        client.sendall(b"abcdef")
        while client.recv(100):
            pass
    assert proxy.passed[Direction.TO_SERVER] == 3


def test_a_stalled_stream_goes_on_when_healed(proxy: TcpProxy) -> None:
    proxy.faults.stall(Direction.TO_CLIENT)
    with connect(proxy) as client:
        client.sendall(b"late")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(4)
        proxy.faults.heal()
        client.settimeout(10)
        assert receive(client, 4) == b"late"


def test_a_deaf_proxy_takes_connections_and_never_answers(proxy: TcpProxy) -> None:
    proxy.faults.go_deaf()
    with connect(proxy) as client:
        client.sendall(b"anybody?")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)


def test_a_delay_holds_data_back_but_loses_none(proxy: TcpProxy) -> None:
    proxy.faults.delay(0.3, Direction.TO_CLIENT)
    with connect(proxy) as client:
        client.sendall(b"slow")
        client.settimeout(0.05)
        with pytest.raises(TimeoutError):
            client.recv(4)
        client.settimeout(10)
        assert receive(client, 4) == b"slow"


def test_cutting_all_resets_open_connections_and_new_ones_work(proxy: TcpProxy) -> None:
    with connect(proxy) as client:
        client.sendall(b"a")
        assert receive(client, 1) == b"a"
        proxy.cut_all()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with connect(proxy) as client:
        client.sendall(b"b")
        assert receive(client, 1) == b"b"
