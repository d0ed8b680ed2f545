"""EXECUTE AS USER and REVERT: a session has the rights of a user for a while.

As "EXECUTE AS (Transact-SQL)" and "REVERT (Transact-SQL)" document: the user need not have a login,
its rights end at the database's border, and each REVERT undoes one EXECUTE AS.
"""

from collections.abc import Iterator

from tableferry_sandbox.engine.database.principals import Login
from tableferry_sandbox.engine.execution.scalars import text_of
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.events import Event, SqlError, StatementDone


def execute_as(session: SessionState, statement: st.ExecuteAs) -> Iterator[Event]:
    """EXECUTE AS USER; raises 15517 where there is no such user, or the session is not dbo."""
    name, database = text_of(session, statement.user), session.current
    user = database.security.principals.get(name.lower())
    if user is None or user.kind != "S" or session.user.name != "dbo":
        raise SqlError(
            15517,
            "Cannot execute as the database principal because the principal "
            f'"{name}" does not exist, this type of principal cannot be impersonated, or you do '
            "not have permission.",
        )
    session.reverts_to.append(session.login)
    session.login = Login(
        user.name, "", sysadmin=False, only=(database.name.lower(), user.name.lower())
    )
    yield StatementDone(None, "EXECUTE AS")


def revert(session: SessionState, _statement: st.Revert) -> Iterator[Event]:
    """REVERT; without an EXECUTE AS before it, it does nothing."""
    if session.reverts_to:
        session.login = session.reverts_to.pop()
    yield StatementDone(None, "REVERT")
