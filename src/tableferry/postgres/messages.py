"""Several statements in one message to PostgreSQL, and the results that come back.

A message is a round trip; the simple query protocol takes any number of statements in one
(PostgreSQL, "Multiple Statements in a Simple Query"), behind every pooler. Such a message has no
place for parameters, so values are put into the text, by the driver, as literals that its own
connection quotes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

Parameters = tuple[Any, ...] | dict[str, Any]

Rows = list[tuple[Any, ...]]

Question = tuple[str, Parameters]
"""A query and its parameters."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back: the rows of each statement that returns any, and the last one's tag."""

    rows: Sequence[Rows]
    tag: str


def bound(raw: psycopg.Connection[Any], sql: str, parameters: Parameters) -> str:
    """Return a statement with its values as literals, without the semicolon at its end."""
    if not parameters:
        return sql
    return psycopg.ClientCursor(raw).mogrify(sql, parameters)


def is_bindable(sql: str) -> bool:
    """Whether the statement's values may be literals: binary ones (``%b``) have to be sent."""
    return "%b" not in sql


def answers(cursor: psycopg.Cursor[Any]) -> Answers:
    """Return what a message's statements returned, from the first to the last."""
    found: list[Rows] = []
    while True:
        if cursor.description is not None:
            found.append(cursor.fetchall())
        tag = cursor.statusmessage or ""
        if not cursor.nextset():
            return Answers(found, tag)


def statement(sql: str) -> LiteralString:
    """Declare SQL text safe: its names were quoted by ``identifiers``, it contains no values."""
    return sql
