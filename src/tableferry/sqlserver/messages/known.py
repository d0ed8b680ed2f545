"""What is known of one of SQL Server's messages, and how its text is recognised.

The driver reports text only, so a message is recognised by the beginning of its English text. The
numbers and texts are those of ``sys.messages``, as Microsoft documents them under "Database Engine
events and errors" (and for Azure under "Troubleshoot common connection issues"); the texts differ
in details between versions, so spaces, quotation marks and case do not matter.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tableferry.errors import TableferryError

WILDCARD: Final = "…"
"""Stands for what a message fills in: a name, a number, a value."""

AGAIN: Final = "Nothing was changed; run it again."
BUSY: Final = (
    "The server is busy, starting or failing over; nothing was changed; run it again in a minute."
)
REPAIR: Final = (
    "A database administrator has to look at SQL Server's error log and run DBCC CHECKDB. "
    "Nothing was changed."
)


@dataclass(frozen=True)
class KnownMessage:
    """A message of SQL Server; ``hint`` may use ``{prefix}`` of the connection's variables.

    ``text`` is how it begins. ``names_only`` says that all of it names only objects and numbers, so
    that it is passed on; otherwise it may quote a value and is masked. ``busy``: a retry needs a
    longer pause.
    """

    code: str
    text: str
    kind: type[TableferryError]
    hint: str
    names_only: bool = True
    busy: bool = False

    @cached_property
    def opening(self) -> str:
        """The fixed words that it begins with, ``squeezed``; empty where it begins with others."""
        return squeezed(self.text.partition(WILDCARD)[0])

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What matches the beginning of the message.

        What a message fills in is any text where it quotes it, and has no quotation mark elsewhere:
        so no text that quotes a value is taken for a message that fills in a name.
        """
        first, *others = self.text.split(WILDCARD)
        pattern = _tolerant(first) or _FIRST_WORDS
        for before, part in zip([first, *others], others, strict=False):
            filled_in = ".*?" if before.endswith(("'", '"')) else """[^'"]*?"""
            pattern += (filled_in if before else "") + _tolerant(part)
        return re.compile(pattern, re.IGNORECASE)

    @property
    def specific(self) -> int:
        """How much of the text is fixed: of two messages that match, the more specific applies."""
        return len(self.text.replace(WILDCARD, ""))


def squeezed(text: str) -> str:
    """Return a text without what ``pattern`` tolerates: spaces, quotation marks, hyphens, case."""
    return _TOLERATED.sub("", text).casefold()


def messages(
    kind: type[TableferryError],
    hint: str,
    *lines: str,
    names_only: bool = True,
    busy: bool = False,
) -> Iterator[KnownMessage]:
    """Yield the messages of these lines, each a number and a text, which share all the rest."""
    for line in lines:
        number, text = line.split(" ", 1)
        yield KnownMessage(number, text, kind, hint, names_only, busy)


_TOLERATED: Final = re.compile(r"""[\s'"-]+""")

_FIRST_WORDS: Final = r"[\w .]{1,60}?"
"""What a message may fill in at its very beginning: the name of a right, of a statement."""


def _tolerant(part: str) -> str:
    """Return a pattern for a fixed part: any space, either quotation mark, with a hyphen or not."""
    pattern = re.escape(part)
    pattern = re.sub(r"(\\ )+", r"\\s*", pattern)
    pattern = re.sub(r"""['"]""", """['"]""", pattern)
    return pattern.replace(r"\-", "[ -]?")
