"""A server that sends its logins to another one: read-only routing, Azure's redirect.

Whom the password goes to is verified each time.
"""

import contextlib
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tableferry import sqlserver
from tableferry.config import SourceSettings
from tableferry.errors import ConfigError
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.faults import Redirect
from tableferry_sandbox.tds_server import SandboxServer
from tests.support.authority import Authority
from tests.support.sandbox import PASSWORD, USER

Serve = Callable[..., SandboxServer]


@pytest.fixture(scope="module")
def engine() -> Iterator[Server]:
    with contextlib.closing(Server()) as engine:
        engine.add_login(USER, PASSWORD)
        engine.create_database("McTM")
        yield engine


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.new()


@pytest.fixture
def serve(engine: Server, authority: Authority) -> Iterator[Serve]:
    """Starts servers; by default with a certificate for these hosts by the test's authority."""
    with contextlib.ExitStack() as stack:

        def start(*hosts: str, by: Authority = authority, **options: Any) -> SandboxServer:
            certificate = by.certify(*hosts) if hosts else None
            return stack.enter_context(SandboxServer(engine, certificate=certificate, **options))

        yield start


def settings_of(server: SandboxServer, **changes: Any) -> SourceSettings:
    values = {
        "prefix": "SQL_SERVER_MCTM_",
        "host": "localhost",
        "port": server.port,
        "db": "McTM",
        "user": USER,
        "password": PASSWORD,
    }
    return SourceSettings(**{**values, **changes})


def redirect(from_: SandboxServer, to: SandboxServer, host: str = "127.0.0.1", **how: Any) -> None:
    from_.faults.redirect_logins(Redirect(host, to.port, **how))


def refused(settings: SourceSettings) -> ConfigError:
    with pytest.raises(ConfigError) as raised:
        sqlserver.connect(settings)
    assert PASSWORD not in raised.value.message + raised.value.hint
    return raised.value


def test_the_server_that_logins_are_sent_to_is_verified_by_the_ca_file(
    serve: Serve, authority: Authority, tmp_path: Path
) -> None:
    listener, secondary = serve("localhost"), serve("127.0.0.1")
    redirect(listener, secondary)
    with sqlserver.connect(settings_of(listener, ca_file=authority.write(tmp_path))) as found:
        assert found.rows("SELECT DB_NAME() AS name", ["name"]) == [("McTM",)]
        assert (listener.connections, secondary.connections) == (0, 1)


def test_each_of_two_authorities_in_one_file_verifies_its_server(
    serve: Serve, authority: Authority, tmp_path: Path
) -> None:
    other = Authority.new("Another")
    listener, secondary = serve("localhost"), serve("127.0.0.1", by=other)
    redirect(listener, secondary)
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(authority.pem + other.pem)
    with sqlserver.connect(settings_of(listener, ca_file=str(bundle))):
        assert secondary.connections == 1


@pytest.mark.parametrize("case", ["another authority", "another name", "no tls"])
def test_a_server_that_cannot_be_verified_does_not_get_the_password(
    serve: Serve, authority: Authority, tmp_path: Path, case: str
) -> None:
    listener = serve("localhost")
    secondary = {
        "another authority": lambda: serve("127.0.0.1", by=Authority.new("Another")),
        "another name": lambda: serve("sql.example.com"),
        "no tls": lambda: serve(tls="off"),
    }[case]()
    redirect(listener, secondary)
    secondary.faults.on_login()
    error = refused(settings_of(listener, ca_file=authority.write(tmp_path)))
    assert error.code == "TLS"
    assert f"127.0.0.1:{secondary.port}" in error.message
    if case != "no tls":
        assert f"localhost:{listener.port} sends its logins there" in error.hint
    assert secondary.faults.take_login() is not None, "no login has arrived there"


def test_read_only_routing_is_for_those_who_declare_it(
    serve: Serve, authority: Authority, tmp_path: Path
) -> None:
    listener, secondary = serve("localhost"), serve("127.0.0.1")
    redirect(listener, secondary, read_only=True)
    ca_file = authority.write(tmp_path)
    for intent in (False, True):
        settings = settings_of(listener, ca_file=ca_file, read_only_intent=intent)
        with sqlserver.connect(settings):
            assert (listener.connections, secondary.connections) == (not intent, intent)


def test_a_listener_may_send_logins_to_another_listener(
    serve: Serve, authority: Authority, tmp_path: Path
) -> None:
    first, second, third = serve("localhost"), serve("127.0.0.1"), serve("127.0.0.1")
    redirect(first, second)
    redirect(second, third)
    with sqlserver.connect(settings_of(first, ca_file=authority.write(tmp_path))):
        assert third.connections == 1


def test_servers_that_send_logins_to_each_other_are_told_apart_from_a_slow_one(
    serve: Serve, authority: Authority, tmp_path: Path
) -> None:
    first, second = serve("localhost", "127.0.0.1"), serve("localhost", "127.0.0.1")
    redirect(first, second)
    redirect(second, first)
    error = refused(settings_of(first, ca_file=authority.write(tmp_path)))
    assert "redirects its logins more than 5 times" in error.message


def test_without_a_ca_file_the_driver_follows_by_itself(serve: Serve) -> None:
    listener, secondary = serve("localhost"), serve("127.0.0.1")
    redirect(listener, secondary)
    with sqlserver.connect(settings_of(listener)):
        assert secondary.connections == 1


def test_a_self_signed_certificate_is_its_own_authority(serve: Serve, tmp_path: Path) -> None:
    server = serve(tls="required")
    (tmp_path / "server.pem").write_bytes(server.certificate_pem)
    with sqlserver.connect(settings_of(server, ca_file=str(tmp_path / "server.pem"))):
        assert server.connections == 1


@pytest.mark.parametrize(
    ("version", "name"), [(ssl.TLSVersion.TLSv1, "TLS 1.0"), (ssl.TLSVersion.TLSv1_1, "TLS 1.1")]
)
@pytest.mark.parametrize("how", ["ca_file", "verified", "trusted", "optional"])
def test_a_server_with_an_old_tls_only_is_told_what_it_has_and_needs(
    serve: Serve, authority: Authority, tmp_path: Path, version: ssl.TLSVersion, name: str, how: str
) -> None:
    server = serve("localhost", tls_version=version)
    changes: dict[str, Any] = {
        "ca_file": {"ca_file": authority.write(tmp_path)},
        "verified": {"encrypt": "yes", "trust_certificate": False},
        "trusted": {"encrypt": "yes", "trust_certificate": True},
        "optional": {"encrypt": "optional", "trust_certificate": True},
    }[how]
    error = refused(settings_of(server, **changes))
    assert f"offers {name} at most, and TLS 1.2 is required" in error.message
    assert "Enable TLS 1.2" in error.hint
    assert "CA_FILE" not in error.hint
