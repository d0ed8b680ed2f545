"""Definitions of tables: columns, constraints and indexes."""

from typing import Final

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.parse_queries import QueryParser
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import syntax as s

CONSTRAINT_WORDS: Final = frozenset(
    {"constraint", "primary", "unique", "check", "foreign", "index"}
)
"""Words that begin a constraint or an inline index in a table definition."""


class TableParser(QueryParser):
    """Parses what CREATE TABLE and ALTER TABLE define."""

    def table_body(self, path: tuple[str, ...], line: int) -> dd.CreateTable:
        """Parse a table's columns, constraints and indexes."""
        self.expect("(")
        columns: list[dd.ColumnDef] = []
        constraints: list[dd.ConstraintDef] = []
        indexes: list[dd.IndexDef] = []
        while True:
            if self.at("index"):
                indexes.append(self._inline_index())
            elif self.at("period"):
                raise unsupported("system-versioned tables")
            elif self.token.lower in CONSTRAINT_WORDS:
                constraints.append(self.constraint(None))
            else:
                columns.append(self.column())
            if not self.accept(","):
                break
            if self.at(")"):
                break
        self.expect(")")
        self.storage_clauses()
        return dd.CreateTable(path, tuple(columns), tuple(constraints), tuple(indexes), line=line)

    def storage_clauses(self) -> None:
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

    def column(self) -> dd.ColumnDef:
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
        constraints: list[dd.ConstraintDef] = []
        while self._column_option(name, options, constraints):
            pass
        return dd.ColumnDef(name, type_name, constraints=tuple(constraints), **options)  # type: ignore[arg-type]

    def _computed(self, name: str) -> dd.ColumnDef:
        start = self.token.start
        expression = self.expression()
        text = self.text_since(start)
        persisted = self.accept("persisted")
        nullable = not self.accept("not", "null")
        constraints = []
        while self.at_any("constraint", "primary", "unique"):
            constraints.append(self.constraint(name))
        return dd.ColumnDef(
            name,
            None,
            nullable=None if nullable else False,
            computed=expression,
            text=text,
            persisted=persisted,
            constraints=tuple(constraints),
        )

    def _column_option(  # noqa: C901 - one branch for each option
        self, name: str, options: dict[str, object], constraints: list[dd.ConstraintDef]
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

    def constraint(self, column: str | None) -> dd.ConstraintDef:
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
            keys = (dd.KeyColumn(column),) if column else ()
            return dd.ConstraintDef("check", name, keys, expression=condition, text=text)
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
            return dd.ConstraintDef(
                "default", name, (dd.KeyColumn(target),), expression=value, text=text
            )
        if self.at_any("foreign", "references"):
            return self._foreign_key(name, column)
        raise self.error()

    def _key(self, name: str | None, column: str | None) -> dd.ConstraintDef:
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
            columns = (dd.KeyColumn(column),)
        if not columns:
            raise self.error()
        self.storage_clauses()
        return dd.ConstraintDef(kind, name, columns, clustered)

    def _foreign_key(self, name: str | None, column: str | None) -> dd.ConstraintDef:
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
        reference = dd.ForeignKey(table, referenced, actions["delete"], actions["update"])
        keys = tuple(dd.KeyColumn(item) for item in columns)
        return dd.ConstraintDef("foreign", name, keys, references=reference)

    def key_columns(self) -> tuple[dd.KeyColumn, ...]:
        """Parse ``(a, b DESC)``."""
        self.expect("(")
        columns = []
        while True:
            name = self.name()
            descending = self.accept("desc")
            if not descending:
                self.accept("asc")
            columns.append(dd.KeyColumn(name, descending))
            if not self.accept(","):
                break
        self.expect(")")
        return tuple(columns)

    def _inline_index(self) -> dd.IndexDef:
        self.expect("index")
        name = self.name()
        unique = self.accept("unique")
        clustered = self.accept("clustered")
        self.accept("nonclustered")
        if self.at("columnstore"):
            raise unsupported("columnstore indexes")
        return dd.IndexDef(name, self.key_columns(), unique, clustered)
