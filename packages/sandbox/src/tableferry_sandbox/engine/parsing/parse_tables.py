"""Definitions of tables: columns, constraints and indexes."""

from typing import Final

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.parse_storage import StorageParser
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import syntax as s

CONSTRAINT_WORDS: Final = frozenset(
    {"constraint", "primary", "unique", "check", "foreign", "index"}
)
"""Words that begin a constraint or an inline index in a table definition."""


class TableParser(StorageParser):
    """Parses what CREATE TABLE and ALTER TABLE define."""

    def table_body(self, path: tuple[str, ...], line: int) -> dd.CreateTable:
        """Parse a table's columns, constraints and indexes; an edge needs none of them."""
        if self.at("as", "edge"):
            self.position += 2
            self.storage_clauses()
            return dd.CreateTable(path, (), graph="edge", line=line)
        self.expect("(")
        columns: list[dd.ColumnDef] = []
        constraints: list[dd.ConstraintDef] = []
        indexes: list[dd.IndexDef] = []
        period: tuple[str, ...] = ()
        while True:
            if self.at("index"):
                indexes.append(self._inline_index())
            elif self.at("period", "for"):
                period = self.period()
            elif self.token.lower in CONSTRAINT_WORDS:
                constraints.append(self.constraint(None))
            else:
                columns.append(self.column())
            if not self.accept(","):
                break
            if self.at(")"):
                break
        self.expect(")")
        graph = ""
        if self.at("as", "node") or self.at("as", "edge"):
            graph = self.peek().lower
            self.position += 2
        versioning = self.storage_clauses()
        return dd.CreateTable(
            path,
            tuple(columns),
            tuple(constraints),
            tuple(indexes),
            period,
            versioning,
            graph,
            line=line,
        )

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

    def _column_option(  # noqa: C901, PLR0912 - one branch for each option
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
        elif self.accept("column_set", "for", "all_sparse_columns"):
            options["column_set"] = True
        elif self.accept("rowguidcol"):
            options["rowguid"] = True
        elif self.at_any(
            "constraint", "primary", "unique", "check", "default", "references", "foreign"
        ):
            constraints.append(self.constraint(name))
        elif self.accept("generated"):
            for word in ("always", "as"):
                self.expect(word)
            if not self.accept("row"):
                raise unsupported("ledger tables")
            options["generated"] = self.advance().lower
            if options["generated"] not in ("start", "end"):
                raise self.error()
        elif self.accept("hidden"):
            options["hidden"] = True
        elif self.accept("masked"):
            options["masked"] = self.mask()
        elif self.at_any("encrypted", "filestream"):
            raise unsupported(f"columns {self.token.text.upper()}")
        else:
            return False
        return True

    def mask(self) -> str:
        """Parse ``WITH (FUNCTION = 'default()')``."""
        for word in ("with", "(", "function", "="):
            self.expect(word)
        mask = self.string()
        self.expect(")")
        return mask

    def constraint(self, column: str | None) -> dd.ConstraintDef:
        """Parse a constraint; ``column`` is the column it follows, None for a table's."""
        name = self.name() if self.accept("constraint") else None
        if self.at_any("primary", "unique"):
            return self._key(name, column)
        if self.accept("check"):
            unreplicated = self.accept("not", "for", "replication")
            self.expect("(")
            start = self.token.start
            condition = self.condition()
            text = self.text_since(start)
            self.expect(")")
            keys = (dd.KeyColumn(column),) if column else ()
            return dd.ConstraintDef(
                "check",
                name,
                keys,
                expression=condition,
                text=text,
                not_for_replication=unreplicated,
            )
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
        self.accept("hash")
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
        unreplicated = self.accept("not", "for", "replication")
        reference = dd.ForeignKey(table, referenced, actions["delete"], actions["update"])
        keys = tuple(dd.KeyColumn(item) for item in columns)
        return dd.ConstraintDef(
            "foreign", name, keys, references=reference, not_for_replication=unreplicated
        )

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
        if self.accept("columnstore"):
            kind = "CLUSTERED COLUMNSTORE" if clustered else "NONCLUSTERED COLUMNSTORE"
            included = self.name_list() if self.at("(") else ()
            self.storage_clauses()
            return dd.IndexDef(name, (), clustered=clustered, included=included, kind=kind)
        kind = "NONCLUSTERED HASH" if self.accept("hash") else ""
        columns = self.key_columns()
        included = self.name_list() if self.accept("include") else ()
        condition, text = None, ""
        if self.accept("where"):
            start = self.token.start
            condition = self.condition()
            text = self.text_since(start)
        self.storage_clauses()
        return dd.IndexDef(name, columns, unique, clustered, included, condition, text, kind)
