"""Binders for a session's statements: what names mean to it, and which rows it may read."""

from collections.abc import Callable
from functools import partial
from typing import Final

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.binding.context import Context
from tableferry_sandbox.engine.database import rights
from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.execution.change_reading import ChangeReader
from tableferry_sandbox.engine.execution.isolation import readable
from tableferry_sandbox.engine.execution.session_state import SessionState

ReadTable = Callable[[Table, frozenset[str]], str]
"""From a table and its hints to the DuckDB SQL of the rows that a statement reads."""


def _shape_only(_table: Table, _hints: frozenset[str]) -> str:
    return "t0"


SHAPE_ONLY: Final[ReadTable] = _shape_only
"""For queries that are bound for their columns and never run."""


def binding_context(
    session: SessionState, read: ReadTable | None = None, *, registered: bool = True
) -> Context:
    """Return what binding a statement needs; ``read`` replaces the rows a SELECT may see.

    Without ``registered``, DuckDB knows the catalog views only after ``register_noted``.
    """
    return Context(
        session,
        session.variables,
        session.find_object,
        read or partial(readable, session),
        session.register_view if registered else session.note_view,
        ChangeReader(session, waits=read is not SHAPE_ONLY),
        partial(rights.refused_columns, session.login, "SELECT"),
    )


def binder_for(session: SessionState) -> Binder:
    """Return a binder for one statement."""
    return Binder(binding_context(session))
