"""ALTER TABLE ... CHECK CONSTRAINT and NOCHECK CONSTRAINT."""

from collections.abc import Sequence

from tableferry_sandbox.engine.database.catalog_objects import (
    CheckConstraint,
    ForeignKeyConstraint,
    Table,
)
from tableferry_sandbox.engine.execution.catalog_changes import on_rollback
from tableferry_sandbox.engine.execution.constraint_checks import check_existing, check_references
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.events import SqlError


def change_states(
    session: SessionState, table: Table, names: Sequence[str], *, enable: bool, check: bool | None
) -> None:
    """Enable or disable CHECK and FOREIGN KEY constraints, without names all of a table's.

    Enabling checks no existing rows unless WITH CHECK says so, so that the constraint stays
    untrusted. Raises 4917 for an unknown name, 547 for rows that violate a constraint.
    """
    known: list[CheckConstraint | ForeignKeyConstraint] = [*table.checks, *table.foreign_keys]
    chosen = known if not names else [_named(table, known, name) for name in names]
    for constraint in chosen:
        if enable and check:
            if isinstance(constraint, CheckConstraint):
                check_existing(session, table, constraint)
            else:
                check_references(session, table, constraint)
        _set(session, constraint, disabled=not enable, untrusted=not (enable and bool(check)))


def _named(
    table: Table, known: Sequence[CheckConstraint | ForeignKeyConstraint], name: str
) -> CheckConstraint | ForeignKeyConstraint:
    key = table.database.key
    found = next((c for c in known if key(c.name) == key(name)), None)
    if found is None:
        if any(i.constraint_id and key(i.name) == key(name) for i in table.indexes):
            raise SqlError(
                11415,
                f"Object '{name}' cannot be disabled or enabled. This action applies only to "
                "foreign key and check constraints.",
            )
        raise SqlError(4917, f"Constraint '{name}' does not exist.")
    return found


def _set(
    session: SessionState, constraint: CheckConstraint | ForeignKeyConstraint, *, disabled: bool,
    untrusted: bool,
) -> None:  # fmt: skip
    old = constraint.disabled, constraint.untrusted

    def undo() -> None:
        constraint.disabled, constraint.untrusted = old

    constraint.disabled, constraint.untrusted = disabled, untrusted
    on_rollback(session, undo)
