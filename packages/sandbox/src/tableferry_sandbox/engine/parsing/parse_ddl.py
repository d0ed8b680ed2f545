"""CREATE, ALTER and DROP of everything but principals."""

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.parse_tables import CONSTRAINT_WORDS, TableParser
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import statements as st


class DdlParser(TableParser):
    """Parses data definition."""

    def create(self, line: int) -> st.Statement:
        """Parse what follows CREATE."""
        start = self.tokens[self.position - 1].start
        replace = self.accept("or", "alter")
        if self.accept("table"):
            path = self.path()
            return self.table_body(path, line)
        if self.at_any("unique", "clustered", "nonclustered", "index"):
            return self._create_index(line)
        if self.accept("view"):
            return self.view(start, line, replace=replace)
        if self.accept("schema"):
            name = self.name()
            if self.accept("authorization"):
                self.name()
            return dd.CreateNamed("schema", name, line=line)
        if self.accept("database"):
            name = self.name()
            collation = self.name() if self.accept("collate") else None
            return dd.CreateNamed("database", name, collation, line=line)
        if self.accept("type"):
            path = self.path()
            self.expect("from")
            base = self.type_name()
            nullable = not self.accept("not", "null")
            if nullable:
                self.accept("null")
            return dd.CreateType(path, base, nullable, line=line)
        raise unsupported(f"CREATE {self.token.text.upper()}")

    def view(
        self, start: int, line: int, *, replace: bool, must_exist: bool = False
    ) -> st.Statement:
        """Parse a view's name and query."""
        path = self.path()
        columns = self.name_list() if self.at("(") else ()
        if self.accept("with"):
            self.name_or_word_list()
        self.expect("as")
        query = self.query()
        text = self.text_since(start)
        return dd.CreateView(path, columns, query, text, replace, must_exist, line=line)

    def name_or_word_list(self) -> list[str]:
        """Take words separated by commas."""
        words = [self.advance().lower]
        while self.accept(","):
            words.append(self.advance().lower)
        return words

    def _create_index(self, line: int) -> st.Statement:
        unique = self.accept("unique")
        clustered = self.accept("clustered")
        self.accept("nonclustered")
        if self.at("columnstore"):
            raise unsupported("columnstore indexes")
        self.expect("index")
        name = self.name()
        self.expect("on")
        table = self.path()
        columns = self.key_columns()
        included = self.name_list() if self.accept("include") else ()
        condition, text = None, ""
        if self.accept("where"):
            start = self.token.start
            condition = self.condition()
            text = self.text_since(start)
        self.storage_clauses()
        index = dd.IndexDef(name, columns, unique, clustered, included, condition, text)
        return dd.CreateIndex(table, index, line=line)

    def drop(self, line: int) -> st.Statement:
        """Parse what follows DROP."""
        kind = self.advance().lower
        if kind not in ("table", "view", "schema", "database", "type", "index"):
            raise unsupported(f"DROP {kind.upper()}")
        if_exists = self.accept("if", "exists")
        names = [self.path()]
        on: tuple[str, ...] = ()
        if kind == "index" and self.accept("on"):
            on = self.path()
        while self.accept(","):
            names.append(self.path())
        return dd.Drop(kind, tuple(names), if_exists, on, line=line)

    def alter(self, line: int) -> st.Statement:
        """Parse what follows ALTER."""
        start = self.tokens[self.position - 1].start
        if self.accept("table"):
            return self._alter_table(line)
        if self.accept("database"):
            return self._alter_database(line)
        if self.accept("view"):
            return self.view(start, line, replace=True, must_exist=True)
        if self.accept("index"):
            while not (self.at(";") or self.token.kind == "end"):
                self.advance()
            return st.NoOperation("ALTER INDEX", line=line)
        raise unsupported(f"ALTER {self.token.text.upper()}")

    def _alter_table(self, line: int) -> st.Statement:  # noqa: C901 - one branch for each action
        table = self.path()
        if not self.accept("with", "check"):
            self.accept("with", "nocheck")
        if self.accept("add"):
            columns: list[dd.ColumnDef] = []
            constraints: list[dd.ConstraintDef] = []
            while True:
                if self.token.lower in CONSTRAINT_WORDS or self.at("default"):
                    constraints.append(self.constraint(None))
                else:
                    columns.append(self.column())
                if not self.accept(","):
                    break
            return dd.AlterTable(table, "add", tuple(columns), tuple(constraints), line=line)
        if self.accept("alter"):
            self.expect("column")
            return dd.AlterTable(table, "alter column", (self.column(),), line=line)
        if self.accept("drop"):
            action = "drop constraint"
            if self.accept("column"):
                action = "drop column"
            else:
                self.accept("constraint")
            if_exists = self.accept("if", "exists")
            names = [self.name()]
            while self.accept(","):
                self.accept("column")
                self.accept("constraint")
                names.append(self.name())
            return dd.AlterTable(table, action, names=tuple(names), if_exists=if_exists, line=line)
        words = []
        while not (self.at(";") or self.token.kind == "end"):
            words.append(self.advance().text)
        raise unsupported("ALTER TABLE ... " + " ".join(words[:3]).upper())

    def _alter_database(self, line: int) -> st.Statement:
        name = "" if self.accept("current") else self.name()
        if self.accept("collate"):
            raise unsupported("ALTER DATABASE ... COLLATE")
        self.expect("set")
        option = self.advance().lower
        self.accept("=")
        has_value = self.token.kind in ("word", "number", "name") and not self.at("with")
        value = self.advance().lower if has_value else ""
        if has_value and self.tokens[self.position - 1].kind == "number":
            value = self.tokens[self.position - 1].text
        if self.at("("):
            raise unsupported(f"ALTER DATABASE ... SET {option.upper()} (...)")
        if self.accept("with"):
            self.name_or_word_list()
            while self.token.kind in ("word", "number") and not self.at(";"):
                if self.token.lower not in ("immediate", "after", "seconds") and (
                    self.token.kind != "number"
                ):
                    break
                self.advance()
        return dd.AlterDatabase(name, option, value, line=line)
