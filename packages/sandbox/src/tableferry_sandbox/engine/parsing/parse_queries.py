"""SELECT and everything in it."""

from typing import Final

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.parse_base import COMPOUND
from tableferry_sandbox.engine.parsing.parse_sources import SourceParser
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.events import SqlError

MOST_RECURSIONS: Final = 32767
"""The highest MAXRECURSION (Query Hints, Transact-SQL)."""


class QueryParser(SourceParser):
    """Parses queries."""

    def query(self) -> s.Query:
        """Parse a query expression with its WITH, ORDER BY and OFFSET."""
        tables = self.common_tables()
        body = self._set_operations()
        order_by: tuple[s.OrderItem, ...] = ()
        offset = fetch = None
        if self.accept("order"):
            self.expect("by")
            order_by = self.order_items()
            if self.accept("offset"):
                offset = self.expression()
                self._rows_word()
                if self.accept("fetch"):
                    if not (self.accept("next") or self.accept("first")):
                        raise self.error()
                    fetch = self.expression()
                    self._rows_word()
                    if not self.accept("only"):
                        raise self.error()
        if self.at("for"):
            raise unsupported("FOR XML, FOR JSON or FOR BROWSE")
        return s.Query(body, order_by, offset, fetch, tables, self._options())

    def _rows_word(self) -> None:
        if not (self.accept("rows") or self.accept("row")):
            raise self.error()

    def _options(self) -> int | None:
        """Take OPTION (...); returns its MAXRECURSION. Raises 310.

        The other query hints change plans, never rows.
        """
        limit = None
        if self.accept("option"):
            self.expect("(")
            depth = 1
            while depth:
                if self.token.kind == "end":
                    raise self.error()
                if depth == 1 and self.accept("maxrecursion"):
                    limit = self._recursion_limit()
                    continue
                text = self.advance().lower
                depth += (text == "(") - (text == ")")
        return limit

    def _recursion_limit(self) -> int:
        limit = self.integer()
        if limit < 0:
            raise self.error()
        if limit > MOST_RECURSIONS:
            raise SqlError(
                310,
                f"The value {limit} specified for the MAXRECURSION option exceeds the allowed "
                f"maximum of {MOST_RECURSIONS}.",
                severity=15,
            )
        return limit

    def common_tables(self) -> tuple[s.CommonTable, ...]:
        """Parse WITH, if there is one."""
        if not (self.at("with") and self.peek().kind in ("word", "name")):
            return ()
        self.advance()
        return self.common_table_list()

    def common_table_list(self) -> tuple[s.CommonTable, ...]:
        """Parse the common table expressions of a WITH."""
        tables = []
        while True:
            name = self.name()
            columns = self.name_list() if self.at("(") else ()
            self.expect("as")
            self.expect("(")
            tables.append(s.CommonTable(name, columns, self.query()))
            self.expect(")")
            if not self.accept(","):
                return tuple(tables)

    def _set_operations(self) -> s.Node:
        left = self._intersections()
        while self.at_any("union", "except"):
            operator = self.advance().lower
            every = self.accept("all")
            if every and operator != "union":
                raise self.error()
            left = s.SetOperation(operator, every, left, self._intersections())
        return left

    def _intersections(self) -> s.Node:
        left = self._query_term()
        while self.accept("intersect"):
            left = s.SetOperation("intersect", False, left, self._query_term())
        return left

    def _query_term(self) -> s.Node:
        if self.accept("("):
            inner = self._set_operations()
            self.expect(")")
            return inner
        if self.at("values"):
            return self.values()
        return self._select()

    def values(self) -> s.ValuesRows:
        """Parse a table value constructor."""
        self.expect("values")
        rows = []
        while True:
            self.expect("(")
            row = [self._value_or_default()]
            while self.accept(","):
                row.append(self._value_or_default())
            self.expect(")")
            rows.append(tuple(row))
            if not self.accept(","):
                return s.ValuesRows(tuple(rows))

    def _value_or_default(self) -> s.Node:
        return s.Default() if self.accept("default") else self.expression()

    def top(self) -> s.Top | None:
        """Parse TOP, if there is one."""
        if not self.accept("top"):
            return None
        if self.accept("("):
            count = self.expression()
            self.expect(")")
        else:
            count = self._primary()
        percent = self.accept("percent")
        return s.Top(count, percent, self.accept("with", "ties"))

    def _select(self) -> s.Select:
        self.expect("select")
        distinct = self.accept("distinct")
        if not distinct:
            self.accept("all")
        top = self.top()
        items = [self.select_item()]
        while self.accept(","):
            items.append(self.select_item())
        into = self.path() if self.accept("into") else None
        source = self.sources() if self.accept("from") else None
        where = self.condition() if self.accept("where") else None
        group_by: tuple[s.Node, ...] = ()
        if self.accept("group"):
            self.expect("by")
            if self.at_any("rollup", "cube", "grouping"):
                raise unsupported("ROLLUP, CUBE and GROUPING SETS")
            group_by = self.expressions()
            if self.at("with") and self.peek().lower in ("rollup", "cube"):
                raise unsupported("ROLLUP, CUBE and GROUPING SETS")
        having = self.condition() if self.accept("having") else None
        return s.Select(tuple(items), top, distinct, into, source, where, group_by, having)

    def select_item(self) -> s.SelectItem:
        """Parse one item of a select list."""
        if self.accept("*"):
            return s.SelectItem(s.Star())
        if self.token.kind == "variable" and self.peek().lower in ("=", *COMPOUND):
            variable, operator = self.advance().text, self.advance().text
            value = self.expression()
            if operator != "=":
                value = s.Binary(operator[0], s.Variable(variable), value)
            return s.SelectItem(value, None, variable)
        if (self.at_name() or self.token.kind == "string") and self.peek().lower == "=":
            alias = self.advance().text
            self.advance()
            return s.SelectItem(self.expression(), alias)
        expression = self.expression()
        return s.SelectItem(expression, self._column_alias())

    def _column_alias(self) -> str | None:
        if self.accept("as"):
            if self.token.kind in ("string", "nstring"):
                return self.advance().text
            return self.name()
        if self.token.kind in ("string", "nstring"):
            return self.advance().text
        return self.advance().text if self.at_name() else None
