"""Inline table-valued functions, and the security predicates that are such functions.

As "Row-level security" documents them: a filter predicate is a WHERE of every statement that reads
its table, whichever user runs it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tableferry_sandbox.engine.binding.bind_table_columns import ColumnBinder
from tableferry_sandbox.engine.binding.context import permit_all
from tableferry_sandbox.engine.binding.scalar_functions import given_arguments
from tableferry_sandbox.engine.binding.scope import BoundQuery, Scope, Source, Typed
from tableferry_sandbox.engine.database.catalog_objects import Database, Table
from tableferry_sandbox.engine.database.other_objects import InlineFunction
from tableferry_sandbox.engine.database.rights import require_on
from tableferry_sandbox.engine.database.security_policies import SecurityPredicate
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.tree import syntax as s


class PolicyBinder(ColumnBinder):
    """Binds calls of inline functions, and the conditions of security policies."""

    def inline_call(
        self,
        function: InlineFunction,
        database: Database,
        arguments: Sequence[s.Node],
        scope: Scope,
    ) -> BoundQuery:
        """Return the query of a function with arguments. Raises 313, 8144, 201, 229."""
        context = self.context
        if context.permit is not permit_all:
            require_on(context.session.login, "SELECT", database, function)
        values = [self.value(value, scope) for value in given_arguments(function, arguments)]
        local = {
            parameter.name.lower(): Typed(value.sql, value.type)
            for parameter, value in zip(function.parameters, values, strict=True)
        }
        with self._apart(database):
            context.local = local
            # All objects belong to dbo, so permission on a function covers what it reads.
            context.permit = permit_all
            return self.query(function.query, None)

    @contextmanager
    def _apart(self, database: Database) -> Iterator[None]:
        """Bind without the names of the statement around."""
        context = self.context
        saved = (
            context.local, context.permit, context.home, context.common, context.recursive,
            context.masked,
        )  # fmt: skip
        context.home, context.common, context.recursive = database, {}, {}
        try:
            yield
        finally:
            (
                context.local, context.permit, context.home, context.common, context.recursive,
                context.masked,
            ) = saved  # fmt: skip

    def filtered(self, table: Table, text: str) -> str:
        """Return the rows of a table that the filter predicates of its policies let through."""
        active = [predicate for predicate in table.predicates if predicate.filters]
        if not active:
            return text
        alias = self.context.alias()
        tests = " AND ".join(f"EXISTS ({self.allowing(p, table, alias)})" for p in active)
        return f"(SELECT {alias}.* FROM {text} AS {alias} WHERE {tests})"

    def allowing(self, predicate: SecurityPredicate, table: Table, alias: str) -> str:
        """Return the SQL of a query that has rows where a predicate allows a row of ``alias``."""
        context = self.context
        if table in context.filtering:
            raise unsupported("a security predicate that reads the table it is on")
        context.filtering.append(table)
        ordered, context.ordered = context.ordered, False  # EXISTS asks for no order
        try:
            with self._apart(table.database):
                if predicate.policy.schema_bound:
                    context.permit = permit_all
                context.local = {}
                columns = self.table_columns(table, alias)
                scope = Scope([Source(table.name, (), columns, table.database.key)])
                found = self.inline_call(
                    predicate.function, table.database, predicate.arguments, scope
                )
                return found.sql
        finally:
            context.ordered = ordered
            context.filtering.pop()
