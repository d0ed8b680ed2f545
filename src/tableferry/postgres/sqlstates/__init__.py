"""Every SQLSTATE of PostgreSQL: what the caller does next, what happened, what the person does.

The states are those of Appendix A of PostgreSQL 18's documentation ("PostgreSQL Error Codes"); a
state that is not listed, of an extension or a newer server, means what its class means.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tableferry.errors import DataError, TableferryError
from tableferry.postgres.sqlstates.meaning import AGAIN, LOG, ROLLED_BACK, Meaning
from tableferry.postgres.sqlstates.objects import OBJECTS
from tableferry.postgres.sqlstates.server import SERVER
from tableferry.postgres.sqlstates.values import VALUES

__all__ = [
    "AGAIN",
    "GROUPS",
    "ROLLED_BACK",
    "ROW_TOO_LARGE",
    "UNKNOWN",
    "Meaning",
    "meaning_of",
]

GROUPS: Final[Mapping[str, tuple[Meaning, ...]]] = MappingProxyType(
    {
        "Values and constraints": VALUES,
        "Tables, columns and rights": OBJECTS,
        "Session, transaction and server": SERVER,
    }
)
"""All that are known, by subject."""

ROW_TOO_LARGE: Final = Meaning(
    "54000",
    DataError,
    "a row is larger than a page of PostgreSQL",
    "Too many of its columns have a value: leave some out with 'exclude' and load them into a "
    f"second table, or exclude the row with 'where'. {ROLLED_BACK}",
)
"""54000 where it says so; it has other causes, too."""

UNKNOWN: Final = Meaning(
    "",
    TableferryError,
    "an error that is not PostgreSQL's own, of an extension or of what is between",
    f"PostgreSQL refused the statement. {LOG} {ROLLED_BACK}",
)
"""A state whose class PostgreSQL does not have."""

_BY_STATE: Final = {meaning.state: meaning for group in GROUPS.values() for meaning in group}


def meaning_of(state: str) -> Meaning:
    """Return the meaning of a SQLSTATE, or else of its class."""
    return _BY_STATE.get(state) or _BY_STATE.get(state[:2]) or UNKNOWN
