"""The wire is protected or it is not used: certificates, names, authorities, on both sides."""

import contextlib
import errno
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tableferry import postgres, sqlserver
from tableferry.config import Settings, SourceSettings, TargetSettings
from tableferry.errors import ConfigError, TransientError
from tableferry.inspect.check import check_tables
from tableferry.sqlserver import tls
from tableferry.sqlserver.tls import verified_certificate
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.tds_server import SandboxServer
from tests.support.authority import Authority
from tests.support.databases import PgDatabase
from tests.support.sandbox import PASSWORD, USER
from tests.support.specs import spec
from tests.support.tls_postgres import TlsPostgres


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.new()


@pytest.fixture
def ca_file(authority: Authority, tmp_path: Path) -> str:
    return authority.write(tmp_path)


@pytest.fixture(scope="module")
def engine() -> Iterator[Server]:
    with contextlib.closing(Server()) as engine:
        engine.add_login(USER, PASSWORD)
        engine.create_database("McTM")
        yield engine


Serve = Callable[..., SandboxServer]


@pytest.fixture
def serve(engine: Server, authority: Authority) -> Iterator[Serve]:
    """Starts sandboxes whose certificate the authority has made for these hosts."""
    with contextlib.ExitStack() as stack:

        def start(*hosts: str, days: int = 7, **options: Any) -> SandboxServer:
            certificate = authority.certify(*hosts, days=days)
            server = SandboxServer(engine, certificate=certificate, **options)
            return stack.enter_context(server)

        yield start


def settings_of(port: int, **changes: Any) -> SourceSettings:
    named = {"prefix": "SQL_SERVER_MCTM_", "host": "localhost", "port": port, "db": "McTM"}
    return SourceSettings(**{**named, "user": USER, "password": PASSWORD, **changes})


def refused(settings: SourceSettings) -> ConfigError:
    with pytest.raises(ConfigError) as raised:
        sqlserver.connect(settings)
    assert raised.value.code == "TLS"
    assert PASSWORD not in raised.value.message + raised.value.hint
    return raised.value


def test_a_ca_file_verifies_the_source_and_the_connection_is_encrypted(
    serve: Serve, ca_file: str
) -> None:
    server = serve("localhost", tls="required")
    with sqlserver.connect(settings_of(server.port, ca_file=ca_file)) as connection:
        assert (
            sqlserver.read_facts(connection).encryption == f"TLS, certificate verified by {ca_file}"
        )
        encrypted = connection.rows(
            "SELECT encrypt_option AS e FROM sys.dm_exec_connections WHERE session_id = @@SPID",
            ["e"],
        )
    assert encrypted == [("TRUE",)]


def test_a_certificate_of_another_authority_is_refused(serve: Serve, tmp_path: Path) -> None:
    other = Authority.new("Another").write(tmp_path)
    error = refused(settings_of(serve("localhost").port, ca_file=other))
    assert "does not verify the server's certificate" in error.message
    assert "SQL_SERVER_MCTM_CA_FILE" in error.hint


def test_a_certificate_for_another_name_is_refused(serve: Serve, ca_file: str) -> None:
    error = refused(settings_of(serve("sql.example.com").port, ca_file=ca_file))
    assert "Hostname mismatch" in error.message
    assert "SQL_SERVER_MCTM_HOST" in error.hint


def test_a_certificate_that_has_expired_is_refused(serve: Serve, ca_file: str) -> None:
    error = refused(settings_of(serve("localhost", days=-1).port, ca_file=ca_file))
    assert "expired" in error.message


def test_a_source_without_tls_is_refused_where_a_ca_file_is_set(serve: Serve, ca_file: str) -> None:
    error = refused(settings_of(serve("localhost", tls="off").port, ca_file=ca_file))
    assert "does not support encryption" in error.message
    assert "SQL_SERVER_MCTM_ENCRYPT" in error.hint


def test_a_ca_file_that_is_none_is_told(serve: Serve, tmp_path: Path) -> None:
    port = serve("localhost").port
    (tmp_path / "empty.pem").write_text("")
    (tmp_path / "folder.pem").mkdir()
    for name in ("empty.pem", "missing.pem", "folder.pem"):
        with pytest.raises(ConfigError) as raised:
            sqlserver.connect(settings_of(port, ca_file=str(tmp_path / name)))
        assert "SQL_SERVER_MCTM_CA_FILE" in raised.value.hint


def test_the_driver_is_held_to_the_certificate_that_was_verified(
    serve: Serve, ca_file: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that shows another certificate the second time is another server."""
    server = serve("localhost")
    other = ssl.PEM_cert_to_DER_cert(authority.certify("localhost").certificate_pem.decode())
    monkeypatch.setattr("tableferry.sqlserver.secure_wire.SecureWire.certificate", other)
    error = refused(settings_of(server.port, ca_file=ca_file))
    assert "Certificate mismatch" in error.message
    assert "SQL_SERVER_MCTM_HOST" in error.hint


def test_the_verified_certificate_needs_no_folder_that_is_writable(
    serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    server = serve("localhost")
    settings = settings_of(server.port, ca_file=ca_file)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", read_only)
    sqlserver.connect(settings).close()
    monkeypatch.setattr(tls, "_OPEN_FILES", Path("/nowhere"))  # a system without files in memory
    with pytest.raises(ConfigError) as raised:
        sqlserver.connect(settings)
    assert "Read-only file system" in raised.value.message
    assert "TMPDIR" in raised.value.hint


def test_strict_verifies_in_the_handshake_that_comes_first(
    authority: Authority, ca_file: str, tmp_path: Path
) -> None:
    """The stand-in does not speak TDS 8; what it takes to verify is TLS alone."""
    context = authority.context("localhost")
    context.set_alpn_protocols(["tds/8.0"])
    chosen: list[str | None] = []

    def serve(listener: socket.socket) -> None:
        for _ in range(2):
            wire, _ = listener.accept()
            with contextlib.suppress(OSError), context.wrap_socket(wire, server_side=True) as tls:
                chosen.append(tls.selected_alpn_protocol())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        port = listener.getsockname()[1]
        strict = settings_of(port, ca_file=ca_file, encrypt="strict")
        other = Authority.new("Another").write(tmp_path)
        with verified_certificate(strict) as certificate:
            assert "BEGIN CERTIFICATE" in Path(certificate).read_text()
        assert not Path(certificate).exists()
        with (
            pytest.raises(ConfigError),
            verified_certificate(strict.model_copy(update={"ca_file": other})),
        ):
            pass
        thread.join()
    assert chosen == ["tds/8.0"]


def test_a_server_that_ends_the_handshake_is_a_lost_connection(ca_file: str) -> None:
    def hang_up(listener: socket.socket) -> None:
        for _ in range(2):
            wire, _ = listener.accept()
            wire.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=hang_up, args=(listener,))
        thread.start()
        with pytest.raises(TransientError) as raised:
            sqlserver.connect(settings_of(listener.getsockname()[1], ca_file=ca_file))
        thread.join()
    assert "the TLS handshake failed" in raised.value.message


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"trust_certificate": True}, "_TRUST_CERTIFICATE asks not to verify"),
        ({"encrypt": "optional"}, "_ENCRYPT does not ask for encryption"),
    ],
)
def test_a_ca_file_beside_its_opposite_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        settings_of(1433, ca_file="ca.pem", **changes)


@pytest.fixture
def tls_target(pg_database: PgDatabase, authority: Authority) -> Iterator[Callable[..., Any]]:
    """Settings of the database behind TLS, with a certificate for these hosts; none: no TLS."""
    with contextlib.ExitStack() as stack:

        def settings(*hosts: str, **changes: Any) -> TargetSettings:
            context = authority.context(*hosts) if hosts else None
            server = stack.enter_context(TlsPostgres(pg_database.host, pg_database.port, context))
            named = {"prefix": "PG_", "host": "127.0.0.1", "port": server.port}
            login = {"user": pg_database.user, "password": pg_database.password}
            return TargetSettings(**{**named, **login, "db": pg_database.name, **changes})

        yield settings


def test_a_root_certificate_verifies_the_target_and_its_name(
    tls_target: Callable[..., Any], ca_file: str
) -> None:
    settings = tls_target("127.0.0.1", sslrootcert=ca_file)
    assert settings.sslmode.value == "verify-full"
    with postgres.connect(settings) as connection:
        assert postgres.read_facts(connection).encryption == "TLS, certificate verified"


def test_required_tls_is_had_and_told_as_not_verified(tls_target: Callable[..., Any]) -> None:
    with postgres.connect(tls_target("other.example.com", sslmode="require")) as connection:
        assert postgres.read_facts(connection).encryption == "TLS, certificate not verified"


@pytest.mark.parametrize("case", ["another name", "another authority", "no tls", "no file"])
def test_a_target_that_cannot_be_verified_is_refused_with_the_variables(
    case: str, tls_target: Callable[..., Any], ca_file: str, tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    settings = {
        "another name": lambda: tls_target("other.example.com", sslrootcert=ca_file),
        "another authority": lambda: tls_target(
            "127.0.0.1", sslrootcert=Authority.new("Another").write(folder)
        ),
        "no tls": lambda: tls_target(sslmode="require"),
        "no file": lambda: tls_target("127.0.0.1", sslrootcert=str(tmp_path / "missing.pem")),
    }[case]()
    with pytest.raises(ConfigError) as raised:
        postgres.connect(settings)
    assert raised.value.code == "TLS"
    assert "PG_SSLMODE" in raised.value.hint
    assert "PG_SSLROOTCERT" in raised.value.hint


def test_a_check_shows_how_each_connection_is_protected(
    serve: Serve, ca_file: str, tls_target: Callable[..., Any]
) -> None:
    from_ = settings_of(serve("localhost").port, ca_file=ca_file)
    settings = Settings({"mctm": from_}, tls_target("127.0.0.1", sslrootcert=ca_file))
    report = check_tables([spec()], settings)
    assert [database.encryption for database in report.databases] == [
        f"TLS, certificate verified by {ca_file}",
        "TLS, certificate verified",
    ]
