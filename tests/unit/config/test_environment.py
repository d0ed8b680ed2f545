"""Settings: the environment wins over .env, all problems at once, no secret in a message."""

import json
import os
import traceback
from pathlib import Path

import pytest

from tableferry.config import (
    Encrypt,
    Settings,
    SourceSettings,
    SslMode,
    TargetSettings,
    find_env_file,
    is_loopback,
    load_settings,
)
from tableferry.errors import ConfigError

SECRET = "canary-secret"
COMPLETE = {
    "SQL_SERVER_MCTM_HOST": "sql.example.com",
    "SQL_SERVER_MCTM_DB": "McTM",
    "SQL_SERVER_MCTM_USER": "reader",
    "SQL_SERVER_MCTM_PASSWORD": SECRET,
    "PG_HOST": "pg.example.com",
    "PG_DB": "target",
    "PG_USER": "writer",
    "PG_PASSWORD": SECRET,
}


@pytest.fixture(autouse=True)
def no_variables_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith(("SQL_SERVER_", "PG_")):
            monkeypatch.delenv(name)


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    def load(**changes: str) -> Settings:
        for name, value in {**COMPLETE, **changes}.items():
            monkeypatch.setenv(name, value)
        return load_settings(["mctm"])

    return load


def test_ports_default_to_1433_and_5432(load) -> None:  # type: ignore[no-untyped-def]
    settings = load()
    assert settings.sources["mctm"].port == 1433
    assert settings.target.port == 5432
    settings = load(SQL_SERVER_MCTM_PORT="14330", PG_PORT="6432")
    assert (settings.sources["mctm"].port, settings.target.port) == (14330, 6432)


def test_a_connection_over_a_network_is_encrypted_by_default(load) -> None:  # type: ignore[no-untyped-def]
    settings = load()
    assert settings.sources["mctm"].encrypt is Encrypt.YES
    assert not settings.sources["mctm"].trust_certificate
    assert settings.target.sslmode is SslMode.REQUIRE


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_a_connection_that_stays_on_the_machine_needs_no_encryption(load, host: str) -> None:  # type: ignore[no-untyped-def]
    settings = load(SQL_SERVER_MCTM_HOST=host, PG_HOST=host)
    assert settings.sources["mctm"].encrypt is Encrypt.OPTIONAL
    assert settings.sources["mctm"].trust_certificate
    assert settings.target.sslmode is SslMode.PREFER


def test_explicit_settings_apply_on_loopback_too(load) -> None:  # type: ignore[no-untyped-def]
    settings = load(
        SQL_SERVER_MCTM_HOST="127.0.0.1",
        SQL_SERVER_MCTM_ENCRYPT="strict",
        SQL_SERVER_MCTM_TRUST_CERTIFICATE="no",
        PG_HOST="127.0.0.1",
        PG_SSLMODE="require",
    )
    assert settings.sources["mctm"].encrypt is Encrypt.STRICT
    assert not settings.sources["mctm"].trust_certificate
    assert settings.target.sslmode is SslMode.REQUIRE


@pytest.mark.parametrize("host", ["localhost.example.com", "127.0.0.1.example.com", "10.0.0.1", ""])
def test_a_host_that_only_looks_local_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_every_missing_variable_is_reported_at_once() -> None:
    with pytest.raises(ConfigError) as raised:
        load_settings(["mctm", "voipdb"])
    for database in ("SQL_SERVER_MCTM", "SQL_SERVER_VOIPDB", "PG"):
        for name in ("HOST", "DB", "USER", "PASSWORD"):
            assert f"{database}_{name} is missing" in raised.value.message
    assert "PREFIX" not in raised.value.message
    assert raised.value.hint == "Set these variables in the environment (no .env found)."


def test_missing_and_malformed_variables_are_reported_together(load) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError) as raised:
        load(
            SQL_SERVER_MCTM_HOST="   ",
            SQL_SERVER_MCTM_PORT="70000",
            SQL_SERVER_MCTM_ENCRYPT="perhaps",
            SQL_SERVER_MCTM_PASSWORD="",
            PG_PORT="five",
            PG_USER="",
            PG_SSLMODE="verify-full",
            PG_CONNECT_TIMEOUT="0",
        )
    for name in [
        "SQL_SERVER_MCTM_HOST",
        "SQL_SERVER_MCTM_PORT",
        "SQL_SERVER_MCTM_ENCRYPT",
        "SQL_SERVER_MCTM_PASSWORD is missing",
        "PG_PORT",
        "PG_USER is missing",
        "PG_SSLROOTCERT is missing",
        "PG_CONNECT_TIMEOUT",
    ]:
        assert name in raised.value.message
    assert "perhaps" not in raised.value.message
    assert "70000" not in raised.value.message


def test_no_text_of_the_settings_or_of_their_errors_holds_a_password(load) -> None:  # type: ignore[no-untyped-def]
    settings = load()
    for text in [str(settings), repr(settings), str(settings.target), repr(settings.sources)]:
        assert SECRET not in text
    with pytest.raises(ConfigError) as raised:
        load(PG_PORT=SECRET, SQL_SERVER_MCTM_ENCRYPT=SECRET)
    assert SECRET not in "".join(traceback.format_exception(raised.value))
    assert SECRET not in raised.value.message + raised.value.hint


def test_the_environment_wins_over_the_env_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env_file = tmp_path / ".env"
    lines = [f"{name}={value}" for name, value in {**COMPLETE, "PG_DB": "from_file"}.items()]
    env_file.write_text("\n".join([*lines, "PG_USER=from_file", "UNRELATED=1"]))
    monkeypatch.setenv("PG_DB", "from_environment")
    settings = load_settings(["mctm"], env_file)
    assert settings.target.db == "from_environment"
    assert settings.target.user == "from_file"


def test_an_empty_variable_does_not_hide_the_env_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("\n".join(f"{name}={value}" for name, value in COMPLETE.items()))
    monkeypatch.setenv("PG_DB", "")
    assert load_settings(["mctm"], env_file).target.db == "target"


@pytest.mark.parametrize(
    ("written", "password"),
    [
        ("plain#no-comment", "plain#no-comment"),
        ("'a b # c'", "a b # c"),
        ("'${HOME}$x'", "${HOME}$x"),
        ("p${HOME}w", "p${HOME}w"),
        ('"quote \\" inside"', 'quote " inside'),
        ("Пароль=;{}", "Пароль=;{}"),
    ],
)
def test_a_password_in_the_env_file_is_taken_literally(
    tmp_path: Path, written: str, password: str
) -> None:
    env_file = tmp_path / ".env"
    lines = [f"{name}={value}" for name, value in COMPLETE.items() if name != "PG_PASSWORD"]
    env_file.write_text("\n".join([*lines, f"PG_PASSWORD={written}"]), encoding="utf-8")
    assert load_settings(["mctm"], env_file).target.password.get_secret_value() == password


def test_an_env_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    lines = "\r\n".join(f"{name}={value}" for name, value in reversed(COMPLETE.items()))
    env_file.write_text(lines, encoding="utf-8-sig")
    assert load_settings(["mctm"], env_file).target.password.get_secret_value() == SECRET


def test_an_env_file_that_is_not_utf8_is_a_configuration_error(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"PG_PASSWORD=\xff\xfe" + SECRET.encode())
    with pytest.raises(ConfigError) as raised:
        load_settings(["mctm"], env_file)
    assert str(env_file) in raised.value.message
    assert SECRET not in "".join(traceback.format_exception(raised.value))


def test_the_env_file_is_found_in_a_folder_or_right_above_it(tmp_path: Path) -> None:
    inner = tmp_path / "deployment"
    inner.mkdir()
    assert find_env_file(inner) is None
    (tmp_path / ".env").write_text("")
    assert find_env_file(inner) == tmp_path / ".env"
    (inner / ".env").write_text("")
    assert find_env_file(inner) == inner / ".env"


@pytest.mark.parametrize(
    "host", ["tcp:db.example.com", "https://db.example.com", "db,1433", "db\\SQLEXPRESS", "a b"]
)
def test_a_host_with_a_port_or_url_is_refused_with_where_the_rest_goes(load, host: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError) as raised:
        load(SQL_SERVER_MCTM_HOST=host)
    (line,) = raised.value.message.splitlines()[1:]
    assert "SQL_SERVER_MCTM_HOST is not valid" in line
    assert "SQL_SERVER_MCTM_PORT" in line
    assert host not in line


def test_an_ipv6_address_may_have_brackets_and_is_shown_in_brackets(load) -> None:  # type: ignore[no-untyped-def]
    settings = load(SQL_SERVER_MCTM_HOST=" [::1] ", PG_HOST="fe80::1%eth0")
    assert settings.sources["mctm"].host == "::1"
    assert settings.sources["mctm"].encrypt is Encrypt.OPTIONAL
    assert "[::1]:1433" in str(settings.sources["mctm"])
    assert settings.target.host == "fe80::1%eth0"


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("PG_PORT", "five", "it is not a whole number"),
        ("PG_PORT", "0", "it is less than 1"),
        ("PG_PORT", "99999", "it is more than 65535"),
        ("PG_CONNECT_TIMEOUT", "1e3", "it is not a whole number"),
        ("SQL_SERVER_MCTM_ENCRYPT", "maybe", "it is not one of optional, yes or strict"),
        ("SQL_SERVER_MCTM_TRUST_CERTIFICATE", "maybe", "it is neither true nor false"),
        ("SQL_SERVER_MCTM_MULTI_SUBNET_FAILOVER", "maybe", "it is neither true nor false"),
        ("PG_DB", "postgresql://u:secret@h/db", "it is a URL or a connection string: its parts go"),
        ("PG_USER", "u password = secret", "it is a URL or a connection string: its parts go"),
        ("SQL_SERVER_MCTM_DB", "McTM;Pwd=secret", "it is a URL or a connection string: its parts"),
    ],
)
def test_a_malformed_value_is_described_without_quoting_it(  # type: ignore[no-untyped-def]
    load, variable: str, value: str, told: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        load(**{variable: value})
    assert f"{variable} is not valid: {told}" in raised.value.message
    assert value not in str(raised.value)


FIELDS = [
    f"{prefix}{field.upper()}"
    for prefix, kind in (("SQL_SERVER_MCTM_", SourceSettings), ("PG_", TargetSettings))
    for field in kind.model_fields
    if field != "prefix"
]


@pytest.mark.parametrize("variable", FIELDS)
def test_a_variable_whose_bytes_are_not_utf8_is_refused_by_its_name(  # type: ignore[no-untyped-def]
    load, variable: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        load(**{variable: os.fsdecode(SECRET.encode() + b"\xf6\xdfe")})
    assert f"{variable} is not valid: " in raised.value.message
    assert not variable.endswith(("HOST", "SECRET", "ENCRYPT", "PASSWORD")) or (
        f"{variable} is not valid: it is not UTF-8 text" in raised.value.message
    )
    assert SECRET not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("kind", ["secretsmanager:", "ssm:"])
def test_a_reference_whose_bytes_are_not_utf8_is_refused_before_anybody_is_asked(  # type: ignore[no-untyped-def]
    load, kind: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        load(PG_PASSWORD=os.fsdecode(kind.encode() + b"\xf6\xdfe"))
    assert "PG_PASSWORD is not valid: it is not UTF-8 text" in raised.value.message
    assert "AWS" not in raised.value.message


class Secrets:
    """A vault whose secrets are connections to a database of the secret's name."""

    def secret(self, reference: str) -> str:
        name = reference.rpartition(":")[2]
        return json.dumps(
            {"host": "h.example.com", "username": "u", "password": SECRET, "dbname": name}
        )

    def token(self, host: str, port: int, user: str) -> str:
        raise AssertionError


def listed(monkeypatch: pytest.MonkeyPatch, names: str, secrets: str) -> Settings:
    monkeypatch.setenv("PG_SECRET", "target")
    monkeypatch.setenv("SQL_SERVER_NAMES", names)
    monkeypatch.setenv("SQL_SERVER_SECRETS", secrets)
    return load_settings(["mctm", "erp"], None, Secrets())


def test_two_lists_name_the_secret_of_each_source(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = listed(monkeypatch, "mctm, ERP", "arn:aws:secretsmanager:eu:1:secret:one,two")
    assert {name: one.db for name, one in settings.sources.items()} == {"mctm": "one", "erp": "two"}


def test_a_variable_of_one_source_wins_over_the_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQL_SERVER_ERP_SECRET", "another")
    assert listed(monkeypatch, "mctm,erp", "one,two").sources["erp"].db == "another"


@pytest.mark.parametrize(
    ("names", "secrets", "problem"),
    [
        ("mctm,erp", "one", "SQL_SERVER_NAMES has 2 names, SQL_SERVER_SECRETS has 1 secret"),
        ("", "one", "SQL_SERVER_NAMES has 0 names, SQL_SERVER_SECRETS has 1 secret"),
        ("mctm,,erp", "one,two,three", "SQL_SERVER_NAMES is not valid: an item is empty"),
        ("mctm,MCTM", "one,two", "SQL_SERVER_NAMES is not valid: it names mctm twice"),
    ],
)
def test_lists_that_do_not_fit_are_refused(
    monkeypatch: pytest.MonkeyPatch, names: str, secrets: str, problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        listed(monkeypatch, names, secrets)
    assert "same order" in caught.value.hint
