"""CHANGETABLE in FROM: the changes of a tracked table, or the last change of one row."""

from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine import tracking_errors
from tableferry_sandbox.engine.binding import system_views
from tableferry_sandbox.engine.binding.bind_predicates import key_of
from tableferry_sandbox.engine.binding.bind_tables import TableBinder
from tableferry_sandbox.engine.binding.scope import Scope, Source, Typed
from tableferry_sandbox.engine.database import change_log
from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.rights import column_denied, require
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.database.tracking import TableTracking
from tableferry_sandbox.engine.errors import invalid_object, undeclared
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.duck_types import duck_type
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import SqlType

_CONTEXT: Final = SqlType("varbinary", 128)
_CHANGES: Final = (
    ("SYS_CHANGE_VERSION", t.BIGINT),
    ("SYS_CHANGE_CREATION_VERSION", t.BIGINT),
    ("SYS_CHANGE_OPERATION", SqlType("nchar", 1)),
    ("SYS_CHANGE_COLUMNS", SqlType("varbinary", 4100)),
    ("SYS_CHANGE_CONTEXT", _CONTEXT),
)
"""The columns of CHANGETABLE(CHANGES) before the key's."""


class ChangeTableBinder(TableBinder):
    """Binds CHANGETABLE."""

    def change_table(self, node: s.ChangeTable, scope: Scope) -> str:
        """Add CHANGETABLE as a source. Raises 208, 229, 22104, 22105, 22107."""
        table, tracking = self._asked(node)
        if node.since is None:
            return self._version(node, table, tracking, scope)
        return self._changes(node, table, tracking, scope)

    def _asked(self, node: s.ChangeTable) -> tuple[Table, TableTracking]:
        """Return the table of CHANGETABLE, whose changes the session may read."""
        table, tracking = self._tracked(node)
        if node.alias is None:
            raise tracking_errors.not_aliased()
        refused = self.context.permit(table)
        for column in change_log.key_columns(table) if refused else ():
            if column.column_id in refused:
                raise column_denied("SELECT", table, column.name)
        require(self.context.session.login, "VIEW CHANGE TRACKING", table)
        self.context.volatile = True
        return table, tracking

    def exists(self, node: s.Exists, scope: Scope) -> str:
        """Return SQL of EXISTS; whether a table has any changes is mostly known already.

        DuckDB takes 2 ms to plan an EXISTS over an aggregation, and clients ask this of a hundred
        tables in one statement. Nor are net changes needed to find those of a row by its key.
        """
        source = _only_changes(node.query)
        if source is None or source.since is None:
            keyed = self._keyed(node.query)
            return super().exists(node, scope) if keyed is None else self._changed(*keyed, scope)
        table, tracking = self._asked(source)
        log = self._log_since(source, table, tracking)
        return f"EXISTS (SELECT 1 FROM {log})" if log else "FALSE"

    def _log_since(self, node: s.ChangeTable, table: Table, tracking: TableTracking) -> str | None:
        """Return SQL of the log and a condition on it; None where it has nothing since then."""
        self.context.views.append(f"CHANGETABLE {table.physical}")
        since = self._baseline(node.since)
        seen = self.context.changes.seen(table)
        kept_from = -1 if tracking.removed else tracking.minimum
        if max(kept_from, -1 if since is None else since) >= tracking.last:
            return None
        where = seen if since is None else f"version > {since} AND {seen}"
        return f"{tracking.log} WHERE {where}"

    def _keyed(self, query: s.Query) -> tuple[s.ChangeTable, s.Node] | None:
        """Return CHANGETABLE and the condition of a query that compares its key for equality."""
        body = query.body
        source = body.source if isinstance(body, s.Select) else None
        if not isinstance(body, s.Select) or not isinstance(source, s.ChangeTable):
            return None
        if body.where is None or source.since is None or source.columns:
            return None
        if _only_changes(replace(query, body=replace(body, where=None))) is None:
            return None
        key = self.context.key
        others = {key(name) for name, _ in _CHANGES}
        plain = all(
            isinstance(test, s.Compare)
            and test.operator == "="
            and not test.quantifier
            and all(isinstance(x, s.Name) and key(x.parts[-1]) not in others
                    for x in (test.left, test.right))
            for test in _conjuncts(body.where)
        )  # fmt: skip
        return (source, body.where) if plain else None

    def _changed(self, node: s.ChangeTable, condition: s.Node, scope: Scope) -> str:
        """Return SQL of EXISTS for a row with a changed key: a change is a net change, too."""
        table, tracking = self._asked(node)
        log = self._log_since(node, table, tracking)
        keys = change_log.key_columns(table)
        alias = self.context.alias()
        columns = tuple(Typed(f"{alias}.{c.physical}", c.type, c.nullable, c.name) for c in keys)
        inner = Scope([Source(str(node.alias), (), columns, table.database.key)], scope)
        same = self.predicate(condition, inner)
        names = ", ".join(c.physical for c in keys)
        found = f"(SELECT {names} FROM {log}) AS {alias}"
        return f"EXISTS (SELECT 1 FROM {found} WHERE {same})" if log else "FALSE"

    def _tracked(self, node: s.ChangeTable) -> tuple[Table, TableTracking]:
        found = self.context.resolve(node.table)
        if found is None and system_views.find(node.table, self._database(node.table)) is None:
            raise invalid_object(".".join(node.table))
        if not isinstance(found, Table) or found.temporary:
            raise tracking_errors.not_a_table(".".join(node.table))
        if found.tracking is None:
            raise tracking_errors.table_off(found.name)
        return found, found.tracking

    def _changes(
        self, node: s.ChangeTable, table: Table, tracking: TableTracking, scope: Scope
    ) -> str:
        since = self._baseline(node.since)
        seen = self.context.changes.seen(table)
        keys = change_log.key_columns(table)
        alias = self.context.alias()
        if since is not None and since >= tracking.last:
            # Nothing changed since, in no snapshot either: a query for the changes of a thousand
            # idle tables must not cost a thousand aggregations.
            nulls = [
                f"CAST(NULL AS {duck_type(k)}) AS k{i}" for i, (_, k) in enumerate(_CHANGES, 1)
            ]
            nulls += [f"CAST(NULL AS {duck_type(c.type)}) AS {c.physical}" for c in keys]
            sql = f"SELECT {', '.join(nulls)} WHERE FALSE"
        else:
            where = seen if since is None else f"version > {since} AND {seen}"
            equal = [key_of(c.physical, c.type, ordering=False) for c in keys]
            sql = change_log.net_changes(table, tracking, equal, where)
        columns = [
            Typed(f"{alias}.k{i}", kind, nullable=True, name=name)
            for i, (name, kind) in enumerate(_CHANGES, 1)
        ]
        columns += [Typed(f"{alias}.{c.physical}", c.type, c.nullable, c.name) for c in keys]
        self._add_renamed(node, table, columns, scope)
        return f"({sql}) AS {alias}"

    def _version(
        self, node: s.ChangeTable, table: Table, tracking: TableTracking, scope: Scope
    ) -> str:
        """Bind VERSION: the last change of the row with a key; no row without such a row."""
        keys = change_log.key_columns(table)
        values = self._key_values(node, table, keys, scope)
        self.context.tables.append(table)
        rows = self.context.read(table, frozenset())
        equal = [key_of(c.physical, c.type, ordering=False) for c in keys]
        changes = change_log.last_changes(tracking, equal, self.context.changes.seen(table))
        matched = " AND ".join(
            f"l.e{i} = {key_of(f'r.{c.physical}', c.type, ordering=False)}"
            for i, c in enumerate(keys, 1)
        )
        wanted = " AND ".join(
            self.compare("=", self.column(c, f"r.{c.physical}"), value)
            for c, value in zip(keys, values, strict=True)
        )
        shown = ", ".join(f"r.{c.physical}" for c in keys)
        alias = self.context.alias()
        columns = [
            Typed(f"{alias}.k1", t.BIGINT, nullable=True, name="SYS_CHANGE_VERSION"),
            Typed(f"{alias}.k2", _CONTEXT, nullable=True, name="SYS_CHANGE_CONTEXT"),
            *(self.column(c, f"{alias}.{c.physical}") for c in keys),
        ]
        self._add_renamed(node, table, columns, scope)
        return (
            f"(SELECT l.version AS k1, l.context AS k2, {shown} FROM {rows} AS r "
            f"LEFT JOIN ({changes}) AS l ON {matched} WHERE {wanted}) AS {alias}"
        )

    def _key_values(
        self, node: s.ChangeTable, table: Table, keys: list[TableColumn], scope: Scope
    ) -> list[Typed]:
        """Return the values of VERSION in the key's order. Raises 22103, 22110, 22111, 22112."""
        found = [table.column(name) for name in node.keys]
        for name, column in zip(node.keys, found, strict=True):
            if column not in keys:
                raise tracking_errors.not_in_key(name, table.name)
            if found.count(column) > 1:
                raise tracking_errors.key_repeated(name)
        if len(found) != len(keys):
            raise tracking_errors.key_length(table.name)
        if len(node.values) != len(keys):
            raise tracking_errors.version_arguments()
        values = [self.value(value, scope.parent or Scope()) for value in node.values]
        return [values[found.index(key)] for key in keys]

    def _baseline(self, node: s.Node | None) -> int | None:
        """Return the version after which changes are wanted, None for all of them."""
        if isinstance(node, s.Variable):
            found = self.context.variables.get(node.name.lower())
            if found is None:
                raise undeclared(node.name)
            if found[1] is None:
                return None
        if node is None or isinstance(node, s.Null):
            return None
        return self.constant_integer(node)

    def _add_renamed(
        self, node: s.ChangeTable, table: Table, columns: list[Typed], scope: Scope
    ) -> None:
        """Add a source with the names of its column list, if there is one. Raises 8158, 8159."""
        alias = str(node.alias)
        if node.columns:
            if len(node.columns) != len(columns):
                number = 8158 if len(columns) > len(node.columns) else 8159
                word = "more" if number == 8158 else "fewer"
                raise SqlError(
                    number, f"'{alias}' has {word} columns than were specified in the column list."
                )
            columns = [
                Typed(c.sql, c.type, c.nullable, name)
                for c, name in zip(columns, node.columns, strict=True)
            ]
        self._add_source(Source(alias, (), tuple(columns), table.database.key), scope)


def _only_changes(query: s.Query) -> s.ChangeTable | None:
    """Return the CHANGETABLE that a query has all rows of, without looking at any column."""
    body = query.body
    if query != s.Query(body) or not isinstance(body, s.Select):
        return None
    source = body.source
    if not isinstance(source, s.ChangeTable) or body != s.Select(body.items, source=source):
        return None
    fixed = all(i.expression == s.Star() or isinstance(i.expression, s.Literal) for i in body.items)
    return source if fixed else None


def _conjuncts(node: s.Node) -> list[s.Node]:
    """Return the conditions that AND combines."""
    if isinstance(node, s.Logic) and node.operator.lower() == "and":
        return _conjuncts(node.left) + _conjuncts(node.right)
    return [node]
