"""CREATE, ALTER and DROP of everything but principals."""

from typing import Final

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.parse_alter import AlterParser
from tableferry_sandbox.engine.parsing.parse_indexes import IndexParser
from tableferry_sandbox.engine.parsing.parse_objects import MODULES
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import statements as st


class DdlParser(AlterParser):
    """Parses data definition."""

    def create(self, line: int) -> st.Statement:  # noqa: C901 - one branch for each kind
        """Parse what follows CREATE."""
        start = self.tokens[self.position - 1].start
        replace = self.accept("or", "alter")
        if self.accept("table"):
            path = self.path()
            return self.table_body(path, line)
        if self.at_index():
            return self.create_index(line)
        if self.accept("view"):
            return self.view(start, line, replace=replace)
        if self.accept("schema"):
            name = self.name()
            if self.accept("authorization"):
                self.name()
            return dd.CreateNamed("schema", name, line=line)
        if self.accept("database"):
            return self._create_database(line)
        if self.accept("function"):
            return self.function(start, line, replace=replace)
        if self.at_any(*MODULES):
            return self.refused_module("CREATE", line)
        if self.accept("type"):
            path = self.path()
            if self.at("as", "table"):
                self.position += 2
                self.skip_parentheses()
                self.storage_clauses()
                return st.Refused("table types", line=line)
            self.expect("from")
            base = self.type_name()
            nullable = not self.accept("not", "null")
            if nullable:
                self.accept("null")
            return dd.CreateType(path, base, nullable, line=line)
        found = self.create_object(start, line)
        if found is not None:
            return found
        raise unsupported(f"CREATE {self.token.text.upper()}")

    def view(
        self, start: int, line: int, *, replace: bool, must_exist: bool = False
    ) -> st.Statement:
        """Parse a view's name and query."""
        path = self.path()
        columns = self.name_list() if self.at("(") else ()
        options = self.name_or_word_list() if self.accept("with") else []
        self.expect("as")
        query = self.query()
        if self.accept("with", "check"):
            self.expect("option")
        text = self.text_since(start)
        bound = "schemabinding" in options
        return dd.CreateView(path, columns, query, text, replace, must_exist, bound, line=line)

    def _create_database(self, line: int) -> st.Statement:
        """Parse a database's name and collation; its files are skipped."""
        name = self.name()
        if self.accept("containment", "="):
            self.advance()
        collation = None
        while True:
            if self.accept("collate"):
                collation = self.name()
            elif self.accept("with"):
                self.name_or_word_list()
            elif self.at("on") or self.at("log", "on"):
                self.position += 2 if self.at("log") else 1
                self._skip_files()
            else:
                return dd.CreateNamed("database", name, collation, line=line)

    def _skip_files(self) -> None:
        """Skip ``[PRIMARY] (...), FILEGROUP name (...)``."""
        while True:
            self.accept("primary")
            if self.accept("filegroup"):
                self.name()
                while not (self.at("(") or self.token.kind == "end"):
                    self.advance()
            self.skip_parentheses()
            if not self.accept(","):
                return

    def drop(self, line: int) -> st.Statement:
        """Parse what follows DROP."""
        kind = _drop_kind(self)
        if_exists = self.accept("if", "exists")
        names = [self.path()]
        on: tuple[str, ...] = ()
        if kind == "index" and self.accept("on"):
            on = self.path()
        while self.accept(","):
            names.append(self.path())
        self.storage_clauses()
        return dd.Drop(kind, tuple(names), if_exists, on, line=line)

    def alter(self, line: int) -> st.Statement:  # noqa: C901 - one branch for each kind
        """Parse what follows ALTER."""
        start = self.tokens[self.position - 1].start
        if self.accept("table"):
            return self.alter_table(line)
        if self.accept("database"):
            return self.alter_database(line)
        if self.accept("view"):
            return self.view(start, line, replace=True, must_exist=True)
        if self.accept("function"):
            return self.function(start, line, replace=True, must_exist=True)
        if self.at_any(*MODULES):
            return self.refused_module("ALTER", line)
        if self.accept("sequence"):
            return self.sequence(line, create=False)
        if self.at("xml", "schema"):
            return self.alter_xml_collection(line)
        if self.accept("index"):
            return self.alter_index(line)
        if self.at("authorization"):
            while not (self.at(";") or self.token.kind == "end"):
                self.advance()
            return st.NoOperation("ALTER AUTHORIZATION", line=line)
        if self.at_policy():
            self.position += 2
            return self.security_policy(line, create=False)
        if self.at("fulltext"):
            return self._fulltext(start, line)
        raise unsupported(f"ALTER {self.token.text.upper()}")


def _drop_kind(parser: IndexParser) -> str:
    """Take what follows DROP up to the name: the kind of object."""
    if parser.at("xml", "schema", "collection"):
        parser.position += 3
        return "xml schema collection"
    if parser.at_any("partition", "fulltext") or parser.at_policy():
        return f"{parser.advance().lower} {parser.advance().lower}"
    kind = parser.advance().lower
    if kind not in _DROPPED:
        raise unsupported(f"DROP {kind.upper()}")
    return {"proc": "procedure"}.get(kind, kind)


_DROPPED: Final = frozenset({
    "table", "view", "schema", "database", "type", "index", "procedure", "proc", "function",
    "trigger", "synonym", "sequence", "rule", "default", "statistics",
})  # fmt: skip
