"""SELECT and everything in it."""

from typing import Final

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.parse_base import COMPOUND
from tableferry_sandbox.engine.parsing.parse_expressions import ExpressionParser
from tableferry_sandbox.engine.parsing.unsupported_names import TABLE_FUNCTIONS
from tableferry_sandbox.engine.tree import syntax as s

_HINTS: Final = frozenset(
    [
        "nolock",
        "readuncommitted",
        "readcommitted",
        "readcommittedlock",
        "repeatableread",
        "serializable",
        "holdlock",
        "snapshot",
        "readpast",
        "tablock",
        "tablockx",
        "updlock",
        "xlock",
        "rowlock",
        "paglock",
        "nowait",
        "noexpand",
        "forceseek",
        "forcescan",
        "keepidentity",
        "keepdefaults",
        "ignore_constraints",
        "ignore_triggers",
        "index",
    ]
)
_CLAUSE_STARTS: Final = frozenset(
    {"inner", "left", "right", "full", "cross", "outer", "join", "on"}
)


class QueryParser(ExpressionParser):
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
        self._options()
        return s.Query(body, order_by, offset, fetch, tables)

    def _rows_word(self) -> None:
        if not (self.accept("rows") or self.accept("row")):
            raise self.error()

    def _options(self) -> None:
        """Skip OPTION (...): query hints change plans, never rows."""
        if self.accept("option"):
            self.expect("(")
            depth = 1
            while depth:
                if self.token.kind == "end":
                    raise self.error()
                text = self.advance().lower
                depth += (text == "(") - (text == ")")

    def common_tables(self) -> tuple[s.CommonTable, ...]:
        """Parse WITH, if there is one."""
        if not (self.at("with") and self.peek().kind in ("word", "name")):
            return ()
        self.advance()
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

    def sources(self) -> s.Node:
        """Parse the sources of FROM: joins, and commas as cross joins."""
        left = self._joined()
        while self.accept(","):
            left = s.Join("cross", left, self._joined())
        return left

    def _joined(self) -> s.Node:
        left = self._source()
        while True:
            kind = self._join_kind()
            if kind is None:
                return left
            right = self._source() if kind.startswith(("cross", "outer")) else self._joined_right()
            condition = None
            if not kind.startswith(("cross", "outer")):
                self.expect("on")
                condition = self.condition()
            left = s.Join(kind, left, right, condition)

    def _joined_right(self) -> s.Node:
        """Parse a join's right side, which may itself be a join before its ON."""
        right = self._source()
        while not self.at("on"):
            kind = self._join_kind()
            if kind is None:
                raise self.error()
            inner = self._source() if kind.startswith(("cross", "outer")) else self._joined_right()
            condition = None
            if not kind.startswith(("cross", "outer")):
                self.expect("on")
                condition = self.condition()
            right = s.Join(kind, right, inner, condition)
        return right

    def _join_kind(self) -> str | None:
        if self.accept("cross"):
            if self.accept("apply"):
                return "cross apply"
            self.expect("join")
            return "cross"
        if self.at("outer") and self.peek().lower == "apply":
            self.position += 2
            return "outer apply"
        for kind in ("left", "right", "full"):
            if self.accept(kind):
                self.accept("outer")
                self._join_hint()
                self.expect("join")
                return kind
        if self.accept("inner"):
            self._join_hint()
            self.expect("join")
            return "inner"
        return "inner" if self.accept("join") else None

    def _join_hint(self) -> None:
        if self.at_any("loop", "hash", "merge"):
            self.advance()

    def _source(self) -> s.Node:
        if self.token.kind == "word" and self.token.lower in TABLE_FUNCTIONS:
            raise unsupported(f"the table function {self.token.text.upper()}")
        node = self._plain_source()
        if self.at_any("pivot", "unpivot"):
            raise unsupported("PIVOT and UNPIVOT")
        return node

    def _plain_source(self) -> s.Node:
        if self.accept("("):
            if self.at_any("select", "with", "values"):
                query = self.query()
                self.expect(")")
                self.accept("as")
                alias = self.name()
                return s.Derived(query, alias, self.name_list() if self.at("(") else ())
            inner = self.sources()
            self.expect(")")
            return inner
        if self.token.kind == "variable":
            return s.TableRef((self.advance().text,), self._table_alias())
        path = self.path()
        if self.at("(") and not (self.peek().lower in _HINTS and self.peek(2).lower in (")", ",")):
            return self._table_function(path)
        if self.at("for", "system_time"):
            raise unsupported("FOR SYSTEM_TIME")
        called = self._table_alias()
        sample = self._sample()
        return s.TableRef(path, called, self._hints(), sample)

    def _sample(self) -> s.Sample | None:
        """Parse ``TABLESAMPLE SYSTEM (n PERCENT) REPEATABLE (seed)``, if it is there."""
        if not self.accept("tablesample"):
            return None
        self.accept("system")
        self.expect("(")
        count = self.expression()
        rows = self.accept("rows")
        if not rows:
            self.accept("percent")
        self.expect(")")
        if not self.accept("repeatable"):
            return s.Sample(count, rows)
        self.expect("(")
        seed = self.expression()
        self.expect(")")
        return s.Sample(count, rows, seed)

    def _table_function(self, path: tuple[str, ...]) -> s.Node:
        self.expect("(")
        arguments = () if self.at(")") else self._function_arguments()
        self.expect(")")
        alias = self._table_alias()
        columns = self.name_list() if alias and self.at("(") else ()
        schema = path[-2].lower() if len(path) > 1 else ""
        return s.TableFunction(schema, path[-1].lower(), arguments, alias, columns)

    def _function_arguments(self) -> tuple[s.Node, ...]:
        arguments = []
        while True:
            arguments.append(s.Default() if self.accept("default") else self.expression())
            if not self.accept(","):
                return tuple(arguments)

    def _table_alias(self) -> str | None:
        if self.accept("as"):
            return self.name()
        if self.at_name() and self.token.lower not in _CLAUSE_STARTS:
            return self.advance().text
        return None

    def _hints(self) -> frozenset[str]:
        """Parse ``WITH (hint, ...)`` and the old form without WITH."""
        if not (self.at("with", "(") or (self.at("(") and self.peek().lower in _HINTS)):
            return frozenset()
        self.accept("with")
        self.expect("(")
        hints = set()
        while not self.accept(")"):
            if self.token.lower not in _HINTS:
                raise self.error()
            hints.add(self.advance().lower)
            if self.accept("("):
                while not self.accept(")"):
                    if self.token.kind == "end":
                        raise self.error()
                    self.advance()
            self.accept("=")
            if self.token.kind in ("number", "name") or (
                self.token.kind == "word" and self.token.lower not in _HINTS
            ):
                self.advance()
            self.accept(",")
        return frozenset(hints)
