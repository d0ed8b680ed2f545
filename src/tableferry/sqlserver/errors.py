"""Translates SQL Server's errors into ours, by their text: one table.

The driver's errors have neither SQLSTATE nor SQL Server's number, only text: ``driver_error`` is
derived from the SQLSTATE, ``ddbc_error`` is the server's message (sessions use us_english), with
``[SQL Server]`` before it, or the driver's own. So errors are recognised by both texts. The numbers
are those of ``sys.messages``.

A message may quote the value of a cell (245: "Conversion failed when converting the varchar
value '...'"), and that value may read like any other message. So the server's messages are matched
at their beginning, and only those that quote nothing but names are passed on unchanged.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import mssql_python

from tableferry.config import SourceSettings
from tableferry.errors import (
    ConfigError,
    DataError,
    SchemaError,
    TableferryError,
    TransientError,
    driver_failed,
)


@dataclass(frozen=True, slots=True)
class Known:
    """A known error; ``pattern`` matches its text, ``hint`` may use ``{prefix}`` of the variables.

    ``quotes_names_only`` says that the server's text holds no value of a cell.
    """

    code: str
    pattern: str
    kind: type[TableferryError]
    hint: str
    quotes_names_only: bool = True


_AGAIN = "Nothing was changed; run it again."
_BUSY = "The server is busy or failing over; nothing was changed; run it again in a minute."
_NO_VERSIONS = (
    "The server discarded row versions before all rows were read: its tempdb is full, or reading "
    f"the table takes too long. {_AGAIN}"
)
_LOGIN = "Check {prefix}USER and {prefix}PASSWORD. Not retried: that could lock the account."

SERVER_ERRORS: Final = (
    Known("18486", r"Login failed for user '.*' because the account is currently locked out",
          ConfigError, _LOGIN),
    Known("18487", r"Login failed for user .* The password of the account has expired",
          ConfigError, _LOGIN),
    Known("18488", r"Login failed for user .* The password of the account must be changed",
          ConfigError, _LOGIN),
    Known("18401", r"Login failed for user .* Server is in script upgrade mode", TransientError,
          _BUSY),
    Known("18456", r"Login failed for user", ConfigError,
          "Check {prefix}USER, {prefix}PASSWORD and {prefix}DB (the driver may report a missing "
          "database like this). Not retried: that could lock the account."),
    Known("4060", r"Cannot open database", ConfigError, "Check {prefix}DB and the login's rights."),
    Known("911", r"Database '.*' does not exist", ConfigError, "Check 'sql_table' and {prefix}DB."),
    Known("208", r"Invalid object name", SchemaError, "Check 'sql_table' in the configuration."),
    Known("207", r"Invalid column name", SchemaError, "Check 'columns', 'order_by' and 'where'."),
    Known("4104", r"The multi-part identifier", ConfigError, "Check 'where' in the configuration."),
    Known("306", r"The (text, ntext, and image|XML) data types? cannot be compared or sorted",
          ConfigError, "Check 'order_by' and 'where' in the configuration."),
    Known("40515", r"Reference to database and/or server name in", ConfigError,
          "Azure SQL Database reads its own database only: set it in {prefix}DB and 'sql_table'."),
    Known("7377", r"Cannot specify an index or locking hint for a remote data source", ConfigError,
          "The view reads another server: set 'consistency': 'read_committed'."),
    Known("10794", r"The table option '.*' is not supported with memory optimized tables",
          ConfigError, "The view reads such a table: set 'consistency': 'read_committed'."),
    Known("229", r"(The )?[A-Z ]+ permission (was )?denied", ConfigError,
          "Grant the login SELECT on the table."),
    Known("916", r"The server principal .* is not able to access the database", ConfigError,
          "Create a user for the login in that database."),
    Known("1205", r"Transaction \(Process ID \d+\) was deadlocked on", TransientError, _AGAIN),
    Known("1222", r"Lock request time out", TransientError,
          f"Another session held a lock. {_AGAIN}"),
    Known("601", r"Could not continue scan with NOLOCK", TransientError, _AGAIN),
    Known("605", r"Attempt to fetch logical page", TransientError,
          f"Under NOLOCK a page may be moved while it is read. {_AGAIN} If it happens again, "
          "run DBCC CHECKTABLE."),
    Known("7105", r"The Database ID \d+, Page .* for LOB data type node does not exist",
          TransientError,
          f"Under NOLOCK a long value may be deleted while it is read. {_AGAIN} If it happens "
          "again, run DBCC CHECKTABLE."),
    Known("3952", r"Snapshot isolation transaction failed accessing database .* because snapshot",
          ConfigError, "ALTER DATABASE ... SET ALLOW_SNAPSHOT_ISOLATION ON."),
    Known("3961", r"Snapshot isolation transaction failed .* because the object .* has been",
          TransientError, "The table was altered during the load. " + _AGAIN),
    Known("3958", r"Transaction aborted when accessing versioned row", TransientError,
          _NO_VERSIONS),
    Known("3966", r"Transaction is rolled back when accessing version store", TransientError,
          _NO_VERSIONS),
    Known("3967", r"Insufficient space in tempdb to hold row versions", TransientError,
          _NO_VERSIONS),
    Known("41332", r"Memory optimized tables and natively compiled modules cannot be accessed",
          ConfigError, "The view reads such a table: set 'consistency': 'read_committed'."),
    Known("40613", r"Database .* on server .* is not currently available", TransientError, _BUSY),
    Known("40501", r"The service is currently busy", TransientError, _BUSY),
    Known("40197", r"The service has encountered an error processing", TransientError, _BUSY),
    Known("10928", r"Resource ID ?: ?\d+\. The", TransientError, _BUSY),
    Known("49918", r"Cannot process (create or update )?request\.", TransientError, _BUSY),
    Known("245", r"Conversion failed when converting|Error converting data type", DataError,
          "A computed column or 'where' could not convert a value in the source.", False),
    Known("8115", r"Arithmetic overflow error", DataError,
          "A computed column or 'where' overflowed in the source.", False),
    Known("8134", r"Divide by zero error", DataError,
          "A computed column or 'where' divides by zero in the source."),
    Known("40615", r"Cannot open server '.*' requested by the login", ConfigError,
          "Allow this machine's address in the server's firewall."),
    Known("976", r"The target database, '.*', is participating in an availability group",
          TransientError, _BUSY),
    Known("978", r"The target database \('.*'\) is in an availability group and is currently "
          r"accessible for connections when the application intent is set to read only",
          ConfigError, "Set {prefix}READ_ONLY_INTENT=yes."),
    Known("983", r"Unable to access availability database", TransientError, _BUSY),
    Known("4221", r"Login to read-secondary failed due to long wait", TransientError, _BUSY),
    Known("922", r"Database '.*' is being recovered", TransientError, _BUSY),
    Known("927", r"Database '.*' cannot be opened\. It is in the middle of a restore",
          TransientError, _BUSY),
    Known("952", r"Database '.*' is in transition", TransientError, _BUSY),
    Known("17142", r"SQL Server service has been paused", TransientError, _BUSY),
    Known("42109", r"The SQL pool is warming up", TransientError, _BUSY),
    Known("40675", r"The server is currently too busy", TransientError, _BUSY),
    Known("701", r"There is insufficient system memory", TransientError, _BUSY),
    Known("8645", r"A time-?out occurred while waiting for memory resources", TransientError,
          _BUSY),
    Known("8628", r"A time ?out occurred while waiting to optimize the query", TransientError,
          _BUSY),
    Known("845", r"Time-?out occurred while waiting for buffer latch", TransientError, _BUSY),
    Known("1204", r"The instance of the SQL Server Database Engine cannot obtain a LOCK resource",
          TransientError, _BUSY),
    Known("6005", r"SHUTDOWN is in progress", TransientError, _BUSY),
    Known("596", r"Cannot continue the execution because the session is in the kill state",
          TransientError, _AGAIN),
    Known("1105", r"Could not allocate (space for object|a new page for database)", TransientError,
          "The server is out of space, perhaps in tempdb. " + _AGAIN),
    Known("102", r"Incorrect syntax near", ConfigError, "Check 'where' in the configuration.",
          False),
)  # fmt: skip
"""The server's errors; the first whose pattern matches the beginning of the message applies."""

AZURE_FAILOVER: Final = Known("4060", "", TransientError, _BUSY)
AZURE_HOST: Final = r"\.database\.(windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)$"
"""In Azure a database is missing for a moment while it fails over to another server; elsewhere a
missing one means a wrong name."""

REFUSED_LOGIN: Final = Known("18456", "", ConfigError, _LOGIN)
"""A login is refused in the server's language, before the session is set to English; the driver's
text for the SQLSTATE (28000) is the same everywhere."""

UNKNOWN_AT_LOGIN: Final = Known("login", "", ConfigError,
    "The server reports this in its own language. Check {prefix}USER, {prefix}PASSWORD and "
    "{prefix}DB. Not retried: that could lock the account.")  # fmt: skip
"""Any other error at login; it quotes names only."""

DRIVER_ERRORS: Final = (
    Known("TLS", r"certificate verify failed|self.signed certificate|SSL Provider|certificate chain"
          r"|TLS handshake|tls error|certificate validation failed|encryption (is )?not supported"
          r"|not support encryption",
          ConfigError,
          "Set {prefix}CA_FILE to the certificate of the server's authority; or, on a trusted "
          "network, {prefix}TRUST_CERTIFICATE=yes ({prefix}ENCRYPT=optional where there is no "
          "TLS; strict needs SQL Server 2022 or later)."),
    Known("ENTRA", r"Entra ID access token|Azure AD authentication|Azure authentication libraries",
          ConfigError, "Check {prefix}AUTH, and this process's identity in Microsoft Entra; a "
          "Lambda package supports it when it is built with --entra."),
    Known("HYT00", r"time-?out expired|login timeout|timed out", TransientError, _AGAIN),
    Known("08S01", r"communication link failure|connection (was )?(closed|reset|aborted|refused)"
          r"|TCP Provider|Broken pipe|unexpected end of file|IO error|unable to establish"
          r"|connection may have been terminated",
          TransientError, "The connection was lost. " + _AGAIN),
)  # fmt: skip
"""The driver's own errors, which quote no values; the first whose pattern is found applies."""


@contextlib.contextmanager
def translated(settings: SourceSettings, *, at_login: bool = False) -> Iterator[None]:
    """Translate the driver's errors into ours while the block runs; ``at_login``: it logs in."""
    try:
        yield
    except TableferryError:
        raise
    except (mssql_python.Error, RuntimeError) as error:
        ours, safe = translate(error, settings, at_login=at_login)
        raise ours from (error if safe else None)
    except Exception as error:
        if not at_login:
            raise
        raise driver_failed(error, str(settings)) from None


def translate(
    error: Exception, settings: SourceSettings, *, at_login: bool = False
) -> tuple[TableferryError, bool]:
    """Return our error for the driver's, and whether the driver's text is safe to keep."""
    message = getattr(error, "ddbc_error", "") or ""
    state = getattr(error, "driver_error", "") or ""
    text = _without_prefixes(message or state or str(error))
    known = _find(message, state or str(error))
    if known is None and at_login and "[SQL Server]" in message:
        known = UNKNOWN_AT_LOGIN
    if known and known.code == AZURE_FAILOVER.code:
        known = AZURE_FAILOVER if re.search(AZURE_HOST, settings.host, re.IGNORECASE) else known
    if known:
        shown = text if known.quotes_names_only else masked(text)
        return (
            known.kind(
                f"{settings}: {shown} ({known.code})",
                hint=known.hint.format(prefix=settings.prefix),
                code=known.code,
            ),
            known.quotes_names_only,
        )
    hint = "SQL Server refused the statement; its message says why, with its values masked."
    return TableferryError(f"{settings}: {masked(text)}", hint=hint), False


def _find(message: str, state: str) -> Known | None:
    """Find the error by the server's message, or by the driver's and its text for the SQLSTATE."""
    if "[SQL Server]" in message:
        text = _without_prefixes(message)
        for known in SERVER_ERRORS:
            if re.match(known.pattern, text, re.IGNORECASE):
                return known
        return REFUSED_LOGIN if "Invalid authorization specification" in state else None
    for known in DRIVER_ERRORS:
        if re.search(known.pattern, f"{message}\n{state}", re.IGNORECASE):
            return known
    return None


def masked(text: str) -> str:
    """Return ``text`` without what it quotes: everything from the first quotation mark to the last.

    Messages do not double quotation marks inside a quoted value, so no pair of them can be trusted.
    ``value = 300`` (220, 232) has no quotation marks at all.
    """
    text = re.sub(r"""['"(](.*['")])?(?(1)|.*$)""", "(...)", text, count=1, flags=re.DOTALL)
    return re.sub(r"\bvalue = \S+?(?=\.?(\s|$))", "value = (...)", text)


def _without_prefixes(text: str) -> str:
    """Return the message without the driver's prefixes and SQLSTATE, on one line."""
    text = re.sub(r"^(SQLSTATE:\w*:)?(\[[^\]]*\])*", "", text.strip())
    return " ".join(text.split()).rstrip(".")
