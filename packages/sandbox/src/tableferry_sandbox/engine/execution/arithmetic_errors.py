"""What becomes of an arithmetic error (SET ARITHABORT, SET ANSI_WARNINGS, SET ARITHIGNORE).

With ARITHABORT and ANSI_WARNINGS OFF its result is NULL, and a message says so afterwards. A
statement is run as ever at first, and once more if it fails with such an error, with NULL in its
place: so it is known which message is due, and nothing is slower where nothing fails.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, TypeVar

from tableferry_sandbox.engine.binding.bind_arithmetic_errors import DIVISION, OVERFLOW
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.events import Event, Message, ResultSet, SqlError, StatementDone

_KINDS: Final = {8134: DIVISION, 8115: OVERFLOW, 220: OVERFLOW, 232: OVERFLOW}
_MESSAGES: Final = {
    DIVISION: Message(3607, "Division by zero occurred.", 0, 0),
    OVERFLOW: Message(3606, "Arithmetic overflow occurred.", 0, 0),
}
_STATEMENTS: Final = st.QueryStatement | st.Insert | st.Update | st.Delete | st.Merge

Result = TypeVar("Result")


def are_null(session: SessionState) -> bool:
    """Whether the result of an arithmetic error is NULL."""
    return session.options["ansi_warnings"] == session.options["arithabort"] == "off"


def end_batch(session: SessionState, error: SqlError) -> bool:
    """Whether an error ends the batch and its transaction: ARITHABORT ON, ANSI_WARNINGS OFF."""
    options = session.options
    ends = options["arithabort"] == "on" and options["ansi_warnings"] == "off"
    return ends and error.number in _KINDS


def run_forgiving(
    session: SessionState, statement: st.Statement, run: Callable[[], Iterator[Event]]
) -> Iterator[Event]:
    """Run a statement, with NULL for arithmetic errors where these are NULL."""
    if not are_null(session) or not isinstance(statement, _STATEMENTS) or _makes_table(statement):
        yield from run()
        return
    events = forgiving(session, lambda: [_read(event) for event in run()])
    done = [event for event in events if isinstance(event, StatementDone)]
    yield from (event for event in events if not isinstance(event, StatementDone))
    yield from session.take_notices()
    yield from done


def _makes_table(statement: st.Statement) -> bool:
    """Whether it is SELECT INTO, which cannot be run twice: its table remains."""
    body = statement.query.body if isinstance(statement, st.QueryStatement) else None
    return isinstance(body, s.Select) and body.into is not None


def _read(event: Event) -> Event:
    """Read a result set to its end, where its errors are."""
    if not isinstance(event, ResultSet):
        return event
    return replace(event, batches=iter(list(event.batches)), replay_key=None, replayed=None)


def forgiving(session: SessionState, attempt: Callable[[], Result]) -> Result:
    """Return what ``attempt`` returns, tried again after each kind of arithmetic error.

    The messages about them are left in ``session.notices``. Raises 50000 where the sandbox has no
    NULL for the error's place, such as an aggregate.
    """
    if not are_null(session):
        return attempt()
    saved = session.forgiven
    try:
        result = _tried(session, attempt)
        if session.options["arithignore"] == "off":
            session.notices += [_MESSAGES[kind] for kind in sorted(session.forgiven - saved)]
        return result
    finally:
        session.forgiven = saved


def _tried(session: SessionState, attempt: Callable[[], Result]) -> Result:
    while True:
        try:
            return attempt()
        except SqlError as error:
            kind = _KINDS.get(error.number)
            if kind is None:
                raise
            if kind in session.forgiven:
                raise unsupported(
                    "this arithmetic error while ARITHABORT and ANSI_WARNINGS are OFF"
                ) from error
            session.forgiven |= {kind}
