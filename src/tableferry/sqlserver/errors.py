"""SQL Server's errors, turned into ours: one table.

The driver carries neither SQLSTATE nor SQL Server's number, only text: ``driver_error`` comes
from the SQLSTATE, ``ddbc_error`` is the server's message (sessions are set to us_english), with
``[SQL Server]`` before it, or the driver's own. So errors are told apart by both texts. The
numbers are those of ``sys.messages``.

A message may quote the value of a cell (245: "Conversion failed when converting the varchar
value '...'"), and that value may read like any other message. So the server's messages are known
by how they begin, and only those that quote nothing but names are passed on as they are.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import mssql_python

from tableferry.config import SourceSettings
from tableferry.errors import ConfigError, DataError, SchemaError, TableferryError, TransientError


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """One known error: ``pattern`` finds it; ``hint`` may use ``{prefix}``, the variables' prefix.

    ``quotes_names_only`` says that the server's text holds no value of a cell.
    """

    code: str
    pattern: str
    kind: type[TableferryError]
    hint: str
    quotes_names_only: bool = True


_AGAIN = "Nothing was changed; run it again."
_BUSY = "The server is busy or moving; nothing was changed; run it again in a minute."
_NO_VERSIONS = (
    "The server gave up old versions of rows before all were read: its tempdb is full, or the "
    f"table takes too long. {_AGAIN}"
)
_LOGIN = "Check {prefix}USER and {prefix}PASSWORD. It was not tried again, to lock nobody out."

SERVER_ERRORS: Final = (
    ErrorRule("18486", r"Login failed for user '.*' because the account is currently locked out",
          ConfigError, _LOGIN),
    ErrorRule("18487", r"Login failed for user .* The password of the account has expired",
          ConfigError, _LOGIN),
    ErrorRule("18488", r"Login failed for user .* The password of the account must be changed",
          ConfigError, _LOGIN),
    ErrorRule("18401", r"Login failed for user .* Server is in script upgrade mode", TransientError,
          _BUSY),
    ErrorRule("18456", r"Login failed for user", ConfigError,
          "Check {prefix}USER, {prefix}PASSWORD and {prefix}DB (the driver may say this of a "
          "database that is not there). It was not tried again, to lock nobody out."),
    ErrorRule("4060", r"Cannot open database", ConfigError, "Check {prefix}DB and the login's rights."),
    ErrorRule("911", r"Database '.*' does not exist", ConfigError, "Check 'sql_table' and {prefix}DB."),
    ErrorRule("208", r"Invalid object name", SchemaError, "Check 'sql_table' in the configuration."),
    ErrorRule("207", r"Invalid column name", SchemaError, "Check 'columns', 'order_by' and 'where'."),
    ErrorRule("4104", r"The multi-part identifier", ConfigError, "Check 'where' in the configuration."),
    ErrorRule("306", r"The (text, ntext, and image|XML) data types? cannot be compared or sorted",
          ConfigError, "Check 'order_by' and 'where' in the configuration."),
    ErrorRule("40515", r"Reference to database and/or server name in", ConfigError,
          "Azure SQL Database reads its own database only: name it in {prefix}DB and 'sql_table'."),
    ErrorRule("7377", r"Cannot specify an index or locking hint for a remote data source", ConfigError,
          "The view reads another server: choose 'consistency': 'read_committed'."),
    ErrorRule("10794", r"The table option '.*' is not supported with memory optimized tables",
          ConfigError, "There is one behind the view: choose 'consistency': 'read_committed'."),
    ErrorRule("229", r"(The )?[A-Z ]+ permission (was )?denied", ConfigError,
          "Grant the login SELECT on the table."),
    ErrorRule("916", r"The server principal .* is not able to access the database", ConfigError,
          "Give the login a user there."),
    ErrorRule("1205", r"Transaction \(Process ID \d+\) was deadlocked on", TransientError, _AGAIN),
    ErrorRule("1222", r"Lock request time out", TransientError, f"Another session held it. {_AGAIN}"),
    ErrorRule("601", r"Could not continue scan with NOLOCK", TransientError, _AGAIN),
    ErrorRule("605", r"Attempt to fetch logical page", TransientError,
          f"Under NOLOCK a page may be moved away while it is read. {_AGAIN} If it comes again, "
          "run DBCC CHECKTABLE."),
    ErrorRule("7105", r"The Database ID \d+, Page .* for LOB data type node does not exist",
          TransientError,
          f"Under NOLOCK a long value may be gone while it is read. {_AGAIN} If it comes again, "
          "run DBCC CHECKTABLE."),
    ErrorRule("3952", r"Snapshot isolation transaction failed accessing database .* because snapshot",
          ConfigError, "ALTER DATABASE ... SET ALLOW_SNAPSHOT_ISOLATION ON."),
    ErrorRule("3961", r"Snapshot isolation transaction failed .* because the object .* has been",
          TransientError, "The table was altered meanwhile. " + _AGAIN),
    ErrorRule("3958", r"Transaction aborted when accessing versioned row", TransientError,
          _NO_VERSIONS),
    ErrorRule("3966", r"Transaction is rolled back when accessing version store", TransientError,
          _NO_VERSIONS),
    ErrorRule("3967", r"Insufficient space in tempdb to hold row versions", TransientError,
          _NO_VERSIONS),
    ErrorRule("41332", r"Memory optimized tables and natively compiled modules cannot be accessed",
          ConfigError, "There is one behind the view: choose 'consistency': 'read_committed'."),
    ErrorRule("40613", r"Database .* on server .* is not currently available", TransientError, _BUSY),
    ErrorRule("40501", r"The service is currently busy", TransientError, _BUSY),
    ErrorRule("40197", r"The service has encountered an error processing", TransientError, _BUSY),
    ErrorRule("10928", r"Resource ID ?: ?\d+\. The", TransientError, _BUSY),
    ErrorRule("49918", r"Cannot process (create or update )?request\.", TransientError, _BUSY),
    ErrorRule("245", r"Conversion failed when converting|Error converting data type", DataError,
          "A computed column or 'where' could not convert a value in the source.", False),
    ErrorRule("8115", r"Arithmetic overflow error", DataError,
          "A computed column or 'where' overflowed in the source.", False),
    ErrorRule("8134", r"Divide by zero error", DataError,
          "A computed column or 'where' divides by zero in the source."),
    ErrorRule("40615", r"Cannot open server '.*' requested by the login", ConfigError,
          "Let this machine's address through the server's firewall."),
    ErrorRule("976", r"The target database, '.*', is participating in an availability group",
          TransientError, _BUSY),
    ErrorRule("978", r"The target database \('.*'\) is in an availability group and is currently "
          r"accessible for connections when the application intent is set to read only",
          ConfigError, "Set {prefix}READ_ONLY_INTENT=yes."),
    ErrorRule("983", r"Unable to access availability database", TransientError, _BUSY),
    ErrorRule("4221", r"Login to read-secondary failed due to long wait", TransientError, _BUSY),
    ErrorRule("922", r"Database '.*' is being recovered", TransientError, _BUSY),
    ErrorRule("927", r"Database '.*' cannot be opened\. It is in the middle of a restore",
          TransientError, _BUSY),
    ErrorRule("952", r"Database '.*' is in transition", TransientError, _BUSY),
    ErrorRule("17142", r"SQL Server service has been paused", TransientError, _BUSY),
    ErrorRule("42109", r"The SQL pool is warming up", TransientError, _BUSY),
    ErrorRule("40675", r"The server is currently too busy", TransientError, _BUSY),
    ErrorRule("701", r"There is insufficient system memory", TransientError, _BUSY),
    ErrorRule("8645", r"A time-?out occurred while waiting for memory resources", TransientError,
          _BUSY),
    ErrorRule("8628", r"A time ?out occurred while waiting to optimize the query", TransientError,
          _BUSY),
    ErrorRule("845", r"Time-?out occurred while waiting for buffer latch", TransientError, _BUSY),
    ErrorRule("1204", r"The instance of the SQL Server Database Engine cannot obtain a LOCK resource",
          TransientError, _BUSY),
    ErrorRule("6005", r"SHUTDOWN is in progress", TransientError, _BUSY),
    ErrorRule("596", r"Cannot continue the execution because the session is in the kill state",
          TransientError, _AGAIN),
    ErrorRule("1105", r"Could not allocate (space for object|a new page for database)", TransientError,
          "The server is out of room, in tempdb perhaps. " + _AGAIN),
    ErrorRule("102", r"Incorrect syntax near", ConfigError, "Check 'where' in the configuration.",
          False),
)  # fmt: skip
"""Of the server; the first that its message begins with counts."""

AZURE_FAILOVER: Final = ErrorRule("4060", "", TransientError, _BUSY)
AZURE_HOST: Final = r"\.database\.(windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)$"
"""A database in Azure is not there for a moment when it fails over to another server; elsewhere its
name is wrong."""

REFUSED_LOGIN: Final = ErrorRule("18456", "", ConfigError, _LOGIN)
"""Before a session speaks English a login is refused in the server's language; the driver's own
word for the SQLSTATE (28000) is the same everywhere."""

UNKNOWN_AT_LOGIN: Final = ErrorRule("login", "", ConfigError,
    "The server says it in its own language, and no more is known of it here. Check {prefix}USER, "
    "{prefix}PASSWORD and {prefix}DB. It was not tried again, to lock nobody out.")  # fmt: skip
"""What else a server says while it lets nobody in; it quotes names only."""

DRIVER_ERRORS: Final = (
    ErrorRule("TLS", r"certificate verify failed|self.signed certificate|SSL Provider|certificate chain"
          r"|TLS handshake|tls error|certificate validation failed|encryption (is )?not supported"
          r"|not support encryption",
          ConfigError,
          "Set {prefix}CA_FILE to the certificate of the server's authority; or, if the network is "
          "yours, {prefix}TRUST_CERTIFICATE=yes ({prefix}ENCRYPT=optional where there is no TLS; "
          "strict needs SQL Server 2022 or later)."),
    ErrorRule("ENTRA", r"Entra ID access token|Azure AD authentication|Azure authentication libraries",
          ConfigError, "Check {prefix}AUTH, and who this process is in Microsoft Entra; a Lambda "
          "package has what it takes when it is built with --entra."),
    ErrorRule("HYT00", r"time-?out expired|login timeout|timed out", TransientError, _AGAIN),
    ErrorRule("08S01", r"communication link failure|connection (was )?(closed|reset|aborted|refused)"
          r"|TCP Provider|Broken pipe|unexpected end of file|IO error|unable to establish"
          r"|connection may have been terminated",
          TransientError, "The connection was lost. " + _AGAIN),
)  # fmt: skip
"""Of the driver itself, which quotes no values; the first that is found in its texts counts."""


@contextlib.contextmanager
def translated(settings: SourceSettings, *, at_login: bool = False) -> Iterator[None]:
    """Turn the driver's errors into ours while the block runs; ``at_login``: it logs in."""
    try:
        yield
    except TableferryError:
        raise
    except (mssql_python.Error, RuntimeError) as error:
        ours, safe = translate(error, settings, at_login=at_login)
        raise ours from (error if safe else None)


def translate(
    error: Exception, settings: SourceSettings, *, at_login: bool = False
) -> tuple[TableferryError, bool]:
    """Return our error for the driver's, and whether the driver's text is safe to keep."""
    message = getattr(error, "ddbc_error", "") or ""
    state = getattr(error, "driver_error", "") or ""
    said = _said(message or state or str(error))
    fault = _find(message, state or str(error))
    if fault is None and at_login and "[SQL Server]" in message:
        fault = UNKNOWN_AT_LOGIN
    if (
        fault
        and fault.code == AZURE_FAILOVER.code
        and re.search(AZURE_HOST, settings.host, re.IGNORECASE)
    ):
        fault = AZURE_FAILOVER
    if fault:
        shown = said if fault.quotes_names_only else masked(said)
        return (
            fault.kind(
                f"{settings}: {shown} ({fault.code})",
                hint=fault.hint.format(prefix=settings.prefix),
                code=fault.code,
            ),
            fault.quotes_names_only,
        )
    hint = "SQL Server refused the statement; its message says why, values in it are masked."
    return TableferryError(f"{settings}: {masked(said)}", hint=hint), False


def _find(message: str, state: str) -> ErrorRule | None:
    """Find the error by the server's message, or by the driver's and its text for the SQLSTATE."""
    if "[SQL Server]" in message:
        said = _said(message)
        for fault in SERVER_ERRORS:
            if re.match(fault.pattern, said, re.IGNORECASE):
                return fault
        return REFUSED_LOGIN if "Invalid authorization specification" in state else None
    for fault in DRIVER_ERRORS:
        if re.search(fault.pattern, f"{message}\n{state}", re.IGNORECASE):
            return fault
    return None


def masked(text: str) -> str:
    """Return ``text`` without what it quotes: all from the first quoting sign to the last.

    Quotes inside a quoted value are not doubled in messages, so no pair of them can be trusted.
    ``value = 300`` (220, 232) stands in no quotes at all.
    """
    text = re.sub(r"""['"(](.*['")])?(?(1)|.*$)""", "(...)", text, count=1, flags=re.DOTALL)
    return re.sub(r"\bvalue = \S+?(?=\.?(\s|$))", "value = (...)", text)


def _said(text: str) -> str:
    """Return the message without the driver's prefixes and SQLSTATE, on one line."""
    text = re.sub(r"^(SQLSTATE:\w*:)?(\[[^\]]*\])*", "", text.strip())
    return " ".join(text.split()).rstrip(".")
