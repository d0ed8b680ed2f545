"""JSON_VALUE and JSON_QUERY: what a path finds in a JSON text.

In lax mode, the default, what is not there is NULL; in strict mode it is an error (JSON_VALUE and
JSON_QUERY, Transact-SQL).
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from tableferry_sandbox.engine.types.row_errors import RowError

_STEP: Final = re.compile(r'\.([A-Za-z_]\w*)|\."((?:[^"\\]|\\.)*)"|\[(\d+)\]')
_LONGEST: Final = 4000
"""Characters that JSON_VALUE returns; a longer value is NULL in lax mode."""


class _Number(str):
    """A number as it is written in the text."""

    __slots__ = ()


def value(text: str, path: str) -> str | None:
    """Return the scalar at a path, NULL for an object or an array. Raises 13609, 13607, 13608."""
    found, strict = _find(text, path)
    if isinstance(found, dict | list) or (isinstance(found, str) and len(found) > _LONGEST):
        if strict:
            kind = (13623, "Scalar value cannot be found in the specified JSON path.")
            raise (
                RowError(*kind)
                if isinstance(found, dict | list)
                else RowError(13625, "String value in the specified JSON path would be truncated.")
            )
        return None
    if isinstance(found, bool):
        return "true" if found else "false"
    return None if found is None else str(found)


def query(text: str, path: str) -> str | None:
    """Return the text of the object or array at a path, NULL for a scalar."""
    found, strict = _find(text, path)
    if isinstance(found, dict | list):
        return _written(found) if path.strip().removeprefix("lax").strip() != "$" else text
    if strict:
        raise RowError(13624, "Object or array cannot be found in the specified JSON path.")
    return None


def _written(found: Any) -> str:
    """Return JSON without white space; numbers stay as they were written."""
    if isinstance(found, dict):
        pairs = (f"{json.dumps(k, ensure_ascii=False)}:{_written(v)}" for k, v in found.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(found, list):
        return "[" + ",".join(map(_written, found)) + "]"
    return str(found) if isinstance(found, _Number) else json.dumps(found, ensure_ascii=False)


def _find(text: str, path: str) -> tuple[Any, bool]:
    """Return what is at a path (None if nothing is), and whether the mode is strict."""
    match = re.fullmatch(r"\s*(?:(lax|strict)\s+)?\$(.*?)\s*", path, re.DOTALL)
    if match is None:
        raise _bad_path(path, 0)
    strict = match[1] == "strict"
    try:
        found = json.loads(text, parse_int=_Number, parse_float=_Number)
    except ValueError as error:
        place = getattr(error, "pos", 0)
        raise RowError(
            13609,
            "JSON text is not properly formatted. Unexpected character "
            f"'{text[place : place + 1] or '.'}' is found at position {place}.",
        ) from None
    for step in _steps(match[2], path):
        if isinstance(step, int):
            found = found[step] if isinstance(found, list) and step < len(found) else _MISSING
        else:
            found = found.get(step, _MISSING) if isinstance(found, dict) else _MISSING
        if found is _MISSING:
            if strict:
                raise RowError(13608, "Property cannot be found on the specified JSON path.")
            return None, strict
    return found, strict


def member(text: str, name: str) -> str | None:
    """Return a member of an object as text, None where there is no such object or member."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    value = found.get(name) if isinstance(found, dict) else None
    return None if value is None else str(value)


_MISSING: Final = object()


def _steps(steps: str, path: str) -> Iterator[str | int]:
    place = 0
    while place < len(steps):
        match = _STEP.match(steps, place)
        if match is None:
            raise _bad_path(path, len(path.rstrip()) - len(steps) + place)
        name, quoted, index = match.groups()
        yield int(index) if index else name or json.loads(f'"{quoted}"')
        place = match.end()


def _bad_path(path: str, place: int) -> RowError:
    return RowError(
        13607,
        "JSON path is not properly formatted. Unexpected character "
        f"'{path[place : place + 1] or '.'}' is found at position {place}.",
    )
