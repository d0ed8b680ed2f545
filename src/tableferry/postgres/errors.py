"""PostgreSQL's errors, turned into ours by SQLSTATE: one table.

DETAIL and CONTEXT quote values ("Key (id)=(42) already exists.", "COPY t, line 7, column a:
..."), and for data errors the message itself may. Those texts never leave: the SQLSTATE and the
names of the column and the constraint say enough, and the driver's error is cut from the chain.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import psycopg

from tableferry.config import TargetSettings
from tableferry.errors import ConfigError, DataError, SchemaError, TableferryError, TransientError


@dataclass(frozen=True, slots=True)
class Fault:
    """What a SQLSTATE (or its class, the first two characters) means.

    ``said`` replaces the server's message where that may quote a value.
    """

    kind: type[TableferryError]
    hint: str
    said: str = ""


_ROLLED_BACK = "The load was rolled back; the old rows stay."
_AGAIN = f"{_ROLLED_BACK} Run it again."

FAULTS: Final = {
    "28P01": Fault(ConfigError, "Check PG_USER and PG_PASSWORD. It was not tried again."),
    "28000": Fault(ConfigError, "Check PG_USER, PG_PASSWORD and PG_SSLMODE (pg_hba.conf refused)."),
    "3D000": Fault(ConfigError, "Check PG_DB."),
    "3F000": Fault(ConfigError, "Create the schema that 'pg_table' names."),
    "42501": Fault(ConfigError, "Grant PG_USER what it lacks: TRUNCATE, INSERT and SELECT on the "
                   "table, CREATE on its schema where the table is missing."),
    "42P01": Fault(SchemaError, "Check 'pg_table' in the configuration."),
    "0A000": Fault(SchemaError, "This PostgreSQL does not do this: TRUNCATE refuses a table that "
                   "foreign keys of others point to, COPY one with row-level security; a server "
                   "built without libxml has no values of the type xml (text takes them)."),
    "2BP01": Fault(SchemaError, "Something was made meanwhile that depends on the table. "
                   f"{_AGAIN}"),
    "22021": Fault(DataError, "A text holds U+0000 or an unpaired surrogate: mend it in the source "
                   f"or exclude the rows with 'where'. {_ROLLED_BACK}",
                   "a text holds a character that PostgreSQL cannot store"),
    "22001": Fault(DataError, f"Widen the target column. {_ROLLED_BACK}",
                   "a text is too long for its column"),
    "22003": Fault(DataError, f"Widen the target column. {_ROLLED_BACK}",
                   "a number is out of its column's range"),
    "23502": Fault(DataError, f"Drop NOT NULL or exclude the rows with 'where'. {_ROLLED_BACK}",
                   "a NULL arrived for a column that is NOT NULL"),
    "23505": Fault(DataError, "The source's rows are not unique by this key in PostgreSQL (case, "
                   f"trailing blanks, or rows doubled under NOLOCK). {_ROLLED_BACK}",
                   "two rows have the same key"),
    "23503": Fault(DataError,
                   "What the rows point to must be there first: load that table before. "
                   "Rows that other tables point to stay until those are gone, or their keys say "
                   f"ON DELETE CASCADE. {_ROLLED_BACK}",
                   "a foreign key is not satisfied"),
    "23514": Fault(DataError, "Where no constraint is named, no partition takes the row. "
                   f"{_ROLLED_BACK}", "a check constraint is not satisfied"),
    "08P01": Fault(SchemaError, f"Its type is not the one that was planned for. {_AGAIN}",
                   "a column does not take the bytes that were sent"),
    "22P03": Fault(SchemaError, f"Its type is not the one that was planned for. {_AGAIN}",
                   "a column does not take the bytes that were sent"),
    "22": Fault(DataError, _ROLLED_BACK, "a value cannot be stored"),
    "23": Fault(DataError, _ROLLED_BACK, "a constraint is not satisfied"),
    "P0": Fault(DataError, _ROLLED_BACK, "a trigger refused a row"),
    "54": Fault(DataError, f"A value, or a key of an index, is too large. {_ROLLED_BACK}",
                "a value is over one of PostgreSQL's limits"),
    "53100": Fault(TableferryError, f"The target's disk is full. {_ROLLED_BACK} Make room there."),
    "25006": Fault(ConfigError, "PG_HOST is a read replica: name the primary; or "
                   "default_transaction_read_only is on for PG_USER or PG_DB."),
    "53": Fault(TransientError, _AGAIN),
    "55P03": Fault(TransientError, f"Another session held the table. {_AGAIN}"),
    "40": Fault(TransientError, _AGAIN),
    "57014": Fault(TransientError, f"The statement was cancelled. {_AGAIN}"),
    "57": Fault(TransientError, _AGAIN),
    "08": Fault(TransientError, _AGAIN),
    "42": Fault(SchemaError, "Check the table's configuration against the target."),
}  # fmt: skip
"""Looked up by the whole SQLSTATE, then by its class."""

ROW_TOO_LARGE: Final = Fault(
    DataError,
    "Too many of its columns have a value: carry fewer ('exclude'), the others into a second "
    f"table, or exclude the row with 'where'. {_ROLLED_BACK}",
    "a row is larger than a page of PostgreSQL",
)
_FINDS_A_PAGE: Final = "RelationGetBufferForTuple"
"""The function of PostgreSQL that finds no page for such a row: 54000 says other things, too."""

BUFFERED: Final = 1000
"""Rows that COPY collects before it looks for a page (MAX_BUFFERED_TUPLES): it then tells the line
that it has read last."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A refused connection has no SQLSTATE in libpq, only text; ``code`` is what it stands for."""

    pattern: str
    code: str
    kind: type[TableferryError]
    hint: str
    said: str = ""


_NO_LOGIN = "Check PG_USER and PG_PASSWORD. It was not tried again."

UNANSWERED: Final = (
    Unanswered(r"password authentication failed|no password supplied", "28P01", ConfigError,
               _NO_LOGIN, "login failed"),
    Unanswered(r"FATAL: \w+ authentication failed for user", "28000", ConfigError,
               f"{_NO_LOGIN} Of an IAM token RDS says PAM: grant rds_iam.", "login failed"),
    Unanswered(r'FATAL: database ".*" does not exist', "3D000", ConfigError, "Check PG_DB.",
               "there is no such database"),
    Unanswered(r'FATAL: role ".*" does not exist', "28000", ConfigError, _NO_LOGIN, "login failed"),
    Unanswered(r'FATAL: role ".*" is not permitted to log in', "28000", ConfigError,
               "ALTER ROLE ... LOGIN, or name another by PG_USER. It was not tried again."),
    Unanswered(r"FATAL: permission denied for database", "42501", ConfigError,
               "Let PG_USER in: GRANT CONNECT ON DATABASE. It was not tried again."),
    Unanswered(r'FATAL: database ".*" is not currently accepting connections', "55000", ConfigError,
               "Check PG_DB, or ALTER DATABASE ... ALLOW_CONNECTIONS true."),
    Unanswered(r"pg_hba\.conf", "28000", ConfigError,
               "The server's pg_hba.conf does not let PG_USER in from here; see PG_SSLMODE too."),
    Unanswered(r"FATAL: (sorry, too many clients|too many connections|remaining connection slots)",
               "53300", TransientError, f"The server has no connection left. {_AGAIN}"),
    Unanswered(r"FATAL: the database system is ", "57P03", TransientError, _AGAIN),
    Unanswered(r"SSL connection has been closed|SSL SYSCALL error|SSL error: unexpected eof",
               "08006", TransientError, f"The connection was lost. {_AGAIN}"),
    Unanswered(r"server does not support SSL", "TLS", ConfigError, "Turn TLS on there; or, if the "
               "network is yours, set PG_SSLMODE=prefer, without PG_SSLROOTCERT.",
               "the server has no TLS"),
    Unanswered(r"SSL|certificate", "TLS", ConfigError,
               "PG_SSLROOTCERT names the certificate of the server's authority, PG_HOST a name "
               "that is in the server's; PG_SSLMODE says what is verified."),
    # The first is libpq's, the second psycopg's own.
    Unanswered(r"could not translate host name|failed to resolve host", "08001", ConfigError,
               "Check PG_HOST.", "its host name is not known here"),
)  # fmt: skip
"""The first whose pattern is found counts."""


@contextlib.contextmanager
def translated(settings: TargetSettings) -> Iterator[None]:
    """Turn psycopg's errors into ours while the block runs."""
    try:
        yield
    except psycopg.Error as error:
        ours, safe = translate(error, settings)
        ours.hint = settings.worded(ours.hint)
        raise ours from (error if safe else None)


def translate(error: psycopg.Error, settings: TargetSettings) -> tuple[TableferryError, bool]:
    """Return our error for psycopg's, and whether psycopg's text is safe to keep."""
    state = error.sqlstate or ""
    if not state:
        return _without_sqlstate(error, settings), True
    fault = FAULTS.get(state) or FAULTS.get(state[:2])
    if error.diag.source_function == _FINDS_A_PAGE:
        fault = ROW_TOO_LARGE
    if fault is None:
        hint = f"PostgreSQL refused the statement. {_ROLLED_BACK}"
        return TableferryError(f"{settings}: SQLSTATE {state}", hint=hint, code=state), False
    hidden = fault.said or ("a function of the database failed" if _is_of_a_function(error) else "")
    said = hidden or (error.diag.message_primary or "").rstrip(".")
    where = _Where.of(error)
    message = f"{settings}: {said}{where} ({state})"
    if fault.kind is DataError:
        refused = DataError(message, hint=fault.hint, code=state, reason=said,
                            column=where.column, constraint=where.constraint)  # fmt: skip
        return refused, not hidden
    return fault.kind(message, hint=fault.hint, code=state), not hidden


def is_ours(name: str) -> bool:
    """Whether a table, a key or an index is called so by us, and for this load only."""
    return bool(_OURS.match(name))


def _is_of_a_function(error: psycopg.Error) -> bool:
    """Return whether a trigger, say, may have written the message, of the row that it looked at.

    It chooses any SQLSTATE (RAISE ... USING ERRCODE), or makes a statement of a value (EXECUTE).
    What comes of PostgreSQL's own accord in there (a deadlock, a lock) quotes nothing.
    """
    if error.diag.source_function == "exec_stmt_raise":
        return True
    lines = (error.diag.context or "").splitlines()
    own = (error.sqlstate or "")[:2] in {"40", "53", "55", "57"}
    return not own and any(not line.startswith("COPY ") for line in lines)


_OURS: Final = re.compile(r"staging_[0-9a-f]{16}")
"""What staging tables are called, and what is made for them: names that say nothing to anybody."""

_COPY_LINE: Final = r"(?m)^COPY .*?, line (\d+)(?:, column ([^:\n]+))?"


@dataclass(frozen=True, slots=True)
class _Where:
    """Where it happened, as far as PostgreSQL says; empty where it does not."""

    table: str
    column: str
    constraint: str
    row: str
    is_behind: bool

    @classmethod
    def of(cls, error: psycopg.Error) -> "_Where":
        """Read it; COPY names the column only in CONTEXT: what quotes values is before that."""
        diag = error.diag
        row, column = (re.findall(_COPY_LINE, diag.context or "") or [("", "")])[-1]
        table = diag.table_name or ""
        return cls(
            table="" if row and is_ours(table) else table,
            column=diag.column_name or column,
            constraint=diag.constraint_name or "",
            row=row,
            is_behind=diag.source_function == _FINDS_A_PAGE,
        )

    def __str__(self) -> str:
        named = (("table", self.table), ("column", self.column), ("constraint", self.constraint))
        told = [f", {kind} {name!r}" for kind, name in named if name]
        if self.row:
            before = f" or one of the {BUFFERED:,} before it" if self.is_behind else ""
            told.append(f", row {self.row} of the load{before}")
        return "".join(told)


_UNREACHED: Final = (
    r"connection (?:failed|is bad): connection to server (?:at|on) .* failed: (.*?)"
    r"(?: Is the server | This probably means |$)|connection timeout expired"
)
"""What libpq says of a connection that did not come about, and psycopg of one that took long."""


def _without_sqlstate(error: psycopg.Error, settings: TargetSettings) -> TableferryError:
    """Errors of libpq itself: nothing was reached, or the connection broke."""
    text = " ".join(str(error).split())
    for fault in UNANSWERED:
        if re.search(fault.pattern, text):
            message = f"{settings}: {fault.said or text} ({fault.code})"
            return fault.kind(message, hint=fault.hint, code=fault.code)
    unreached = re.match(_UNREACHED, text)
    if unreached:
        return TransientError(
            f"{settings} cannot be reached: {unreached[1] or 'timed out'}",
            hint="Check PG_HOST and PG_PORT, and that the server and the network let this machine "
            "in.",
        )
    return TransientError(
        f"{settings} cannot be reached, or the connection was lost: {text}",
        hint=f"Check PG_HOST and PG_PORT. {_AGAIN}",
    )
