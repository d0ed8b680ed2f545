"""Checks of CHECK and FOREIGN KEY constraints, on rows to be written and on existing rows."""

from collections.abc import Sequence

from tableferry_sandbox.engine.binding.bind_predicates import group_key
from tableferry_sandbox.engine.binding.scope import Scope, Source, Typed
from tableferry_sandbox.engine.database.catalog_objects import (
    CheckConstraint,
    ForeignKeyConstraint,
    Table,
)
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import binder_for
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.events import SqlError


def _condition(session: SessionState, table: Table, check: CheckConstraint, source: str) -> str:
    binder = binder_for(session)
    columns = binder.table_columns(table, source)
    return binder.predicate(
        check.condition, Scope([Source(table.name, (), columns, table.database.key)])
    )


def check_existing(
    session: SessionState, table: Table, check: CheckConstraint, *, bind_only: bool = False
) -> None:
    """Raise 547 if existing rows violate a CHECK; ``bind_only`` looks at its names alone."""
    condition = _condition(session, table, check, "n")
    if bind_only:
        return
    if table.database.find(table.schema, table.name) is not table:
        return
    bad = session.rows(
        f"SELECT 1 FROM {table.physical} AS n WHERE v_to IS NULL AND NOT {condition} LIMIT 1"
    )
    if bad:
        raise _conflict("ALTER TABLE", "CHECK", check.name, table)


def _conflict(verb: str, kind: str, name: str, table: Table, column: str = "") -> SqlError:
    where = f", column '{column}'" if column else ""
    return SqlError(
        547,
        f'The {verb} statement conflicted with the {kind} constraint "{name}". The conflict '
        f'occurred in database "{table.database.name}", '
        f'table "{table.schema}.{table.name}"{where}.',
        state=0,
    )


def check_constraints(session: SessionState, table: Table, stage: str, verb: str) -> None:
    """Raise 547 for staged rows that violate a CHECK or a FOREIGN KEY, 513 for those of a rule."""
    _check_rules(session, table, stage)
    for check in (c for c in table.checks if not c.disabled):
        condition = _condition(session, table, check, "n")
        if session.rows(f"SELECT 1 FROM {stage} AS n WHERE NOT {condition} LIMIT 1"):
            column = next((c.name for c in table.columns if c.column_id == check.column_id), "")
            raise _conflict(verb, "CHECK", check.name, table, column)
    for key in (k for k in table.foreign_keys if not k.disabled):
        there = _pairs(key.columns, key.referenced)
        known = " AND ".join(f"n.{c.physical} IS NOT NULL" for c in key.columns)
        parent = f"{key.table.physical} AS o WHERE o.v_to IS NULL AND {there}"
        own = (
            f" AND NOT EXISTS (SELECT 1 FROM {stage} AS o WHERE {there})"
            if key.table is table
            else ""
        )
        if session.rows(
            f"SELECT 1 FROM {stage} AS n WHERE {known} AND NOT EXISTS (SELECT 1 FROM {parent})"
            f"{own} LIMIT 1"
        ):
            column = key.referenced[0].name if len(key.referenced) == 1 else ""
            raise _conflict(verb, "FOREIGN KEY", key.name, key.table, column)


def _check_rules(session: SessionState, table: Table, stage: str) -> None:
    """Raise 513 for staged rows that violate a rule, in which a variable stands for the value."""
    for column in (c for c in table.columns if c.rule is not None and c.stored):
        assert column.rule is not None  # noqa: S101 - selected above
        expression = column.rule.expression
        names = {n.name.lower() for n in s.nodes(expression) if isinstance(n, s.Variable)}
        binder = binder_for(session)
        binder.context.local = dict.fromkeys(names, Typed(f"n.{column.physical}", column.type))
        test = binder.predicate(expression, Scope())
        if session.rows(f"SELECT 1 FROM {stage} AS n WHERE NOT {test} LIMIT 1"):
            raise SqlError(
                513,
                "A column insert or update conflicts with a rule imposed by a previous CREATE RULE "
                "statement. The statement was terminated. The conflict occurred in database "
                f"'{table.database.name}', table '{table.schema}.{table.name}', column "
                f"'{column.name}'.",
                state=0,
            )


def check_references(session: SessionState, table: Table, key: ForeignKeyConstraint) -> None:
    """Raise 547 if existing rows violate a FOREIGN KEY."""
    if not session.server.has(table):
        return
    there = _pairs(key.columns, key.referenced)
    known = " AND ".join(f"n.{c.physical} IS NOT NULL" for c in key.columns)
    if session.rows(
        f"SELECT 1 FROM {table.physical} AS n WHERE n.v_to IS NULL AND {known} AND NOT EXISTS "
        f"(SELECT 1 FROM {key.table.physical} AS o WHERE o.v_to IS NULL AND {there}) LIMIT 1"
    ):
        column = key.referenced[0].name if len(key.referenced) == 1 else ""
        raise _conflict("ALTER TABLE", "FOREIGN KEY", key.name, key.table, column)


def _pairs(here: Sequence[TableColumn], there: Sequence[TableColumn]) -> str:
    return " AND ".join(
        f"{group_key(Typed(f'n.{a.physical}', a.type))} = "
        f"{group_key(Typed(f'o.{b.physical}', b.type))}"
        for a, b in zip(here, there, strict=True)
    )


def check_not_referenced(session: SessionState, table: Table, rowids: str, verb: str) -> None:
    """Raise 547 if a foreign key references rows about to be deleted or changed."""
    for other in table.database.tables():
        for key in other.foreign_keys:
            if key.table is not table or key.disabled:
                continue
            same = _pairs(key.columns, key.referenced)
            if session.rows(
                f"SELECT 1 FROM {other.physical} AS n JOIN {table.physical} AS o ON {same} "
                f"WHERE n.v_to IS NULL AND o.rowid IN ({rowids}) LIMIT 1"
            ):
                action = key.on_delete if verb == "DELETE" else key.on_update
                if action != "NO_ACTION":
                    raise unsupported(
                        f"the foreign key action {action.replace('_', ' ')} of {verb}"
                    )
                column = key.columns[0].name if len(key.columns) == 1 else ""
                raise _conflict(verb, "REFERENCE", key.name, other, column)
