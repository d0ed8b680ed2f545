"""Check that the T-SQL of ``where`` is one condition and nothing else.

It goes into the SELECT between parentheses, the closing one on its own line. Text that closes them,
ends the statement or comments out the rest would change the statement, most likely by mistake.
"""

import re
from typing import Final

_PARTS: Final = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\[(?:[^\]]|\]\])*\]|--[^\n]*|/\*.*?\*/|/\*|[()';\"\[]",
    re.DOTALL,
)
"""Literals, quoted names and comments as single matches, and the signs that matter outside them."""

_OPENING: Final = frozenset({"'", '"', "[", "/*"})
"""Matched alone only where the closing sign is missing; T-SQL comments nest."""


def condition_problem(condition: str) -> str:
    """Return why a text is not exactly one condition, empty where it is."""
    depth = 0
    for match in _PARTS.finditer(condition):
        part = match.group()
        if part == "(":
            depth += 1
        elif part == ")":
            depth -= 1
            if depth < 0:
                return "closes a parenthesis that it does not open"
        elif part == ";":
            return "holds a semicolon"
        elif part in _OPENING or (part.startswith("/*") and "/*" in part[2:]):
            return f"does not close a {part[:2]}"
    return "leaves a parenthesis open" if depth else ""
