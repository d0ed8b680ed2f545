"""Predicates: comparisons, LIKE, BETWEEN, IN, EXISTS, and AND, OR, NOT over them."""

from typing import Final

from tableferry_sandbox.engine.parsing.parse_expressions import ExpressionParser
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.events import SqlError

_COMPARISONS: Final = {
    "=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=",
    ">": ">", ">=": ">=", "!<": ">=", "!>": "<=",
}  # fmt: skip
_VALUE_CONTINUES: Final = frozenset(
    {*_COMPARISONS, *"+-*/%&|^", "is", "like", "between", "in", "collate"}
)


class PredicateParser(ExpressionParser):
    """Parses predicates."""

    def condition(self) -> s.Node:
        """Parse a predicate with AND, OR and NOT."""
        left = self._and()
        while self.accept("or"):
            left = s.Logic("OR", left, self._and())
        return left

    def _and(self) -> s.Node:
        left = self._not()
        while self.accept("and"):
            left = s.Logic("AND", left, self._not())
        return left

    def _not(self) -> s.Node:
        return s.Not(self._not()) if self.accept("not") else self._predicate()

    def _parenthesised_condition(self) -> s.Node | None:
        """Parse ``(condition)``; None, with nothing taken, if the parenthesis holds a value.

        ``(a) = 1`` and ``(a = 1)`` look alike until their end, so one is tried first.
        """
        start = self.position
        try:
            self.expect("(")
            inner = self.condition()
            self.expect(")")
        except SqlError:
            self.position = start
            return None
        if self.token.lower in _VALUE_CONTINUES:
            self.position = start
            return None
        return inner

    def _predicate(self) -> s.Node:  # noqa: C901 - one branch for each kind of predicate
        if self.accept("exists"):
            self.expect("(")
            query = self.query()
            self.expect(")")
            return s.Exists(query)
        if self.at("("):
            inner = self._parenthesised_condition()
            if inner is not None:
                return inner
        left = self.expression()
        if self.token.lower in _COMPARISONS:
            return self._comparison(left)
        if self.accept("is"):
            negated = self.accept("not")
            if self.accept("distinct"):
                self.expect("from")
                return s.IsDistinct(left, self.expression(), negated)
            self.expect("null")
            return s.IsNull(left, negated)
        negated = self.accept("not")
        if self.accept("like"):
            pattern = self.expression()
            escape = self.expression() if self.accept("escape") else None
            return s.Like(left, pattern, escape, negated)
        if self.accept("between"):
            low = self.expression()
            self.expect("and")
            return s.Between(left, low, self.expression(), negated)
        if self.accept("in"):
            return self._in(left, negated)
        if negated:
            raise self.error()
        raise SqlError(
            4145,
            "An expression of non-boolean type specified in a context where a condition is "
            f"expected, near '{self.token.text}'.",
            severity=15,
            line=self.token.line,
        )

    def _comparison(self, left: s.Node) -> s.Node:
        operator = _COMPARISONS[self.advance().lower]
        if self.at_any("any", "some", "all") and self.peek().lower == "(":
            quantifier = "all" if self.advance().lower == "all" else "any"
            self.expect("(")
            query = self.query()
            self.expect(")")
            return s.Compare(operator, left, s.Subquery(query), quantifier)
        return s.Compare(operator, left, self.expression())

    def _in(self, left: s.Node, negated: bool) -> s.Node:
        self.expect("(")
        if self.at_any("select", "with"):
            query = self.query()
            self.expect(")")
            return s.In(left, query, negated)
        items = self.expressions()
        self.expect(")")
        return s.In(left, items, negated)
