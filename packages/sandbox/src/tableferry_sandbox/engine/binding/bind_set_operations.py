"""UNION, EXCEPT, INTERSECT and VALUES, and the ORDER BY that follows them."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from tableferry_sandbox.engine.binding.bind_predicates import group_key, ordering
from tableferry_sandbox.engine.binding.bind_sources import SourceBinder
from tableferry_sandbox.engine.binding.scope import BoundQuery, Scope, Typed
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.masks import DEFAULT_MASK
from tableferry_sandbox.events import SqlError


def _written_items(body: s.Node) -> list[s.Node]:
    """Return the items of a set operation's first query, none if a star hides their number."""
    while isinstance(body, s.SetOperation):
        body = body.left
    items = [item.expression for item in body.items] if isinstance(body, s.Select) else []
    return [] if any(isinstance(item, s.Star) for item in items) else items


class SetOperationBinder(SourceBinder):
    """Binds queries that combine others."""

    @abstractmethod
    def select(self, select: s.Select, query: s.Query, parent: Scope | None) -> BoundQuery:
        """Bind one SELECT with the ORDER BY and OFFSET of its query."""

    def _body(self, node: s.Node, parent: Scope | None) -> BoundQuery:
        if isinstance(node, s.Select):
            return self.select(node, s.Query(node), parent)
        if isinstance(node, s.SetOperation):
            return self._set_operation(node, parent)
        if isinstance(node, s.ValuesRows):
            return self.values_rows(node, parent)
        raise unsupported(f"this query ({type(node).__name__})")

    def values_rows(self, node: s.ValuesRows, parent: Scope | None) -> BoundQuery:
        """Bind a table value constructor; each column gets the rows' common type."""
        width = len(node.rows[0])
        if any(len(row) != width for row in node.rows):
            raise SqlError(
                10709,
                "The number of columns for each row in a table value constructor must be the same.",
            )
        scope = Scope([], parent)
        saved, self.context.masked = self.context.masked, False
        rows = [[self.value(item, scope) for item in row] for row in node.rows]
        mask = DEFAULT_MASK if self.context.masked else ""
        self.context.masked = self.context.masked or saved
        types = [self.unify([row[i] for row in rows]) for i in range(width)]
        texts = [
            "(" + ", ".join(self.to_type(v, kind) for v, kind in zip(row, types, strict=True)) + ")"
            for row in rows
        ]
        heads = ", ".join(f"c{i}" for i in range(1, width + 1))
        sql = f"SELECT * FROM (VALUES {', '.join(texts)}) AS v({heads})"
        columns = (Typed(f"c{i}", kind, mask=mask) for i, kind in enumerate(types, 1))
        return BoundQuery(sql, tuple(columns))

    def _set_operation(self, node: s.SetOperation, parent: Scope | None) -> BoundQuery:
        left, right = self._body(node.left, parent), self._body(node.right, parent)
        if len(left.columns) != len(right.columns):
            raise SqlError(
                205,
                "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an "
                "equal number of expressions in their target lists.",
            )
        columns, heads = [], ([], [])  # type: tuple[list[Typed], tuple[list[str], list[str]]]
        for i, (a, b) in enumerate(zip(left.columns, right.columns, strict=True), 1):
            kind = self.unify([a, b])
            if t.family(kind) == "string":
                kind = replace(kind, collation=self._collation("=", a, b))
            for side, head in zip((a, b), heads, strict=True):
                head.append(f"{self.to_type(replace(side, sql=f'q.c{i}'), kind)} AS c{i}")
            # Rows of both sides are in the column, so that it has a mask if one of them has.
            mask = a.mask if a.mask == b.mask else DEFAULT_MASK
            columns.append(Typed(f"c{i}", kind, a.nullable or b.nullable, a.name, mask=mask))
        first = f"SELECT {', '.join(heads[0])} FROM ({left.sql}) AS q"
        second = f"SELECT {', '.join(heads[1])} FROM ({right.sql}) AS q"
        if node.every:
            return BoundQuery(f"{first} UNION ALL {second}", tuple(columns))
        if node.operator == "union":
            sql = self._distinct(f"{first} UNION ALL {second}", columns)
            return BoundQuery(sql, tuple(columns))
        tests = " AND ".join(
            f"{group_key(replace(c, sql=f'x.{c.sql}'))} IS NOT DISTINCT FROM "
            f"{group_key(replace(c, sql=f'y.{c.sql}'))}"
            for c in columns
        )
        word = "EXISTS" if node.operator == "intersect" else "NOT EXISTS"
        base = (
            f"SELECT * FROM ({first}) AS x WHERE {word} (SELECT 1 FROM ({second}) AS y "
            f"WHERE {tests})"
        )
        return BoundQuery(self._distinct(base, columns), tuple(columns))

    @staticmethod
    def _distinct(sql: str, columns: Sequence[Typed]) -> str:
        """Keep one of each set of equal rows; collations decide equality."""
        keys = [group_key(replace(c, sql=f"c{i}")) for i, c in enumerate(columns, 1)]
        if all(key == f"c{i}" for i, key in enumerate(keys, 1)):
            return f"SELECT DISTINCT * FROM ({sql})"
        return f"SELECT DISTINCT ON ({', '.join(keys)}) * FROM ({sql})"

    def _ordered_columns(
        self, bound: BoundQuery, query: s.Query, parent: Scope | None
    ) -> BoundQuery:
        """Order a set operation, whose ORDER BY may only name its columns.

        They may also be written as the first query's items are, qualifiers included.
        """
        if not query.order_by:
            return bound
        written = _written_items(query.body)
        items = []
        for item in query.order_by:
            column = self._by_position_or_name(item.expression, bound.columns)
            if column is None and item.expression in written:
                column = written.index(item.expression)
            if column is None:
                raise SqlError(
                    104,
                    "ORDER BY items must appear in the select list if the statement contains a "
                    "UNION, INTERSECT or EXCEPT operator.",
                )
            typed = replace(bound.columns[column], sql=f"c{column + 1}")
            items.append(ordering(typed, descending=item.descending))
        sql = f"SELECT * FROM ({bound.sql}) ORDER BY {', '.join(items)}"
        return BoundQuery(sql + self._paging(query, parent), bound.columns)

    def _by_position_or_name(self, node: s.Node, columns: Sequence[Typed]) -> int | None:
        """Return which column an ORDER BY item means by position or by name."""
        if isinstance(node, s.Literal) and node.type.name == "int":
            if not 1 <= node.value <= len(columns):
                raise SqlError(
                    108,
                    f"The ORDER BY position number {node.value} is out of range of the number of "
                    "items in the select list.",
                )
            return int(node.value) - 1
        if isinstance(node, s.Name) and len(node.parts) == 1:
            key = self.context.key
            name = key(node.parts[0])
            matches = [i for i, c in enumerate(columns) if key(c.name) == name]
            if matches:
                return matches[0]
        return None

    def _paging(self, query: s.Query, parent: Scope | None) -> str:
        if query.offset is None:
            return ""
        scope = Scope([], parent)
        text = ""
        if query.fetch is not None:
            text += f" LIMIT {self.to_type(self.value(query.fetch, scope), t.BIGINT)}"
        return f"{text} OFFSET {self.to_type(self.value(query.offset, scope), t.BIGINT)}"
