"""PostgreSQL's errors by SQLSTATE, and the texts of a server that never answered."""

import psycopg
import pytest
from psycopg import errors

from tableferry.errors import ConfigError, DataError, SchemaError, TableferryError, TransientError
from tableferry.postgres.errors import translate
from tests.support.specs import target_settings

BY_STATE = [
    ("28P01", ConfigError),
    ("28000", ConfigError),
    ("3D000", ConfigError),
    ("3F000", ConfigError),
    ("42501", ConfigError),
    ("25006", ConfigError),
    ("42P01", SchemaError),
    ("42703", SchemaError),
    ("0A000", SchemaError),
    ("22021", DataError),
    ("22001", DataError),
    ("22003", DataError),
    ("22P03", SchemaError),
    ("08P01", SchemaError),
    ("23502", DataError),
    ("23503", DataError),
    ("23505", DataError),
    ("23514", DataError),
    ("23P01", DataError),
    ("54000", DataError),
    ("P0001", DataError),
    ("53100", TableferryError),
    ("53300", TransientError),
    ("53200", TransientError),
    ("55P03", TransientError),
    ("40001", TransientError),
    ("40P01", TransientError),
    ("57014", TransientError),
    ("57P01", TransientError),
    ("57P03", TransientError),
    ("08006", TransientError),
    ("XX000", TableferryError),
]


@pytest.mark.parametrize(("state", "kind"), BY_STATE)
def test_what_to_do_next_follows_from_the_sqlstate(state: str, kind: type[TableferryError]) -> None:
    error = errors.lookup(state)("server text") if state != "XX000" else errors.InternalError_()
    ours, _ = translate(error, target_settings())
    assert type(ours) is kind
    assert ours.code == state
    assert state in ours.message
    assert ours.hint


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
    ours, _ = translate(psycopg.OperationalError(text), target_settings())
    assert type(ours) is kind
    assert hint in ours.hint
    assert ours.reached is reached


@pytest.mark.parametrize(("text", "reason"), UNREACHED)
def test_a_server_that_was_never_reached_is_told_by_the_reason_and_no_load_is_spoken_of(
    text: str, reason: str
) -> None:
    ours, _ = translate(psycopg.OperationalError(text), target_settings())
    assert type(ours) is TransientError
    assert ours.message.endswith(f" cannot be reached: {reason}")
    assert "PG_HOST and PG_PORT" in ours.hint
    assert "rolled back" not in ours.hint
