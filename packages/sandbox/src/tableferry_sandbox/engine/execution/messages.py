"""PRINT, RAISERROR and THROW."""

import re
from collections.abc import Iterator
from typing import Any, Final

from tableferry_sandbox.engine.execution.scalars import evaluate, text_of
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.events import Event, Message, SqlError, StatementDone


def print_text(session: SessionState, statement: st.Print) -> Iterator[Event]:
    """PRINT."""
    yield Message(0, text_of(session, statement.value) or " ", 0, 1, statement.line)


_FORMAT: Final = re.compile(r"%(-?\+?0?#?\d*(?:\.\d+)?)(?:h|l|I64)?([diouxXs])|%%")


def _format(template: str, values: list[Any]) -> str:
    """Format a RAISERROR message; its placeholders are a subset of printf's."""
    left = list(values)

    def fill(match: re.Match[str]) -> str:
        if match.group() == "%%":
            return "%"
        value = left.pop(0) if left else None
        if value is None:
            return "(null)"
        kind = match[2].replace("i", "d").replace("u", "d")
        return f"%{match[1]}{kind}" % (value if kind == "s" else int(value))

    return _FORMAT.sub(fill, template)


def raise_error(session: SessionState, statement: st.RaiseError) -> Iterator[Event]:
    """RAISERROR; its text is an error only from severity 11 on."""
    kind, first = evaluate(session, statement.message)
    severity = int(evaluate(session, statement.severity, t.INT)[1] or 0)
    state = int(evaluate(session, statement.state, t.INT)[1] or 0)
    if t.family(kind) == "int":
        raise SqlError(
            18054,
            f"Error {first}, severity {severity}, state {state} was raised, but no message with "
            "that error number was found in sys.messages.",
        )
    text = _format(str(first), [evaluate(session, a)[1] for a in statement.arguments])
    if severity > 10 and (session.caught_depth or severity >= 20):
        raise SqlError(50000, text, severity=severity, state=state, line=statement.line)
    session.last_error = 50000 if severity > 10 else 0
    yield Message(50000, text, severity, state, statement.line)
    if severity > 10:
        yield StatementDone(None, "RAISERROR")


def throw(session: SessionState, statement: st.Throw) -> Iterator[Event]:
    """THROW, of a new error or of the one that was caught; raises 10704."""
    yield from ()
    if not statement.arguments:
        if not session.caught:
            raise SqlError(
                10704,
                "To rethrow an error, a THROW statement must be used inside a CATCH block.",
                severity=15,
            )
        caught = session.caught[-1]
        assert isinstance(caught, SqlError)  # noqa: S101 - nothing else is put there
        raise caught
    number, text, state = (evaluate(session, a)[1] for a in statement.arguments)
    raise SqlError(int(number), str(text), severity=16, state=int(state), line=statement.line)
