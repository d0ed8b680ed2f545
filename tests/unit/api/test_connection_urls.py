"""Connections written as URLs, and that no message quotes one."""

import mssql_python
import pytest

from tableferry.config import Encrypt, SourceAuth, SourceSettings, SslMode, TargetSettings
from tableferry.config.connection_urls import NOT_PARAMETERS, source_from_url, target_from_url
from tableferry.errors import ConfigError
from tableferry.sqlserver.errors import translate

SECRET = "canary7f3a"


def test_a_source_has_all_its_parts_in_the_url() -> None:
    found = source_from_url(
        "mssql://reader:p%40ss%2Fword@sql01:1434/McTM?encrypt=strict&read_only_intent=yes"
        "&connect_timeout=5&ca_file=%2Fetc%2Fca.pem"
    )
    assert (found.host, found.port, found.db, found.user) == ("sql01", 1434, "McTM", "reader")
    assert found.password.get_secret_value() == "p@ss/word"
    assert (found.encrypt, found.read_only_intent) == (Encrypt.STRICT, True)
    assert (found.connect_timeout, found.ca_file) == (5, "/etc/ca.pem")


def test_the_port_and_the_parameters_have_the_defaults_of_the_variables() -> None:
    source = source_from_url("mssql://reader:secret@sql01/McTM")
    assert (source.port, source.encrypt, source.auth) == (1433, Encrypt.YES, SourceAuth.SQL)
    target = target_from_url("postgres://writer:secret@pg01/app")
    assert (target.port, target.sslmode) == (5432, SslMode.REQUIRE)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://writer:secret@%2Fvar%2Frun%2Fpostgresql/app",
        "postgresql://writer:secret@/app?host=/var/run/postgresql",
    ],
)
def test_the_target_may_be_a_unix_socket(url: str) -> None:
    assert target_from_url(url).host == "/var/run/postgresql"


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert target_from_url("postgresql://w:secret@[::1]:5433/app").address == "[::1]:5433"
    assert source_from_url("mssql://w:secret@[::1]/app").host == "::1"


def test_an_at_sign_in_the_password_need_not_be_encoded() -> None:
    assert target_from_url("postgresql://w:a@b@pg01/app").password.get_secret_value() == "a@b"


def test_a_plus_stands_for_itself() -> None:
    assert target_from_url("postgresql://w:a+b@pg01/app").password.get_secret_value() == "a+b"


def test_every_field_that_is_no_part_of_a_url_is_a_parameter() -> None:
    """One name for one thing: the parameters are the fields, which are the variables."""
    for kind in (SourceSettings, TargetSettings):
        assert {"connect_timeout", "auth"} <= set(kind.model_fields) - NOT_PARAMETERS
        assert set(kind.model_fields) >= NOT_PARAMETERS


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (f"mssql://sa:{SECRET}/x@sql01/McTM", "not encoded"),
        (f"mssql://sa:1{SECRET}/x@sql01/McTM", "not encoded"),
        (f"mssql://sa:x#{SECRET}@sql01/McTM", "not encoded"),
        (f"mssql://sa:x?{SECRET}@sql01/McTM", "not encoded"),
        (f"mssql://sa:x@{SECRET}?{SECRET}=1@sql01/McTM", "not encoded"),
        (f"mssql://sa:x@sql01/McTM?{SECRET}=1", "a parameter is not known"),
        (f"mssql://sa:{SECRET}%ff@sql01/McTM", "not a URL"),
        (f"mssql://sa:{SECRET}@[sql01/McTM", "not a URL"),
        (
            f"mssql://sa:{SECRET}%00@sql01/McTM",
            "the source URL's password is not valid: it holds U+0000",
        ),
        (
            f"mssql://sa:{SECRET}\udcf6@sql01/McTM",
            "the source URL's password is not valid: it is not UTF-8 text",
        ),
        (f"mssql://{SECRET}@sql01/McTM", "the source URL's password is missing"),
        (f"mssql://:{SECRET}@sql01/McTM", "the source URL's user is missing"),
        (f"mssql://sa:{SECRET}@sql01", "the source URL's database is missing"),
        (f"mssql://sa:{SECRET}@sql01:{SECRET}/McTM", "not a whole number"),
        (f"mssql://sa:{SECRET}@sql01/McTM?encrypt=maybe", "it is not one of optional, yes"),
        (f"mssql://sa:{SECRET}@sql01/McTM?encrypt=yes&encrypt=optional", "encrypt twice"),
        (f"mssql://sa:{SECRET}@sql01/McTM?secret=x", "a parameter is not known"),
        (f"mssql+pyodbc://sa:{SECRET}@sql01/McTM", "does not begin with mssql://"),
        (f"Server=sql01;Uid=sa;Pwd={SECRET}", "does not begin with mssql://"),
        ("", "does not begin with mssql://"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_and_never_quoted(url: str, told: str) -> None:
    with pytest.raises(ConfigError, match="The URL of the source cannot be used") as refused:
        source_from_url(url)
    assert told in refused.value.message
    error: BaseException | None = refused.value
    while error is not None:
        assert SECRET not in f"{error} {error!r} {getattr(error, 'hint', '')}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_a_token_of_iam_needs_a_vault() -> None:
    with pytest.raises(ConfigError, match="from_env with a vault"):
        target_from_url("postgresql://w:x@pg01/app?auth=iam")


def test_settings_never_show_the_password() -> None:
    source = source_from_url(f"mssql://sa:{SECRET}@sql01/McTM")
    target = target_from_url(f"postgresql://w:{SECRET}@pg01/app")
    for settings in (source, target):
        assert SECRET not in f"{settings} {settings!r} {settings.model_dump_json()}"


def test_messages_call_the_fields_by_the_side_and_not_by_variables() -> None:
    target = target_from_url("postgresql://w:x@pg01/app")
    assert target.variable("host") == "the target URL's host"
    assert target.worded("Check PG_USER and PG_DB.") == (
        "Check the target URL's user and the target URL's database."
    )
    assert target.worded("Set {prefix}SSLMODE=require.") == "Set the target URL's sslmode=require."
    variables = target.model_copy(update={"prefix": "PG_"})
    assert variables.worded("Check PG_USER and PG_DB.") == "Check PG_USER and PG_DB."


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mssql://sa:x@sql01/d?ca_file=a&trust_certificate=yes",
         "the source URL's ca_file is not valid: the source URL's trust_certificate asks not to"),
        ("mssql://sa:x@sql01/d?auth=entra-default&encrypt=optional",
         "the source URL's auth=entra-... needs encryption"),
        ("mssql://sa:x@sql01%5Cinstance/d",
         "a port (also of a named instance) goes into the source URL's port"),
        ("postgresql://w:x@pg01/d?sslmode=verify-full",
         "the target URL's sslrootcert is missing: the target URL's sslmode asks to verify"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_told_by_the_urls_own_names(url: str, told: str) -> None:
    read = source_from_url if url.startswith("mssql") else target_from_url
    with pytest.raises(ConfigError) as refused:
        read(url)
    assert told in refused.value.message
    assert "PG_" not in refused.value.message
    assert "_ENCRYPT" not in refused.value.message


def test_a_hint_of_sql_server_is_told_by_the_urls_own_names() -> None:
    source = source_from_url("mssql://sa:x@sql01/McTM")
    refused = mssql_python.OperationalError("Login failed", "[SQL Server]Login failed for user 'x'")
    error = translate(refused, source, at_login=True)
    assert "Check the source URL's user, the source URL's password" in error.hint
    assert "{prefix}" not in error.hint
