"""SET IMPLICIT_TRANSACTIONS ON: the statements before which a transaction begins unseen."""

from typing import Final

from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import security as sec
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s

_ALWAYS: Final = (
    st.Insert, st.Update, st.Delete, st.Merge, st.Truncate, dd.CreateTable, dd.CreateIndex,
    dd.CreateView, dd.CreateNamed, dd.CreateType, dd.CreateSynonym, dd.CreateFunction,
    dd.CreateInlineFunction, dd.CreateBound, dd.CreatePartitioning, dd.Drop, dd.AlterTable,
    sec.Grant,
)  # fmt: skip


def begins_transaction(session: SessionState, statement: st.Statement) -> bool:
    """Whether a transaction begins before a statement: an unseen BEGIN TRANSACTION.

    A SELECT begins one if it reads a table. A BEGIN TRANSACTION does, too, so that two are open.
    """
    if session.options["implicit_transactions"] != "on" or session.transaction is not None:
        return False
    if isinstance(statement, st.QueryStatement):
        return _reads_table(statement.query)
    if isinstance(statement, st.TransactionControl):
        return statement.action == "begin"
    if isinstance(statement, dd.SequenceChange | dd.XmlCollectionChange | sec.PolicyChange):
        return statement.create
    return isinstance(statement, _ALWAYS)


def _reads_table(query: s.Query) -> bool:
    found = list(s.nodes(query))
    common = {node.name.lower() for node in found if isinstance(node, s.CommonTable)}
    return any(
        isinstance(node, s.ChangeTable)
        or (
            isinstance(node, s.TableRef)
            and (len(node.parts) > 1 or node.parts[0].lower() not in common)
        )
        for node in found
    )
