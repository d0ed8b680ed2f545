"""SQL Server's errors as both of the driver's providers phrase them, and what may leave of them."""

# ruff: noqa: E501 - what a server says stands on one line, as it says it

import traceback
from collections import Counter
from dataclasses import replace

import mssql_python
import pytest

from tableferry.config import LOGIN_REFUSED
from tableferry.errors import ConfigError, TableferryError, TransientError, masked
from tableferry.runs.retry import BUSY
from tableferry.sqlserver import messages
from tableferry.sqlserver.errors import translate, translated
from tableferry.sqlserver.messages import BUSY_NUMBERS, GROUPS
from tests.support.specs import source_settings
from tests.unit.sqlserver.documented_messages import DOCUMENTED

ODBC = "[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]"
PREFIXES = [ODBC, "[Microsoft][Rust][SQL Server]"]


class FakeError(mssql_python.OperationalError):
    """The driver's error: two texts, no number."""

    def __init__(self, server: str, state: str = "") -> None:
        super().__init__(state, server)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(("code", "kind", "said"), DOCUMENTED)
def test_a_documented_message_is_recognised_by_its_text(
    prefix: str, code: str, kind: type[TableferryError], said: str
) -> None:
    ours = translate(FakeError(prefix + said, "General error"), source_settings())
    assert (ours.code, type(ours)) == (code, kind)
    assert ours.message.endswith(f" ({code})")
    assert ours.hint
    assert "{" not in ours.hint
    assert "[Microsoft]" not in ours.message
    assert "canary-pass" not in ours.message + ours.hint


def test_every_known_message_has_its_documented_text() -> None:
    known = Counter(message.code for group in GROUPS.values() for message in group)
    documented = Counter(code for code, *_ in DOCUMENTED)
    assert set(known) == set(documented)
    assert {code for code, count in known.items() if documented[code] < count} == set()


def test_an_unknown_message_costs_no_pattern_of_those_that_begin_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fresh = [replace(message) for message in messages._MOST_SPECIFIC_FIRST]
    monkeypatch.setattr(messages, "_MOST_SPECIFIC_FIRST", fresh)
    assert messages.find_message("Zebras are not known here.") is None
    made = [message for message in fresh if "pattern" in vars(message)]
    assert not any(message.opening for message in made)
    assert len(made) < len(fresh) / 10


def test_a_message_is_recognised_whatever_its_spaces_marks_and_case() -> None:
    for _, _, said in DOCUMENTED:
        altered = said.upper().replace("'", '"').replace(" ", "  ").replace("-", "")
        assert messages.find_message(altered) == messages.find_message(said), said


def test_a_full_log_names_the_database_and_the_reason() -> None:
    said = "The transaction log for database 'McTM' is full due to 'LOG_BACKUP'."
    message = translate(FakeError(ODBC + said), source_settings()).message
    assert "'McTM'" in message
    assert "'LOG_BACKUP'" in message


def test_a_retry_after_a_message_of_a_busy_server_waits_longer() -> None:
    assert {"17809", "8651", "40549", "40501", "49920", "924"} <= BUSY
    assert not {"1205", "1222", "3952"} & BUSY
    assert BUSY - {"53300", "57P03"} == BUSY_NUMBERS


def test_of_several_messages_only_the_first_is_passed_on() -> None:
    said = f"{ODBC}Lock request time out period exceeded.{ODBC}Something about '{CANARY}'."
    ours = translate(FakeError(said), source_settings())
    assert ours.code == "1222"
    assert CANARY not in ours.message


REFUSED_ELSEWHERE = [
    "Fehler bei der Anmeldung für den Benutzer 'reader'.",
    "Échec de l'ouverture de session de l'utilisateur 'reader'.",
    "Error de inicio de sesión del usuario 'reader'.",
    "ユーザー 'reader' はログインできませんでした。",
    "用户 'reader' 登录失败。",
]


@pytest.mark.parametrize("said", REFUSED_ELSEWHERE)
def test_a_login_refused_in_another_language_is_a_refused_login(said: str) -> None:
    error = FakeError(ODBC + said, "Invalid authorization specification")
    ours = translate(error, source_settings(), at_login=True)
    assert (ours.code, type(ours)) == ("18456", ConfigError)


def test_a_full_server_is_not_called_a_wrong_password_in_another_language() -> None:
    said = f"{ODBC}Es konnte keine Verbindung hergestellt werden, da die maximale Anzahl erreicht."
    error = FakeError(said, "Invalid authorization specification")
    ours = translate(error, source_settings(), at_login=True)
    assert (ours.code, type(ours)) == ("login", ConfigError)
    assert "full or starting" in ours.hint
    assert ours.code in LOGIN_REFUSED, "it may be a password: not tried again for the next table"


def test_what_is_said_at_the_login_in_another_language_names_the_variables() -> None:
    said = f"{ODBC}Die von der Anmeldung angeforderte 'Nope'-Datenbank kann nicht geöffnet werden."
    ours = translate(FakeError(said, "General error"), source_settings(), at_login=True)
    assert isinstance(ours, ConfigError)
    assert "Anmeldung angeforderte (...)-Datenbank kann nicht geöffnet werden" in ours.message
    assert "SQL_SERVER_MCTM_DB" in ours.hint
    later = translate(FakeError(said, "General error"), source_settings())
    assert type(later) is TableferryError
    lost = FakeError("[Microsoft][Driver]TCP Provider: Error code 0x2746", "General error")
    assert isinstance(translate(lost, source_settings(), at_login=True), TransientError)


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("shop.database.windows.net", TransientError),
        ("SHOP.Database.Windows.NET", TransientError),
        ("database.windows.net.example.com", ConfigError),
        ("127.0.0.1", ConfigError),
    ],
)
def test_a_database_that_cannot_be_opened_may_be_failing_over_in_azure_only(
    host: str, kind: type[TableferryError]
) -> None:
    said = 'Cannot open database "Shop" requested by the login. The login failed.'
    ours = translate(FakeError(f"{ODBC}{said}"), source_settings(host=host))
    assert type(ours) is kind
    assert ours.code == "4060"


def test_a_database_that_cannot_be_opened_is_no_wrong_password() -> None:
    both = (
        f'{ODBC}Cannot open database "Nope" requested by the login. The login failed.'
        f"{ODBC}Login failed for user 'sa'."
    )
    ours = translate(FakeError(both), source_settings())
    assert ours.code == "4060"
    assert "SQL_SERVER_MCTM_DB" in ours.hint


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("[Microsoft][Driver]IO error: Connection reset by peer (os error 104)", "General error"),
        (
            (
                "[Microsoft][Driver]Connection closed: Connection closed by server while reading TDS packet "
                "header"
            ),
            "General error",
        ),
        ("[Microsoft][Driver]TCP Provider: Error code 0x2746", "Communication link failure"),
        (
            (
                "[Microsoft][Driver]Unspecified error occurred on SQL Server. Connection may have been "
                "terminated by the server."
            ),
            "General error",
        ),
        ("", "Communication link failure"),
    ],
)
def test_a_lost_connection_is_told_in_either_providers_words(said: str, state: str) -> None:
    ours = translate(FakeError(said, state), source_settings())
    assert isinstance(ours, TransientError)
    assert ours.code == "08S01"
    assert not ours.reached


@pytest.mark.parametrize(
    "said",
    [
        (
            "[Microsoft][Driver]TLS handshake failed while connecting to '127.0.0.1': error:0A000086:SSL "
            "routines:tls_post_process_server_certificate:certificate verify failed"
        ),
        "[Microsoft][Driver]SSL Provider: [error:0A000086:SSL routines::certificate verify failed]",
        (
            "[Microsoft][Driver]Protocol Error: Server does not support encryption but client requires it "
            "(client: On, server: NotSupported)"
        ),
        "[Microsoft][Driver]Encryption not supported on SQL Server.",
    ],
)
def test_an_encryption_that_fails_names_the_variables(said: str) -> None:
    ours = translate(FakeError(said, "Client unable to establish connection"), source_settings())
    assert isinstance(ours, ConfigError)
    assert ours.code == "TLS"
    assert "SQL_SERVER_MCTM_TRUST_CERTIFICATE" in ours.hint
    assert "SQL_SERVER_MCTM_ENCRYPT" in ours.hint


CANARY = "canary"
QUOTING = [
    f"Conversion failed when converting the varchar value '{CANARY}' to data type int.",
    f"Conversion failed when converting the varchar value 'O'Brien {CANARY}' to data type int.",
    (
        f"Conversion failed when converting the varchar value 'Invalid object name {CANARY}' to "
        "data type int."
    ),
    f"Conversion failed when converting the nvarchar value '{CANARY} timed out' to data type int.",
    f"Conversion failed when converting the varchar value '{CANARY}' in \"x\" to data type int.",
    (
        f"Violation of PRIMARY KEY constraint 'PK'. The duplicate key value is (1, ({CANARY}) {CANARY}"
        " timed out)."
    ),
    (
        f"String or binary data would be truncated in table 't', column 'c'. Truncated value: "
        f"'{CANARY}'."
    ),
    f"Arithmetic overflow error for data type tinyint, value = {CANARY}.",
    f"Arithmetic overflow error for type int, value = {CANARY}.000000.",
    f"The conversion of the varchar value '{CANARY}' overflowed an int column.",
    f"Incorrect syntax near '{CANARY}'.",
    f"Unclosed quotation mark after the character string '{CANARY}",
    f"Something never seen before: Communication link failure '{CANARY}'",
    f"Could not continue with \"{CANARY}' and Login failed for user",
]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("said", QUOTING)
def test_no_value_that_the_server_quotes_leaves(prefix: str, said: str) -> None:
    error = FakeError(prefix + said, "General error")
    with pytest.raises(TableferryError) as raised, translated(source_settings()):
        raise error
    assert not isinstance(raised.value, TransientError | ConfigError) or raised.value.code in {
        "102",
        "105",
    }
    assert CANARY not in "".join(traceback.format_exception(raised.value))
    assert CANARY not in raised.value.message + raised.value.hint


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("nothing is quoted here", "nothing is quoted here"),
        ("the value 'a' is", "the value (...) is"),
        ("the value 'a'b' is", "the value (...) is"),
        ("key (1, (2)) and 'x'.", "key (...)."),
        ("open 'a", "open (...)"),
        ("value = 17.", "value = (...)."),
    ],
)
def test_masking_takes_out_all_between_the_first_and_the_last_quote(text: str, left: str) -> None:
    assert masked(text) == left


def test_an_unknown_error_is_no_promise_that_trying_again_helps() -> None:
    ours = translate(FakeError(f"{ODBC}Cannot do 'this' at all."), source_settings())
    assert type(ours) is TableferryError
    assert "Cannot do (...) at all" in ours.message


DRIVERS_OWN = [
    FakeError(f"[Microsoft][Driver]Cannot use {CANARY}", "Syntax error or access violation"),
    FakeError(f"Communication link failure of {CANARY}", f"State {CANARY}"),
    FakeError(f"Login timeout expired for Server=x;PWD={CANARY}"),
    FakeError(f"[Microsoft][Driver]TLS handshake failed: {CANARY}"),
    mssql_python.Warning(f"General warning {CANARY}", f"[Microsoft][Driver]{CANARY}"),
    mssql_python.ConnectionStringParseError([f"Unknown keyword {CANARY}"]),
    RuntimeError(f"Connection was closed: {CANARY}"),
    RuntimeError(CANARY),
    TypeError(f"bad argument: PWD={CANARY}"),
    UnicodeEncodeError("utf-16", CANARY, 0, 1, "surrogates not allowed"),
    MemoryError(CANARY),
]


@pytest.mark.parametrize("at_login", [True, False])
@pytest.mark.parametrize("error", DRIVERS_OWN, ids=repr)
def test_of_the_drivers_own_text_only_words_that_were_looked_for_leave(
    error: Exception, at_login: bool
) -> None:
    with pytest.raises(TableferryError) as raised, translated(source_settings(), at_login=at_login):
        raise error
    assert CANARY not in "".join(traceback.format_exception(raised.value))
    assert CANARY not in raised.value.message + raised.value.hint
    assert raised.value.hint


def test_a_driver_that_does_what_it_does_not_document_is_named_by_class_and_place() -> None:
    with pytest.raises(TableferryError) as raised, translated(source_settings()):
        raise OverflowError(CANARY)
    assert "OverflowError at test_errors.py:" in raised.value.message
    assert not isinstance(raised.value, TransientError)
