"""EXEC: text, sp_executesql, and the few system procedures that clients call."""

from collections.abc import Iterator
from typing import Any, Final

from tableferry_sandbox.engine.binding.collation_precedence import converted
from tableferry_sandbox.engine.database import rights
from tableferry_sandbox.engine.database.catalog_objects import Database
from tableferry_sandbox.engine.errors import undeclared, unsupported
from tableferry_sandbox.engine.execution import extended_properties, old_procedures, renaming
from tableferry_sandbox.engine.execution.catalog_changes import refuse_read_only
from tableferry_sandbox.engine.execution.scalars import evaluate, text_of
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import binder_for
from tableferry_sandbox.engine.parsing.parser import BatchParser, parse_batch
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.duck_types import literal
from tableferry_sandbox.events import DatabaseChanged, Event, SqlError
from tableferry_sandbox.sqltypes import SqlType


def execute(session: SessionState, statement: st.Execute) -> Iterator[Event]:
    """EXEC; raises 2812 for an unknown procedure."""
    if not statement.procedure:
        text = text_of(session, statement.arguments[0].value)
        yield from nested(session, text, {})
        return
    name = statement.procedure[-1].lower()
    database = _database_of(session, statement.procedure)
    if name == "sp_executesql":
        yield from _execute_sql(session, statement, database)
        return
    if database is not session.current:
        raise unsupported(f"{'.'.join(statement.procedure)} outside of its database")
    if name == "sp_reset_connection":
        session.reset()
        return
    if name in _CHANGING:
        refuse_read_only(session.current)
    if name == "sp_rename":
        yield from renaming.rename(session, statement)
        return
    if name in extended_properties.PROCEDURES:
        extended_properties.change(session, name, statement)
        return
    if name in old_procedures.PROCEDURES:
        old_procedures.PROCEDURES[name](session, statement)
        return
    if name.startswith(("sp_", "xp_")) and name not in old_procedures.REMOVED:
        raise unsupported(f"the procedure {name}")
    raise _unknown(statement.procedure)


_CHANGING: Final = frozenset({
    "sp_rename", *extended_properties.PROCEDURES, *old_procedures.PROCEDURES,
})  # fmt: skip
"""The procedures that change the catalog of the current database."""


def _database_of(session: SessionState, procedure: st.Path) -> Database:
    """Return the database that a procedure runs in: ``other.sys.p`` runs in ``other``.

    Raises 2812, 916.
    """
    if len(procedure) < 3 or not procedure[-3]:
        return session.current
    found = session.server.find_database(procedure[-3])
    if found is None:
        raise _unknown(procedure)
    rights.user_in(session.login, found)
    return found


def _unknown(procedure: st.Path) -> SqlError:
    return SqlError(2812, f"Could not find stored procedure '{'.'.join(procedure)}'.", state=62)


def nested(
    session: SessionState,
    text: str,
    variables: dict[str, tuple[SqlType, Any]],
    inside: Database | None = None,
) -> Iterator[Event]:
    """Run a batch inside a batch, with variables of its own, and in a database of its own.

    What USE and SET change in it lasts until its end (SET Statements, Transact-SQL).
    """
    saved, database, options = session.variables, session.current, session.options
    session.variables = variables
    session.current = start = inside or database
    try:
        quoted = session.options["quoted_identifier"] == "on"
        yield from session.run(parse_batch(text, quoted_identifier=quoted))
    finally:
        session.variables = saved
        session.take_options(options)
        changed, session.current = session.current, database
    if changed is not start:
        yield DatabaseChanged(changed.name, database.name)


def declarations(
    session: SessionState, text: str
) -> list[tuple[str, SqlType, s.Node | None, bool]]:
    """Read ``@a int, @b nvarchar(10) = N'x' OUTPUT``."""
    parser = BatchParser(text)
    found: list[tuple[str, SqlType, s.Node | None, bool]] = []
    binder = binder_for(session)
    while parser.token.kind == "variable":
        name = parser.advance().text
        parser.accept("as")
        kind = binder.resolve_type(parser.type_name())
        value = parser.expression() if parser.accept("=") else None
        output = parser.accept("output") or parser.accept("out")
        found.append((name, kind, value, output))
        if not parser.accept(","):
            break
    if parser.token.kind != "end":
        raise parser.error()
    return found


def _execute_sql(  # noqa: C901 - the checks are in SQL Server's order
    session: SessionState, statement: st.Execute, database: Database
) -> Iterator[Event]:
    arguments = list(statement.arguments)
    if not arguments:
        raise SqlError(
            201,
            "Procedure or function 'sp_executesql' expects parameter '@statement', which was not "
            "supplied.",
        )
    kind, text = evaluate(session, arguments[0].value)
    if not t.is_national(kind):
        raise SqlError(
            214,
            "Procedure expects parameter '@statement' of type 'ntext/nchar/nvarchar'.",
            state=2,
        )
    declared = []
    if len(arguments) > 1:
        declared = declarations(session, str(evaluate(session, arguments[1].value)[1] or ""))
    given: dict[str, st.ExecArgument] = {}
    for position, argument in enumerate(arguments[2:]):
        name = argument.name.lower()
        if not name:
            if position >= len(declared):
                raise SqlError(8144, "Procedure or function has too many arguments specified.")
            name = declared[position][0].lower()
        given[name] = argument
    variables: dict[str, tuple[SqlType, Any]] = {}
    for name, sql_type, default, _ in declared:
        argument_given = given.get(name.lower())
        node = argument_given.value if argument_given else default
        if node is None:
            raise SqlError(
                8178,
                f"The parameterized query expects the parameter '{name}', which was not supplied.",
            )
        variables[name.lower()] = evaluate(session, node, sql_type)
    yield from nested(session, str(text or ""), variables, database)
    for name, sql_type, _, output in declared:
        argument_given = given.get(name.lower())
        if output and argument_given and argument_given.output:
            _give_back(session, argument_given.value, sql_type, variables[name.lower()][1])


def _give_back(session: SessionState, node: s.Node, kind: SqlType, value: Any) -> None:
    if not isinstance(node, s.Variable):
        raise SqlError(179, "Cannot use the OUTPUT option when passing a constant.", severity=15)
    found = session.variables.get(node.name.lower())
    if found is None:
        raise undeclared(node.name)
    sql = converted(literal(value, kind), kind, found[0], session.current.collation)
    session.variables[node.name.lower()] = (found[0], session.rows(f"SELECT {sql}")[0][0])
