"""The texts of libpq and psycopg, of a server that never answered or that refused the login."""

import psycopg
import pytest

from tableferry.errors import ConfigError, TableferryError, TransientError
from tableferry.postgres.errors import translate
from tests.support.specs import target_settings

CANARY = "canary"

LIBPQ_ERRORS = [
    (
        (
            'connection failed: connection to server at "10.0.0.1", port 5432 failed: '
            'FATAL:  password authentication failed for user "writer"'
        ),
        ConfigError,
        "PG_PASSWORD",
        True,
    ),
    (
        "connection to server failed: fe_sendauth: no password supplied",
        ConfigError,
        "PG_USER",
        True,
    ),
    ('connection failed: FATAL:  database "nope" does not exist', ConfigError, "PG_DB", True),
    ('connection failed: FATAL:  role "nope" does not exist', ConfigError, "PG_USER", True),
    (
        'connection failed: FATAL:  role "reader" is not permitted to log in',
        ConfigError,
        "PG_USER",
        True,
    ),
    (
        'connection failed: FATAL:  permission denied for database "d"',
        ConfigError,
        "GRANT CONNECT",
        True,
    ),
    (
        'connection failed: FATAL:  database "d" is not currently accepting connections',
        ConfigError,
        "PG_DB",
        True,
    ),
    (
        (
            'connection failed: FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "u", '
            'database "d", SSL encryption'
        ),
        ConfigError,
        "pg_hba.conf",
        True,
    ),
    (
        "connection failed: server does not support SSL, but SSL was required",
        ConfigError,
        "PG_SSLMODE",
        False,
    ),
    *(
        (f"consuming input failed: {text}", TransientError, "Run it again", False)
        for text in (
            "SSL connection has been closed unexpectedly",
            "SSL SYSCALL error: EOF detected",
            "SSL SYSCALL error: Connection reset by peer",
            "SSL error: unexpected eof while reading",
        )
    ),
    (
        'connection failed: root certificate file "/x/role-database.pem" does not exist',
        ConfigError,
        "PG_SSLROOTCERT",
        False,
    ),
    (
        (
            'connection failed: could not translate host name "nope" to address: Name or service '
            "not known"
        ),
        ConfigError,
        "PG_HOST",
        False,
    ),
    (
        'connection failed: connection to server at "127.0.0.1", port 1 failed: Connection refused',
        TransientError,
        "PG_PORT",
        False,
    ),
    (
        "connection failed: FATAL:  sorry, too many clients already",
        TransientError,
        "Run it again",
        True,
    ),
    (
        "connection failed: FATAL:  the database system is starting up",
        TransientError,
        "Run it again",
        True,
    ),
    ("server closed the connection unexpectedly", TransientError, "Run it again", False),
    (
        "failed to resolve host 'nope': [Errno -2] Name or service not known",
        ConfigError,
        "Check PG_HOST.",
        False,
    ),
]
UNREACHED = [
    (
        (
            'connection failed: connection to server at "127.0.0.1", port 1 failed: Connection '
            "refused\n\tIs the server running on that host and accepting TCP/IP connections?"
        ),
        "Connection refused",
    ),
    (
        (
            'connection is bad: connection to server on socket "/nope/.s.PGSQL.5432" failed: '
            "No such file or directory\n\tIs the server running locally and accepting connections "
            "on that socket?"
        ),
        "No such file or directory",
    ),
    ("connection timeout expired", "timed out"),
]


@pytest.mark.parametrize(("text", "kind", "hint", "reached"), LIBPQ_ERRORS)
def test_a_connection_that_did_not_come_about_says_why(
    text: str, kind: type[TableferryError], hint: str, reached: bool
) -> None:
    ours = translate(psycopg.OperationalError(text), target_settings())
    assert type(ours) is kind
    assert hint in ours.hint
    assert ours.reached is reached


@pytest.mark.parametrize(
    "said",
    [
        f"FATAL:  Passwort-Authentifizierung für Benutzer »{CANARY}« fehlgeschlagen",
        f"ВАЖНО:  пользователь {CANARY} не прошёл проверку подлинности",
        f"FATAL:  something that only an extension says of {CANARY}",
    ],
)
def test_a_login_refused_in_another_language_is_not_called_unreachable(said: str) -> None:
    text = f'connection failed: connection to server at "10.0.0.1", port 5432 failed: {said}'
    ours = translate(psycopg.OperationalError(text), target_settings())
    assert ours.reached
    assert "refused the login" in ours.message
    assert "PG_PASSWORD" in ours.hint
    assert CANARY not in ours.message


@pytest.mark.parametrize(("text", "reason"), UNREACHED)
def test_a_server_that_was_never_reached_is_told_by_the_reason_and_no_load_is_spoken_of(
    text: str, reason: str
) -> None:
    ours = translate(psycopg.OperationalError(text), target_settings())
    assert type(ours) is TransientError
    assert ours.message.endswith(f" cannot be reached: {reason}")
    assert "PG_HOST and PG_PORT" in ours.hint
    assert "rolled back" not in ours.hint


@pytest.mark.parametrize(
    "words",
    [
        'password authentication failed for user "writer"',
        'certificate authentication failed for user "writer"',
        'LDAP authentication failed for user "writer"',
        "terminating connection due to administrator command",
    ],
)
def test_words_that_are_postgresql_s_own_are_not_blamed_on_a_pooler(words):
    text = 'connection failed: connection to server at "10.0.0.1", port 5432 failed: FATAL:  '
    error = translate(psycopg.OperationalError(text + words), target_settings())
    assert " says: " not in str(error)
    assert "pooler" not in (error.hint or "")
