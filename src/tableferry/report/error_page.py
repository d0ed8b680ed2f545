"""Render the tables in ``docs/errors.md`` from what is known of both servers' errors.

``script/errors`` writes them; a test fails where the page and the data differ.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from tableferry.errors import (
    ConfigError,
    DataError,
    SchemaError,
    TableferryError,
    TransientError,
)
from tableferry.postgres.libpq_errors import LIBPQ_ERRORS
from tableferry.postgres.poolers import POOLER_ERRORS
from tableferry.postgres.sqlstates import GROUPS as STATES
from tableferry.postgres.sqlstates import meaning_of
from tableferry.sqlserver.errors import DRIVER_ERRORS, UNKNOWN_AT_LOGIN
from tableferry.sqlserver.messages import GROUPS as MESSAGES

_BEGIN: Final = "<!-- the tables: script/errors -->\n"
_END: Final = "<!-- end of the tables -->\n"

PREFIX: Final = "SQL_SERVER_<NAME>_"
"""Stands for the variables of one SQL Server."""

NEXT: Final[Mapping[type[TableferryError], str]] = MappingProxyType(
    {
        TransientError: "retried",
        ConfigError: "configure",
        SchemaError: "compare the tables",
        DataError: "look at the data",
        TableferryError: "ask an administrator",
    }
)
"""What each class means for the caller, in a word or two."""


def with_tables(page: str) -> str:
    """Return the page with the current tables between its two markers."""
    head, rest = page.split(_BEGIN)
    _, foot = rest.split(_END)
    return f"{head}{_BEGIN}{error_tables()}{_END}{foot}"


def error_tables() -> str:
    """Return all tables in Markdown, each under its heading."""
    return "\n".join([*_sql_server(), *_postgresql()])


def _sql_server() -> Iterator[str]:
    yield "## SQL Server\n"
    for title, group in MESSAGES.items():
        rows = sorted(group, key=lambda message: int(message.code))
        yield f"### {title}\n"
        yield _table(
            ("number", "message begins", "next", "what to do"),
            (
                (known.code, known.text, NEXT[known.kind], known.hint.format(prefix=PREFIX))
                for known in rows
            ),
        )
    yield "### The driver, and logins in other languages\n"
    driver = (
        (known.code, known.message, NEXT[known.kind], known.hint.format(prefix=PREFIX))
        for known in DRIVER_ERRORS
    )
    unknown = UNKNOWN_AT_LOGIN
    last = (
        unknown.code,
        "anything else that the server says at login, in its own language",
        NEXT[unknown.kind],
        unknown.hint.format(prefix=PREFIX),
    )
    yield _table(("code", "what it means", "next", "what to do"), [*driver, last])


def _postgresql() -> Iterator[str]:
    yield "## PostgreSQL\n"
    for title, group in STATES.items():
        rows = sorted(group, key=lambda meaning: meaning.state)
        yield f"### {title}\n"
        yield _table(
            ("SQLSTATE", "what it means", "next", "what to do"),
            (
                (
                    meaning.state if len(meaning.state) > 2 else f"{meaning.state}...",
                    meaning.message,
                    NEXT[meaning.kind],
                    meaning.hint,
                )
                for meaning in rows
            ),
        )
    yield "### Before PostgreSQL answers\n"
    texts = (
        (
            known.code,
            known.message or meaning_of(known.code).message,
            NEXT[known.kind],
            known.hint or meaning_of(known.code).hint,
        )
        for known in LIBPQ_ERRORS
    )
    yield _table(("code", "what it means", "next", "what to do"), dict.fromkeys(texts))
    yield "### Poolers\n"
    said: dict[tuple[str, ...], list[str]] = {}
    for known in POOLER_ERRORS:
        row = (known.pooler, known.code, NEXT[known.kind], known.hint)
        said.setdefault(row, []).append(known.text)
    yield _table(
        ("pooler", "code", "its text", "next", "what to do"),
        (
            (pooler, code, "; ".join(texts), following, hint)
            for (pooler, code, following, hint), texts in said.items()
        ),
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(map(cell, line)) + " |\n" for line in lines)


def cell(text: str) -> str:
    """Return a cell's text, with what Markdown would take for its own escaped."""
    for sign in ("|", "<", "*"):
        text = text.replace(sign, f"\\{sign}")
    return text
