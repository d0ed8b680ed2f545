"""INSERT, UPDATE, DELETE and TRUNCATE."""

from abc import abstractmethod
from typing import Final

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.parse_base import COMPOUND
from tableferry_sandbox.engine.parsing.parse_principals import PrincipalParser
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s

ACTION: Final = "$action"
"""What MERGE has done to a row, in its OUTPUT."""


class DmlParser(PrincipalParser):
    """Parses statements that change rows."""

    @abstractmethod
    def execute(self, line: int) -> st.Execute:
        """Parse what follows EXEC; INSERT ... EXEC contains one."""

    def insert(self, line: int, tables: tuple[s.CommonTable, ...] = ()) -> st.Statement:
        """Parse what follows INSERT."""
        self.accept("into")
        path = (self.advance().text,) if self.token.kind == "variable" else self.path()
        self._hints()
        columns = self.name_list() if self.at("(") and self.peek().lower != "select" else ()
        output = self._output()
        if self.accept("default"):
            self.expect("values")
            return st.Insert(path, columns, None, output, line=line)
        source: s.Node
        if self.at_any("exec", "execute"):
            self.advance()
            source = self.execute(line)
        elif self.at("values"):
            source = s.Query(self.values())
        else:
            source = self.query()
        return st.Insert(path, columns, source, output, tables, line=line)

    def _output(self) -> tuple[s.Node, ...]:
        if not self.accept("output"):
            return ()
        items: list[s.Node] = [self._output_item()]
        while self.accept(","):
            items.append(self._output_item())
        if self.at("into"):
            raise unsupported("OUTPUT ... INTO")
        return tuple(items)

    def _output_item(self) -> s.SelectItem:
        if self.token.text == "$" and self.peek().lower == "action":
            self.position += 2
            return s.SelectItem(s.Name((ACTION,)), self._column_alias() or ACTION)
        return self.select_item()

    def update(self, line: int, tables: tuple[s.CommonTable, ...] = ()) -> st.Statement:
        """Parse what follows UPDATE."""
        if self.accept("statistics"):
            self.path()
            return st.NoOperation("UPDATE STATISTICS", line=line)
        top = self.top()
        path = (self.advance().text,) if self.token.kind == "variable" else self.path()
        self._hints()
        self.expect("set")
        assignments = self._assignments()
        output = self._output()
        source = self.sources() if self.accept("from") else None
        where = self.condition() if self.accept("where") else None
        options = self._options()
        return st.Update(path, assignments, source, where, top, output, tables, options, line=line)

    def _assignments(self) -> tuple[st.Assignment, ...]:
        found = [self._assignment()]
        while self.accept(","):
            found.append(self._assignment())
        return tuple(found)

    def _assignment(self) -> st.Assignment:
        variable = ""
        if self.token.kind == "variable":
            variable = self.advance().text
            self.expect("=")
            if not (self.at_name() and self.peek().lower == "="):
                return st.Assignment("", self.expression(), variable)
        path = self.path()
        column = path[-1]
        if self.at_any(*COMPOUND):
            operator = self.advance().text[0]
            return st.Assignment(
                column, s.Binary(operator, s.Name(path), self.expression()), variable
            )
        self.expect("=")
        value = s.Default() if self.accept("default") else self.expression()
        return st.Assignment(column, value, variable)

    def delete(self, line: int, tables: tuple[s.CommonTable, ...] = ()) -> st.Statement:
        """Parse what follows DELETE."""
        top = self.top()
        self.accept("from")
        path = (self.advance().text,) if self.token.kind == "variable" else self.path()
        self._hints()
        output = self._output()
        source = self.sources() if self.accept("from") else None
        where = self.condition() if self.accept("where") else None
        options = self._options()
        return st.Delete(path, source, where, top, output, tables, options, line=line)

    def truncate(self, line: int) -> st.Statement:
        """Parse what follows TRUNCATE."""
        self.expect("table")
        return st.Truncate(self.path(), line=line)
