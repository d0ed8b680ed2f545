"""Names of servers on the command line."""

import io

import pytest

from live.servers import PASSWORD, CannotRunError, password_for, split


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("db.example.com:1433:sa", ("db.example.com", 1433, "sa")),
        ("[::1]:1433:sa", ("::1", 1433, "sa")),
        ("db:1433:domain\\me:too", ("db", 1433, "domain\\me:too")),
    ],
)
def test_a_server_is_a_host_a_port_and_a_user(text: str, found: tuple[str, int, str]) -> None:
    assert split(text) == found


@pytest.mark.parametrize(
    "text", ["", "db", "db:1433", "db:port:sa", ":1433:sa", "db:0:sa", "db:99999:sa"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(CannotRunError, match="HOST:PORT:USER"):
        split(text)


def test_the_password_is_in_the_environment_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(PASSWORD, "Secret-1")
    assert password_for("db:1:sa", PASSWORD) == "Secret-1"
    monkeypatch.delenv(PASSWORD)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CannotRunError, match=f"set {PASSWORD}"):
        password_for("db:1:sa", PASSWORD)
