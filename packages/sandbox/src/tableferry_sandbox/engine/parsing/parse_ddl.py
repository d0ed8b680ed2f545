"""CREATE, ALTER and DROP."""

from typing import Final

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.parse_queries import QueryParser
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s

_CONSTRAINT_WORDS: Final = frozenset(
    {"constraint", "primary", "unique", "check", "foreign", "index"}
)


class DdlParser(QueryParser):
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
            return st.CreateNamed("schema", name, line=line)
        if self.accept("database"):
            name = self.name()
            collation = self.name() if self.accept("collate") else None
            return st.CreateNamed("database", name, collation, line=line)
        if self.accept("type"):
            path = self.path()
            self.expect("from")
            base = self.type_name()
            nullable = not self.accept("not", "null")
            if nullable:
                self.accept("null")
            return st.CreateType(path, base, nullable, line=line)
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
        return st.CreateView(path, columns, query, text, replace, must_exist, line=line)

    def name_or_word_list(self) -> list[str]:
        """Take words separated by commas."""
        words = [self.advance().lower]
        while self.accept(","):
            words.append(self.advance().lower)
        return words

    def table_body(self, path: tuple[str, ...], line: int) -> st.CreateTable:
        """Parse a table's columns, constraints and indexes."""
        self.expect("(")
        columns: list[st.ColumnDef] = []
        constraints: list[st.ConstraintDef] = []
        indexes: list[st.IndexDef] = []
        while True:
            if self.at("index"):
                indexes.append(self._inline_index())
            elif self.at("period"):
                raise unsupported("system-versioned tables")
            elif self.token.lower in _CONSTRAINT_WORDS:
                constraints.append(self.constraint(None))
            else:
                columns.append(self.column())
            if not self.accept(","):
                break
            if self.at(")"):
                break
        self.expect(")")
        self._storage_clauses()
        return st.CreateTable(path, tuple(columns), tuple(constraints), tuple(indexes), line=line)

    def _storage_clauses(self) -> None:
        """Skip filegroups and storage options: they change where rows are stored, not the rows."""
        while True:
            if self.accept("on") or self.accept("textimage_on"):
                self.advance()
                if self.at("("):
                    self._skip_parentheses()
            elif self.at("with", "("):
                self.advance()
                if self.peek().lower in ("system_versioning", "memory_optimized", "ledger"):
                    raise unsupported("tables WITH " + self.peek().text.upper())
                self._skip_parentheses()
            else:
                return

    def _skip_parentheses(self) -> None:
        self.expect("(")
        depth = 1
        while depth:
            if self.token.kind == "end":
                raise self.error()
            text = self.advance().lower
            depth += (text == "(") - (text == ")")

    def column(self) -> st.ColumnDef:
        """Parse one column definition."""
        name = self.name()
        if self.accept("as"):
            return self._computed(name)
        type_name: s.TypeName | None
        if self.token.lower in (",", ")") and name.lower() == "timestamp":
            type_name = s.TypeName("timestamp")
        else:
            type_name = self.type_name()
        options: dict[str, object] = {}
        constraints: list[st.ConstraintDef] = []
        while self._column_option(name, options, constraints):
            pass
        return st.ColumnDef(name, type_name, constraints=tuple(constraints), **options)  # type: ignore[arg-type]

    def _computed(self, name: str) -> st.ColumnDef:
        start = self.token.start
        expression = self.expression()
        text = self.text_since(start)
        persisted = self.accept("persisted")
        nullable = not self.accept("not", "null")
        constraints = []
        while self.at_any("constraint", "primary", "unique"):
            constraints.append(self.constraint(name))
        return st.ColumnDef(
            name,
            None,
            nullable=None if nullable else False,
            computed=expression,
            text=text,
            persisted=persisted,
            constraints=tuple(constraints),
        )

    def _column_option(  # noqa: C901 - one branch for each option
        self, name: str, options: dict[str, object], constraints: list[st.ConstraintDef]
    ) -> bool:
        """Parse one option of a column; False when there is none."""
        if self.accept("not", "null"):
            options["nullable"] = False
        elif self.accept("not"):
            self.expect("for")
            self.expect("replication")
        elif self.accept("null"):
            options["nullable"] = True
        elif self.accept("identity"):
            seed, step = 1, 1
            if self.accept("("):
                seed = self.integer()
                self.expect(",")
                step = self.integer()
                self.expect(")")
            options["identity"] = (seed, step)
        elif self.accept("collate"):
            options["collation"] = self.name()
        elif self.accept("sparse"):
            options["sparse"] = True
        elif self.accept("rowguidcol"):
            options["rowguid"] = True
        elif self.at_any(
            "constraint", "primary", "unique", "check", "default", "references", "foreign"
        ):
            constraints.append(self.constraint(name))
        elif self.at_any("generated", "masked", "encrypted", "filestream"):
            raise unsupported(f"columns {self.token.text.upper()}")
        else:
            return False
        return True

    def constraint(self, column: str | None) -> st.ConstraintDef:
        """Parse a constraint; ``column`` is the column it follows, None for a table's."""
        name = self.name() if self.accept("constraint") else None
        if self.at_any("primary", "unique"):
            return self._key(name, column)
        if self.accept("check"):
            self.accept("not", "for", "replication")
            self.expect("(")
            start = self.token.start
            condition = self.condition()
            text = self.text_since(start)
            self.expect(")")
            keys = (st.KeyColumn(column),) if column else ()
            return st.ConstraintDef("check", name, keys, expression=condition, text=text)
        if self.accept("default"):
            start = self.token.start
            value = self.expression()
            text = self.text_since(start)
            target = column
            if self.accept("for"):
                target = self.name()
            if target is None:
                raise self.error()
            self.accept("with", "values")
            return st.ConstraintDef(
                "default", name, (st.KeyColumn(target),), expression=value, text=text
            )
        if self.at_any("foreign", "references"):
            return self._foreign_key(name, column)
        raise self.error()

    def _key(self, name: str | None, column: str | None) -> st.ConstraintDef:
        kind = self.advance().lower
        if kind == "primary":
            self.expect("key")
        clustered: bool | None = None
        if self.accept("clustered"):
            clustered = True
        elif self.accept("nonclustered"):
            clustered = False
        columns = self.key_columns() if self.at("(") else ()
        if not columns and column:
            columns = (st.KeyColumn(column),)
        if not columns:
            raise self.error()
        self._storage_clauses()
        return st.ConstraintDef(kind, name, columns, clustered)

    def _foreign_key(self, name: str | None, column: str | None) -> st.ConstraintDef:
        columns: tuple[str, ...] = (column,) if column else ()
        if self.accept("foreign"):
            self.expect("key")
            if self.at("("):
                columns = self.name_list()
        self.expect("references")
        table = self.path()
        referenced = self.name_list() if self.at("(") else ()
        actions = {"delete": "NO_ACTION", "update": "NO_ACTION"}
        while self.accept("on"):
            event = self.advance().lower
            words = [self.advance().text.upper()]
            if words[0] in ("NO", "SET"):
                words.append(self.advance().text.upper())
            actions[event] = "_".join(words)
        self.accept("not", "for", "replication")
        reference = st.ForeignKey(table, referenced, actions["delete"], actions["update"])
        keys = tuple(st.KeyColumn(item) for item in columns)
        return st.ConstraintDef("foreign", name, keys, references=reference)

    def key_columns(self) -> tuple[st.KeyColumn, ...]:
        """Parse ``(a, b DESC)``."""
        self.expect("(")
        columns = []
        while True:
            name = self.name()
            descending = self.accept("desc")
            if not descending:
                self.accept("asc")
            columns.append(st.KeyColumn(name, descending))
            if not self.accept(","):
                break
        self.expect(")")
        return tuple(columns)

    def _inline_index(self) -> st.IndexDef:
        self.expect("index")
        name = self.name()
        unique = self.accept("unique")
        clustered = self.accept("clustered")
        self.accept("nonclustered")
        if self.at("columnstore"):
            raise unsupported("columnstore indexes")
        return st.IndexDef(name, self.key_columns(), unique, clustered)

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
        self._storage_clauses()
        index = st.IndexDef(name, columns, unique, clustered, included, condition, text)
        return st.CreateIndex(table, index, line=line)

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
        return st.Drop(kind, tuple(names), if_exists, on, line=line)

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
            columns: list[st.ColumnDef] = []
            constraints: list[st.ConstraintDef] = []
            while True:
                if self.token.lower in _CONSTRAINT_WORDS or self.at("default"):
                    constraints.append(self.constraint(None))
                else:
                    columns.append(self.column())
                if not self.accept(","):
                    break
            return st.AlterTable(table, "add", tuple(columns), tuple(constraints), line=line)
        if self.accept("alter"):
            self.expect("column")
            return st.AlterTable(table, "alter column", (self.column(),), line=line)
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
            return st.AlterTable(table, action, names=tuple(names), if_exists=if_exists, line=line)
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
        return st.AlterDatabase(name, option, value, line=line)
