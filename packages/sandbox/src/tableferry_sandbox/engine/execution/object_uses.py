"""What uses a function, a sequence, a rule or a default, and keeps it from being changed."""

from tableferry_sandbox.engine.database.catalog_objects import Database
from tableferry_sandbox.engine.database.other_objects import SchemaObject
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.events import SqlError


def refuse_if_used(session: SessionState, item: SchemaObject, verb: str = "DROP") -> None:
    """Raise 3729 where a table or a policy uses an object, 3716 where a column is bound to it."""
    for database in session.server.databases():
        if database.others.get(database.path(item.schema, item.name)) is not item:
            continue
        for table in database.tables():
            for predicate in table.predicates:
                if predicate.function is item and predicate.policy.schema_bound:
                    raise _referenced(verb, item, predicate.policy.name)
            for column in table.columns:
                if item in (column.rule, column.default and column.default.bound):
                    raise SqlError(
                        3716,
                        f"The {'rule' if item is column.rule else 'default'} '{item.name}' cannot "
                        "be dropped because it is bound to one or more column.",
                    )
                texts = [column.computed, column.default.expression if column.default else None]
                if any(_mentions(node, item, database) for node in texts) or any(
                    _mentions(check.condition, item, database) for check in table.checks
                ):
                    raise _referenced(verb, item, table.name)


def _referenced(verb: str, item: SchemaObject, user: str) -> SqlError:
    return SqlError(
        3729,
        f"Cannot {verb} '{item.schema}.{item.name}' because it is being referenced by object "
        f"'{user}'.",
    )


def _mentions(root: s.Node | None, item: SchemaObject, database: Database) -> bool:
    key = database.key
    wanted = {key(f"{item.schema}.{item.name}"), key(item.name)}
    return any(
        (isinstance(node, s.Call) and key(node.name) in wanted)
        or (isinstance(node, s.NextValue) and key(".".join(node.sequence)) in wanted)
        for node in s.nodes(root)
    )
