"""Expressions: constants, names, calls, CASE, CAST and operators, by T-SQL's precedence.

T-SQL keeps predicates apart: a predicate is not a value.
"""

import re
from abc import ABC, abstractmethod
from decimal import Decimal
from typing import Final

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.literals import number_literal, string_literal
from tableferry_sandbox.engine.parsing.parse_base import TokenCursor
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types.clr_members import METHODS
from tableferry_sandbox.engine.types.type_rules import make
from tableferry_sandbox.sqltypes import MAX, SqlType

_KEYWORD_FUNCTIONS: Final = frozenset({
    "left", "right", "coalesce", "nullif", "convert", "try_convert",
    "update", "contains", "freetext",
})  # fmt: skip
_NILADIC: Final = frozenset(
    ["current_timestamp", "current_user", "session_user", "system_user", "user", "current_date"]
)


class ExpressionParser(TokenCursor, ABC):
    """Parses expressions."""

    @abstractmethod
    def condition(self) -> s.Node:
        """Parse a predicate; CASE contains predicates, and predicates expressions."""

    @abstractmethod
    def query(self) -> s.Query:
        """Parse a query; expressions contain queries, and queries expressions."""

    def expressions(self) -> tuple[s.Node, ...]:
        """Parse a comma-separated list of values."""
        items = [self.expression()]
        while self.accept(","):
            items.append(self.expression())
        return tuple(items)

    def expression(self) -> s.Node:
        """Parse a value: ``+ - & | ^`` bind equally, ``* / %`` tighter (T-SQL precedence)."""
        left = self._product()
        while self.at_any("+", "-", "&", "|", "^"):
            operator = self.advance().text
            left = s.Binary(operator, left, self._product())
        return left

    def _product(self) -> s.Node:
        left = self._unary()
        while self.at_any("*", "/", "%"):
            operator = self.advance().text
            left = s.Binary(operator, left, self._unary())
        return left

    def _unary(self) -> s.Node:
        if self.at_any("-", "+", "~"):
            operator = self.advance().text
            operand = self._unary()
            if isinstance(operand, s.Literal) and operator == "-" and self._negatable(operand):
                # A unary minus would round a Decimal to 28 digits; T-SQL has 38.
                negative = (
                    operand.value.copy_negate()
                    if isinstance(operand.value, Decimal)
                    else -operand.value
                )
                return s.Literal(negative, operand.type)
            return operand if operator == "+" else s.Unary(operator, operand)
        node = self._primary()
        while self.at(".") and self.peek().kind in ("word", "name"):
            self.advance()
            node = self._method(node, self.advance().text)
        while self.at_any("collate", "at"):
            if self.accept("collate"):
                node = s.Collate(node, self.name())
            elif self.accept("at", "time", "zone"):
                node = s.Call("at time zone", (node, self._primary()))
            else:
                break
        return node

    def _method(self, operand: s.Node, name: str) -> s.Node:
        """Parse what follows the name of a method or a property."""
        if not self.accept("("):
            return s.Method(operand, name, is_property=True)
        arguments = () if self.at(")") else self.expressions()
        self.expect(")")
        return s.Method(operand, name, arguments)

    @staticmethod
    def _negatable(literal: s.Literal) -> bool:
        return literal.type.name in ("int", "numeric", "float", "money") and literal.value != 0

    def _primary(self) -> s.Node:  # noqa: C901, PLR0912 - one branch for each kind
        token = self.token
        constant = self._constant()
        if constant is not None:
            return constant
        if token.kind == "variable":
            self.advance()
            return s.Variable(token.text)
        if self.accept("("):
            if self.at_any("select", "with"):
                node: s.Node = s.Subquery(self.query())
            else:
                node = self.expression()
            self.expect(")")
            return node
        if self.accept("null"):
            return s.Null()
        if self.at("case"):
            return self._case()
        if token.lower in ("cast", "try_cast") and self.peek().lower == "(":
            return self._cast()
        if token.lower in ("convert", "try_convert") and self.peek().lower == "(":
            return self._convert()
        if token.lower in _NILADIC:
            return s.Call(self.advance().lower)
        if self.accept("next", "value", "for"):
            return s.NextValue(self.path())
        if token.lower in ("parse", "try_parse") and self.peek().lower == "(":
            raise unsupported(f"the function {token.text.upper()}")
        if self.at_name() or token.lower in _KEYWORD_FUNCTIONS:
            return self._name_or_call()
        raise self.error()

    def _constant(self) -> s.Node | None:
        token = self.token
        if token.kind in ("string", "nstring"):
            self.advance()
            return string_literal(token.text, national=token.kind == "nstring")
        if token.kind == "number":
            self.advance()
            return number_literal(token.text)
        if token.kind == "float":
            self.advance()
            text = token.text if token.text[-1].isdigit() else token.text.rstrip("+-eE")
            return s.Literal(float(text), make("float"))
        if token.kind == "money":
            self.advance()
            value = Decimal(token.text[1:] or "0").quantize(Decimal("0.0001"))
            return s.Literal(value, make("money"))
        if token.kind == "binary":
            self.advance()
            digits = token.text[2:]
            value_bytes = bytes.fromhex(digits if len(digits) % 2 == 0 else "0" + digits)
            length = max(1, len(value_bytes))
            return s.Literal(
                value_bytes, SqlType("varbinary", length=length if length <= 8000 else MAX)
            )
        return None

    def _case(self) -> s.Node:
        self.expect("case")
        operand = None if self.at("when") else self.expression()
        whens = []
        while self.accept("when"):
            test = self.condition() if operand is None else self.expression()
            self.expect("then")
            whens.append((test, self.expression()))
        otherwise = self.expression() if self.accept("else") else None
        if not whens:
            raise self.error()
        self.expect("end")
        return s.Case(operand, tuple(whens), otherwise)

    def _cast(self) -> s.Node:
        attempt = self.advance().lower == "try_cast"
        self.expect("(")
        operand = self.expression()
        self.expect("as")
        target = self.type_name()
        self.expect(")")
        return s.Cast(operand, target, None, attempt)

    def _convert(self) -> s.Node:
        attempt = self.advance().lower == "try_convert"
        self.expect("(")
        target = self.type_name()
        self.expect(",")
        operand = self.expression()
        style = self.expression() if self.accept(",") else None
        self.expect(")")
        return s.Cast(operand, target, style, attempt)

    def _name_or_call(self) -> s.Node:
        parts = [self.advance().text]
        if self.accept("::"):
            return self._method(s.TypeName(parts[0].lower()), self.advance().text)
        while self.accept("."):
            if self.at("*"):
                self.advance()
                return s.Star(tuple(parts))
            if self.at("."):
                parts.append("")
                continue
            if self.token.kind not in ("word", "name"):
                raise self.error()
            parts.append(self.advance().text)
        if self.at("(") and len(parts) > 1 and parts[-1].lower() in METHODS:
            return self._method(s.Name(tuple(parts[:-1])), parts[-1])
        if self.at("("):
            name = parts[0].lower() if len(parts) == 1 else ".".join(parts)
            return self._call(name)
        return s.Name(tuple(parts))

    def _call(self, name: str) -> s.Node:
        self.expect("(")
        if name == "iif":
            condition = self.condition()
            self.expect(",")
            first = self.expression()
            self.expect(",")
            second = self.expression()
            self.expect(")")
            return s.Case(None, ((condition, first),), second)
        distinct = self.accept("distinct")
        self.accept("all")
        star, arguments = False, []
        if self.accept("*"):
            star = True
        elif not self.at(")"):
            arguments.append(self._argument(name, first=True))
            while self.accept(","):
                arguments.append(self._argument(name, first=False))
        self.expect(")")
        if self.at_any("ignore", "respect") and self.peek().lower == "nulls":
            raise unsupported("IGNORE NULLS")
        within: tuple[s.OrderItem, ...] = ()
        if self.accept("within", "group"):
            self.expect("(")
            self.expect("order")
            self.expect("by")
            within = self.order_items()
            self.expect(")")
        over = self._over() if self.accept("over") else None
        return s.Call(name, tuple(arguments), distinct, star, over, within)

    def _argument(self, name: str, *, first: bool) -> s.Node:
        """Parse an argument; the date functions' first one is a bare word (a datepart)."""
        if first and name in _DATEPART_FUNCTIONS and self.token.kind in ("word", "name"):
            return s.Name((self.advance().text,))
        return s.Default() if self.accept("default") else self.expression()

    def order_items(self) -> tuple[s.OrderItem, ...]:
        """Parse the items of an ORDER BY."""
        items = []
        while True:
            expression = self.expression()
            descending = self.accept("desc")
            if not descending:
                self.accept("asc")
            items.append(s.OrderItem(expression, descending))
            if not self.accept(","):
                return tuple(items)

    def _over(self) -> s.Over:
        self.expect("(")
        partition: tuple[s.Node, ...] = ()
        order: tuple[s.OrderItem, ...] = ()
        if self.accept("partition"):
            self.expect("by")
            partition = self.expressions()
        if self.accept("order"):
            self.expect("by")
            order = self.order_items()
        frame = None
        if self.at_any("rows", "range"):
            words = []
            while not self.at(")"):
                words.append(self.advance().text.upper())
            text = " ".join(words)
            if not _FRAME.fullmatch(text):
                raise self.error()
            frame = s.Frame(text)
        self.expect(")")
        return s.Over(partition, order, frame)


_FRAME_BOUND: Final = (
    r"(UNBOUNDED PRECEDING|UNBOUNDED FOLLOWING|CURRENT ROW|\d+ PRECEDING|\d+ FOLLOWING)"
)
_FRAME: Final = re.compile(
    rf"(ROWS|RANGE) (BETWEEN {_FRAME_BOUND} AND {_FRAME_BOUND}|{_FRAME_BOUND})"
)
_DATEPART_FUNCTIONS: Final = frozenset(
    ["datediff", "datediff_big", "dateadd", "datepart", "datename", "datetrunc", "date_bucket"]
)
