"""Values: names, constants, arithmetic, CASE, CAST; each with its T-SQL type."""

from abc import ABC, abstractmethod
from dataclasses import replace
from decimal import Decimal

from tableferry_sandbox.engine.binding.bind_arithmetic_errors import ForgivingBinder
from tableferry_sandbox.engine.binding.collation_precedence import as_stored, collated, converted
from tableferry_sandbox.engine.binding.context import Context
from tableferry_sandbox.engine.binding.scope import BoundQuery, Scope, Typed
from tableferry_sandbox.engine.database.catalog_objects import Database
from tableferry_sandbox.engine.database.other_objects import Sequence
from tableferry_sandbox.engine.errors import (
    invalid_object,
    undeclared,
    unknown_type,
    unsupported,
)
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.clr_members import PROPERTIES
from tableferry_sandbox.engine.types.duck_types import duck_type, literal
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import SqlType


class ExpressionBinder(ForgivingBinder, ABC):
    """Binds values: DuckDB SQL with a T-SQL type for each expression.

    Expressions contain predicates, subqueries and calls, which contain expressions again. That
    recursion runs through the abstract methods, which the binders built on this one implement; so
    this module imports none of them.
    """

    def __init__(self, context: Context) -> None:
        self.context = context

    @abstractmethod
    def predicate(self, node: s.Node, scope: Scope) -> str:
        """Bind a predicate to DuckDB SQL of type BOOLEAN."""

    @abstractmethod
    def query(self, query: s.Query, parent: Scope | None) -> BoundQuery:
        """Bind a query to DuckDB SQL with the columns c1 ... cn."""

    @abstractmethod
    def untyped_query(self, query: s.Query, parent: Scope | None) -> BoundQuery:
        """Bind a query, leaving its NULL constants without a type."""

    @abstractmethod
    def call(self, node: s.Call, scope: Scope) -> Typed:
        """Bind a function call."""

    @abstractmethod
    def method(self, node: s.Method, scope: Scope) -> Typed:
        """Bind a method or a property of a CLR type."""

    def resolve_type(self, name: s.TypeName, *, in_cast: bool = False) -> SqlType:
        """Return the type of a name, alias types included."""
        schema, current = name.schema.lower(), self.context.session.current
        spelled = name.spelled or name.name
        if schema not in ("", "sys"):
            alias = current.types.get(current.path(name.schema, spelled))
            if alias is None:
                raise unknown_type(f"{name.schema}.{name.name}")
            return alias.type
        alias = current.types.get(current.path("dbo", spelled))
        if alias is not None and not schema and not t.is_builtin(name.name):
            return alias.type
        return t.resolve(name, in_cast=in_cast)

    def value(self, node: s.Node, scope: Scope) -> Typed:  # noqa: C901, PLR0912 - one branch for each kind
        """Bind a value."""
        if scope.groups is not None:
            grouped = self._grouped(node, scope)
            if grouped is not None:
                return grouped
        if isinstance(node, s.Literal):
            digits = len(str(abs(node.value))) if node.type.name == "int" else 0
            value, kind = as_stored(node.value, node.type, self.collation)
            return Typed(literal(value, kind), kind, nullable=False, digits=digits)
        if isinstance(node, s.Null):
            return Typed("NULL", t.NULL_TYPE)
        if isinstance(node, s.Name):
            return self._name(node, scope)
        if isinstance(node, s.Variable):
            return self._variable(node)
        if isinstance(node, s.Unary):
            return self._unary(node, scope)
        if isinstance(node, s.Binary):
            return self.arithmetic(
                node.operator, self.value(node.left, scope), self.value(node.right, scope)
            )
        if isinstance(node, s.Call):
            return self.call(node, scope)
        if isinstance(node, s.Method):
            return self.method(node, scope)
        if isinstance(node, s.NextValue):
            return self._next_value(node)
        if isinstance(node, s.Let):
            return self._let(node, scope)
        if isinstance(node, s.Cast):
            return self._cast(node, scope)
        if isinstance(node, s.Case):
            return self._case(node, scope)
        if isinstance(node, s.Collate):
            return collated(self.value(node.operand, scope), node.collation, self.collation)
        if isinstance(node, s.Subquery):
            return self._subquery(node, scope)
        if isinstance(node, s.Default):
            raise SqlError(156, "Incorrect syntax near the keyword 'DEFAULT'.", severity=15)
        raise unsupported(f"this expression ({type(node).__name__})")

    def value_of(self, database: Database, node: s.Node, scope: Scope) -> Typed:
        """Bind an expression of a table, whose functions and sequences are in its database."""
        saved, self.context.home = self.context.home, database
        try:
            return self.value(node, scope)
        finally:
            self.context.home = saved

    def _let(self, node: s.Let, scope: Scope) -> Typed:
        """Bind names to values: a DuckDB lambda computes each once, however often it is used."""
        values = [self.value(value, scope) for value in node.values]
        saved = self.context.local
        inner = {} if node.isolated or saved is None else dict(saved)
        outer = self.context.lets
        # Numbered by depth: the same call must give the same SQL, by which GROUP BY recognises it.
        labels = [f"l{outer + i}" for i in range(len(values))]
        for name, label, value in zip(node.names, labels, values, strict=True):
            inner[name] = Typed(label, value.type)
        self.context.local, self.context.lets = inner, outer + len(values)
        try:
            body = self.value(node.body, Scope() if node.isolated else scope)
        finally:
            self.context.local, self.context.lets = saved, outer
        sql = body.sql
        for label, value in zip(reversed(labels), reversed(values), strict=True):
            sql = f"list_transform([{value.sql}], lambda {label}: {sql})[1]"
        return Typed(sql, body.type)

    def _next_value(self, node: s.NextValue) -> Typed:
        found = self.context.session.find_other(node.sequence, self.context.home)
        if not isinstance(found, Sequence):
            raise invalid_object(".".join(node.sequence))
        self.context.volatile = self.context.random = True
        return Typed(f"CAST(nextval('{found.physical}') AS {duck_type(found.type)})", found.type)

    def _grouped(self, node: s.Node, scope: Scope) -> Typed | None:
        """Return the group's value for a GROUP BY expression, None for other expressions."""
        if isinstance(node, s.Literal | s.Null | s.Variable) or not scope.groups:
            return None
        if isinstance(node, s.Name):
            return None
        open_scope = Scope(scope.sources, scope.parent)
        try:
            bound = self.value(node, open_scope)
        except SqlError:
            return None
        return scope.groups.get(bound.sql)

    def _name(self, node: s.Name, scope: Scope) -> Typed:
        try:
            column, owner, source = scope.find(node.parts)
        except SqlError:
            if node.parts[-1] not in PROPERTIES or len(node.parts) == 1:
                raise
            operand = s.Name(node.parts[:-1])
            return self.method(s.Method(operand, node.parts[-1], is_property=True), scope)
        if column.mask:
            self.context.masked = True
        if owner.groups is None:
            return column
        grouped = owner.groups.get(column.sql)
        if grouped is None:
            raise SqlError(
                8120,
                f"Column '{source.alias}.{column.name}' is invalid in the select list because it "
                "is not contained in either an aggregate function or the GROUP BY clause.",
            )
        return grouped

    def _variable(self, node: s.Variable) -> Typed:
        if node.name.startswith("@@"):
            return self.call(s.Call(node.name.lower()), Scope())
        if self.context.local is not None:
            local = self.context.local.get(node.name.lower())
            if local is None:
                raise undeclared(node.name)
            return local
        found = self.context.variables.get(node.name.lower())
        if found is None:
            raise undeclared(node.name)
        sql_type, value = found
        return Typed(literal(value, sql_type), sql_type)

    def _unary(self, node: s.Unary, scope: Scope) -> Typed:
        operand = self.value(node.operand, scope)
        kind = t.family(operand.type)
        if operand.type.name == "null":
            return Typed("CAST(NULL AS INTEGER)", t.INT)
        if node.operator == "~":
            if kind != "int":
                raise SqlError(
                    8117,
                    f"Operand data type {operand.type.name} is invalid for '~' operator.",
                )
            if operand.type.name == "bit":
                return Typed(f"(NOT {operand.sql})", t.BIT)
            if operand.type.name == "tinyint":
                return Typed(f"CAST(255 - {operand.sql} AS UTINYINT)", t.TINYINT)
            return Typed(f"(~{operand.sql})", operand.type)
        if kind not in t.NUMERIC_FAMILIES or operand.type.name == "bit":
            raise SqlError(
                8117, f"Operand data type {operand.type.name} is invalid for minus operator."
            )
        if operand.type.name == "tinyint":
            return Typed(f"(-CAST({operand.sql} AS SMALLINT))", t.SMALLINT)
        if kind == "int":
            return self.arithmetic("-", Typed("CAST(0 AS TINYINT)", operand.type), operand)
        return Typed(f"(-{operand.sql})", operand.type)

    def _cast(self, node: s.Cast, scope: Scope) -> Typed:
        target = self.resolve_type(node.target, in_cast=True)
        operand = self.value(node.operand, scope)
        if t.family(target) == "string":
            target = replace(target, collation=operand.type.collation)
        style = 0 if node.style is None else self.constant_integer(node.style)
        attempt = node.attempt or self.forgives(operand.type, target)
        sql = converted(
            operand.sql, operand.type, target, self.collation, style=style, attempt=attempt
        )
        return Typed(
            sql, target, nullable=operand.nullable or attempt,
            explicit_collation=operand.explicit_collation and target.collation is not None,
        )  # fmt: skip

    def constant_integer(self, node: s.Node) -> int:
        """Return an integer that is known before the query runs."""
        if isinstance(node, s.Unary) and node.operator == "-":
            return -self.constant_integer(node.operand)
        if isinstance(node, s.Literal) and isinstance(node.value, int | Decimal):
            return int(node.value)
        if isinstance(node, s.Variable) and not node.name.startswith("@@"):
            found = self.context.variables.get(node.name.lower())
            if found is None:
                raise undeclared(node.name)
            if isinstance(found[1], int):
                return found[1]
        raise unsupported("anything but a constant here (a style, a length, a count)")

    def constant_text(self, node: s.Node) -> str | None:
        """Return a string that is known before the query runs, None for any other expression."""
        if isinstance(node, s.Literal) and isinstance(node.value, str):
            return node.value
        if isinstance(node, s.Variable):
            found = self.context.variables.get(node.name.lower())
            if found is not None and isinstance(found[1], str):
                return found[1]
        if isinstance(node, s.Binary) and node.operator == "+":
            left, right = self.constant_text(node.left), self.constant_text(node.right)
            return left + right if left is not None and right is not None else None
        return None

    def _case(self, node: s.Case, scope: Scope) -> Typed:
        tests = []
        for test, _ in node.whens:
            condition = test if node.operand is None else s.Compare("=", node.operand, test)
            tests.append(self.predicate(condition, scope))
        results = [self.value(result, scope) for _, result in node.whens]
        if node.otherwise is not None:
            results.append(self.value(node.otherwise, scope))
        if all(item.type.name == "null" for item in results):
            raise SqlError(
                8133,
                "At least one of the result expressions in a CASE specification must be an "
                "expression other than the NULL constant.",
            )
        target = self.unify(results)
        texts = [self.to_type(item, target) for item in results]
        arms = " ".join(
            f"WHEN {test} THEN {text}" for test, text in zip(tests, texts, strict=False)
        )
        tail = f" ELSE {texts[-1]}" if node.otherwise is not None else ""
        nullable = node.otherwise is None or any(item.nullable for item in results)
        return Typed(f"CASE {arms}{tail} END", target, nullable=nullable)

    def _subquery(self, node: s.Subquery, scope: Scope) -> Typed:
        bound = self.query(node.query, scope)
        if len(bound.columns) != 1:
            raise SqlError(
                116,
                "Only one expression can be specified in the select list when the subquery is not "
                "introduced with EXISTS.",
            )
        return Typed(f"({bound.sql})", bound.columns[0].type)
