"""SELECT: select lists, grouping, ordering, TOP and DISTINCT."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from tableferry_sandbox.engine.binding.aggregate_calls import has_aggregate
from tableferry_sandbox.engine.binding.asked_objects import Equalities
from tableferry_sandbox.engine.binding.bind_predicates import group_key, ordering
from tableferry_sandbox.engine.binding.bind_set_operations import SetOperationBinder
from tableferry_sandbox.engine.binding.functions_objects import constant_object_id
from tableferry_sandbox.engine.binding.scope import BoundQuery, Scope, Typed
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.masks import DEFAULT_MASK
from tableferry_sandbox.events import SqlError


def _as_int_if_untyped(column: Typed) -> Typed:
    return replace(column, type=t.INT) if column.type.name == "null" else column


class QueryBinder(SetOperationBinder):
    """Binds queries."""

    def query(self, query: s.Query, parent: Scope | None) -> BoundQuery:
        """Bind a query to DuckDB SQL with the columns c1 ... cn; a NULL by itself is an int."""
        bound = self.untyped_query(query, parent)
        return replace(bound, columns=tuple(map(_as_int_if_untyped, bound.columns)))

    def untyped_query(self, query: s.Query, parent: Scope | None) -> BoundQuery:
        """Bind a query, leaving its NULL constants without a type, for INSERT and set operations.

        Their SQL is that of an INTEGER.
        """
        saved = self.context.common
        if query.recursions is not None:
            self.context.recursions = query.recursions
        for table in query.tables:
            self.context.common = {
                **self.context.common,
                self.context.key(table.name): (table.columns, table.query),
            }
        try:
            if isinstance(query.body, s.Select):
                return self.select(query.body, query, parent)
            bound = self._body(query.body, parent)
            return self._ordered_columns(bound, query, parent)
        finally:
            self.context.common = saved

    def select(self, select: s.Select, query: s.Query, parent: Scope | None) -> BoundQuery:
        """Bind one SELECT with the ORDER BY and OFFSET of its query."""
        saved = self.context.masked
        bound = self._select(select, query, parent)
        self.context.masked = saved or any(column.mask for column in bound.columns)
        return bound

    def _select(self, select: s.Select, query: s.Query, parent: Scope | None) -> BoundQuery:
        scope = Scope([], parent)
        order_nodes = tuple(item.expression for item in query.order_by)
        grouped = (
            bool(select.group_by)
            or select.having is not None
            or has_aggregate((select.items, order_nodes))
        )
        source, scan_order = self._sources(select, scope, sorted_here=not grouped)
        where = self._where(select, scope)
        group_text = self._group(select, scope) if grouped else ""
        items = self.select_items(select.items, scope)
        having = ""
        if select.having is not None:
            having = f" HAVING {self.predicate(select.having, scope)}"
        heads = ", ".join(f"{item.sql} AS c{i}" for i, item in enumerate(items, 1))
        tail = (f" FROM {source}" if source else "") + where + group_text + having
        columns = tuple(replace(i, sql=f"c{n}") for n, i in enumerate(items, 1))
        for refused in scope.sources:
            for refusal in refused.refusals:
                raise refusal
        if select.distinct:
            sql = self._distinct(f"SELECT {heads}{tail}", items)
            orders = self._distinct_order(select, query, items)
            if orders or select.top:
                sql = f"SELECT * FROM ({sql})"
            return BoundQuery(self._finish(sql, select, query, orders, scope), columns)
        orders = [
            ordering(self._order_value(item.expression, items, scope), descending=item.descending)
            for item in query.order_by
        ]
        # Where nobody sees the order of the rows, they have none.
        orders += [] if parent is not None and select.top is None else scan_order
        sql = self._finish(f"SELECT {heads}{tail}", select, query, orders, scope)
        return BoundQuery(sql, columns)

    def _sources(
        self, select: s.Select, scope: Scope, *, sorted_here: bool
    ) -> tuple[str, list[str]]:
        """Bind FROM, with only those rows of the catalog views that the conditions leave.

        ``sorted_here``: if it is one table, its clustered order is returned rather than made in
        FROM: most of its rows may not be in the result.
        """
        if select.source is None:
            return "", []
        ties = select.top is not None and select.top.ties
        sorted_here &= not (select.distinct or ties) and isinstance(select.source, s.TableRef)
        saved = self.context.owners, self.context.scan_order
        constant = partial(constant_object_id, self)
        self.context.owners = Equalities(select, self.context.key, constant).of
        order: list[str] = []
        self.context.scan_order = order if sorted_here else None
        try:
            return self.from_clause(select.source, scope), order
        finally:
            self.context.owners, self.context.scan_order = saved

    def _where(self, select: s.Select, scope: Scope) -> str:
        if select.where is None:
            return ""
        if has_aggregate(select.where):
            raise SqlError(
                147,
                "An aggregate may not appear in the WHERE clause unless it is in a subquery "
                "contained in a HAVING clause or a select list, and the column being aggregated is "
                "an outer reference.",
                severity=15,
            )
        return f" WHERE {self.predicate(select.where, scope)}"

    def _group(self, select: s.Select, scope: Scope) -> str:
        """Bind GROUP BY; afterwards names in the scope mean groups, not rows."""
        groups: dict[str, Typed] = {}
        keys = []
        for node in select.group_by:
            if has_aggregate(node):
                raise SqlError(
                    144,
                    "Cannot use an aggregate or a subquery in an expression used for the group by "
                    "list of a GROUP BY clause.",
                    severity=15,
                )
            if isinstance(node, s.Literal):
                raise SqlError(
                    164,
                    "Each GROUP BY expression must contain at least one column that is not "
                    "an outer "
                    "reference.",
                    severity=15,
                )
            typed = self.value(node, scope)
            key = group_key(typed)
            keys.append(key)
            shown = typed.sql if key == typed.sql else f"first({typed.sql})"
            groups[typed.sql] = replace(typed, sql=shown, identity=False)
        scope.groups = groups
        return f" GROUP BY {', '.join(keys)}" if keys else ""

    def select_items(self, items: Sequence[s.SelectItem], scope: Scope) -> list[Typed]:
        """Bind a select list, stars expanded."""
        found: list[Typed] = []
        for item in items:
            if isinstance(item.expression, s.Star):
                found += self._star(item.expression, scope)
                continue
            self.context.masked = False
            typed = self.value(item.expression, scope)
            plain = isinstance(item.expression, s.Name)
            if self.context.masked and not (plain and typed.mask):
                typed = replace(typed, mask=DEFAULT_MASK)
            name = item.alias if item.alias is not None else typed.name if plain else ""
            if isinstance(item.expression, s.Name) and item.alias is None:
                name = item.expression.parts[-1] if not typed.name else typed.name
            sql = "CAST(NULL AS INTEGER)" if typed.type.name == "null" else typed.sql
            found.append(
                replace(
                    typed,
                    sql=sql,
                    name=name,
                    identity=typed.identity and plain,
                    computed=typed.computed or (not plain and scope_has_sources(scope)),
                    digits=0,
                    hidden=False,
                )
            )
        return found

    def _star(self, star: s.Star, scope: Scope) -> list[Typed]:
        if not scope.sources:
            raise SqlError(263, "Must specify table to select from.")
        sources = [x for x in scope.sources if not star.qualifier or x.answers_to(star.qualifier)]
        if not sources:
            raise SqlError(
                107,
                f"The column prefix '{'.'.join(star.qualifier)}' does not match with a table "
                f"name or "
                "alias name used in the query.",
                severity=15,
            )
        columns = [c for source in sources for c in source.columns if not c.hidden]
        for column in columns:
            if column.refusal is not None:
                raise column.refusal
        for source in sources:
            source.refusals.clear()
        if scope.groups is not None:
            return [
                replace(self.value(s.Name((source.alias, c.name)), scope), name=c.name)
                for source in sources
                for c in source.columns
                if not c.hidden
            ]
        return columns

    def _order_value(self, node: s.Node, items: Sequence[Typed], scope: Scope) -> Typed:
        """Bind an ORDER BY item: a position, an alias, or any expression."""
        position = self._by_position_or_name(node, items)
        if position is not None:
            return items[position]
        if isinstance(node, s.Literal | s.Null):
            raise SqlError(
                408, "A constant expression was encountered in the ORDER BY list, position 1."
            )
        return self.value(node, scope)

    def _distinct_order(
        self, select: s.Select, query: s.Query, items: Sequence[Typed]
    ) -> list[str]:
        orders = []
        for item in query.order_by:
            position = self._by_position_or_name(item.expression, items)
            if position is None:
                same = [i for i, x in enumerate(select.items) if x.expression == item.expression]
                if not same:
                    raise SqlError(
                        145,
                        "ORDER BY items must appear in the select list if SELECT DISTINCT is "
                        "specified.",
                        severity=15,
                    )
                position = same[0]
            typed = replace(items[position], sql=f"c{position + 1}")
            orders.append(ordering(typed, descending=item.descending))
        return orders

    def _finish(
        self, sql: str, select: s.Select, query: s.Query, orders: list[str], scope: Scope
    ) -> str:
        """Add ORDER BY, TOP and OFFSET."""
        order_text = f" ORDER BY {', '.join(orders)}" if orders else ""
        if select.top is None:
            return sql + order_text + self._paging(query, scope.parent)
        if query.offset is not None:
            raise SqlError(
                10741,
                "A TOP can not be used in the same query or sub-query as a OFFSET.",
                severity=15,
            )
        count = self.value(select.top.count, Scope([], scope.parent))
        if not (select.top.percent or select.top.ties):
            return f"{sql}{order_text} LIMIT {self.to_type(count, t.BIGINT)}"
        if select.distinct or has_aggregate(select.items) or select.group_by:
            raise unsupported("TOP ... PERCENT or WITH TIES together with DISTINCT or GROUP BY")
        limit = self.to_type(count, t.FLOAT)
        if select.top.percent:
            limit = f"ceil(count(*) OVER () * {limit} / 100.0)"
        if select.top.ties and not orders:
            raise SqlError(
                1062,
                "The TOP N WITH TIES clause is not allowed without a corresponding "
                "ORDER BY clause.",
            )
        rank = "rank" if select.top.ties else "row_number"
        window = f"{rank}() OVER ({order_text.strip()})"
        return f"{sql} QUALIFY {window} <= {limit}{order_text}"


def scope_has_sources(scope: Scope) -> bool:
    """Return whether a SELECT reads from anything."""
    return bool(scope.sources)
