"""What a SQLSTATE of PostgreSQL means: what the caller does next, what happened, what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tableferry.errors import TableferryError

ROLLED_BACK: Final = "The load was rolled back; the old rows stay."
AGAIN: Final = f"{ROLLED_BACK} Run it again."
LOG: Final = "PostgreSQL's log has the text."
REPORT: Final = f"Please report this. {ROLLED_BACK}"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a SQLSTATE, or its class (the first two characters), means.

    ``message`` is ours. With ``passes``, PostgreSQL's own is shown instead: it names objects,
    settings and numbers, never a value.
    """

    state: str
    kind: type[TableferryError]
    message: str
    hint: str
    passes: bool = False


def states(
    kind: type[TableferryError], hint: str, *lines: str, passes: bool = False
) -> Iterator[Meaning]:
    """Yield the meanings of these lines, each a SQLSTATE or a class and our message."""
    for line in lines:
        state, message = line.split(" ", 1)
        yield Meaning(state, kind, message, hint, passes)
