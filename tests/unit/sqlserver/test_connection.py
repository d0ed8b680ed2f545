"""Connecting to SQL Server: what is said where nobody answers, and what the driver is told."""

import socket
import traceback

import pytest
from pydantic import SecretStr

from tableferry.config import Login, SourceSettings
from tableferry.errors import ConfigError, TableferryError, TransientError
from tableferry.sqlserver.connection import check_columns, connect
from tableferry.sqlserver.driver_connection import connection_string
from tests.support.specs import source_settings


def text_of(settings: SourceSettings) -> str:
    return connection_string(settings, Login(settings.user, settings.password))


def test_a_port_where_nobody_listens_is_told_with_host_port_and_variables() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(TransientError) as raised:
        connect(source_settings(port=port))
    assert f"127.0.0.1:{port}" in raised.value.message
    assert "SQL_SERVER_MCTM_HOST" in raised.value.hint
    assert "SQL_SERVER_MCTM_PORT" in raised.value.hint
    assert not raised.value.reached
    assert "canary-pass" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 64 + ".example.com"])
def test_a_host_name_that_is_none_names_the_variable(host: str) -> None:
    with pytest.raises(ConfigError) as raised:
        connect(source_settings(host=host, encrypt="yes"))
    assert repr(host) in raised.value.message
    assert "SQL_SERVER_MCTM_HOST" in raised.value.hint


def test_a_server_that_says_nothing_is_given_up_after_the_timeout() -> None:
    with (
        socket.create_server(("127.0.0.1", 0), backlog=5) as silent,
        pytest.raises(TransientError) as raised,
    ):
        connect(source_settings(port=silent.getsockname()[1], connect_timeout=1))
    assert not raised.value.reached
    assert "canary-pass" not in "".join(traceback.format_exception(raised.value))


def test_an_undocumented_error_of_the_driver_is_withheld_since_it_quotes_the_password() -> None:
    """mssql-python raises TypeError with its whole connection string for a text it cannot encode.

    The settings refuse such a text, but a login that a secret store returns later is not theirs.
    """
    stored = Login("sa", SecretStr("canary-stored\ud800"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings = source_settings(port=server.getsockname()[1])
        with pytest.raises(TableferryError) as raised:
            connect(settings.with_login_source(lambda _refused: stored))
    assert "the driver failed to connect: TypeError at " in raised.value.message
    assert "canary-stored" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    ("password", "written"),
    [("a;b=c", "PWD={a;b=c}"), ("a}b{c", "PWD={a}}b{c}"), ("}", "PWD={}}}"), (" x ", "PWD={ x }")],
)
def test_a_password_of_any_signs_is_one_value(password: str, written: str) -> None:
    assert f";{written};" in text_of(source_settings(password=password))


def test_a_certificate_is_verified_unless_said_otherwise() -> None:
    text = text_of(source_settings(host="sql.example.com"))
    assert "Encrypt={yes}" in text
    assert "TrustServerCertificate={no}" in text


def test_an_answer_with_other_columns_is_an_error() -> None:
    check_columns(["A", "b"], ["a", "B"])
    for found in (["a"], ["a", "b", "c"], ["b", "a"], []):
        with pytest.raises(TransientError):
            check_columns(found, ["a", "b"])
