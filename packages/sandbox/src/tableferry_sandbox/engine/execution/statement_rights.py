"""Permissions that DDL and security statements need, checked before they run."""

from collections.abc import Callable
from typing import Any, Final

from tableferry_sandbox.engine.database.rights import creation_denied, require_creation
from tableferry_sandbox.engine.errors import cannot_drop
from tableferry_sandbox.engine.execution import old_procedures
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import security as sec
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.events import SqlError


def check_statement(session: SessionState, statement: st.Statement) -> None:
    """Raise SQL Server's error if the session may not run a DDL or security statement."""
    if not session.login.sysadmin:
        check = _CHECKS.get(type(statement))
        if check is not None:
            check(session, statement)


def _create_table(session: SessionState, statement: dd.CreateTable) -> None:
    if statement.table[-1][0] not in "#@":
        _require_creation(session, "CREATE TABLE")


def _create_named(session: SessionState, statement: dd.CreateNamed) -> None:
    if statement.kind == "database":
        raise creation_denied("CREATE DATABASE", "master")
    _require_creation(session, "CREATE SCHEMA")


def _drop(session: SessionState, statement: dd.Drop) -> None:
    if statement.kind == "database":
        raise cannot_drop("database", statement.names[0][-1])
    for path in statement.names:
        on = (statement.on or path[:-1]) if statement.kind == "index" else path
        item = session.find_object(on) if on else None
        if item is None:
            denied = _is_other(session, path) and not session.may("CONTROL", session.current)
        else:
            denied = not session.may("ALTER", item.database, item)
        if denied:
            raise cannot_drop(statement.kind, ".".join(path))


def _is_other(session: SessionState, path: st.Path) -> bool:
    """Whether a name is that of a type, a schema, or an object other than a table or a view."""
    database = session.current
    short = database.key(path[-1])
    schema = database.key(path[-2]) if len(path) > 1 and path[-2] else "dbo"
    return (
        session.find_other(path) is not None
        or short in database.schemas
        or (schema, short) in database.types
        or (schema, short) in database.xml_collections
    )


def _execute(session: SessionState, statement: st.Execute) -> None:
    """Of the procedures, those change the catalog that change types, rules and defaults."""
    if statement.procedure and statement.procedure[-1].lower() in old_procedures.PROCEDURES:
        _require_creation(session, "CREATE TYPE")


def _alter_database(session: SessionState, statement: dd.AlterDatabase | dd.TrackDatabase) -> None:
    name = statement.name or session.database
    raise SqlError(
        5011,
        f"User does not have permission to alter database '{name}', the database does not exist, "
        "or the database is not in a state that allows access checks.",
        severity=14,
    )


def _change_principals(session: SessionState, statement: sec.PrincipalChange | sec.Grant) -> None:
    of_the_server = isinstance(statement, sec.PrincipalChange) and statement.kind == "login"
    if of_the_server or not session.may("CONTROL", session.current):
        raise SqlError(15247, "User does not have permission to perform this action.")


def _change_policy(session: SessionState) -> None:
    if not session.may("ALTER ANY SECURITY POLICY", session.current):
        raise SqlError(15247, "User does not have permission to perform this action.")


_CHECKS: Final[dict[type, Callable[[SessionState, Any], None]]] = {
    dd.CreateTable: _create_table,
    dd.CreateView: lambda session, _: _require_creation(session, "CREATE VIEW"),
    dd.CreateType: lambda session, _: _require_creation(session, "CREATE TYPE"),
    dd.CreateSynonym: lambda session, _: _require_creation(session, "CREATE SYNONYM"),
    dd.SequenceChange: lambda session, _: _require_creation(session, "CREATE SEQUENCE"),
    dd.CreateFunction: lambda session, _: _require_creation(session, "CREATE FUNCTION"),
    dd.CreateInlineFunction: lambda session, _: _require_creation(session, "CREATE FUNCTION"),
    sec.PolicyChange: lambda session, _: _change_policy(session),
    dd.CreateBound: lambda session, made: _require_creation(session, f"CREATE {made.kind.upper()}"),
    dd.XmlCollectionChange: lambda session, _: _require_creation(
        session, "CREATE XML SCHEMA COLLECTION"
    ),
    dd.CreatePartitioning: lambda session, _: _require_creation(session, "ALTER ANY DATASPACE"),
    st.Execute: _execute,
    dd.CreateNamed: _create_named,
    dd.AlterTable: lambda session, alter: _require_alter(session, alter.table, 4902),
    dd.CreateIndex: lambda session, create: _require_alter(session, create.table, 1088),
    dd.AlterIndex: lambda session, alter: _require_alter(session, alter.table, 1088),
    st.Truncate: lambda session, truncate: _require_alter(session, truncate.table, 4701),
    dd.Drop: _drop,
    dd.AlterDatabase: _alter_database,
    dd.TrackDatabase: _alter_database,
    sec.PrincipalChange: _change_principals,
    sec.Grant: _change_principals,
}


def _require_creation(session: SessionState, permission: str) -> None:
    require_creation(session.login, permission, session.current)


def _require_alter(session: SessionState, path: st.Path, number: int) -> None:
    item = session.find_object(path)
    if item is not None and not session.may("ALTER", item.database, item):
        raise SqlError(
            number,
            f'Cannot find the object "{".".join(path)}" because it does not exist or you do not '
            "have permissions.",
        )
