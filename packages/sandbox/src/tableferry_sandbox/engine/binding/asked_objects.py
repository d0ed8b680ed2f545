"""Which objects a query asks the catalog about: catalog views then make the rows of those only.

A client asks about one table, ``WHERE c.object_id = OBJECT_ID('t')``, or about a list of them, the
rows of ``(VALUES (OBJECT_ID('t')), ...) AS w (id)``, in a database that may have hundreds. What is
found here only spares work: the query's own conditions are applied all the same, and every
condition that is not understood leaves a view with all its rows.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from tableferry_sandbox.engine.tree import syntax as s

OWNING_COLUMN: Final[Mapping[str, str]] = {
    "sys.objects": "object_id",
    "sys.all_objects": "object_id",
    "sys.tables": "object_id",
    "sys.views": "object_id",
    "sys.columns": "object_id",
    "sys.all_columns": "object_id",
    "sys.identity_columns": "object_id",
    "sys.computed_columns": "object_id",
    "sys.indexes": "object_id",
    "sys.index_columns": "object_id",
    "sys.partitions": "object_id",
    "sys.dm_db_partition_stats": "object_id",
    "sys.change_tracking_tables": "object_id",
    "sys.key_constraints": "parent_object_id",
    "sys.default_constraints": "parent_object_id",
    "sys.check_constraints": "parent_object_id",
    "sys.foreign_keys": "parent_object_id",
    "sys.foreign_key_columns": "parent_object_id",
    "sys.extended_properties": "major_id",
}
"""The catalog views whose rows belong to a table or view, and the column with that one's id."""

Column = tuple[str, str]
"""A column as a query names it, by the keys of its source's name and its own."""

Ids = frozenset[int]
"""The integers of which a column must have one."""

Constant = Callable[[s.Node], int | None]
"""Returns the integer that an expression is known to be, None where it is not known."""


class Equalities:
    """The integers of which columns of one SELECT must have one for a row of it to appear."""

    def __init__(self, select: s.Select, key: Callable[[str], str], constant: Constant) -> None:
        self._key, self._constant = key, constant
        self._only = _only_source(select.source)
        self._known: dict[Column, Ids] = {}
        if select.source is None or not _is_plain(select.source):
            return
        names = [key(name) for name in _source_names(select.source)]
        if len(names) != len(set(names)):
            return
        self._learn_lists(select.source)
        inner = [join.condition for join in _joins(select.source) if join.kind == "inner"]
        pairs = [pair for node in (select.where, *inner) for pair in _equal(node)]
        self._close(pairs, None)
        # What an outer join compares says nothing of the rows on its left.
        for join in _joins(select.source):
            if join.kind == "left":
                inside = {key(name) for name in _source_names(join.right)}
                self._close([*_equal(join.condition)], inside)
                self._close(pairs, None)

    def of(self, source: str, column: str) -> Ids | None:
        """Return what a column of a source must be one of, None where that is not known."""
        return self._known.get((self._key(source), self._key(column)))

    def _learn_lists(self, source: s.Node) -> None:
        """Learn what is in the columns of VALUES, where all of it is known."""
        for item in _sources(source):
            if not isinstance(item, s.Derived) or not isinstance(item.query.body, s.ValuesRows):
                continue
            for name, cells in zip(item.columns, zip(*item.query.body.rows, strict=False),
                                   strict=False):  # fmt: skip
                values = [self._constant(cell) for cell in cells]
                known = frozenset(value for value in values if value is not None)
                if None not in values:
                    self._known[self._key(item.alias), self._key(name)] = known

    def _close(self, pairs: list[tuple[s.Node, s.Node]], inside: set[str] | None) -> None:
        """Learn from pairs of equal expressions, of the columns of some sources or of all."""
        learned = True
        while learned:
            learned = False
            for one, other in (*pairs, *((b, a) for a, b in pairs)):
                column = self._column(one)
                if column is None or column in self._known:
                    continue
                if inside is not None and column[0] not in inside:
                    continue
                value = self._value(other)
                if value is not None:
                    self._known[column] = value
                    learned = True

    def _column(self, node: s.Node) -> Column | None:
        if not isinstance(node, s.Name):
            return None
        if len(node.parts) == 2:
            return self._key(node.parts[0]), self._key(node.parts[1])
        if len(node.parts) == 1 and self._only is not None:
            return self._key(self._only), self._key(node.parts[0])
        return None

    def _value(self, node: s.Node) -> Ids | None:
        column = self._column(node)
        if column is not None:
            return self._known.get(column)
        value = self._constant(node)
        return None if value is None else frozenset((value,))


def _is_plain(source: s.Node) -> bool:
    """Return whether no source is filled up for want of a match on its right."""
    return all(join.kind in ("inner", "left", "cross") for join in _joins(source))


def _only_source(source: s.Node | None) -> str | None:
    return _name(source) if isinstance(source, s.TableRef) else None


def _name(source: s.TableRef) -> str:
    return source.alias or source.parts[-1]


def _joins(source: s.Node) -> Iterator[s.Join]:
    """Yield the joins of a source, each after those on its left and before those on its right."""
    if isinstance(source, s.Join):
        yield from _joins(source.left)
        yield source
        yield from _joins(source.right)


def _sources(source: s.Node) -> Iterator[s.Node]:
    """Yield the sources that are joined, in their order."""
    if isinstance(source, s.Join):
        yield from _sources(source.left)
        yield from _sources(source.right)
    else:
        yield source


def _source_names(source: s.Node) -> Iterator[str]:
    for item in _sources(source):
        if isinstance(item, s.TableRef):
            yield _name(item)
        elif isinstance(item, s.Derived):
            yield item.alias


def _equal(node: s.Node | None) -> Iterator[tuple[s.Node, s.Node]]:
    """Yield the pairs of expressions that are equal where a condition holds."""
    if isinstance(node, s.Logic) and node.operator == "AND":
        yield from _equal(node.left)
        yield from _equal(node.right)
    elif isinstance(node, s.Compare) and node.operator == "=" and not node.quantifier:
        yield node.left, node.right
