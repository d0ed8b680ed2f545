"""CREATE, ALTER and CREATE OR ALTER of inline table-valued functions."""

from collections.abc import Iterator

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.binding.scope import Scope
from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.other_objects import InlineFunction
from tableferry_sandbox.engine.errors import invalid_object, object_exists
from tableferry_sandbox.engine.execution.catalog_changes import place
from tableferry_sandbox.engine.execution.object_statements import add_object
from tableferry_sandbox.engine.execution.object_uses import refuse_if_used
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import SHAPE_ONLY, binding_context
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.events import Event, SqlError, StatementDone


def create_inline_function(
    session: SessionState, statement: dd.CreateInlineFunction
) -> Iterator[Event]:
    """Create a function whose query is bound once for its columns, and again at each use.

    Raises 2714, 208, 3729 where a schema-bound security policy uses the old one, 4511, and what
    binding its query raises.
    """
    database, schema, name = place(session, statement.name)
    known = database.others.get(database.path(schema, name))
    if known is None and statement.must_exist:
        raise invalid_object(".".join(statement.name))
    replaces = statement.replace and isinstance(known, InlineFunction)
    if not replaces and database.taken(schema, name):
        raise object_exists(name)
    if known is not None:
        refuse_if_used(session, known, "ALTER")
    function = InlineFunction(
        object_id=known.object_id if known else database.new_object_id(),
        schema=schema,
        name=name,
        parameters=statement.parameters,
        query=statement.query,
        text=statement.text,
        schema_bound=statement.schema_bound,
    )
    binder = Binder(binding_context(session, SHAPE_ONLY))
    untyped = [s.Null() for _ in statement.parameters]
    bound = binder.inline_call(function, database, untyped, Scope())
    for number, column in enumerate(bound.columns, 1):
        if not column.name:
            raise SqlError(
                4514,
                "CREATE FUNCTION failed because a column name is not specified for column "
                f"{number}.",
            )
    function.shape = [(c.name, c.type, c.nullable) for c in bound.columns]
    if known is not None and isinstance(known, InlineFunction):
        _replace_in_policies(known, function, database.tables())
    add_object(session, database, function)
    yield StatementDone(None, "CREATE FUNCTION")


def _replace_in_policies(old: InlineFunction, new: InlineFunction, tables: list[Table]) -> None:
    """Let the policies without schema binding use a function as it is now."""
    for table in tables:
        for predicate in table.predicates:
            if predicate.function is old:
                predicate.function = new
