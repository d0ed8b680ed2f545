"""PRELOGIN, TLS and LOGIN7 as clients meet them."""

import socket
import ssl

import pytest

from tableferry_sandbox.faults import Redirect, RefuseLogin
from tableferry_sandbox.tds_server import SandboxServer

OFF, ON, NOT_SUPPORTED, REQUIRED = 0, 1, 2, 3


def numbers(tokens):
    return [data[0] for name, data in tokens if name in {"ERROR", "INFO"}]


def test_a_login_is_acknowledged_with_database_collation_language_and_packet_size(raw, engine):
    client = raw(login=False, packet_size=8000)
    tokens = client.login()
    changes = [data for name, data in tokens if name == "ENVCHANGE"]
    assert [change[0] for change in changes] == [1, 7, 2, 4]
    assert "McTM".encode("utf-16-le") in changes[0]
    assert changes[1] == b"\x07\x05\x09\x04\xd0\x00\x34\x00"
    assert changes[3].startswith(b"\x04\x04" + "8000".encode("utf-16-le"))
    assert numbers(tokens) == [5701, 5703]
    ack = next(data for name, data in tokens if name == "LOGINACK")
    assert ack[:5] == b"\x01\x74\x00\x00\x04"
    assert ack[-4:] == b"\x10\x00\x10\x27"
    assert tokens[-1] == ("DONE", (0, 0))
    request = engine.logins[-1]
    assert (request.user, request.password, request.database) == ("reader", "pässwörd 1", "McTM")
    assert (request.application, request.host) == ("raw", "host")


def test_a_login_may_ask_for_a_language(raw, engine):
    """MS-TDS 2.2.6.4, Language; the server answers with that of the session."""
    tokens = raw(login=False).login(language="British")
    assert engine.logins[-1].language == "British"
    announced = [data for name, data in tokens if name == "ENVCHANGE" and data[0] == 2]
    assert announced == [b"\x02\x07" + "British".encode("utf-16-le") + b"\0"]


def test_features_are_acknowledged_only_where_they_are_supported(raw):
    client = raw(login=False, features=[(0x01, b""), (0x04, b"\x01"), (0x0A, b""), (0x0D, b"\x01")])
    tokens = client.login()
    assert ("FEATUREEXTACK", [(0x0A, b"\x01")]) in tokens


def test_a_client_without_features_gets_no_feature_acknowledgement(raw):
    assert "FEATUREEXTACK" not in [name for name, _ in raw(login=False).login()]


def test_a_failed_login_returns_18456_and_closes_the_connection(raw):
    client = raw(login=False)
    tokens = client.login(password="wrong")
    assert tokens[0] == ("ERROR", (18456, 1, 14, "Login failed for user 'reader'.", 1))
    assert tokens[-1] == ("DONE", (2, 0))
    with pytest.raises(ConnectionError):
        client.receive()


def test_an_unknown_database_returns_4060_and_18456(raw):
    assert numbers(raw(login=False).login(database="Nowhere")) == [4060, 18456]


def test_integrated_authentication_is_refused_by_18452(raw):
    assert numbers(raw(login=False).login(flags2=0x80)) == [18452]


def test_a_password_change_at_login_is_refused(raw):
    assert numbers(raw(login=False).login(flags3=0x01)) == [50000]


def test_an_old_tds_version_is_refused_with_the_supported_versions(raw):
    tokens = raw(login=False, version=0x71000001).login()
    assert "TDS 7.3 and 7.4" in tokens[0][1][3]


def test_a_scripted_fault_refuses_the_next_login_only(raw, server):
    server.faults.on_login(RefuseLogin(18488, "The password must be changed."))
    assert numbers(raw(login=False).login()) == [18488]
    assert numbers(raw(login=False).login()) == [5701, 5703]


def test_a_login_is_routed_to_another_server_instead_of_being_served(raw, server):
    server.faults.redirect_logins(Redirect("other.example.com", 11005))
    client = raw(login=False)
    tokens = client.login()
    assert [name for name, _ in tokens] == ["LOGINACK", "ENVCHANGE", "DONE"]
    name = "other.example.com"
    target = b"\x00" + (11005).to_bytes(2, "little") + len(name).to_bytes(2, "little")
    target += name.encode("utf-16-le")
    assert tokens[1][1] == b"\x14" + len(target).to_bytes(2, "little") + target + b"\0\0"
    with pytest.raises(ConnectionError):
        client.receive()
    server.faults.redirect_logins(None)
    assert numbers(raw(login=False).login()) == [5701, 5703]


def test_read_only_routing_leaves_other_logins_where_they_are(raw, server):
    server.faults.redirect_logins(Redirect("other.example.com", 1433, read_only=True))
    assert numbers(raw(login=False).login()) == [5701, 5703]


def test_a_refused_login_is_not_routed(raw, server):
    server.faults.redirect_logins(Redirect("other.example.com", 1433))
    assert numbers(raw(login=False).login(password="wrong")) == [18456]


@pytest.mark.parametrize(
    ("tls", "client", "answer"),
    [
        ("optional", OFF, OFF),
        ("optional", ON, ON),
        ("optional", NOT_SUPPORTED, NOT_SUPPORTED),
        ("optional", REQUIRED, ON),
        ("required", OFF, REQUIRED),
        ("required", ON, ON),
        ("required", NOT_SUPPORTED, REQUIRED),
        ("off", OFF, NOT_SUPPORTED),
        ("off", ON, NOT_SUPPORTED),
        ("off", NOT_SUPPORTED, NOT_SUPPORTED),
    ],
)
def test_encryption_is_negotiated_as_in_ms_tds(make_engine, raw_on, tls, client, answer):
    with SandboxServer(make_engine(), tls=tls) as server:
        assert raw_on(server, encryption=client).prelogin[1] == bytes([answer])


def test_a_client_that_cannot_encrypt_is_refused_where_tls_is_required(make_engine, raw_on):
    with SandboxServer(make_engine(), tls="required") as server:
        client = raw_on(server, encryption=NOT_SUPPORTED)
        with pytest.raises(ConnectionError):
            client.login()


def test_a_scripted_fault_makes_the_server_refuse_tls(server, raw):
    server.faults.refuse_tls()
    assert raw(login=False, encryption=ON).prelogin[1] == bytes([NOT_SUPPORTED])
    server.faults.clear()
    assert raw(login=False, encryption=ON).prelogin[1] == bytes([ON])


class TlsClient:
    """TLS over a raw client: the handshake inside PRELOGIN packets, then plain records."""

    def __init__(self, client, ca_pem):
        self.client = client
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cadata=ca_pem.decode())
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                client.send(0x12, self.outgoing.read())
                self.incoming.write(client.receive())

    def send(self, data):
        self.tls.write(data)
        self.client.socket.sendall(self.outgoing.read())


def record_login(client, **options):
    """Return the bytes that ``login`` would send."""
    sent = []
    real, client.socket = client.socket, type("Catch", (), {"sendall": staticmethod(sent.append)})()
    receive, client.receive = client.receive, lambda: b""
    try:
        client.login(**options)
    finally:
        client.socket, client.receive = real, receive
    return b"".join(sent)


def test_when_both_sides_say_off_only_the_login_packet_is_encrypted(server, raw):
    client = raw(login=False, encryption=OFF)
    tls = TlsClient(client, server.certificate_pem)
    assert tls.tls.version() == "TLSv1.2"
    tls.send(record_login(client))
    assert b"\xad" in client.receive()  # in the clear
    assert client.ask("SELECT ROWS 1")[1] == ("ROW", 0)


def test_when_one_side_says_on_everything_is_encrypted(server, raw):
    client = raw(login=False, encryption=ON)
    tls = TlsClient(client, server.certificate_pem)
    tls.send(record_login(client))
    assert client.file.read(1) == b"\x17"  # a TLS record of application data


@pytest.mark.parametrize(("encryption", "encrypted"), [(OFF, False), (ON, True)])
def test_a_session_knows_whether_it_is_encrypted(server, raw, engine, encryption, encrypted):
    client = raw(login=False, encryption=encryption)
    TlsClient(client, server.certificate_pem).send(record_login(client))
    client.file.read(1)
    assert engine.sessions[0].encrypted is encrypted


def test_the_server_listens_on_loopback_and_nowhere_else(server):
    assert server.host == "127.0.0.1"
    assert socket.gethostbyname(server.host).startswith("127.")


def test_stopping_does_not_wait_for_a_client_that_does_not_read(make_engine, raw_on):
    server = SandboxServer(make_engine()).start()
    client = raw_on(server)
    client.login()
    client.batch("SELECT ROWS 500000000")
    client.file.read(8)
    server.stop()
    assert server.connections == 0


def test_stopping_ends_every_connection_and_frees_the_port(make_engine, raw_on):
    server = SandboxServer(make_engine()).start()
    client = raw_on(server)
    client.login()
    server.stop()
    with pytest.raises(ConnectionError):
        client.ask("SELECT ROWS 1")
    again = SandboxServer(make_engine(), port=server.port)
    with again:
        raw_on(again).login()
