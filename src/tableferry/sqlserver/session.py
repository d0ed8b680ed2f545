"""A session on SQL Server: opened, and set to what reading relies on."""

import contextlib
from collections.abc import Sequence
from typing import Any, Final

from tableferry.config import SourceSettings
from tableferry.errors import TableferryError, TransientError
from tableferry.sqlserver.driver_connection import open_driver_connection
from tableferry.sqlserver.errors import translated

SESSION: Final = (
    "SET LANGUAGE us_english",
    "SET NOCOUNT OFF",
    "SET TEXTSIZE 2147483647",
    "SET LOCK_TIMEOUT {milliseconds}",
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET ROWCOUNT 0",
    "SET IMPLICIT_TRANSACTIONS OFF",
    "SET XACT_ABORT OFF",
    "SET DEADLOCK_PRIORITY LOW",
    "SET ANSI_NULLS ON",
    "SET ANSI_PADDING ON",
    "SET ANSI_WARNINGS ON",
    "SET ARITHABORT ON",
    "SET CONCAT_NULL_YIELDS_NULL ON",
    "SET QUOTED_IDENTIFIER ON",
    "SET NUMERIC_ROUNDABORT OFF",
)
"""What a session relies on, whatever the server's ``user options`` and the login's defaults are.

Errors are recognised by their English text, since the driver has no error numbers; the language
also sets DATEFORMAT and DATEFIRST. A long value truncated to TEXTSIZE, or a result cut to ROWCOUNT
rows, looks like any other. A SELECT must not open a transaction, and a refused one not end it. In a
deadlock the load is the victim, not the application: it reads again. The last seven are what SQL
Server requires of a session to use indexed views and indexes on computed columns ("SET options",
CREATE INDEX); without ANSI_WARNINGS and ARITHABORT an expression that overflows would arrive as
NULL.

Not every T-SQL server has all of these: a setting that it refuses keeps its default.
"""


def open_session(settings: SourceSettings, lock_timeout: int) -> Any:
    """Return the driver's own connection, set up; raises ConfigError (login, TLS), TransientError.

    A refused login that comes from a secret store is fetched again, once. A statement waits
    ``lock_timeout`` seconds at the most for a lock (error 1222).
    """
    raw = settings.with_login(lambda login: open_driver_connection(settings, login))
    try:
        wanted = [one.format(milliseconds=1000 * lock_timeout) for one in SESSION]
        _set_up(raw, settings, wanted)
    except BaseException:
        with contextlib.suppress(Exception):
            raw.close()
        raise
    return raw


def _set_up(raw: Any, settings: SourceSettings, statements: Sequence[str]) -> None:
    """Run them in one batch; where the server refuses it, by halves, down to the one it lacks."""
    try:
        with translated(settings), contextlib.closing(raw.cursor()) as cursor:
            cursor.execute("; ".join(statements))
            while cursor.nextset():
                pass
    except TransientError:
        raise
    except TableferryError:
        if len(statements) > 1:
            middle = len(statements) // 2
            _set_up(raw, settings, statements[:middle])
            _set_up(raw, settings, statements[middle:])
