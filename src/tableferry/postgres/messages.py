"""Several statements in one message to PostgreSQL, and the results that come back.

A message is a round trip; the simple query protocol takes any number of statements in one
(PostgreSQL, "Multiple Statements in a Simple Query"), behind every pooler. Such a message has no
place for parameters, so values are put into the text, by the driver, as literals that its own
connection quotes.

``pg_stat_activity`` shows the beginning of a message (``track_activity_query_size``, 1,024 bytes),
not of the statement that runs. So one with much in front of its first statement that matters
begins with that, as a comment.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString

import psycopg

Parameters = tuple[Any, ...] | dict[str, Any]

Rows = list[tuple[Any, ...]]

Question = tuple[str, Parameters]
"""A query and its parameters."""

COMMIT: Final = "COMMIT"

MOMENT: Final = "(extract(epoch FROM {}) * 1000000)::bigint"
"""A moment as microseconds: the driver reads it when the COMMIT of its message has put DateStyle
back to what the role has, which may be one that the driver does not read."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

SHOWN_CHARACTERS: Final = 200
"""Of a statement in the comment before its message: enough to tell which it is."""

_SETTINGS: Final = re.compile(r"(?:SET LOCAL [^;]*; )+")
"""What a statement may have in front."""

_COMMENT: Final = re.compile(r"/\*.*?\*/ ", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back: the rows of each statement that returns any, and the tag of every one."""

    rows: Sequence[Rows]
    tags: Sequence[str]


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
    tags: list[str] = []
    while True:
        if cursor.description is not None:
            found.append(cursor.fetchall())
        tags.append(cursor.statusmessage or "")
        if not cursor.nextset():
            return Answers(found, tags)


def headed(statement: str, text: str) -> str:
    """Return a message's text after a comment that shows the statement it is sent for."""
    shown = _SETTINGS.sub("", " ".join(statement.split()), count=1)[:SHOWN_CHARACTERS]
    # A name may hold what would end the comment.
    return f"/* {shown.replace('*/', '* /').replace('/*', '/ *')} */ {text}"


def with_head_first(before: Sequence[str], text: str) -> str:
    """Return one message: what has to be sent before, and the text that it is sent for.

    It begins with the comment that the text has in front, or with the text's beginning.
    """
    if not before:
        return text
    if not text:
        return "; ".join(before)
    about, whole = before[-1] if text == COMMIT else text, "; ".join((*before, text))
    head = _COMMENT.match(about)
    return head[0] + whole if head else headed(about, whole)


def moment(microseconds: int | None) -> dt.datetime | None:
    """Return what ``MOMENT`` has returned, as a datetime."""
    return None if microseconds is None else _EPOCH + dt.timedelta(microseconds=microseconds)


def statement(sql: str) -> LiteralString:
    """Declare SQL text safe: its names were quoted by ``identifiers``, it contains no values."""
    return sql
