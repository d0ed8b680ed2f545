"""The texts of definitions, as the catalog shows them."""

import re


def default_text(text: str) -> str:
    """Return a default's text as sys.default_constraints shows it."""
    body = text.strip()
    while body.startswith("(") and body.endswith(")") and _balanced(body[1:-1]):
        body = body[1:-1].strip()
    if re.fullmatch(r"[-+]?[\d.]+", body):
        return f"(({body}))"
    if re.fullmatch(r"[A-Za-z_]+\(\)", body):
        body = body.lower()
    return f"({body})"


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0
