"""Render ``docs/troubleshooting.md`` from what is known of both servers' errors: by what to do.

``docs/errors.md`` lists the same messages by server and number. ``script/errors`` writes both; a
test fails where a page and the data differ.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tableferry.errors import TableferryError
from tableferry.postgres.libpq_errors import LIBPQ_ERRORS
from tableferry.postgres.poolers import POOLER_ERRORS
from tableferry.postgres.sqlstates import GROUPS as STATES
from tableferry.postgres.sqlstates import meaning_of
from tableferry.report.error_page import NEXT, PREFIX, cell
from tableferry.sqlserver.errors import DRIVER_ERRORS, UNKNOWN_AT_LOGIN
from tableferry.sqlserver.messages import GROUPS as MESSAGES

_BEGIN: Final = "<!-- the remedies: script/errors -->\n"
_END: Final = "<!-- end of the remedies -->\n"


@dataclass(frozen=True, slots=True)
class _Known:
    """A message of a server or a driver, and what is done about it."""

    server: str
    code: str
    text: str
    kind: type[TableferryError]
    hint: str


def with_remedies(page: str) -> str:
    """Return the page with the current remedies between its two markers."""
    head, rest = page.split(_BEGIN)
    _, foot = rest.split(_END)
    return f"{head}{_BEGIN}{remedies()}{_END}{foot}"


def remedies() -> str:
    """Return a section for each class, with each hint and the messages that lead to it."""
    known = [*_sql_server(), *_postgresql()]
    parts = []
    for kind, following in NEXT.items():
        parts.append(f"## {following.capitalize()}: `{kind.__name__}`\n")
        mine = [one for one in known if one.kind is kind]
        for hint in sorted({one.hint for one in mine}):
            lines = {_line(one) for one in mine if one.hint == hint}
            parts.append(f"**{cell(hint)}**\n\n{''.join(sorted(lines, key=str.lower))}")
    return "\n".join(parts)


def _line(one: _Known) -> str:
    return f"- {cell(one.text)} ({one.code}, {one.server})\n"


def _sql_server() -> Iterator[_Known]:
    for group in MESSAGES.values():
        for known in group:
            hint = known.hint.format(prefix=PREFIX)
            yield _Known("SQL Server", known.code, known.text, known.kind, hint)
    for driver in DRIVER_ERRORS:
        hint = driver.hint.format(prefix=PREFIX)
        yield _Known("driver of SQL Server", driver.code, driver.message, driver.kind, hint)
    text = "anything else that the server says at login, in its own language"
    last = UNKNOWN_AT_LOGIN
    yield _Known("SQL Server", last.code, text, last.kind, last.hint.format(prefix=PREFIX))


def _postgresql() -> Iterator[_Known]:
    for group in STATES.values():
        for meaning in group:
            code = meaning.state if len(meaning.state) > 2 else f"{meaning.state}..."
            yield _Known("PostgreSQL", code, meaning.message, meaning.kind, meaning.hint)
    for known in LIBPQ_ERRORS:
        usual = meaning_of(known.code)
        text, hint = known.message or usual.message, known.hint or usual.hint
        yield _Known("PostgreSQL's client", known.code, text, known.kind, hint)
    for pooler in POOLER_ERRORS:
        yield _Known(pooler.pooler, pooler.code, pooler.text, pooler.kind, pooler.hint)
