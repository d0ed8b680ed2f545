"""A logged-in connection: runs batches of T-SQL and describes their results."""

import logging
from collections.abc import Iterator, Sequence

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.execution import batch
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import (
    SHAPE_ONLY,
    binder_for,
    binding_context,
)
from tableferry_sandbox.engine.parsing.parser import parse_batch
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.events import Event, OutputValue, Parameter, SqlError
from tableferry_sandbox.sqltypes import Column

_log = logging.getLogger(__name__)


def _unexpected(error: Exception) -> SqlError:
    """Return the error for a bug of the sandbox; as after other errors, the connection stays."""
    _log.exception("a statement failed unexpectedly")
    return SqlError(50000, f"Internal error of the sandbox: {type(error).__name__}: {error}")


class Session(SessionState):
    """One session; see ``events.Session`` for what its methods promise."""

    def execute(self, sql: str, parameters: Sequence[Parameter] = ()) -> Iterator[Event]:
        """Run one batch and yield its events in order."""
        self._stop.clear()
        self.variables = {p.name.lower(): (p.type, p.value) for p in parameters if p.name}
        self.caught_depth = 0
        self.set_in_batch.clear()
        try:
            quoted = self.options["quoted_identifier"] == "on"
            yield from self.run(parse_batch(sql, quoted_identifier=quoted))
            for parameter in parameters:
                if parameter.output:
                    sql_type, value = self.variables[parameter.name.lower()]
                    yield OutputValue(parameter.name, sql_type, value)
        except SqlError as error:
            self.last_error = error.number
            raise
        except Exception as error:
            self.last_error = 50000
            if self.transaction is not None:
                yield from self.rollback()
            raise _unexpected(error) from error
        finally:
            for name in [n for n in self.temporary if n.startswith("@")]:
                self.server.store.drop(self.temporary.pop(name))

    def run(self, statements: Sequence[st.Statement]) -> Iterator[Event]:
        """Run a parsed batch, the session's own or one inside it."""
        yield from batch.run(self, statements)

    def describe(self, sql: str, parameters: Sequence[Parameter] = ()) -> Sequence[Column] | None:
        """Return the columns of the batch's first result set without running it."""
        saved = self.variables
        self.variables = {p.name.lower(): (p.type, p.value) for p in parameters if p.name}
        try:
            quoted = self.options["quoted_identifier"] == "on"
            return self._describe(parse_batch(sql, quoted_identifier=quoted))
        except SqlError:
            raise
        except Exception as error:
            raise _unexpected(error) from error
        finally:
            self.variables = saved

    def _describe(self, statements: Sequence[st.Statement]) -> Sequence[Column] | None:
        for statement in statements:
            if isinstance(statement, st.Declare):
                kind = binder_for(self).resolve_type(statement.type)
                self.variables[statement.name.lower()] = (kind, None)
            elif isinstance(statement, st.Block):
                found = self._describe(statement.body)
                if found is not None:
                    return found
            elif isinstance(statement, st.QueryStatement):
                binder = Binder(binding_context(self, SHAPE_ONLY))
                bound = binder.query(statement.query, None)
                if not any(c.name.startswith("@") for c in bound.columns):
                    return bound.result_columns(self.current.collation)
        return None
