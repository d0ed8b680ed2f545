"""SQLSTATEs about the session, the transaction, the server's resources and its health."""

from typing import Final

from tableferry.errors import ConfigError, SchemaError, TableferryError, TransientError
from tableferry.postgres.sqlstates.meaning import AGAIN, LOG, REPORT, ROLLED_BACK, Meaning, states


def _lift(setting: str) -> str:
    return (
        f"The setting {setting} of PG_USER, PG_DB or the server ended it: ALTER ROLE ... SET "
        f"{setting} = 0. Not retried: that would fail the same way. {ROLLED_BACK}"
    )


SERVER: Final[tuple[Meaning, ...]] = (
    *states(
        TableferryError,
        REPORT,
        "00 PostgreSQL reported a success as an error",
        "01 PostgreSQL reported a warning as an error",
        "02 a statement found no row",
        "03 a statement is not complete",
        "0B a transaction cannot be begun like this",
        "0F a large object is not valid",
        "0Z a diagnostics statement failed",
        "24 a cursor is not in the state that a statement needs",
        "25 the transaction is not in the state that a statement needs",
        "25P02 an earlier statement of the transaction failed",
        "2D a function ended the transaction",
        "34 a cursor does not exist",
        "3B a savepoint does not exist",
    ),
    *states(
        TransientError,
        AGAIN,
        "08 the connection failed or was lost",
        "08004 the server rejected the connection",
        "08007 the connection was lost while the transaction ended",
    ),
    *states(
        SchemaError,
        f"Its type changed after the plan was made. {AGAIN}",
        "08P01 a column does not accept the bytes that were sent",
    ),
    *states(
        ConfigError,
        "PG_HOST is a read replica: use the primary; or default_transaction_read_only is on for "
        "PG_USER or PG_DB.",
        "25006 the transaction is read-only",
        passes=True,
    ),
    *states(
        ConfigError,
        "A pooler gives each statement a session of its own: use its transaction mode.",
        "25P01 there is no transaction",
        passes=True,
    ),
    *states(
        ConfigError,
        _lift("idle_in_transaction_session_timeout"),
        "25P03 the session was ended because its transaction waited too long",
    ),
    *states(
        ConfigError,
        _lift("transaction_timeout"),
        "25P04 the session was ended because its transaction took too long",
    ),
    *states(
        TransientError,
        "The setting idle_session_timeout of PG_USER, PG_DB or the server ended a session that "
        f"waited for the source: ALTER ROLE ... SET idle_session_timeout = 0. {AGAIN}",
        "57P05 the session was ended because it was idle",
    ),
    *states(
        ConfigError,
        "Check PG_USER, PG_PASSWORD, PG_SSLMODE and pg_hba.conf.",
        "28 the login is refused",
        passes=True,
    ),
    *states(
        ConfigError,
        "Check PG_USER and PG_PASSWORD. The login was not retried.",
        "28P01 the password is refused",
        passes=True,
    ),
    *states(
        TransientError,
        AGAIN,
        "40 the transaction was rolled back",
        "40001 other transactions changed what this one read",
        "40002 a constraint failed when the transaction ended",
        "40003 it is unknown whether the statement was completed",
        "40P01 two transactions waited for each other",
        "53 the server lacks a resource",
        "53200 the server is out of memory",
        "53300 the server has no connection left",
        "57 the server ended the statement or the session",
        "57P01 an administrator ended the session, or the server shuts down",
        "57P02 the server ended all sessions after a crash",
        "57P03 the server does not accept connections yet",
        passes=True,
    ),
    *states(
        TransientError,
        f"The statement was cancelled, by a person or by a setting such as statement_timeout. "
        f"{AGAIN}",
        "57014 a statement was cancelled",
        passes=True,
    ),
    *states(
        TableferryError,
        f"The target's disk is full; free some. {ROLLED_BACK}",
        "53100 the disk is full",
        passes=True,
    ),
    *states(
        ConfigError,
        "Raise the limit that is named, such as temp_file_limit, for PG_USER. "
        f"{ROLLED_BACK}",
        "53400 a configured limit is exceeded",
        passes=True,
    ),
    *states(
        TableferryError,
        f"Raise max_stack_depth, or simplify the table's triggers and defaults. {ROLLED_BACK}",
        "54001 a statement is too complex for the server",
    ),
    *states(
        SchemaError,
        f"Leave columns out with 'exclude'. {ROLLED_BACK}",
        "54011 a table has too many columns",
        "54023 a function has too many arguments",
    ),
    *states(
        ConfigError,
        "Check PG_DB.",
        "57P04 the database was dropped",
        passes=True,
    ),
    *states(
        TableferryError,
        f"A system administrator has to look at PostgreSQL's log and its disks. {ROLLED_BACK}",
        "58 the server's operating system reported an error",
        "58030 the server cannot read or write a file",
        "F0 a configuration or lock file of the server is not valid",
    ),
    *states(
        TableferryError,
        f"An extension is not installed on the server, or a file is lost. {LOG} {ROLLED_BACK}",
        "58P01 a file is missing on the server",
        "58P02 a file exists already on the server",
        "58P03 a file's name is too long for the server",
    ),
    *states(
        TransientError,
        AGAIN,
        "72 the server discarded the rows that the transaction still needed",
    ),
    *states(
        TableferryError,
        f"{LOG} If it is no known defect of this version or of an extension, please report it. "
        f"{ROLLED_BACK}",
        "XX an internal error of PostgreSQL or of an extension",
    ),
    *states(
        TableferryError,
        "A database administrator has to look at PostgreSQL's log and check the disks: amcheck "
        f"(pg_amcheck) finds what is damaged, REINDEX repairs an index. {ROLLED_BACK}",
        "XX001 stored data is damaged",
        "XX002 an index is damaged",
    ),
)  # fmt: skip
"""What a session, a transaction or the server itself can run into."""
