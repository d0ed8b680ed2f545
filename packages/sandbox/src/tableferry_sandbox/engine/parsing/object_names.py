"""Object names inside strings, as OBJECT_ID and its like take them."""

from tableferry_sandbox.engine.parsing.lexer import tokenize
from tableferry_sandbox.events import SqlError


def split_name(text: str) -> tuple[str, ...]:
    """Return the parts of ``a.[b c].d``; empty if the text is no name."""
    try:
        tokens = tokenize(text)
    except SqlError:
        return ()
    parts = [""]
    for token in tokens[:-1]:
        if token.lower == ".":
            parts.append("")
        elif token.kind in ("word", "name", "variable") and not parts[-1]:
            parts[-1] = token.text
        else:
            return ()
    return tuple(parts) if parts[-1] else ()
