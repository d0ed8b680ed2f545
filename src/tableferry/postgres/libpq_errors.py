"""The errors of libpq and psycopg themselves: they have no SQLSTATE, only text.

No server was reached, a login was refused, or the connection broke. libpq's text may hold the
server's last words, with details that quote; so errors are recognised by their words, and nothing
is passed on but words that were looked for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import psycopg

from tableferry.errors import ConfigError, TableferryError, TransientError, system_reason
from tableferry.postgres.poolers import find_pooler_error
from tableferry.postgres.sqlstates import AGAIN, meaning_of


@dataclass(frozen=True, slots=True)
class LibpqError:
    """An error, recognised by ``pattern``; ``code`` is the equivalent SQLSTATE.

    With ``shows``, the words that matched are added to our ``message``.
    """

    pattern: str
    code: str
    kind: type[TableferryError]
    message: str
    hint: str
    shows: bool = False


_NO_LOGIN: Final = "Check PG_USER and PG_PASSWORD. The login was not retried."

LIBPQ_ERRORS: Final = (
    LibpqError(r"password authentication failed|no password supplied", "28P01", ConfigError,
               "login failed", _NO_LOGIN),
    LibpqError(r"FATAL: +\w+ authentication failed for user", "28000", ConfigError,
               "login failed", f"{_NO_LOGIN} RDS says PAM of an IAM token: grant rds_iam."),
    LibpqError(r'FATAL: +database ".*" does not exist', "3D000", ConfigError,
               "there is no such database", "Check PG_DB."),
    LibpqError(r'FATAL: +role ".*" does not exist', "28000", ConfigError, "login failed",
               _NO_LOGIN),
    LibpqError(r'FATAL: +role ".*" is not permitted to log in', "28000", ConfigError,
               "the role is not permitted to log in",
               "ALTER ROLE ... LOGIN, or use another PG_USER. The login was not retried."),
    LibpqError(r"FATAL: +permission denied for database", "42501", ConfigError,
               "the role may not connect to the database",
               "GRANT CONNECT ON DATABASE to PG_USER. The login was not retried."),
    LibpqError(r'FATAL: +database ".*" is not currently accepting connections', "55000",
               ConfigError, "the database is not currently accepting connections",
               "Check PG_DB, or ALTER DATABASE ... ALLOW_CONNECTIONS true."),
    LibpqError(r'(no pg_hba\.conf entry|pg_hba\.conf rejects connection) for host "[0-9a-f.:]+"'
               r'|pg_hba\.conf', "28000", ConfigError, "the server does not admit this login",
               "The server's pg_hba.conf rejects PG_USER from this host; see PG_SSLMODE, too.",
               shows=True),
    LibpqError(r"sorry, too many clients|too many connections for (role|database)"
               r"|remaining connection slots", "53300", TransientError,
               "the server has no connection left", f"The server has no connection left. {AGAIN}"),
    LibpqError(r"the database system is (starting up|shutting down|in recovery mode|not yet"
               r" accepting connections|not accepting connections|not accepting commands)?",
               "57P03", TransientError, "the server is not ready", AGAIN, shows=True),
    LibpqError(r"terminating connection due to idle-in-transaction timeout", "25P03",
               ConfigError, "", ""),
    LibpqError(r"terminating connection due to transaction timeout", "25P04", ConfigError, "", ""),
    LibpqError(r"terminating connection due to idle-session timeout", "57P05", TransientError,
               "", ""),
    LibpqError(r"terminating connection due to administrator command", "57P01", TransientError,
               "", ""),
    LibpqError(r"terminating connection because of crash of another server process", "57P02",
               TransientError, "", ""),
    LibpqError(r"terminating connection due to conflict with recovery", "40001", TransientError,
               "a read replica ended the session",
               "PG_HOST is a read replica: use the primary."),
    LibpqError(r"SSL connection has been closed|SSL SYSCALL error|SSL error: unexpected eof",
               "08006", TransientError, "the connection was lost",
               f"The connection was lost. {AGAIN}", shows=True),
    LibpqError(r"server does not support SSL", "TLS", ConfigError, "the server has no TLS",
               "Enable TLS there; or, on a trusted network, set PG_SSLMODE=prefer, without "
               "PG_SSLROOTCERT."),
    LibpqError(r"certificate verify failed|self-signed certificate|certificate has expired"
               r'|server certificate for "[\w.*-]+".* does not match host name "[\w.:-]+"'
               r"|root certificate file .* does not exist|could not read root certificate file"
               r"|wrong version number|unsupported protocol|alert \w+( \w+)*|SSL|certificate",
               "TLS", ConfigError, "the connection cannot be encrypted",
               "PG_SSLROOTCERT must hold the certificate of the server's authority, PG_HOST be "
               "a name in the server's; PG_SSLMODE sets what is verified.", shows=True),
    # The first is libpq's, the second psycopg's own.
    LibpqError(r"could not translate host name|failed to resolve host", "08001", ConfigError,
               "its host name cannot be resolved", "Check PG_HOST."),
)  # fmt: skip
"""The first whose pattern is found applies; where ``message`` is empty, the code's meaning is."""

_UNREACHED: Final = (
    r"connection (?:failed|is bad): connection to server (?:at|on) .* failed: "
    r"|connection timeout expired"
)
"""The texts of a failed connection attempt: libpq's, and psycopg's for a timeout."""

_REFUSED: Final = r"connection to server (?:at|on) .* failed: (?:FATAL|[^\W\d_]+): "
"""A server that answered: what it says begins with a severity, in its language."""

_LAST_WORDS: Final = re.compile(r"(?:FATAL|ERROR): +(.*?)(?= DETAIL: | HINT: | server closed |$)")
"""What a server, or a pooler, said before the connection ended."""

_POSTGRES_TOO: Final = re.compile(
    r'\w+ authentication failed for user "'
    r"|terminating connection due to administrator command"
)
"""What PostgreSQL says in the words of a pooler: the text alone does not tell whose they are."""


def without_sqlstate(error: psycopg.Error, target: str) -> TableferryError:
    """Return our error for one that has no SQLSTATE; ``target`` is the database in words."""
    text = " ".join(str(error).split())
    for ours in _pooler_errors(text, target):
        return ours
    for known in LIBPQ_ERRORS:
        if found := re.search(known.pattern, text):
            return _known(known, found[0], target)
    if re.search(_REFUSED, text):
        return TransientError(
            f"{target}: the server, or a pooler before it, refused the login (08004)",
            hint="It may say why in its own language. Check PG_USER, PG_PASSWORD and PG_DB, and "
            f"its log. {AGAIN}",
            code="08004",
        )
    if re.match(_UNREACHED, text):
        reason = "timed out" if "timeout expired" in text else system_reason(text)
        return TransientError(
            f"{target} cannot be reached: {reason or 'the connection failed'}",
            hint="Check PG_HOST and PG_PORT, and that the server and the network admit this "
            "machine.",
        )
    reason = system_reason(text)
    return TransientError(
        f"{target} cannot be reached, or the connection was lost{reason and f': {reason}'}",
        hint=f"Check PG_HOST and PG_PORT. {AGAIN}",
    )


def _pooler_errors(text: str, target: str) -> Iterator[TableferryError]:
    for said in _LAST_WORDS.findall(text):
        if not _POSTGRES_TOO.match(said) and (known := find_pooler_error(said)):
            message = f"{target}: {known.message} ({known.code})"
            yield known.kind(message, hint=known.hint, code=known.code)


def _known(known: LibpqError, found: str, target: str) -> TableferryError:
    meaning = meaning_of(known.code)
    message, hint = known.message or meaning.message, known.hint or meaning.hint
    shown = f"{message}: {found}" if known.shows else message
    return known.kind(f"{target}: {shown} ({known.code})", hint=hint, code=known.code)
