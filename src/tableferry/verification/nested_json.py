"""JSON of any depth, read and written without recursion: nested too deeply for Python's json.

It is read strictly (RFC 8259): a text that PostgreSQL refuses is not taken for one that it has.
"""

import re
from collections.abc import Callable
from json.decoder import JSONDecoder
from json.encoder import encode_basestring
from typing import Final, NoReturn

Node = str | list["Node"] | dict[str, "Node"]
"""A value as it was read: a container, or what is written of another one."""

_BLANKS: Final = re.compile(r"[ \t\n\r]*")
_SINGLE: Final = re.compile(
    r"true|false|null|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
)
_VALUE_AT: Final = JSONDecoder().raw_decode


def rewritten(text: str, number: Callable[[str], str]) -> str:
    """Return a text of JSON as jsonb writes it, its numbers as ``number`` does; else ValueError."""
    return _written(_Reader(text, number).read())


def in_order(members: list[tuple[str, Node]]) -> dict[str, Node]:
    """Return an object with its names in jsonb's order: the shorter first, by their bytes."""
    found = dict(members)
    if len(found) < 2:
        return found
    names = sorted(found)  # by code points, as the bytes of UTF-8 are
    names.sort(key=_bytes_of)
    return {name: found[name] for name in names}


def _bytes_of(name: str) -> int:
    return len(name) if name.isascii() else len(name.encode("utf-8", "surrogatepass"))


class _Reader:
    """One text, and how far it was read."""

    def __init__(self, text: str, number: Callable[[str], str]) -> None:
        self._text = text
        self._number = number
        self._place = 0
        self._open: list[list[Node] | dict[str, Node]] = []
        self._names: list[str] = []
        """Of the members whose values are being read."""

    def read(self) -> Node:
        """Return the only value of the text."""
        while True:
            node = self._begun()
            while node is not None:
                if not self._open:
                    if self._next():
                        self._refuse()
                    return node
                node = self._with_member(node)

    def _begun(self) -> Node | None:
        """Read a value, or the beginning of a container that is not empty: None."""
        match self._next():
            case "[":
                return self._container([], "]")
            case "{":
                return self._container({}, "}")
            case '"':
                return encode_basestring(self._string())
        single = _SINGLE.match(self._text, self._place)
        if single is None:
            self._refuse()
        self._place = single.end()
        return single[0] if single[1] is None else self._number(single[1])

    def _container(self, empty: list[Node] | dict[str, Node], end: str) -> Node | None:
        self._place += 1
        if self._next() == end:
            self._place += 1
            return empty
        self._open.append(empty)
        self._name_member()
        return None

    def _with_member(self, node: Node) -> Node | None:
        """Add a value to its container; returns the container where it ends, or else None."""
        container = self._open[-1]
        if isinstance(container, list):
            container.append(node)
        else:
            container[self._names.pop()] = node
        after = self._next()
        self._place += 1
        if after == ",":
            self._name_member()
            return None
        if after != ("]" if isinstance(container, list) else "}"):
            self._refuse()
        return self._open.pop()

    def _name_member(self) -> None:
        """Read the name of an object's member, and the colon after it."""
        if isinstance(self._open[-1], list):
            return
        if self._next() != '"':
            self._refuse()
        self._names.append(self._string())
        if self._next() != ":":
            self._refuse()
        self._place += 1

    def _string(self) -> str:
        found, self._place = _VALUE_AT(self._text, self._place)
        return str(found)

    def _next(self) -> str:
        """Return the next character that is no blank, and leave it there; empty at the end."""
        blanks = _BLANKS.match(self._text, self._place)
        self._place = blanks.end() if blanks else self._place
        return self._text[self._place : self._place + 1]

    def _refuse(self) -> NoReturn:
        raise ValueError("not JSON")


def _written(node: Node) -> str:
    parts: list[str] = []
    left = [node]
    while left:
        one = left.pop()
        if isinstance(one, str):
            parts.append(one)
        else:
            left += reversed(_pieces(one))
    return "".join(parts)


def _pieces(container: list[Node] | dict[str, Node]) -> list[Node]:
    """Return what a container is written of."""
    pieces: list[Node] = []
    if isinstance(container, list):
        for member in container:
            pieces += (", ", member)
        return ["[", *pieces[1:], "]"]
    for name, member in in_order(list(container.items())).items():
        pieces += (", ", f"{encode_basestring(name)}: ", member)
    return ["{", *pieces[1:], "}"]
