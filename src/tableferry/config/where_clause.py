"""Whether the T-SQL of ``where`` is one condition, and nothing behind it.

It goes between parentheses into the SELECT, the closing one on a line of its own. What closes
them, ends the statement or comments the rest out would make another statement of it, by a slip
more likely than by intent.
"""

import re
from typing import Final

_PARTS: Final = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\[(?:[^\]]|\]\])*\]|--[^\n]*|/\*.*?\*/|/\*|[()';\"\[]",
    re.DOTALL,
)
"""Texts, names and comments as wholes, and the signs that mean something outside them."""

_OPENING: Final = frozenset({"'", '"', "[", "/*"})
"""What is left alone only where its end is missing; comments of T-SQL hold comments."""


def problem_of(condition: str) -> str:
    """Return why a text is not one condition, empty where it is."""
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
