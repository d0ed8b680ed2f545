"""Sources in FROM that are in the catalog: tables, views and catalog views."""

from dataclasses import replace
from decimal import Decimal

from tableferry_sandbox.engine.binding import system_views
from tableferry_sandbox.engine.binding.asked_objects import OWNING_COLUMN
from tableferry_sandbox.engine.binding.bind_policies import PolicyBinder
from tableferry_sandbox.engine.binding.clustering import clustered_order
from tableferry_sandbox.engine.binding.context import permit_all
from tableferry_sandbox.engine.binding.scope import BoundQuery, Scope, Source, Typed
from tableferry_sandbox.engine.database.catalog_objects import PAGE_ROWS, Database, Table, View
from tableferry_sandbox.engine.database.rights import column_denied
from tableferry_sandbox.engine.errors import disabled_index, invalid_object, unsupported
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.events import SqlError


class TableBinder(PolicyBinder):
    """Binds tables and views, and adds sources to a scope."""

    def _add(
        self,
        bound: BoundQuery,
        name: str,
        columns: tuple[str, ...],
        scope: Scope,
        path: tuple[str, ...] = (),
    ) -> str:
        """Add a query as a source."""
        if columns and len(columns) != len(bound.columns):
            number = 8158 if len(bound.columns) > len(columns) else 8159
            word = "more" if number == 8158 else "fewer"
            raise SqlError(
                number, f"'{name}' has {word} columns than were specified in the column list."
            )
        alias = self.context.alias()
        names = columns or tuple(column.name for column in bound.columns)
        if "" in names and not columns:
            raise SqlError(
                8155,
                f"No column name was specified for column {names.index('') + 1} of '{name}'.",
                state=2,
            )
        keys = [self.context.key(item) for item in names]
        for item, key in zip(names, keys, strict=True):
            if keys.count(key) > 1:
                raise SqlError(
                    8156, f"The column '{item}' was specified multiple times for '{name}'."
                )
        typed = tuple(
            replace(column, sql=f"{alias}.c{i}", name=label, digits=0)
            for i, (label, column) in enumerate(zip(names, bound.columns, strict=True), 1)
        )
        self._add_source(Source(name, path, typed, self.context.key), scope)
        return f"({bound.sql}) AS {alias}"

    @staticmethod
    def _add_source(source: Source, scope: Scope) -> None:
        if any(
            source.key(source.alias) == source.key(other.alias)
            and (not source.path or not other.path or source.path == other.path)
            for other in scope.sources
        ):
            raise SqlError(
                1011 if not source.path else 1013,
                f"The correlation name '{source.alias}' is specified multiple times in a FROM "
                f"clause."
                if not source.path
                else f'The objects "{source.alias}" and "{source.alias}" in the FROM clause have '
                "the same exposed names. Use correlation names to distinguish them.",
            )
        scope.sources.append(source)

    @staticmethod
    def _path(node: s.TableRef, found: Table | View) -> tuple[str, ...]:
        return () if node.alias else (found.database.name, found.schema, found.name)

    def view_query(self, view: View) -> BoundQuery:
        """Bind a view's query without the names of the query around it."""
        saved = self.context.common, self.context.recursive, self.context.permit
        self.context.common, self.context.recursive = {}, {}
        home, self.context.home = self.context.home, view.database
        # All objects belong to dbo, so permission on a view covers what it reads
        # (Ownership Chains).
        self.context.permit = permit_all
        try:
            bound = self.query(view.query, None)
            columns = (
                replace(c, type=t.with_collation(c.type, c.type.collation or self.collation))
                for c in bound.columns
            )
            return replace(bound, columns=tuple(columns))
        finally:
            self.context.home = home
            self.context.common, self.context.recursive, self.context.permit = saved

    def _table(self, table: Table, node: s.TableRef, name: str, scope: Scope) -> str:
        refused = self.context.permit(table)
        self.context.tables.append(table)
        unreadable = table.unreadable
        if unreadable is not None:
            raise disabled_index(unreadable.name, table.name)
        text = self.context.read(table, node.hints)
        if node.sample is not None:
            text = self._sampled(text, table, node.sample)
        if table.predicates:
            text = self.filtered(table, text)
        alias = self.context.alias()
        # A filter is a join, which leaves no order.
        if self.context.ordered and (table.disordered or table.predicates):
            text = self._in_clustered_order(text, table, alias)
        columns = self.table_columns(table, alias, refused)
        path = self._path(node, table)
        self._add_source(Source(name, path, columns, table.database.key), scope)
        if refused:
            self._note_refusals(scope)
        return f"{text} AS {alias}"

    def view_source(self, view: View, node: s.TableRef, name: str, scope: Scope) -> str:
        """Add a view as a source."""
        refused = self.context.permit(view)
        bound = self.view_query(view)
        text = self._add(bound, name, view.columns, scope, self._path(node, view))
        if refused:
            source = scope.sources[-1]
            columns = tuple(
                replace(column, refusal=column_denied("SELECT", view, column.name))
                if number in refused
                else column
                for number, column in enumerate(source.columns, 1)
            )
            scope.sources[-1] = replace(source, columns=columns)
            self._note_refusals(scope)
        return text

    @staticmethod
    def _note_refusals(scope: Scope) -> None:
        """Note that the last source may not be read without naming a column of it."""
        source = scope.sources[-1]
        source.refusals.append(next(c.refusal for c in source.columns if c.refusal))

    def _in_clustered_order(self, text: str, table: Table, alias: str) -> str:
        """Sort the rows of a table, or leave their order for the SELECT that reads them."""
        if self.context.scan_order is None:
            order = clustered_order(table)
            return f"(SELECT * FROM {text} ORDER BY {order})" if order else text
        order = clustered_order(table, alias)
        self.context.scan_order += [order] if order else []
        return text

    def _sampled(self, text: str, table: Table, sample: s.Sample) -> str:
        """Sample whole pages at random; with a seed, always the same ones."""
        self.context.volatile = self.context.random = True
        share = self._constant_number(sample.count)
        if sample.rows:
            share = 100 * share / max(1, self.context.session.server.count_rows(table))
        elif not 0 <= share <= 100:
            raise SqlError(
                476,
                f'Invalid PERCENT tablesample size "{share:f}" for table '
                f'"{table.name}". The PERCENT tablesample size must be between 0 and 100.',
            )
        seed = "(SELECT random())"
        if sample.seed is not None:
            seed = str(self.constant_integer(sample.seed))
        page = f"(row_number() OVER () - 1) // {PAGE_ROWS}"
        numbered = f"SELECT *, {page} AS page_number FROM {text}"
        return (
            f"(SELECT * EXCLUDE (page_number) FROM ({numbered}) "
            f"WHERE hash(page_number, {seed}) % 1000000 < {round(share * 10_000)})"
        )

    @staticmethod
    def _constant_number(node: s.Node) -> float:
        if isinstance(node, s.Literal) and isinstance(node.value, int | float | Decimal):
            return float(node.value)
        raise unsupported("anything but a number as the size of a TABLESAMPLE")

    def _in_home(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """Return a name in a view of another database as one of that database."""
        home = self.context.home
        if home is None or home is self.context.session.current or len(parts) > 2:
            return parts
        return (home.name, parts[0] if len(parts) == 2 else "", parts[-1])

    def _database(self, parts: tuple[str, ...]) -> Database:
        """Return the database that a name is looked up in; raises 208 for an unknown one."""
        session = self.context.session
        if len(parts) < 3 or not parts[-3]:
            return session.current
        found = session.server.find_database(parts[-3])
        if found is None:
            raise invalid_object(".".join(parts))
        return found

    def _catalog_view(
        self,
        view: system_views.SysView,
        database: Database,
        parts: tuple[str, ...],
        name: str,
        scope: Scope,
    ) -> str:
        self.context.volatile = True
        session = self.context.session
        session.require_state(view.name)
        catalog = self._asked_about(view, session.catalog_of(database), name)
        rows = list(view.rows(session, catalog))
        named = f"{database.database_id}.{view.schema}.{view.name}"
        self.context.views.append(named)
        registered = self.context.show(named, rows, view.table)
        alias = self.context.alias()
        columns = tuple(
            Typed(f"{alias}.k{i}", column.type, column.nullable, column.name)
            for i, column in enumerate(view.columns_in(database.collation), 1)
        )
        path = () if name != parts[-1] else (database.name, view.schema, view.name)
        self._add_source(Source(name, path, columns, database.key), scope)
        return f"{registered} AS {alias}"

    def _asked_about(self, view: system_views.SysView, catalog: Database, name: str) -> Database:
        """Return a catalog with only the objects whose rows of a catalog view are needed."""
        column = OWNING_COLUMN.get(f"{view.schema}.{view.name}")
        wanted = self.context.owners(name, column) if column else None
        if wanted is None:
            return catalog
        objects = {key: o for key, o in catalog.objects.items() if _tells_of(o, wanted)}
        # Any other id is a constraint's, say, of which every table has some.
        known = wanted <= {item.object_id for item in objects.values()}
        return replace(catalog, objects=objects) if known else catalog


def _tells_of(item: Table | View, wanted: frozenset[int]) -> bool:
    """Return whether the rows of an object's catalog views depend on one of these."""
    if isinstance(item, Table) and item.history is not None and item.history.object_id in wanted:
        return True
    return item.object_id in wanted
