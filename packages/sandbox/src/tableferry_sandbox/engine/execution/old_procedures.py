"""System procedures of old scripts: alias types, and the binding of rules and defaults."""

from collections.abc import Callable
from typing import Final

from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.definition_texts import default_text
from tableferry_sandbox.engine.database.other_objects import DefaultObject, RuleObject
from tableferry_sandbox.engine.database.table_columns import (
    AliasType,
    DefaultConstraint,
    TableColumn,
)
from tableferry_sandbox.engine.execution import procedure_arguments
from tableferry_sandbox.engine.execution.catalog_changes import on_rollback
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import binder_for
from tableferry_sandbox.engine.parsing.lexer import split_name
from tableferry_sandbox.engine.parsing.parser import BatchParser
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.events import SqlError


def _add_type(session: SessionState, statement: st.Execute) -> None:
    """sp_addtype name, 'varchar(11)', 'NOT NULL': an alias type in dbo; raises 15180, 219."""
    names = ("@typename", "@phystype", "@nulltype", "@owner")
    given = procedure_arguments.texts(session, statement, names, "alias types")
    name, physical = given.get("@typename") or "", given.get("@phystype") or ""
    parser = BatchParser(physical)
    base = binder_for(session).resolve_type(parser.type_name())
    if parser.token.kind != "end":
        raise parser.error()
    nullable = (given.get("@nulltype") or "NULL").upper().strip() in ("NULL", "NONULL", "")
    types = session.current.types
    key = session.current.path("dbo", name)
    if key in types:
        raise SqlError(
            219,
            f"The type 'dbo.{name}' already exists, or you do not have permission to create it.",
        )
    types[key] = AliasType(session.current.next_type_id, "dbo", name, base, nullable)
    session.current.next_type_id += 1
    on_rollback(session, lambda: (types.pop(key, None), None)[1])


def _drop_type(session: SessionState, statement: st.Execute) -> None:
    """sp_droptype; raises 15036 for an unknown type, 15180 for one that is in use."""
    given = procedure_arguments.texts(session, statement, ("@typename",), "alias types")
    name = given.get("@typename") or ""
    types = session.current.types
    key = session.current.path("dbo", name)
    alias = types.get(key)
    if alias is None:
        raise SqlError(15036, f"The data type '{name}' does not exist or you do not have "
                       "permission.")  # fmt: skip
    if any(c.alias is alias for t in session.current.tables() for c in t.columns):
        raise SqlError(15180, "Cannot drop. The data type is being used.")
    del types[key]
    on_rollback(session, lambda: types.update({key: alias}))


def _column(session: SessionState, text: str) -> tuple[Table, TableColumn]:
    """Return the column that a procedure binds to; raises 15105 for anything else."""
    path = split_name(text)
    table = session.find_object(path[:-1]) if len(path) > 1 else None
    column = table.column(path[-1]) if isinstance(table, Table) else None
    if not isinstance(table, Table) or column is None:
        raise SqlError(
            15148, f"The data type or table column '{text}' does not exist or you do not have "
            "permission.",
        )  # fmt: skip
    return table, column


def _bind_rule(session: SessionState, statement: st.Execute) -> None:
    """sp_bindrule of a column; rows that are there already are not checked."""
    names = ("@rulename", "@objname", "@futureonly")
    given = procedure_arguments.texts(session, statement, names, "rules")
    rule = session.find_other(split_name(given.get("@rulename") or "") or ("",))
    if not isinstance(rule, RuleObject):
        raise SqlError(15017, f"The rule '{given.get('@rulename')}' does not exist.")
    _, column = _column(session, given.get("@objname") or "")
    old, column.rule = column.rule, rule
    on_rollback(session, lambda: setattr(column, "rule", old))


def _unbind_rule(session: SessionState, statement: st.Execute) -> None:
    given = procedure_arguments.texts(session, statement, ("@objname", "@futureonly"), "rules")
    _, column = _column(session, given.get("@objname") or "")
    old, column.rule = column.rule, None
    on_rollback(session, lambda: setattr(column, "rule", old))


def _bind_default(session: SessionState, statement: st.Execute) -> None:
    """sp_bindefault of a column; raises 15101 where the column has a DEFAULT constraint."""
    names = ("@defname", "@objname", "@futureonly")
    given = procedure_arguments.texts(session, statement, names, "defaults")
    default = session.find_other(split_name(given.get("@defname") or "") or ("",))
    if not isinstance(default, DefaultObject):
        raise SqlError(15016, f"The default '{given.get('@defname')}' does not exist.")
    _, column = _column(session, given.get("@objname") or "")
    if column.default is not None and column.default.bound is None:
        raise SqlError(
            15101,
            "Cannot bind a default to a computed column or to a column with the following "
            "attributes: timestamp, identity, DEFAULT constraint.",
        )
    old = column.default
    text = default_text(default.text)
    column.default = DefaultConstraint(
        default.object_id, default.name, default.expression, text, False, default
    )
    on_rollback(session, lambda: setattr(column, "default", old))


def _unbind_default(session: SessionState, statement: st.Execute) -> None:
    given = procedure_arguments.texts(session, statement, ("@objname", "@futureonly"), "defaults")
    _, column = _column(session, given.get("@objname") or "")
    if column.default is None or column.default.bound is None:
        raise SqlError(15239, f"Column '{given.get('@objname')}' has no default.")
    old, column.default = column.default, None
    on_rollback(session, lambda: setattr(column, "default", old))


PROCEDURES: Final[dict[str, Callable[[SessionState, st.Execute], None]]] = {
    "sp_addtype": _add_type,
    "sp_droptype": _drop_type,
    "sp_bindrule": _bind_rule,
    "sp_unbindrule": _unbind_rule,
    "sp_bindefault": _bind_default,
    "sp_unbindefault": _unbind_default,
}
REMOVED: Final = frozenset({"sp_dboption", "sp_addalias", "sp_dropalias"})
"""Procedures that SQL Server no longer has."""
