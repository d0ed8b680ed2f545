"""WITH: common table expressions, recursive ones up to their MAXRECURSION."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine.binding.bind_changes import ChangeTableBinder
from tableferry_sandbox.engine.binding.scope import BoundQuery, Scope, Source, Typed
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types.row_errors import raising
from tableferry_sandbox.engine.types.type_rules import INT, common
from tableferry_sandbox.events import SqlError

_LEVEL: Final = "\0level"
"""A column that no name in T-SQL can mean: how often a row's query has called itself."""


class CommonTableBinder(ChangeTableBinder):
    """Binds common table expressions."""

    def common_table(self, name: str, columns: tuple[str, ...], query: s.Query) -> BoundQuery:
        """Bind a common table expression, given by the key of its name."""
        body = query.body
        if isinstance(body, s.SetOperation) and body.every and self._reads_from(body.right, name):
            return self._recursive(name, columns, body)
        saved = self.context.common
        self.context.common = {k: v for k, v in saved.items() if k != name}
        try:
            return self.query(query, None)
        finally:
            self.context.common = saved

    def _reads_from(self, root: s.Node, name: str) -> bool:
        """Return whether a query reads from a table of this one-part name, given as its key."""
        return any(
            isinstance(node, s.TableRef)
            and len(node.parts) == 1
            and self.context.key(node.parts[0]) == name
            for node in s.nodes(root)
        )

    def _recursive(self, name: str, columns: tuple[str, ...], body: s.SetOperation) -> BoundQuery:
        """Bind a recursive CTE: its types are those of the anchor. Raises 205, 240."""
        anchor = self.query(s.Query(body.left), None)
        names = columns or tuple(c.name for c in anchor.columns)
        alias = self.context.alias()
        typed = tuple(
            replace(c, name=n, digits=0, nullable=True)
            for n, c in zip(names, anchor.columns, strict=True)
        )
        level = Typed("", INT, name=_LEVEL, hidden=True)
        self.context.recursive[name] = Source(alias, (), (*typed, level), self.context.key)
        try:
            step = self.untyped_query(s.Query(self._with_level(body.right, name)), None)
        finally:
            del self.context.recursive[name]
        *found, _ = step.columns
        if any(b.mask and not a.mask for a, b in zip(typed, found, strict=False)):
            raise unsupported("masked columns in the recursive part of a query alone")
        _check_columns(name, typed, found)
        converted = ", ".join(
            f"{self.to_type(replace(b, sql=f'q.c{i}'), a.type)} AS c{i}"
            for i, (a, b) in enumerate(zip(typed, found, strict=True), 1)
        )
        shown = ", ".join(f"c{i}" for i in range(1, len(typed) + 1))
        called = f"c{len(typed) + 1}"
        sql = (
            f"WITH RECURSIVE {alias}({shown}, {called}) AS (SELECT *, 0 FROM ({anchor.sql}) "
            f"UNION ALL SELECT {converted}, {self._next_level(f'q.{called}')} FROM ({step.sql}) "
            f"AS q) SELECT {shown} FROM {alias}"
        )
        return BoundQuery(sql, typed)

    def _with_level(self, node: s.Node, name: str) -> s.Node:
        """Return the recursive part of a CTE with one item more: the level of the row it is of."""
        if isinstance(node, s.SetOperation) and node.every:
            left, right = self._with_level(node.left, name), self._with_level(node.right, name)
            return replace(node, left=left, right=right)
        if isinstance(node, s.Select) and node.source is not None:
            source, label = self._source_with_level(node.source, name)
            if label:
                level = s.SelectItem(s.Name((label, _LEVEL)))
                return replace(node, items=(*node.items, level), source=source)
        raise unsupported("a recursive common table expression that calls itself not in FROM")

    def _source_with_level(self, node: s.Node, name: str) -> tuple[s.Node, str]:
        """Return what FROM reads, with the level, and the name there of what has it, or none."""
        if isinstance(node, s.Join):
            left, label = self._source_with_level(node.left, name)
            if label:
                return replace(node, left=left), label
            right, label = self._source_with_level(node.right, name)
            return replace(node, right=right), label
        if isinstance(node, s.Derived) and self._reads_from(node.query, name):
            query = replace(node.query, body=self._with_level(node.query.body, name))
            columns = (*node.columns, _LEVEL) if node.columns else ()
            return replace(node, query=query, columns=columns), node.alias
        if isinstance(node, s.TableRef) and self._reads_from(node, name):
            return node, node.alias or node.parts[-1]
        return node, ""

    def _next_level(self, level: str) -> str:
        """Return SQL of the level of a row made of one of ``level``, with error 530 at its end."""
        most = self.context.recursions
        if not most:
            return f"{level} + 1"
        text = (
            f"The statement terminated. The maximum recursion {most} has been exhausted before "
            "statement completion."
        )
        return f"CASE WHEN {level} >= {most} THEN {raising(530, text)} ELSE {level} + 1 END"

    def recursive_reference(self, name: str, label: str, scope: Scope) -> str:
        """Add as a source the rows that the last call of a recursive CTE has made."""
        source = self.context.recursive[name]
        alias = self.context.alias()
        columns = tuple(
            replace(column, sql=f"{alias}.c{i}") for i, column in enumerate(source.columns, 1)
        )
        self._add_source(Source(label, (), columns, self.context.key), scope)
        return f"{source.alias} AS {alias}"


def _check_columns(name: str, anchor: Sequence[Typed], step: Sequence[Typed]) -> None:
    """Raise 205 for another number of columns than the anchor's, 240 for another type."""
    if len(step) != len(anchor):
        raise SqlError(
            205,
            "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an "
            "equal number of expressions in their target lists.",
        )
    for first, second in zip(anchor, step, strict=True):
        wide, kind = common(first.type, second.type), first.type
        if (wide.name, wide.length, wide.scale) != (kind.name, kind.length, kind.scale):
            raise SqlError(
                240,
                "Types don't match between the anchor and the recursive part in column "
                f'"{first.name}" of recursive query "{name}".',
            )
