"""Translates SQL Server's errors into ours, by their text.

The driver's errors have neither SQLSTATE nor SQL Server's number, only text: ``driver_error`` is
derived from the SQLSTATE, ``ddbc_error`` is the server's message (sessions use us_english), with
``[SQL Server]`` before it, or the driver's own. So errors are recognised by both texts.

A message may quote the value of a cell (245: "Conversion failed when converting the varchar
value '...'"), and that value may read like any other message. So the server's messages are matched
at their beginning (``messages``), and only those that name nothing but objects are passed on
unchanged. The driver's own texts may hold anything, the connection string included: of them nothing
is passed on but the words that were looked for. No driver's exception stays in the chain.
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
    TableferryError,
    TransientError,
    driver_failed,
    masked,
    system_reason,
)
from tableferry.sqlserver.messages import (
    AGAIN,
    BUSY,
    LOGIN,
    TRANSLATED_18456,
    KnownMessage,
    find_message,
)

AZURE_FAILOVER: Final = "4060"
AZURE_HOST: Final = r"\.database\.(windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)$"
"""In Azure a database is missing for a moment while it fails over to another server; elsewhere a
missing one means a wrong name."""

REFUSED_LOGIN: Final = KnownMessage("18456", "", ConfigError, LOGIN)
"""A login is refused in the server's language, before the session is set to English."""

UNKNOWN_AT_LOGIN: Final = KnownMessage("login", "", ConfigError,
    "The server says this in its own language, and the driver passes on no number: a refused "
    "login, a missing or closed database, or a server that is full or starting. Check {prefix}USER,"
    " {prefix}PASSWORD and {prefix}DB. Not retried: that could lock the account.",
    names_only=False)  # fmt: skip
"""Any other error at login, of which nothing is known: not even that it quotes names only."""

_REFUSED: Final = "Invalid authorization specification"
"""The driver's words for the SQLSTATE (28000) of every login that a server refuses, for whatever
reason: the same in all languages."""


@dataclass(frozen=True, slots=True)
class DriverError:
    """An error of the driver itself, recognised by ``pattern`` anywhere in its texts.

    ``message`` is ours; the words that matched, or the system's reason, are added to it.
    """

    code: str
    pattern: str
    kind: type[TableferryError]
    message: str
    hint: str


DRIVER_ERRORS: Final = (
    DriverError("TLS", r"certificate verify failed|self.signed certificate|SSL Provider"
                r"|certificate chain|TLS handshake|tls error|certificate validation failed"
                r"|certificate mismatch|encryption (?:is )?not supported|not support encryption",
                ConfigError, "the connection cannot be encrypted",
                "Set {prefix}CA_FILE to the certificate of the server's authority; or, on a "
                "trusted network, {prefix}TRUST_CERTIFICATE=yes ({prefix}ENCRYPT=optional where "
                "there is no TLS; strict needs SQL Server 2022 or later)."),
    DriverError("ENTRA", r"Entra ID access token|Azure AD authentication"
                r"|Azure authentication libraries",
                ConfigError, "Microsoft Entra issued no token",
                "Check {prefix}AUTH, and this process's identity in Microsoft Entra; a Lambda "
                "package supports it when it is built with --entra."),
    DriverError("HYT00", r"time-?out expired|login timeout|timed out", TransientError,
                "SQL Server did not answer in time", AGAIN),
    DriverError("08S01", r"communication link failure|connection (?:was )?(?:closed|reset|aborted"
                r"|refused)|TCP Provider|Broken pipe|unexpected end of file|IO error"
                r"|unable to establish|connection may have been terminated",
                TransientError, "the connection was lost", AGAIN),
)  # fmt: skip
"""The first whose pattern is found applies."""

STATES: Final = frozenset({
    "General error", "Syntax error or access violation", "Invalid cursor state",
    "Function sequence error", "Numeric value out of range", "String data, right-truncated",
    "Datetime field overflow", "Invalid character value for cast specification",
    "Memory allocation error", "Memory management error", "Optional feature not implemented",
    "Driver does not support this function", "Connection not open", "Serialization failure",
    "Operation canceled", "Restricted data type attribute violation", "Invalid descriptor index",
    "Invalid string or buffer length", "Invalid connection string attribute",
    "Invalid attribute value", "Server rejected the connection", "Transaction is rolled back",
})  # fmt: skip
"""The driver's own words for a SQLSTATE, which are passed on."""


@contextlib.contextmanager
def translated(settings: SourceSettings, *, at_login: bool = False) -> Iterator[None]:
    """Translate whatever the driver raises into our errors while the block runs.

    ``at_login``: the block logs in. Our own errors pass unchanged.
    """
    try:
        yield
    except TableferryError:
        raise
    except (mssql_python.Error, mssql_python.Warning, RuntimeError) as error:
        raise translate(error, settings, at_login=at_login) from None
    except Exception as error:  # noqa: BLE001 - whatever a driver raises, its text may quote
        raise driver_failed(error, str(settings), at_login=at_login) from None


def is_refusal(error: Exception, settings: SourceSettings) -> bool:
    """Whether it is the server's answer to a statement, and the session goes on as it was."""
    is_answer = "[SQL Server]" in str(getattr(error, "ddbc_error", "") or "")
    return is_answer and not isinstance(translate(error, settings), TransientError)


def translate(
    error: Exception, settings: SourceSettings, *, at_login: bool = False
) -> TableferryError:
    """Return our error for the driver's."""
    message = str(getattr(error, "ddbc_error", "") or "")
    state = str(getattr(error, "driver_error", "") or "")
    if "[SQL Server]" in message:
        return _of_server(message, state, settings, at_login=at_login)
    return _of_driver(error, f"{message}\n{state or str(error)}", settings, at_login=at_login)


def _of_server(
    message: str, state: str, settings: SourceSettings, *, at_login: bool
) -> TableferryError:
    text = _first_message(message)
    known = find_message(text)
    if known is None and (at_login or _REFUSED in state):
        is_refused = any(re.match(one, text, re.IGNORECASE) for one in TRANSLATED_18456)
        known = REFUSED_LOGIN if is_refused else UNKNOWN_AT_LOGIN
    if known is None:
        hint = "SQL Server refused the statement; its message says why, with its values masked."
        return TableferryError(f"{settings}: {masked(text)}", hint=hint)
    kind, hint = known.kind, known.hint
    if known.code == AZURE_FAILOVER and re.search(AZURE_HOST, settings.host, re.IGNORECASE):
        kind, hint = TransientError, BUSY
    shown = text if known.names_only else masked(text)
    return kind(
        f"{settings}: {shown} ({known.code})",
        hint=settings.worded(hint),
        code=known.code,
    )


def _of_driver(
    error: Exception, texts: str, settings: SourceSettings, *, at_login: bool
) -> TableferryError:
    for known in DRIVER_ERRORS:
        if found := re.findall(known.pattern, texts, re.IGNORECASE):
            words = ", ".join(dict.fromkeys(found))
            reason = words if known.code == "TLS" else system_reason(texts) or words
            return known.kind(
                f"{settings}: {known.message}: {reason} ({known.code})",
                hint=settings.worded(known.hint),
                code=known.code,
            )
    failed = driver_failed(error, str(settings), at_login=at_login)
    if state := next((line for line in texts.splitlines() if line in STATES), ""):
        failed = TableferryError(f"{failed.message} ({state})", hint=failed.hint)
    return failed


def _first_message(text: str) -> str:
    """Return the server's first message on one line, without the driver's prefixes and SQLSTATE.

    The driver may join several; what follows the first may quote a value that the first does not.
    """
    text = re.sub(r"^(SQLSTATE:\w*:)?(\[[^\]]*\])*", "", text.strip())
    first, *_ = re.split(r"\[Microsoft\]|\[SQL Server\]", text, maxsplit=1)
    return " ".join(first.split()).rstrip(".")
