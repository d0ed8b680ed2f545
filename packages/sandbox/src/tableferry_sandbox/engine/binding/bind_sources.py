"""FROM: joins, APPLY, derived tables and table functions."""

from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine.binding import system_views
from tableferry_sandbox.engine.binding.bind_common_tables import CommonTableBinder
from tableferry_sandbox.engine.binding.scope import Scope, Source, Typed
from tableferry_sandbox.engine.database.catalog_objects import (
    Table,
    View,
)
from tableferry_sandbox.engine.database.other_objects import InlineFunction
from tableferry_sandbox.engine.errors import invalid_object, unsupported
from tableferry_sandbox.engine.parsing import unsupported_names
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types.type_rules import BIGINT, INT, varchar
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import MAX

_JOINS: Final = {"inner": "JOIN", "left": "LEFT JOIN", "right": "RIGHT JOIN", "full": "FULL JOIN"}


def _make_nullable(scope: Scope, first: int, end: int) -> None:
    """Make the columns of sources nullable that an outer join fills with NULL."""
    for place in range(first, end):
        source = scope.sources[place]
        columns = tuple(replace(column, nullable=True) for column in source.columns)
        scope.sources[place] = replace(source, columns=columns)


class SourceBinder(CommonTableBinder):
    """Binds FROM."""

    def from_clause(self, node: s.Node, scope: Scope) -> str:
        """Bind a source tree: adds its sources to the scope, returns DuckDB SQL for FROM."""
        if isinstance(node, s.Join):
            return self._join(node, scope)
        if isinstance(node, s.TableRef):
            return self._table_ref(node, scope)
        if isinstance(node, s.Derived):
            bound = self.query(node.query, scope.parent)
            return self._add(bound, node.alias, node.columns, scope)
        if isinstance(node, s.TableFunction):
            return self._table_function(node, scope)
        if isinstance(node, s.ChangeTable):
            return self.change_table(node, scope)
        raise unsupported(f"this source ({type(node).__name__})")

    def _join(self, node: s.Join, scope: Scope) -> str:
        first = len(scope.sources)
        left = self.from_clause(node.left, scope)
        second = len(scope.sources)
        if node.kind.endswith("apply"):
            joined = self._apply(node, left, scope)
            if node.kind == "outer apply":
                _make_nullable(scope, second, len(scope.sources))
            return joined
        right = self.from_clause(node.right, scope)
        if node.kind == "cross" or node.condition is None:
            return f"({left} CROSS JOIN {right})"
        condition = self.predicate(node.condition, scope)
        if node.kind in ("right", "full"):
            _make_nullable(scope, first, second)
        if node.kind in ("left", "full"):
            _make_nullable(scope, second, len(scope.sources))
        return f"({left} {_JOINS[node.kind]} {right} ON {condition})"

    def _apply(self, node: s.Join, left: str, scope: Scope) -> str:
        """APPLY is a lateral join: its right side sees the sources on its left."""
        inner = Scope([], Scope(list(scope.sources), scope.parent))
        right = self.from_clause(node.right, inner)
        for source in inner.sources:
            self._add_source(source, scope)
        if node.kind == "cross apply":
            return f"({left} CROSS JOIN LATERAL (SELECT * FROM {right}) AS {self._lateral(right)})"
        return (
            f"({left} LEFT JOIN LATERAL (SELECT * FROM {right}) AS {self._lateral(right)} ON TRUE)"
        )

    @staticmethod
    def _lateral(right: str) -> str:
        """Return the alias of a lateral source, which its wrapper takes over."""
        return right.rsplit(" AS ", 1)[-1]

    def _table_ref(self, node: s.TableRef, scope: Scope) -> str:
        name = node.alias or node.parts[-1]
        if len(node.parts) == 1:
            key = self.context.key(node.parts[0])
            if key in self.context.recursive:
                return self.recursive_reference(key, name, scope)
            if key in self.context.common:
                columns, query = self.context.common[key]
                bound = self.common_table(key, columns, query)
                return self._add(bound, name, columns, scope)
        parts = self._in_home(node.parts)
        found = self.context.resolve(parts)
        if isinstance(found, Table):
            return self._table(found, node, name, scope)
        if node.sample is not None:
            raise SqlError(494, "The TABLESAMPLE clause can only be used with local tables.")
        if isinstance(found, View):
            return self.view_source(found, node, name, scope)
        database = self._database(parts)
        view = system_views.find(node.parts, database)
        if view is None:
            schema = database.key(node.parts[-2]) if len(node.parts) > 1 else ""
            short = database.key(node.parts[-1])
            old = schema in ("", "dbo") and short in unsupported_names.OLD_VIEWS
            catalog = schema in ("sys", database.key("INFORMATION_SCHEMA"))
            if old or (catalog and not system_views.is_misspelled(node.parts)):
                raise unsupported(f"the catalog view {'.'.join(node.parts)}")
            raise invalid_object(".".join(node.parts))
        return self._catalog_view(view, database, node.parts, name, scope)

    def _table_function(self, node: s.TableFunction, scope: Scope) -> str:
        name = node.alias or node.name
        function = self.context.session.find_other(node.path, self.context.home)
        if isinstance(function, InlineFunction):
            database = self.context.home or self._database(node.path)
            inner = scope.parent or Scope()
            bound = self.inline_call(function, database, node.arguments, inner)
            return self._add(bound, node.alias or function.name, node.columns, scope)
        values = [self.value(a, scope.parent or Scope()) for a in node.arguments]
        alias = self.context.alias()
        if node.name == "string_split" and len(values) == 2:
            text = self.to_type(values[0], varchar(MAX, national=True))
            separator = self.to_type(values[1], varchar(1, national=True))
            column = Typed(f"{alias}.c1", replace(values[0].type, length=MAX), True, "value")
            sql = f"(SELECT unnest(string_split({text}, {separator})) AS c1)"
        elif node.name == "generate_series" and len(values) in (2, 3):
            step = self.to_type(values[2], BIGINT) if len(values) == 3 else "1"
            low, high = (self.to_type(v, BIGINT) for v in values[:2])
            column = Typed(f"{alias}.c1", INT, True, "value")
            sql = f"(SELECT CAST(unnest(generate_series({low}, {high}, {step})) AS INTEGER) AS c1)"
        else:
            path = f"{node.schema}.{node.name}" if node.schema else node.name
            if node.name == "nodes" and node.schema:
                raise unsupported("methods of xml")
            if node.name in unsupported_names.TABLE_FUNCTIONS:
                raise unsupported(f"the table function {node.name.upper()}")
            raise invalid_object(path)
        if node.columns:
            column = replace(column, name=node.columns[0])
        self._add_source(Source(name, (), (column,), self.context.key), scope)
        return f"{sql} AS {alias}"
