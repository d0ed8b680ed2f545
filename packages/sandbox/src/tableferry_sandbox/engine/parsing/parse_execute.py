"""EXEC of a procedure or of a text, and EXECUTE AS a user."""

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.parse_merge import MergeParser
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.sqltypes import SqlType


class ExecuteParser(MergeParser):
    """Parses EXEC."""

    def execute(self, line: int) -> st.Execute:
        """Parse what follows EXEC."""
        if self.accept("("):
            text = self.expression()
            self.expect(")")
            return st.Execute((), (st.ExecArgument(text),), line=line)
        result = ""
        if self.token.kind == "variable" and self.peek().lower == "=":
            result = self.advance().text
            self.advance()
        path = self.path()
        arguments: list[st.ExecArgument] = []
        if self.token.kind != "end" and not self.at(";") and self._at_argument():
            arguments.append(self._exec_argument())
            while self.accept(","):
                arguments.append(self._exec_argument())
        return st.Execute(path, tuple(arguments), result, line=line)

    def execute_or_impersonate(self, line: int) -> st.Statement:
        """Parse what follows EXEC at a statement's beginning; raises 50000 for AS but a user."""
        if not self.accept("as"):
            return self.execute(line)
        if not self.at("user", "="):
            raise unsupported(f"EXECUTE AS {self.token.text.upper()}")
        self.position += 2
        user = self.expression()
        if self.at("with"):
            raise unsupported("EXECUTE AS USER WITH")
        return st.ExecuteAs(user, line=line)

    def _at_argument(self) -> bool:
        token = self.token
        return (
            token.kind not in ("word", "op")
            or token.lower in ("null", "default", "-", "+")
            or (self.at_name())
        )

    def _exec_argument(self) -> st.ExecArgument:
        name = ""
        if self.token.kind == "variable" and self.peek().lower == "=":
            name = self.advance().text
            self.advance()
        value: s.Node
        if self.accept("default"):
            value = s.Default()
        elif self.at_name() and self.peek().lower != "(":
            value = s.Literal(*_word_literal(self.advance().text))
        else:
            value = self.expression()
        output = self.accept("output") or self.accept("out")
        return st.ExecArgument(value, name, output)


def _word_literal(text: str) -> tuple[str, SqlType]:
    """Return a bare word as an EXEC argument: a string."""
    return text, SqlType("nvarchar", length=max(1, len(text)))
