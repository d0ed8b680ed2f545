"""Batches: control flow, variables, messages, and what an error ends."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from tableferry_sandbox.engine.errors import undeclared, unsupported
from tableferry_sandbox.engine.execution import (
    change_tracking,
    ddl,
    dml,
    dropping,
    dynamic_sql,
    impersonation,
    index_states,
    inline_functions,
    inserting,
    merging,
    messages,
    object_statements,
    policy_statements,
    security_statements,
    selecting,
    session_options,
)
from tableferry_sandbox.engine.execution.arithmetic_errors import end_batch, run_forgiving
from tableferry_sandbox.engine.execution.implicit_transactions import begins_transaction
from tableferry_sandbox.engine.execution.scalars import evaluate, holds
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import binder_for
from tableferry_sandbox.engine.execution.statement_rights import check_statement
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import security as sec
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.events import (
    DatabaseChanged,
    Event,
    Message,
    SqlError,
    StatementDone,
)

STATEMENT_ERRORS: Final = frozenset({
    220, 232, 512, 515, 535, 537, 517, 547, 2601, 2627, 2628, 3902, 3903, 8115, 8134, 8152,
    1222, 544, 545, 8101, 213, 3701, 2714, 3623, 2740, 2741, 2742,
})  # fmt: skip
"""Errors that end their statement, not the batch, while XACT_ABORT is OFF."""

ROLLING_BACK: Final = frozenset(
    {1205, 3960, 3951, 3952, 3961, 245, 241, 242, 248, 244, 8114, 8169, 295, 235}
)
"""Errors that end the batch and roll the transaction back."""


class Returned(Exception):  # noqa: N818 - control flow, not an error
    """RETURN was reached."""


class Looped(Exception):  # noqa: N818 - control flow, not an error
    """BREAK or CONTINUE was reached."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def run(session: SessionState, statements: Sequence[st.Statement]) -> Iterator[Event]:
    """Run a batch."""
    try:
        yield from sequence(session, statements)
    except Returned:
        return
    except Looped as loop:
        raise SqlError(
            135 if loop.kind == "break" else 136,
            f"Cannot use a {loop.kind.upper()} statement outside the scope of a WHILE statement.",
            severity=15,
        ) from None


def sequence(session: SessionState, statements: Sequence[st.Statement]) -> Iterator[Event]:
    """Run statements; errors that do not end the batch become messages."""
    for statement in statements:
        session.check_stop()
        yield from guarded(session, statement)


def guarded(session: SessionState, statement: st.Statement) -> Iterator[Event]:
    """Run one statement; an error ends the statement, the batch or the transaction."""
    try:
        yield from perform(session, statement)
        yield from session.take_notices()
        if not isinstance(statement, st.Block | st.If | st.While | st.TryCatch | st.RaiseError):
            session.last_error = 0
    except SqlError as error:
        if error.line == 1:
            error.line = statement.line
        session.last_error = error.number
        abort = session.options["xact_abort"] == "on" or end_batch(session, error)
        if session.transaction is not None and (error.number in ROLLING_BACK or abort):
            yield from session.rollback()
        if session.caught_depth or abort or error.number not in STATEMENT_ERRORS:
            raise
        yield Message(error.number, error.message, error.severity, error.state, error.line)
        yield StatementDone(None, "ERROR")


def perform(session: SessionState, statement: st.Statement) -> Iterator[Event]:
    """Run one statement of any kind."""
    handler = _HANDLERS.get(type(statement))
    if handler is None:
        raise unsupported(f"the statement {type(statement).__name__}")
    check_statement(session, statement)
    if begins_transaction(session, statement):
        yield from session.begin()
    yield from run_forgiving(session, statement, lambda: handler(session, statement))


def _declare(session: SessionState, statement: st.Declare) -> Iterator[Event]:
    kind = binder_for(session).resolve_type(statement.type)
    value = None
    if statement.value is not None:
        value = evaluate(session, statement.value, kind)[1]
    session.variables[statement.name.lower()] = (kind, value)
    yield from ()


def _set_variable(session: SessionState, statement: st.SetVariable) -> Iterator[Event]:
    found = session.variables.get(statement.name.lower())
    if found is None:
        raise undeclared(statement.name)
    session.variables[statement.name.lower()] = evaluate(session, statement.value, found[0])
    yield from ()


def _if(session: SessionState, statement: st.If) -> Iterator[Event]:
    if holds(session, statement.condition):
        yield from guarded(session, statement.then)
    elif statement.otherwise is not None:
        yield from guarded(session, statement.otherwise)


def _while(session: SessionState, statement: st.While) -> Iterator[Event]:
    while holds(session, statement.condition):
        session.check_stop()
        try:
            yield from guarded(session, statement.body)
        except Looped as loop:
            if loop.kind == "break":
                return


def _block(session: SessionState, statement: st.Block) -> Iterator[Event]:
    yield from sequence(session, statement.body)


def _try(session: SessionState, statement: st.TryCatch) -> Iterator[Event]:
    session.caught_depth += 1
    try:
        yield from sequence(session, statement.body)
        return  # noqa: TRY300 - the handler follows
    except SqlError as error:
        if error.severity >= 20 or error.number == 3617:
            raise
        caught = error
    finally:
        session.caught_depth -= 1
    session.caught.append(caught)
    try:
        yield from sequence(session, statement.handler)
    finally:
        session.caught.pop()


def _jump(session: SessionState, statement: st.Jump) -> Iterator[Event]:
    yield from ()
    if statement.kind == "return":
        if statement.value is not None:
            evaluate(session, statement.value)
        raise Returned
    raise Looped(statement.kind)


def _use(session: SessionState, statement: st.Use) -> Iterator[Event]:
    old, new = session.use(statement.database)
    yield DatabaseChanged(old, new)
    yield StatementDone(None, "USE")


def _transaction(session: SessionState, statement: st.TransactionControl) -> Iterator[Event]:
    if statement.action == "begin":
        yield from session.begin()
    elif statement.action == "commit":
        yield from session.commit()
    elif statement.action == "save":
        raise unsupported("savepoints (SAVE TRANSACTION)")
    else:
        yield from session.rollback()
    yield StatementDone(None, statement.action.upper())


def _wait_for(session: SessionState, statement: st.WaitFor) -> Iterator[Event]:
    """WAITFOR DELAY 'hh:mm:ss'; cancellable."""
    target = t.make("time", scale=7)
    kind, value = evaluate(session, statement.delay)
    if t.family(kind) == "string":
        value = evaluate(session, s.Literal(value, kind), target)[1]
    deadline = time.monotonic() + int(value or 0) / 10_000_000
    while (left := deadline - time.monotonic()) > 0:
        session.check_stop()
        time.sleep(min(left, 0.02))
    yield StatementDone(None, "WAITFOR")


def _refuse(_: SessionState, statement: st.Refused) -> Iterator[Event]:
    if statement.what == "full-text":
        raise SqlError(
            7609,
            "Full-Text Search is not installed, or a full-text component cannot be loaded.",
            severity=17,
            state=5,
        )
    raise unsupported(statement.what)


def _nothing(session: SessionState, statement: st.NoOperation) -> Iterator[Event]:
    del session
    yield StatementDone(None, statement.command)


Handler = Callable[[SessionState, Any], Iterator[Event]]
_HANDLERS: Final[dict[type, Handler]] = {
    st.QueryStatement: selecting.select,
    st.Insert: inserting.insert,
    st.Update: dml.update,
    st.Delete: dml.delete,
    st.Merge: merging.merge,
    st.Truncate: dml.truncate,
    dd.CreateTable: ddl.create_table,
    dd.CreateIndex: ddl.create_index,
    dd.AlterIndex: index_states.alter_index,
    dd.CreateView: ddl.create_view,
    dd.CreateNamed: ddl.create_named,
    dd.CreateType: ddl.create_type,
    dd.CreateSynonym: object_statements.create_synonym,
    dd.SequenceChange: object_statements.change_sequence,
    dd.CreateFunction: object_statements.create_function,
    dd.CreateInlineFunction: inline_functions.create_inline_function,
    dd.CreateBound: object_statements.create_bound,
    dd.XmlCollectionChange: object_statements.change_xml_collection,
    dd.CreatePartitioning: object_statements.create_partitioning,
    dd.Drop: dropping.drop,
    dd.AlterTable: ddl.alter_table,
    dd.AlterDatabase: session_options.alter_database,
    dd.TrackDatabase: change_tracking.alter_database,
    sec.PrincipalChange: security_statements.change_principal,
    sec.PolicyChange: policy_statements.change_policy,
    sec.Grant: security_statements.grant,
    st.SetOption: session_options.set_option,
    st.Declare: _declare,
    st.SetVariable: _set_variable,
    st.If: _if,
    st.While: _while,
    st.Block: _block,
    st.TryCatch: _try,
    st.Jump: _jump,
    st.Print: messages.print_text,
    st.RaiseError: messages.raise_error,
    st.Throw: messages.throw,
    st.Execute: dynamic_sql.execute,
    st.ExecuteAs: impersonation.execute_as,
    st.Revert: impersonation.revert,
    st.Use: _use,
    st.TransactionControl: _transaction,
    st.WaitFor: _wait_for,
    st.NoOperation: _nothing,
    st.Refused: _refuse,
}
