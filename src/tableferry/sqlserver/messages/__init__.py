"""SQL Server's messages: number, text, what the caller does next, what the person does next."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tableferry.sqlserver.messages.databases import DATABASES
from tableferry.sqlserver.messages.known import AGAIN, BUSY, KnownMessage, squeezed
from tableferry.sqlserver.messages.logins import LOGIN, LOGINS, TRANSLATED_18456
from tableferry.sqlserver.messages.resources import RESOURCES
from tableferry.sqlserver.messages.statements import STATEMENTS
from tableferry.sqlserver.messages.values import VALUES
from tableferry.sqlserver.messages.versions import VERSIONS

__all__ = [
    "AGAIN",
    "BUSY",
    "BUSY_NUMBERS",
    "GROUPS",
    "LOGIN",
    "TRANSLATED_18456",
    "KnownMessage",
    "find_message",
]

GROUPS: Final[Mapping[str, tuple[KnownMessage, ...]]] = MappingProxyType(
    {
        "Connecting": LOGINS,
        "State of the database and the service": DATABASES,
        "Locks, row versions and isolation": VERSIONS,
        "Resources and damage": RESOURCES,
        "Names, statements and rights": STATEMENTS,
        "Values": VALUES,
    }
)
"""All that are known, by subject."""

_MOST_SPECIFIC_FIRST: Final = sorted(
    (message for group in GROUPS.values() for message in group),
    key=lambda message: -message.specific,
)

BUSY_NUMBERS: Final = frozenset(message.code for message in _MOST_SPECIFIC_FIRST if message.busy)
"""Numbers after which a server needs a longer pause."""


def find_message(text: str) -> KnownMessage | None:
    """Return the message that a text of the server, without the driver's prefix, begins with.

    Most are passed over by their first words: to make all their patterns takes half a second.
    """
    words = squeezed(text)
    return next(
        (
            one
            for one in _MOST_SPECIFIC_FIRST
            if words.startswith(one.opening) and one.pattern.match(text)
        ),
        None,
    )
