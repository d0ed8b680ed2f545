"""CREATE, ALTER and DROP SECURITY POLICY, and the block predicates of policies.

As "CREATE SECURITY POLICY", "ALTER SECURITY POLICY" and "Row-level security" document them.
"""

from collections.abc import Iterator, Sequence

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.database.catalog_objects import Database, Table
from tableferry_sandbox.engine.database.other_objects import InlineFunction
from tableferry_sandbox.engine.database.security_policies import SecurityPolicy, SecurityPredicate
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.errors import object_exists
from tableferry_sandbox.engine.execution import row_checks
from tableferry_sandbox.engine.execution.catalog_changes import (
    lock_exclusively,
    on_rollback,
    place,
    refuse_read_only,
)
from tableferry_sandbox.engine.execution.output_clause import STAGE
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import SHAPE_ONLY, binding_context
from tableferry_sandbox.engine.tree import security as sec
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.events import Event, SqlError, StatementDone


def change_policy(session: SessionState, statement: sec.PolicyChange) -> Iterator[Event]:
    """CREATE or ALTER SECURITY POLICY. Raises 2714, 4513, 33261, 33262, 33264, 33268, 33270."""
    database, schema, name = place(session, statement.name)
    key = database.path(schema, name)
    found = database.others.get(key)
    if statement.create:
        if database.taken(schema, name):
            raise object_exists(name)
        policy = SecurityPolicy(object_id=database.new_object_id(), schema=schema, name=name)
    elif isinstance(found, SecurityPolicy):
        policy = found
    else:
        raise _unknown_object(".".join(statement.name), state=2)
    before = vars(policy) | {"predicates": list(policy.predicates)}
    try:
        _change(session, database, policy, statement)
    except SqlError:
        _restore(policy, before)
        raise
    database.others[key] = policy
    _attach(session, database, policy)

    def undo() -> None:
        _restore(policy, before)
        if statement.create:
            del database.others[key]
        _attach(session, database, policy, dropped=statement.create)

    on_rollback(session, undo)
    yield StatementDone(None, f"{'CREATE' if statement.create else 'ALTER'} SECURITY POLICY")


def _change(
    session: SessionState, database: Database, policy: SecurityPolicy, statement: sec.PolicyChange
) -> None:
    for option in ("enabled", "schema_bound", "not_for_replication"):
        given = getattr(statement, option)
        if given is not None:
            setattr(policy, option, given)
    for change in statement.predicates:
        _change_predicate(session, database, policy, change)
    _refuse_second_policy(database, policy)


def _restore(policy: SecurityPolicy, before: dict[str, object]) -> None:
    vars(policy).update(before)


def _change_predicate(
    session: SessionState, database: Database, policy: SecurityPolicy, change: sec.PredicateChange
) -> None:
    table = session.find_object(change.table)
    if not isinstance(table, Table) or table.database is not database:
        raise _unknown_object(".".join(change.table))
    target, block = table.object_id, change.block
    same = [p for p in policy.predicates if (p.target, p.block) == (target, block)]
    place_of = f"{table.schema}.{table.name}"
    if change.action == "add":
        if any(_overlap(p.operation, change.operation) for p in same):
            raise SqlError(
                33262,
                f"A {_word(change.block)} predicate for the same operation has already been "
                f"defined on table '{place_of}' in the security policy "
                f"'{policy.schema}.{policy.name}'.",
            )
        policy.predicates.append(_predicate(session, table, policy, change, policy.next_id))
        policy.next_id += 1
        return
    old = next((p for p in same if p.operation == change.operation), None)
    if old is None:
        raise SqlError(
            33261,
            f"The security policy '{policy.schema}.{policy.name}' does not contain a predicate on "
            f"table '{place_of}'.",
        )
    position = policy.predicates.index(old)
    new = []
    if change.action == "alter":
        new = [_predicate(session, table, policy, change, old.predicate_id)]
    policy.predicates[position : position + 1] = new


def _overlap(one: str, other: str) -> bool:
    """Return whether two predicates are for the same operation; none is every one of them."""
    return one == other or "" in (one, other)


def _word(block: bool) -> str:
    return "BLOCK" if block else "FILTER"


def _predicate(
    session: SessionState, table: Table, policy: SecurityPolicy, change: sec.PredicateChange,
    number: int,
) -> SecurityPredicate:  # fmt: skip
    """Return a predicate, whose arguments are bound once as a check."""
    function = session.find_other(change.function)
    shown = ".".join(change.function)
    if not isinstance(function, InlineFunction):
        raise SqlError(
            33270,
            f'Cannot find the object "{shown}" or this object is not an inline table-valued '
            "function.",
        )
    if policy.schema_bound and not function.schema_bound:
        raise SqlError(
            4513,
            f"Cannot schema bind security policy '{policy.schema}.{policy.name}'. "
            f"'{function.schema}.{function.name}' is not schema bound.",
        )
    given = ", ".join(_argument_text(table, text) for text in change.texts)
    made = SecurityPredicate(
        number, policy, change.block, change.operation, table.object_id, function,
        change.arguments, f"[{function.schema}].[{function.name}]({given})",
    )  # fmt: skip
    binder = Binder(binding_context(session, SHAPE_ONLY))
    binder.allowing(made, table, "p")
    return made


def _argument_text(table: Table, text: str) -> str:
    """Return an argument as the catalog shows it: a column's name in brackets."""
    column = table.column(text.strip("[]"))
    return f"[{column.name}]" if column is not None else text


def _refuse_second_policy(database: Database, policy: SecurityPolicy) -> None:
    """Raise 33264 for a table on which another policy is enabled already."""
    if not policy.enabled:
        return
    mine = {predicate.target for predicate in policy.predicates}
    for table in database.tables():
        other = next((p.policy for p in table.predicates if p.policy is not policy), None)
        if table.object_id in mine and other is not None and other.enabled:
            shown = f"{table.schema}.{table.name}"
            raise SqlError(
                33264,
                f"The security policy '{policy.schema}.{policy.name}' cannot be enabled with a "
                f"predicate on table '{shown}'. Table '{shown}' is already referenced by the "
                f"enabled security policy '{other.schema}.{other.name}'.",
            )


def _unknown_object(shown: str, *, state: int = 1) -> SqlError:
    return SqlError(
        33268,
        f'Cannot find the object "{shown}" because it does not exist or you do not have '
        "permissions.",
        state=state,
    )


def _attach(
    session: SessionState, database: Database, policy: SecurityPolicy, *, dropped: bool = False
) -> None:
    """Give each table of a database the predicates that a policy has for it now."""
    for table in database.tables():
        old = [p for p in table.predicates if p.policy is not policy]
        new = [p for p in policy.predicates if p.target == table.object_id and not dropped]
        if old + new != table.predicates:
            lock_exclusively(session, table)
            table.predicates = old + new
            session.server.store.versions.note_altered(table)


def drop_policy(session: SessionState, path: st.Path) -> bool:
    """DROP SECURITY POLICY; False where there is none."""
    found = session.find_other(path)
    if not isinstance(found, SecurityPolicy):
        return False
    database, schema, name = place(session, path)
    refuse_read_only(database)
    key = database.path(schema, name)
    del database.others[key]
    _attach(session, database, found, dropped=True)

    def undo() -> None:
        database.others[key] = found
        _attach(session, database, found)

    on_rollback(session, undo)
    return True


def check_blocked(
    session: SessionState, table: Table, operation: str, changed: Sequence[TableColumn] | None
) -> None:
    """Raise 33504 where a block predicate refuses an operation on a row that is staged for it.

    With ``changed``, predicates are passed over whose columns did not change.
    """
    for predicate in table.predicates:
        if not predicate.blocks(operation) or not _concerns(table, predicate, changed):
            continue
        binder = Binder(binding_context(session))
        allowed = binder.allowing(predicate, table, "p")
        rows = _staged(table, operation)
        if session.rows(f"SELECT 1 FROM {rows} AS p WHERE NOT EXISTS ({allowed}) LIMIT 1"):
            raise SqlError(
                33504,
                "The attempted operation failed because the target object "
                f"'{table.full_name}' has a block predicate that conflicts with this operation. "
                "If the operation is performed on a view, the block predicate might be enforced "
                "on the underlying table. Modify the operation to target only the rows that are "
                "allowed by the block predicate.",
            )


def _staged(table: Table, operation: str) -> str:
    """Return DuckDB SQL of the rows before or after an operation, with their physical columns."""
    if operation.startswith("BEFORE"):
        return f"(SELECT * FROM {table.physical} WHERE rowid IN (SELECT rid FROM {STAGE}))"
    stored = (c for c in table.columns if c.stored)
    fitted = ", ".join(f"{row_checks.fitted(c)} AS {c.physical}" for c in stored)
    return f"(SELECT {fitted} FROM {STAGE})"


def _concerns(
    table: Table, predicate: SecurityPredicate, changed: Sequence[TableColumn] | None
) -> bool:
    if changed is None:
        return True
    named = {n.parts[-1] for n in s.nodes(predicate.arguments) if isinstance(n, s.Name)}
    columns = [table.column(name) for name in named]
    return any(c is not None and (c.computed is not None or c in changed) for c in columns)
