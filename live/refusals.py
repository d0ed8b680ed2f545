"""Tells whether an error says that a server lacks something, or answers a question. Pure.

A name that a server does not know is judged by whose it is: a catalog view or a function that is
missing belongs to the server, a table that is missing was created by the probe a moment before.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

SYNTAX: Final = frozenset({102, 155, 156, 195, 319, 321, 343, 448, 5058})
"""What SQL Server says to what it does not know: syntax, functions, hints, collations, options."""

AZURE: Final = frozenset({40508, 40510, 40511, 40512, 40514, 40515, 40517})
"""What Azure SQL Database says to statements that it leaves out."""

NAMES: Final = frozenset({207, 208, 243, 2715, 2812, 4121})
"""What a server says to a name that it does not know, whosever it is."""

FORBIDDEN: Final = frozenset({229, 230, 262, 297, 300, 371, 916, 5011, 6102, 15247})
"""What a server says to a login that may not."""

_DENIED: Final = re.compile(r"\bpermission (?:was )?denied\b|\bnot have (?:the )?permission\b")

_HIDDEN: Final = re.compile(r"\bdoes not exist or you do not have permission")
"""What a server says (1088, 3701, 4902, 15151) where it does not tell which."""

_LACKS: Final = re.compile(
    r"\bnot (?:\w+ )?support(?:ed)?\b|\bunsupported\b|\bnot (?:\w+ )?implemented\b"
    r"|\bunimplemented\b|\boptional feature\b|\bsyntax error\b|\bincorrect syntax\b"
    r"|\bun(?:recognized|known)\b"
    r"|\bnot (?:a )?recogni[sz]ed\b|\binvalid collation\b"
)
"""What servers of other makes say, whatever the number. "Cannot support" is an answer (3930)."""

_ABSENT: Final = re.compile(
    r"\bdoes(?: not|n't) exist\b|\b(?:cannot|could not) find\b|\bnot found\b|\bno such\b"
)

_QUOTED: Final = re.compile(r"'([^']+)'|\"([^\"]+)\"")
_UNQUOTED: Final = re.compile(
    r"\b(?:function|procedure|relation|table|view|column|object|data type|type)\s+([\w.\[\]$#]+)"
)

_DEFINITION: Final = re.compile(
    r"^(?:CREATE|ALTER)\b.*(?:\n[ \t]+.*)*", re.IGNORECASE | re.MULTILINE
)
_CREATED: Final = re.compile(
    r"\b(?:TABLE|VIEW|TYPE|USER|ROLE|SCHEMA|SCHEME|SYNONYM|SEQUENCE|FUNCTION|PROCEDURE|POLICY|COLLECTION"
    r"|INDEX|DEFAULT|RULE|DATABASE|ADD|AS|INTO)\s+(?:\[?\w+\]?\.)*\[?([\w#]+)",
    re.IGNORECASE,
)
_INTO: Final = re.compile(r"\bINTO\s+(?:\[?\w+\]?\.)*\[?([\w#]+)", re.IGNORECASE)


def own_names(statements: Iterable[str]) -> frozenset[str]:
    """Return what these statements create: objects, columns, types, users; in lower case."""
    found: set[str] = set()
    for sql in statements:
        for definition in _DEFINITION.findall(sql):
            found.update(_CREATED.findall(definition))
            found.update(_columns(definition))
        found.update(_INTO.findall(sql))
    return frozenset(name.lower() for name in found)


def _columns(definition: str) -> Iterator[str]:
    """Yield the first word of each part of the first list in parentheses."""
    depth = 0
    is_first = False
    for token in re.findall(r"N?'(?:[^']|'')*'|\w+|[(),]", definition):
        if token == ")":
            depth -= 1
            if depth == 0:
                return
        elif token == "(":
            depth += 1
            is_first = depth == 1
        elif token == ",":
            is_first = depth == 1
        elif is_first:
            yield token
            is_first = False


def is_refusal(number: int, text: str, own: frozenset[str] = frozenset()) -> bool:
    """Tell whether the error says that the server does not support the statement.

    ``own`` are the names that the probe creates, as of ``own_names``.
    """
    words = text.lower()
    if number in SYNTAX | AZURE or _LACKS.search(words):
        return True
    if _HIDDEN.search(words):
        return False
    return (number in NAMES or _ABSENT.search(words) is not None) and not _names_any(words, own)


def is_forbidden(number: int, text: str, own: frozenset[str] = frozenset()) -> bool:
    """Tell whether the error says that the login lacks a right.

    In its own database it has every right: there a name that is not found does not exist.
    """
    words = text.lower()
    if _HIDDEN.search(words):
        return not _names_any(words, own)
    return number in FORBIDDEN or _DENIED.search(words) is not None


def _names_any(words: str, own: frozenset[str]) -> bool:
    """Tell whether the name that the message is about is one of ``own``: the last one it has."""
    quoted = [one or other for one, other in _QUOTED.findall(words)]
    names = quoted or _UNQUOTED.findall(words)
    if not names:
        return False
    *schema, name = names[-1].strip(".").replace("[", "").replace("]", "").split(".")
    return name in own and not {"sys", "information_schema"} & set(schema)
