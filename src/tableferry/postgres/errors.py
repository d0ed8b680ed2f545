"""Translates PostgreSQL's errors into ours, by SQLSTATE: one table.

DETAIL and CONTEXT quote values ("Key (id)=(42) already exists.", "COPY t, line 7, column a:
..."), and in data errors the message may, too. Those texts are dropped, and the driver's error with
them from the exception chain; the SQLSTATE and the names of column and constraint are kept.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import psycopg

from tableferry.config import TargetSettings
from tableferry.errors import (
    ConfigError,
    DataError,
    SchemaError,
    TableferryError,
    TransientError,
    driver_failed,
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a SQLSTATE (or its class, the first two characters) means.

    ``message`` replaces the server's where that may quote a value.
    """

    kind: type[TableferryError]
    hint: str
    message: str = ""


_ROLLED_BACK = "The load was rolled back; the old rows stay."
_AGAIN = f"{_ROLLED_BACK} Run it again."

MEANINGS: Final = {
    "28P01": Meaning(ConfigError, "Check PG_USER and PG_PASSWORD. The login was not retried."),
    "28000": Meaning(ConfigError, "Check PG_USER, PG_PASSWORD, PG_SSLMODE and pg_hba.conf."),
    "3D000": Meaning(ConfigError, "Check PG_DB."),
    "3F000": Meaning(ConfigError, "Create the schema that 'pg_table' names."),
    "42501": Meaning(ConfigError, "Grant PG_USER what it lacks: TRUNCATE, INSERT and SELECT on the "
                   "table, CREATE on its schema where the table is missing."),
    "42P01": Meaning(SchemaError, "Check 'pg_table' in the configuration."),
    "0A000": Meaning(SchemaError, "This PostgreSQL does not support it. TRUNCATE refuses a table "
                   "that other tables' foreign keys reference, COPY one with row-level security; a "
                   "server built without libxml has no values of type xml (use text)."),
    "2BP01": Meaning(SchemaError, "An object that depends on the table was created during the "
                   f"load. {_AGAIN}"),
    "22021": Meaning(DataError, "A text holds U+0000 or an unpaired surrogate: correct it in the "
                   f"source or exclude the rows with 'where'. {_ROLLED_BACK}",
                   "a text holds a character that PostgreSQL cannot store"),
    "22001": Meaning(DataError, f"Widen the target column. {_ROLLED_BACK}",
                   "a text is too long for its column"),
    "22003": Meaning(DataError, f"Widen the target column. {_ROLLED_BACK}",
                   "a number is out of its column's range"),
    "23502": Meaning(DataError, f"Drop NOT NULL or exclude the rows with 'where'. {_ROLLED_BACK}",
                   "a NULL arrived for a column that is NOT NULL"),
    "23505": Meaning(DataError, "The source's rows are not unique by this key in PostgreSQL (case, "
                   f"trailing blanks, or rows doubled under NOLOCK). {_ROLLED_BACK}",
                   "two rows have the same key"),
    "23503": Meaning(DataError,
                   "Load the referenced table first. A row that other tables reference cannot "
                   "be deleted before theirs are, unless their foreign keys say ON DELETE CASCADE. "
                   f"{_ROLLED_BACK}",
                   "a foreign key is not satisfied"),
    "23514": Meaning(DataError, "If no constraint is named, no partition accepts the row. "
                   f"{_ROLLED_BACK}", "a check constraint is not satisfied"),
    "08P01": Meaning(SchemaError, f"Its type changed after the plan was made. {_AGAIN}",
                   "a column does not accept the bytes that were sent"),
    "22P03": Meaning(SchemaError, f"Its type changed after the plan was made. {_AGAIN}",
                   "a column does not accept the bytes that were sent"),
    "22": Meaning(DataError, _ROLLED_BACK, "a value cannot be stored"),
    "23": Meaning(DataError, _ROLLED_BACK, "a constraint is not satisfied"),
    "P0": Meaning(DataError, _ROLLED_BACK, "a trigger refused a row"),
    "54": Meaning(DataError, f"A value or an index key is too large. {_ROLLED_BACK}",
                "a value exceeds a limit of PostgreSQL"),
    "53100": Meaning(TableferryError, f"The target's disk is full; free some. {_ROLLED_BACK}"),
    "25006": Meaning(ConfigError, "PG_HOST is a read replica: use the primary; or "
                   "default_transaction_read_only is on for PG_USER or PG_DB."),
    "53": Meaning(TransientError, _AGAIN),
    "55000": Meaning(SchemaError, f"The table's state does not allow this. {_ROLLED_BACK}"),
    "55P03": Meaning(TransientError, f"Another session held the table. {_AGAIN}"),
    "40": Meaning(TransientError, _AGAIN),
    "57014": Meaning(TransientError, f"The statement was cancelled. {_AGAIN}"),
    "57": Meaning(TransientError, _AGAIN),
    "08": Meaning(TransientError, _AGAIN),
    "42": Meaning(SchemaError, "Check the table's configuration against the target."),
}  # fmt: skip
"""Looked up by the whole SQLSTATE, then by its class."""

ROW_TOO_LARGE: Final = Meaning(
    DataError,
    "Too many of its columns have a value: leave some out with 'exclude' and load them into a "
    f"second table, or exclude the row with 'where'. {_ROLLED_BACK}",
    "a row is larger than a page of PostgreSQL",
)
_FINDS_A_PAGE: Final = "RelationGetBufferForTuple"
"""The PostgreSQL function that finds no page for such a row; 54000 has other causes, too."""

BUFFERED: Final = 1000
"""Rows that COPY buffers before it looks for a page (MAX_BUFFERED_TUPLES); the line in its error is
the last one that it read."""


@dataclass(frozen=True, slots=True)
class LibpqError:
    """An error of libpq itself: it has no SQLSTATE, only text; ``code`` is the equivalent one."""

    pattern: str
    code: str
    kind: type[TableferryError]
    hint: str
    message: str = ""


_NO_LOGIN = "Check PG_USER and PG_PASSWORD. The login was not retried."

LIBPQ_ERRORS: Final = (
    LibpqError(r"password authentication failed|no password supplied", "28P01", ConfigError,
               _NO_LOGIN, "login failed"),
    LibpqError(r"FATAL: \w+ authentication failed for user", "28000", ConfigError,
               f"{_NO_LOGIN} RDS says PAM of an IAM token: grant rds_iam.", "login failed"),
    LibpqError(r'FATAL: database ".*" does not exist', "3D000", ConfigError, "Check PG_DB.",
               "there is no such database"),
    LibpqError(r'FATAL: role ".*" does not exist', "28000", ConfigError, _NO_LOGIN, "login failed"),
    LibpqError(r'FATAL: role ".*" is not permitted to log in', "28000", ConfigError,
               "ALTER ROLE ... LOGIN, or use another PG_USER. The login was not retried."),
    LibpqError(r"FATAL: permission denied for database", "42501", ConfigError,
               "GRANT CONNECT ON DATABASE to PG_USER. The login was not retried."),
    LibpqError(r'FATAL: database ".*" is not currently accepting connections', "55000", ConfigError,
               "Check PG_DB, or ALTER DATABASE ... ALLOW_CONNECTIONS true."),
    LibpqError(r"pg_hba\.conf", "28000", ConfigError,
               "The server's pg_hba.conf rejects PG_USER from this host; see PG_SSLMODE, too."),
    LibpqError(r"FATAL: (sorry, too many clients|too many connections|remaining connection slots)",
               "53300", TransientError, f"The server has no connection left. {_AGAIN}"),
    LibpqError(r"FATAL: the database system is ", "57P03", TransientError, _AGAIN),
    LibpqError(r"SSL connection has been closed|SSL SYSCALL error|SSL error: unexpected eof",
               "08006", TransientError, f"The connection was lost. {_AGAIN}"),
    LibpqError(r"server does not support SSL", "TLS", ConfigError, "Enable TLS there; or, on a "
               "trusted network, set PG_SSLMODE=prefer, without PG_SSLROOTCERT.",
               "the server has no TLS"),
    LibpqError(r"SSL|certificate", "TLS", ConfigError,
               "PG_SSLROOTCERT must hold the certificate of the server's authority, PG_HOST be "
               "a name in the server's; PG_SSLMODE sets what is verified."),
    # The first is libpq's, the second psycopg's own.
    LibpqError(r"could not translate host name|failed to resolve host", "08001", ConfigError,
               "Check PG_HOST.", "its host name cannot be resolved"),
)  # fmt: skip
"""The first whose pattern matches applies."""


@contextlib.contextmanager
def translated(settings: TargetSettings, *, at_login: bool = False) -> Iterator[None]:
    """Translate psycopg's errors into ours while the block runs; ``at_login``: it logs in."""
    try:
        yield
    except psycopg.Error as error:
        ours, safe = translate(error, settings)
        ours.hint = settings.worded(ours.hint)
        raise ours from (error if safe else None)
    except Exception as error:
        if not at_login:
            raise
        raise driver_failed(error, str(settings)) from None


def translate(error: psycopg.Error, settings: TargetSettings) -> tuple[TableferryError, bool]:
    """Return our error for psycopg's, and whether psycopg's text is safe to keep."""
    state = error.sqlstate or ""
    if not state:
        return _without_sqlstate(error, settings), True
    meaning = MEANINGS.get(state) or MEANINGS.get(state[:2])
    if error.diag.source_function == _FINDS_A_PAGE:
        meaning = ROW_TOO_LARGE
    if meaning is None:
        hint = f"PostgreSQL refused the statement. {_ROLLED_BACK}"
        return TableferryError(f"{settings}: SQLSTATE {state}", hint=hint, code=state), False
    replacement = meaning.message
    if not replacement and _is_raised_by_function(error):
        replacement = "a function of the database failed"
    reason = replacement or (error.diag.message_primary or "").rstrip(".")
    location = _Location.of(error)
    message = f"{settings}: {reason}{location} ({state})"
    is_safe = not replacement
    if meaning.kind is DataError:
        refused = DataError(message, hint=meaning.hint, code=state, reason=reason,
                            column=location.column, constraint=location.constraint)  # fmt: skip
        return refused, is_safe
    return meaning.kind(message, hint=meaning.hint, code=state), is_safe


def is_staging_name(name: str) -> bool:
    """Whether this is the name of a staging table, or of a key or an index of one."""
    return bool(_STAGING_NAME.match(name))


def _is_raised_by_function(error: psycopg.Error) -> bool:
    """Return whether a function, say a trigger, may have written the message and quoted a value.

    A function may raise any SQLSTATE (RAISE ... USING ERRCODE), or run a statement made of a value
    (EXECUTE). PostgreSQL's own errors in a function (a deadlock, a lock timeout) quote nothing.
    """
    if error.diag.source_function == "exec_stmt_raise":
        return True
    lines = (error.diag.context or "").splitlines()
    is_own_error = (error.sqlstate or "")[:2] in {"40", "53", "55", "57"}
    return not is_own_error and any(not line.startswith("COPY ") for line in lines)


_STAGING_NAME: Final = re.compile(r"staging_[0-9a-f]{16}")
"""How the names of staging tables, their keys and indexes begin: no use in an error message."""

_COPY_LINE: Final = r"(?m)^COPY .*?, line (\d+)(?:, column ([^:\n]+))?"


@dataclass(frozen=True, slots=True)
class _Location:
    """Where the error happened; empty where PostgreSQL does not say."""

    table: str
    column: str
    constraint: str
    row: str
    is_in_buffer: bool

    @classmethod
    def of(cls, error: psycopg.Error) -> "_Location":
        """Read it from the error; COPY names the column in CONTEXT only, ahead of the value."""
        diag = error.diag
        row, column = (re.findall(_COPY_LINE, diag.context or "") or [("", "")])[-1]
        table = diag.table_name or ""
        return cls(
            table="" if row and is_staging_name(table) else table,
            column=diag.column_name or column,
            constraint=diag.constraint_name or "",
            row=row,
            is_in_buffer=diag.source_function == _FINDS_A_PAGE,
        )

    def __str__(self) -> str:
        named = (("table", self.table), ("column", self.column), ("constraint", self.constraint))
        parts = [f", {kind} {name!r}" for kind, name in named if name]
        if self.row:
            before = f" or one of the {BUFFERED:,} before it" if self.is_in_buffer else ""
            parts.append(f", row {self.row} of the load{before}")
        return "".join(parts)


_UNREACHED: Final = (
    r"connection (?:failed|is bad): connection to server (?:at|on) .* failed: (.*?)"
    r"(?: Is the server | This probably means |$)|connection timeout expired"
)
"""The texts of a failed connection attempt: libpq's, and psycopg's for a timeout."""


def _without_sqlstate(error: psycopg.Error, settings: TargetSettings) -> TableferryError:
    """Translate an error of libpq itself: no server was reached, or the connection broke."""
    text = " ".join(str(error).split())
    for known in LIBPQ_ERRORS:
        if re.search(known.pattern, text):
            message = f"{settings}: {known.message or text} ({known.code})"
            return known.kind(message, hint=known.hint, code=known.code)
    unreached = re.match(_UNREACHED, text)
    if unreached:
        return TransientError(
            f"{settings} cannot be reached: {unreached[1] or 'timed out'}",
            hint="Check PG_HOST and PG_PORT, and that the server and the network admit this "
            "machine.",
        )
    return TransientError(
        f"{settings} cannot be reached, or the connection was lost: {text}",
        hint=f"Check PG_HOST and PG_PORT. {_AGAIN}",
    )
