"""Connections as arguments: secrets, and where the password of a URL without one is found."""

import json
from pathlib import Path

import pytest

from tableferry.aws import vault
from tableferry.cli import connecting
from tableferry.cli.connecting import password_in_file, source_of, target_of
from tableferry.errors import ConfigError, TransientError

WHERE = {"host": "db.example", "port": "5432", "db": "warehouse", "user": "loader"}

HELD = {
    "secretsmanager:prod/mctm": json.dumps(
        {"username": "reader", "password": "canary", "host": "sql.example", "dbname": "McTM"}
    ),
    "secretsmanager:odd": json.dumps({"token": "canary"}),
    "secretsmanager:only": "canary-only",
}


@pytest.fixture(autouse=True)
def held(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A vault with some secrets, and an environment without passwords."""

    def secret(_self: object, reference: str) -> str:
        if reference == "secretsmanager:away":
            raise TransientError("AWS does not answer")
        return HELD[reference]

    monkeypatch.setattr(vault.AwsVault, "secret", secret)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (connecting.SOURCE_VARIABLE, connecting.TARGET_VARIABLE, connecting.PASSFILE):
        monkeypatch.delenv(name, raising=False)


def test_a_secret_holds_a_whole_connection() -> None:
    found = source_of("secretsmanager:prod/mctm")
    assert (found.host, found.db, found.user) == ("sql.example", "McTM", "reader")
    assert found.with_login(lambda login: login.password.get_secret_value()) == "canary"


def test_a_secret_without_a_connection_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="The secret of the source cannot be used") as refused:
        source_of("secretsmanager:odd")
    assert "secretsmanager:odd holds no connection" in refused.value.message
    assert "canary" not in str(refused.value)


def test_a_vault_that_does_not_answer_is_asked_again_later() -> None:
    with pytest.raises(TransientError, match="AWS does not answer"):
        target_of("secretsmanager:away")


def test_the_variable_may_name_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQL_SERVER_PASSWORD", "secretsmanager:only")
    found = source_of("mssql://reader@sql.example/McTM")
    assert found.with_login(lambda login: login.password.get_secret_value()) == "canary-only"


def test_a_person_is_asked_last(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def ask(question: str) -> str:
        asked.append(question)
        return "typed"

    url = "postgresql://loader@db.example/warehouse"
    assert target_of(url, ask).password.get_secret_value() == "typed"
    monkeypatch.setenv("PGPASSWORD", "set")
    assert target_of(url, ask).password.get_secret_value() == "set"
    assert asked == ["Password of the target, loader at db.example: "]


def test_a_login_without_a_password_is_not_asked_for_one() -> None:
    found = source_of("mssql://sql.example/McTM?auth=entra-default".replace("//", "//@"))
    assert found.user == ""


def test_a_password_may_be_a_part_of_the_url() -> None:
    found = target_of("postgresql://loader:a%3Ab@db.example/warehouse")
    assert found.password.get_secret_value() == "a:b"


@pytest.mark.parametrize(
    ("line", "password"),
    [
        ("db.example:5432:warehouse:loader:right", "right"),
        ("*:*:*:*:right", "right"),
        ("*:*:*:*:ri:ght", "ri:ght"),
        (r"*:*:*:*:ri\:g\\ht", r"ri:g\ht"),
        ("db.example:5433:warehouse:loader:wrong", ""),
        ("db.example:5432:other:loader:wrong", ""),
        ("db.example:5432:warehouse:other:wrong", ""),
        ("#*:*:*:*:wrong", ""),
        ("*:*:*", ""),
        ("", ""),
    ],
)
def test_a_line_of_the_password_file_counts_where_its_fields_match(
    tmp_path: Path, line: str, password: str
) -> None:
    path = tmp_path / "passwords"
    path.write_text(f"{line}\n", encoding="utf-8")
    path.chmod(0o600)
    assert password_in_file(WHERE, path) == password


def test_a_socket_is_localhost_in_the_password_file(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    path.write_text("localhost:*:*:*:right\n", encoding="utf-8")
    path.chmod(0o600)
    assert password_in_file({**WHERE, "host": "/tmp"}, path) == "right"


def test_without_a_password_file_there_is_no_password(tmp_path: Path) -> None:
    assert password_in_file(WHERE, tmp_path / "none") == ""
