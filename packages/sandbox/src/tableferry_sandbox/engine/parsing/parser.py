"""T-SQL batches to statements."""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine import tracking_errors
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.lexer import RESERVED
from tableferry_sandbox.engine.parsing.parse_base import COMPOUND
from tableferry_sandbox.engine.parsing.parse_execute import ExecuteParser
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s

_REFUSED: Final = frozenset({
    "open", "close", "fetch", "deallocate", "backup", "restore", "dbcc", "kill",
    "goto", "readtext", "writetext", "updatetext", "reconfigure", "shutdown",
    "setuser", "enable", "disable",
})  # fmt: skip


_KEPT_BATCHES: Final = 256
_KEPT_LENGTH: Final = 8192
"""Characters. Clients repeat catalog queries of a few thousand; longer batches carry rows and are
not repeated."""


def parse_batch(sql: str, *, quoted_identifier: bool = True) -> tuple[st.Statement, ...]:
    """Parse a whole batch; raises the syntax error that SQL Server would report."""
    parse = _parse if len(sql) > _KEPT_LENGTH else _parse_once
    return parse(sql, quoted_identifier)


def _parse(sql: str, quoted_identifier: bool) -> tuple[st.Statement, ...]:
    return BatchParser(sql, quoted_identifier=quoted_identifier).batch()


_parse_once: Final = functools.lru_cache(maxsize=_KEPT_BATCHES)(_parse)


class BatchParser(ExecuteParser):
    """Parses statements."""

    def batch(self) -> tuple[st.Statement, ...]:
        """Parse statements up to the end of the batch."""
        found: list[st.Statement] = []
        while self.accept(";"):
            pass
        while self.token.kind != "end":
            found.append(self.statement(first=not found))
            while self.accept(";"):
                pass
        return tuple(found)

    def statement(self, *, first: bool = False) -> st.Statement:
        """Parse one statement."""
        token, line = self.token, self.token.line
        word = token.lower
        if word in ("select", "(") or (word == "with"):
            return self._query_or_dml(line)
        if word in _SIMPLE:
            self.advance()
            return _SIMPLE[word](self, line)
        if word == "bulk":
            return self._bulk_insert(line)
        if word in _REFUSED:
            raise unsupported(f"the statement {word.upper()}")
        if first and self.at_name():
            return self.execute(line)
        raise self.error()

    def _query_or_dml(self, line: int) -> st.Statement:
        if self.at("with", "change_tracking_context", "("):
            return self._with_context(line)
        start = self.position
        tables = self.common_tables()
        if tables and self.at_any("insert", "update", "delete", "merge"):
            return self._dml(line, tables)
        self.position = start
        return st.QueryStatement(self.query(), line=line)

    def _with_context(self, line: int) -> st.Statement:
        """Parse a statement after ``WITH CHANGE_TRACKING_CONTEXT (value)``. Raises 22108."""
        self.position += 3
        if self.token.kind not in ("variable", "binary"):
            raise self.error()
        context = self.expression()
        self.expect(")")
        tables = self.common_table_list() if self.accept(",") else ()
        if self.at("select"):
            raise tracking_errors.context_of_select()
        return replace(self._dml(line, tables), context=context)

    def _dml(
        self, line: int, tables: tuple[s.CommonTable, ...]
    ) -> st.Insert | st.Update | st.Delete | st.Merge:
        """Parse INSERT, UPDATE, DELETE or MERGE after a WITH."""
        if not self.at_any("insert", "update", "delete", "merge"):
            raise self.error()
        word = self.advance().lower
        found = {
            "insert": self.insert, "update": self.update, "delete": self.delete,
            "merge": self.merge,
        }[word](line, tables)  # fmt: skip
        if isinstance(found, st.Insert | st.Update | st.Delete | st.Merge):
            return found
        raise self.error()  # UPDATE STATISTICS

    def _block(self, *end: str) -> tuple[st.Statement, ...]:
        found: list[st.Statement] = []
        while self.accept(";"):
            pass
        while not self.at(*end):
            if self.token.kind == "end":
                raise self.error()
            found.append(self.statement())
            while self.accept(";"):
                pass
        self.position += len(end)
        return tuple(found)

    def _begin(self, line: int) -> st.Statement:
        if self.at_any("tran", "transaction", "distributed"):
            return self._transaction("begin", line)
        if self.accept("try"):
            body = self._block("end", "try")
            while self.accept(";"):
                pass
            self.expect("begin")
            if not self.accept("catch"):
                raise self.error()
            return st.TryCatch(body, self._block("end", "catch"), line=line)
        return st.Block(self._block("end"), line=line)

    def _transaction(self, action: str, line: int) -> st.Statement:
        if self.accept("distributed"):
            raise unsupported("distributed transactions")
        if not (self.accept("tran") or self.accept("transaction") or self.accept("work")) and (
            action == "save"
        ):
            raise self.error()
        name = ""
        if self.token.kind in ("name", "variable") or (
            self.token.kind == "word" and self.token.lower not in RESERVED
        ):
            name = self.advance().text
        if self.at("with") and self.peek().lower in ("mark", "("):
            raise unsupported("transaction options")
        return st.TransactionControl(action, name, line=line)

    def _declare(self, line: int) -> st.Statement:
        found: list[st.Statement] = []
        while True:
            if self.token.kind != "variable":
                raise unsupported("cursors")
            name = self.advance().text
            self.accept("as")
            if self.accept("table"):
                found.append(self.table_body((name,), line))
            else:
                type_name = self.type_name()
                value = self.expression() if self.accept("=") else None
                found.append(st.Declare(name, type_name, value, line=line))
            if not self.accept(","):
                break
        return found[0] if len(found) == 1 else st.Block(tuple(found), line=line)

    def _set(self, line: int) -> st.Statement:  # noqa: C901 - one branch for each form of SET
        if self.token.kind == "variable":
            name = self.advance().text
            if self.at_any(*COMPOUND):
                operator = self.advance().text[0]
                value: s.Node = s.Binary(operator, s.Variable(name), self.expression())
            else:
                self.expect("=")
                value = self.expression()
            return st.SetVariable(name, value, line=line)
        if self.accept("transaction"):
            for word in ("isolation", "level"):
                if not self.accept(word):
                    raise self.error()
            words = [self.advance().lower]
            if words[0] in ("read", "repeatable"):
                words.append(self.advance().lower)
            return st.SetOption("transaction isolation level", " ".join(words), line=line)
        if self.accept("identity_insert"):
            table = ".".join("[" + part.replace("]", "]]") + "]" for part in self.path())
            return st.SetOption("identity_insert " + table, self.advance().lower, line=line)
        if self.accept("statistics"):
            option = "statistics " + self.advance().lower
            return st.SetOption(option, self.advance().lower, line=line)
        options = [self.advance().lower]
        while self.accept(","):
            options.append(self.advance().lower)
        sign = "-" if self.accept("-") else ""
        value_token = self.advance()
        if value_token.kind == "end":
            raise self.error()
        as_written = value_token.kind == "variable" or options == ["language"]
        text = value_token.text if as_written else value_token.text.lower()
        changes = [st.SetOption(option, sign + text, line=line) for option in options]
        return changes[0] if len(changes) == 1 else st.Block(tuple(changes), line=line)

    def _if(self, line: int) -> st.Statement:
        condition = self.condition()
        then = self.statement()
        mark = self.position
        while self.accept(";"):
            pass
        if self.accept("else"):
            return st.If(condition, then, self.statement(), line=line)
        self.position = mark
        return st.If(condition, then, None, line=line)

    def _while(self, line: int) -> st.Statement:
        condition = self.condition()
        return st.While(condition, self.statement(), line=line)

    def _raiserror(self, line: int) -> st.Statement:
        self.expect("(")
        arguments = self.expressions()
        self.expect(")")
        if len(arguments) < 3:
            raise self.error()
        options = tuple(self.name_or_word_list()) if self.accept("with") else ()
        return st.RaiseError(
            arguments[0], arguments[1], arguments[2], arguments[3:], options, line=line
        )

    def _throw(self, line: int) -> st.Statement:
        if self.token.kind in ("number", "variable"):
            return st.Throw(self.expressions(), line=line)
        return st.Throw(line=line)

    def _waitfor(self, line: int) -> st.Statement:
        if not self.accept("delay"):
            raise unsupported("WAITFOR TIME")
        return st.WaitFor(self.expression(), line=line)

    def _return(self, line: int) -> st.Statement:
        ends = self.token.kind == "end" or self.token.lower in (";", "end", "else", *_SIMPLE)
        value = None if ends or self.at_any("select") else self.expression()
        return st.Jump("return", value, line=line)

    def _bulk_insert(self, line: int) -> st.Statement:
        """Take BULK INSERT, which reads files of the server: refused when it is reached."""
        self.position += 2
        self.path()
        self.expect("from")
        self.string()
        self.storage_clauses()
        return st.Refused("BULK INSERT", line=line)


_SIMPLE: Final[dict[str, Callable[[BatchParser, int], st.Statement]]] = {
    "insert": BatchParser.insert,
    "update": BatchParser.update,
    "delete": BatchParser.delete,
    "merge": BatchParser.merge,
    "truncate": BatchParser.truncate,
    "create": BatchParser.create,
    "alter": BatchParser.alter,
    "grant": BatchParser.grant,
    "deny": BatchParser.grant,
    "revoke": BatchParser.grant,
    "drop": BatchParser.drop,
    "declare": BatchParser._declare,  # noqa: SLF001 - its own methods
    "set": BatchParser._set,  # noqa: SLF001 - its own methods
    "if": BatchParser._if,  # noqa: SLF001 - its own methods
    "while": BatchParser._while,  # noqa: SLF001 - its own methods
    "begin": BatchParser._begin,  # noqa: SLF001 - its own methods
    "commit": lambda self, line: self._transaction("commit", line),
    "rollback": lambda self, line: self._transaction("rollback", line),
    "save": lambda self, line: self._transaction("save", line),
    "print": lambda self, line: st.Print(self.expression(), line=line),
    "raiserror": BatchParser._raiserror,  # noqa: SLF001 - its own methods
    "throw": BatchParser._throw,  # noqa: SLF001 - its own methods
    "exec": BatchParser.execute_or_impersonate,
    "execute": BatchParser.execute_or_impersonate,
    "revert": lambda _, line: st.Revert(line=line),
    "use": lambda self, line: st.Use(self.name(), line=line),
    "waitfor": BatchParser._waitfor,  # noqa: SLF001 - its own methods
    "return": BatchParser._return,  # noqa: SLF001 - its own methods
    "break": lambda _, line: st.Jump("break", line=line),
    "continue": lambda _, line: st.Jump("continue", line=line),
    "checkpoint": lambda _, line: st.NoOperation("CHECKPOINT", line=line),
}
