"""FROM: tables with their hints, derived tables, table functions and joins."""

from typing import Final

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.parse_predicates import PredicateParser
from tableferry_sandbox.engine.parsing.unsupported_names import TABLE_FUNCTIONS
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types.type_rules import BIGINT

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


class SourceParser(PredicateParser):
    """Parses the sources of a query."""

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
        if self.at("changetable", "("):
            return self._change_table()
        if self.token.kind == "word" and self.token.lower in TABLE_FUNCTIONS:
            raise unsupported(f"the table function {self.token.text.upper()}")
        node = self._plain_source()
        if self.at_any("pivot", "unpivot"):
            raise unsupported("PIVOT and UNPIVOT")
        return node

    def _change_table(self) -> s.Node:
        """Parse CHANGETABLE; an expression as the version is a syntax error."""
        self.position += 2
        changes = self.at("changes")
        if not changes and not self.at("version"):
            raise self.error()
        self.advance()
        table = self.path()
        self.expect(",")
        since: s.Node | None = None
        keys: tuple[str, ...] = ()
        values: tuple[s.Node, ...] = ()
        if changes:
            since = self._baseline()
        else:
            keys = self.name_list()
            self.expect(",")
            self.expect("(")
            values = self._function_arguments()
            self.expect(")")
        if self.accept(","):
            self.expect("forceseek")
        self.expect(")")
        alias = self._table_alias()
        columns = self.name_list() if alias and self.at("(") else ()
        return s.ChangeTable(table, since, keys, values, alias, columns)

    def _baseline(self) -> s.Node:
        """Take a version: NULL, a whole number or a variable."""
        if self.accept("null"):
            return s.Null()
        if self.token.kind == "variable":
            return s.Variable(self.advance().text)
        return s.Literal(self.integer(), BIGINT)

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
        return s.TableFunction(schema, path[-1].lower(), arguments, alias, columns, path)

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
