"""String arguments of a system procedure's EXEC, by name or by position."""

from collections.abc import Sequence

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.execution.scalars import evaluate
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.events import SqlError


def texts(
    session: SessionState, statement: st.Execute, names: Sequence[str], what: str
) -> dict[str, str | None]:
    """Return the arguments by name; ``names`` are the parameters, in their order.

    Raises 8144 and 8145, and 50000 naming ``what`` for a value that is not a string.
    """
    found: dict[str, str | None] = {}
    for position, argument in enumerate(statement.arguments):
        if not argument.name and position >= len(names):
            raise SqlError(8144, "Procedure or function has too many arguments specified.")
        name = argument.name.lower() or names[position]
        if name not in names:
            raise SqlError(8145, f"{argument.name} is not a parameter for procedure.")
        kind, value = evaluate(session, argument.value)
        if value is not None and not (t.is_national(kind) or isinstance(value, str)):
            raise unsupported(f"{what} that are not strings")
        found[name] = None if value is None else str(value)
    return found
