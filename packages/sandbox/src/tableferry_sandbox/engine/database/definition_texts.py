"""The texts of definitions, as the catalog shows them."""

import re
from collections.abc import Iterator
from typing import Final

_TOKEN: Final = re.compile(
    r"N?'(?:[^']|'')*'|\[[^\]]*\]|\"[^\"]*\"|\d+\.?\d*(?:[eE][-+]?\d+)?|[^\W\d]\w*|<>|[<>!]=|\S"
)
_NUMBERS_ALONE: Final = re.compile(r"[-+*/().\d\s]+")
_KEYWORDS: Final = frozenset({"and", "or", "not", "is", "null", "in", "like", "between"})


def default_text(text: str) -> str:
    """Return a default's text as sys.default_constraints shows it."""
    body = text.strip()
    while body.startswith("(") and body.endswith(")") and _balanced(body[1:-1]):
        body = body[1:-1].strip()
    if _NUMBERS_ALONE.fullmatch(body):
        return f"({''.join(_written(body))})"
    if re.fullmatch(r"[A-Za-z_]+\(\)", body):
        body = body.lower()
    return f"({body})"


def filter_text(text: str) -> str:
    """Return the filter of an index as sys.indexes shows it: ``([B]>(3) AND [A] IS NOT NULL)``."""
    return f"({''.join(_written(text))})"


def _written(text: str) -> Iterator[str]:
    """Yield the words: names in brackets, numbers in parentheses, keywords in capitals."""
    sign, before = "", ""
    for word in _TOKEN.findall(text):
        if word in "+-" and before in ("", "(", ",", "=", "<", ">", "<>", "<=", ">=", "!="):
            sign = word.strip("+")
        elif word[0].isdigit():
            yield f"({sign}{word})"
            sign = ""
        elif word.lower() in _KEYWORDS:
            # NULL and NOT follow a keyword, whose blank is there already.
            yield word.upper() if before in ("is", "not") else f" {word.upper()}"
            yield "" if word.lower() == "null" else " "
        elif word == ",":
            yield ", "
        elif word[0].isalpha() and not word.startswith("N'"):
            yield f"[{word}]"
        elif word.startswith('"'):
            yield f"[{word[1:-1]}]"
        else:
            yield word
        before = word.lower()


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0
