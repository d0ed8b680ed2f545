"""Predicates: comparisons by data type precedence and collation."""

from typing import Final

from tableferry_sandbox.engine.binding.bind_expressions import ExpressionBinder
from tableferry_sandbox.engine.binding.collation_precedence import common_collation
from tableferry_sandbox.engine.binding.scope import BoundQuery, Scope, Typed
from tableferry_sandbox.engine.errors import invalid_operator, unsupported
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.case_folding import fold_sql, folding
from tableferry_sandbox.engine.types.collation_keys import equality_key, order_key
from tableferry_sandbox.engine.types.convert import convert
from tableferry_sandbox.engine.types.convert_variant import same_family
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import MAX, SqlType

_WORDS: Final = {
    "=": "equal to", "<>": "not equal to", "<": "less than", "<=": "less than or equal to",
    ">": "greater than", ">=": "greater than or equal to",
}  # fmt: skip


def sort_key(typed: Typed) -> str:
    """Return SQL that DuckDB sorts as SQL Server sorts the value."""
    return key_of(typed.sql, typed.type, ordering=True)


def ordering(typed: Typed, *, descending: bool) -> str:
    """Return an ORDER BY item: SQL Server takes NULL for the lowest value."""
    return f"{sort_key(typed)} {'DESC NULLS LAST' if descending else 'ASC NULLS FIRST'}"


def group_key(typed: Typed) -> str:
    """Return SQL that is equal for values that SQL Server groups together."""
    return key_of(typed.sql, typed.type, ordering=False)


def key_of(sql: str, sql_type: SqlType, *, ordering: bool) -> str:
    """Return the key of a value; raises 305, 306 or 50000 for types without order."""
    kind = t.family(sql_type)
    if kind == "string":
        if sql_type.name in ("text", "ntext"):
            raise SqlError(
                306,
                "The text, ntext, and image data types cannot be compared or sorted, except when "
                "using IS NULL or LIKE operator.",
            )
        return order_key(sql, sql_type) if ordering else equality_key(sql, sql_type.collation)
    if sql_type.name == "image":
        raise SqlError(
            306,
            "The text, ntext, and image data types cannot be compared or sorted, except when using "
            "IS NULL or LIKE operator.",
        )
    if kind == "guid":
        return f"ts_guid_key({sql})" if ordering else sql
    if kind == "offset":
        return f"({sql}).utc"
    if kind == "xml":
        raise SqlError(305, "The XML data type cannot be compared or sorted, except when using the "
                       "IS NULL operator.")  # fmt: skip
    if sql_type.name == "hierarchyid":  # its bytes sort depth first
        return sql
    if kind in ("variant", "udt"):
        raise unsupported(f"comparing or sorting {sql_type.name}")
    return sql


class PredicateBinder(ExpressionBinder):
    """Binds predicates."""

    def predicate(self, node: s.Node, scope: Scope) -> str:  # noqa: C901 - one branch for each kind
        """Bind a predicate to DuckDB SQL of type BOOLEAN."""
        if isinstance(node, s.Logic):
            left, right = self.predicate(node.left, scope), self.predicate(node.right, scope)
            return f"({left} {node.operator} {right})"
        if isinstance(node, s.Not):
            return f"(NOT {self.predicate(node.operand, scope)})"
        if isinstance(node, s.Compare):
            if node.quantifier:
                return self._quantified(node, scope)
            left_value, right_value = self.value(node.left, scope), self.value(node.right, scope)
            return self.compare(node.operator, left_value, right_value)
        if isinstance(node, s.IsNull):
            operand = self.value(node.operand, scope)
            return f"({operand.sql} IS {'NOT ' if node.negated else ''}NULL)"
        if isinstance(node, s.IsDistinct):
            left_value, right_value = self.value(node.left, scope), self.value(node.right, scope)
            a, b = self.comparable("=", left_value, right_value)
            return f"({a} IS {'NOT ' if node.negated else ''}DISTINCT FROM {b})"
        if isinstance(node, s.Like):
            return self._like(node, scope)
        if isinstance(node, s.Between):
            operand = self.value(node.operand, scope)
            low = self.compare(">=", operand, self.value(node.low, scope))
            high = self.compare("<=", operand, self.value(node.high, scope))
            return f"({'NOT ' if node.negated else ''}({low} AND {high}))"
        if isinstance(node, s.In):
            return self._in(node, scope)
        if isinstance(node, s.Exists):
            return self.exists(node, scope)
        raise SqlError(
            4145,
            "An expression of non-boolean type specified in a context where a condition is "
            "expected.",
            severity=15,
        )

    def exists(self, node: s.Exists, scope: Scope) -> str:
        """Return SQL of EXISTS."""
        return f"EXISTS ({self.query(node.query, scope).sql})"

    def compare(self, operator: str, left: Typed, right: Typed) -> str:
        """Return SQL of a comparison of two values."""
        if "sql_variant" in (left.type.name, right.type.name):
            return self._compare_variant(operator, left, right)
        a, b = self.comparable(operator, left, right)
        return f"({a} {operator} {b})"

    def _compare_variant(self, operator: str, left: Typed, right: Typed) -> str:
        """Compare a variant with a value: unequal if their families differ, else by value."""
        if right.type.name == "sql_variant":
            left, right = right, left
        if right.type.name in ("sql_variant", "null") or operator not in ("=", "<>"):
            raise unsupported("comparing sql_variant values; CAST them first")
        value = convert(left.sql, left.type, right.type, attempt=True)
        same = same_family(left.sql, right.type)
        equal = self.compare("=", Typed(value, right.type), right)
        known = f"{left.sql} IS NOT NULL AND {right.sql} IS NOT NULL"
        test = f"CASE WHEN {known} THEN {same} AND coalesce({equal}, FALSE) END"
        return f"({test})" if operator == "=" else f"(NOT {test})"

    def comparable(self, operator: str, left: Typed, right: Typed) -> tuple[str, str]:
        """Return the keys of two values in their common type."""
        if "null" in (left.type.name, right.type.name):
            # The comparison is unknown; the other side is kept for its errors.
            return ("CAST(NULL AS INTEGER)", "CAST(NULL AS INTEGER)")
        target = self._comparison_type(operator, left, right)
        ordering = operator not in ("=", "<>")
        if t.family(target) == "int" and t.family(left.type) == t.family(right.type) == "int":
            return self._plain_int(left), self._plain_int(right)
        if t.family(target) == "string":
            collation = self._collation(operator, left, right)
            target = SqlType(target.name, MAX, collation=collation or self.collation)
        if t.family(target) == "binary":
            target = SqlType("varbinary", MAX)
        keys = [
            key_of(self.to_type(side, target), target, ordering=ordering) for side in (left, right)
        ]
        return keys[0], keys[1]

    @staticmethod
    def _plain_int(side: Typed) -> str:
        return f"CAST({side.sql} AS INTEGER)" if side.type.name == "bit" else side.sql

    def _comparison_type(self, operator: str, left: Typed, right: Typed) -> SqlType:
        target = t.common(left.type, right.type)
        kinds = {t.family(left.type), t.family(right.type)}
        if "xml" in kinds or {"text", "ntext", "image"} & {left.type.name, right.type.name}:
            raise invalid_operator(left.type.name, right.type.name, _WORDS[operator])
        if "variant" in kinds:
            raise unsupported("comparing sql_variant; CAST it first")
        if target.name == "decimal" and t.family(left.type) != t.family(right.type):
            return t.make("numeric", precision=38, scale=target.scale)
        if t.family(target) == "decimal" and "string" in kinds:
            return t.make("numeric", precision=38, scale=target.scale)
        return target

    @staticmethod
    def _collation(operator: str, left: Typed, right: Typed) -> str | None:
        return common_collation((left, right), _WORDS[operator])[0]

    def _one_column(self, query: BoundQuery) -> Typed:
        if len(query.columns) != 1:
            raise SqlError(
                116,
                "Only one expression can be specified in the select list when the subquery is not "
                "introduced with EXISTS.",
            )
        column = query.columns[0]
        return Typed("q.c1", column.type, explicit_collation=column.explicit_collation)

    def _quantified(self, node: s.Compare, scope: Scope) -> str:
        assert isinstance(node.right, s.Subquery)  # noqa: S101 - the parser builds nothing else
        left = self.value(node.left, scope)
        bound = self.query(node.right.query, scope)
        a, b = self.comparable(node.operator, left, self._one_column(bound))
        word = "ALL" if node.quantifier == "all" else "ANY"
        return f"({a} {node.operator} {word} (SELECT {b} FROM ({bound.sql}) AS q))"

    def _in(self, node: s.In, scope: Scope) -> str:
        operand = self.value(node.operand, scope)
        word = "NOT IN" if node.negated else "IN"
        if isinstance(node.items, s.Query):
            bound = self.query(node.items, scope)
            a, b = self.comparable("=", operand, self._one_column(bound))
            return f"({a} {word} (SELECT {b} FROM ({bound.sql}) AS q))"
        items = [self.value(item, scope) for item in node.items]
        pairs = [self.comparable("=", operand, item) for item in items]
        if len({a for a, _ in pairs}) == 1:
            return f"({pairs[0][0]} {word} ({', '.join(b for _, b in pairs)}))"
        tests = " OR ".join(f"({a} = {b})" for a, b in pairs)
        return f"({'NOT ' if node.negated else ''}({tests}))"

    def _like(self, node: s.Like, scope: Scope) -> str:
        operand, pattern = self.value(node.operand, scope), self.value(node.pattern, scope)
        escape = "" if node.escape is None else self.constant_text(node.escape)
        if escape is None:
            raise unsupported("LIKE with an ESCAPE that is not a constant")
        collation = self._collation("=", operand, pattern) or self.context.database.collation
        target = SqlType("nvarchar", MAX)
        a = self.to_type(operand, target, explicit=True)
        b = self.to_type(pattern, target, explicit=True)
        a, b, escape = fold_sql(a, collation), fold_sql(b, collation), folding(collation)(escape)
        fixed = self.constant_text(node.pattern)
        negation = "NOT " if node.negated else ""
        if fixed is not None and "[" not in fixed and not escape and fixed.endswith("%"):
            clean = b"\\" not in fixed.encode("utf-8", "surrogatepass")
            if clean:
                return f"({negation}({a} LIKE {b}))"
        quoted = "'" + escape.replace("'", "''") + "'"
        return f"({negation}py_like({a}, {b}, {quoted}))"
