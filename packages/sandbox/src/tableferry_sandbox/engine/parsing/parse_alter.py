"""ALTER TABLE and ALTER DATABASE."""

from typing import Any, Final

from tableferry_sandbox.engine import tracking_errors
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.parse_indexes import IndexParser
from tableferry_sandbox.engine.parsing.parse_tables import CONSTRAINT_WORDS
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import statements as st

_COLUMN_MARKS: Final = frozenset({"hidden", "rowguidcol", "sparse", "persisted", "not", "masked"})
"""What ALTER COLUMN ... ADD or DROP may be followed by."""


class AlterParser(IndexParser):
    """Parses ALTER TABLE and ALTER DATABASE."""

    def alter_table(self, line: int) -> st.Statement:  # noqa: C901 - one branch for each action
        """Parse what follows ALTER TABLE."""
        table = self.path()
        check: bool | None = None
        if self.at_any("with"):
            check = self.peek().lower == "check"
            if not check and self.peek().lower != "nocheck":
                raise self.error()
            self.position += 2
        if self.at_any("check", "nocheck"):
            return self._constraint_states(table, check, line)
        if self.accept("add"):
            return self._add(table, check, line)
        if self.accept("alter"):
            self.expect("column")
            return self._alter_column(table, line)
        if self.accept("drop"):
            return self._drop_parts(table, line)
        if self.at("set", "("):
            self.advance()
            versioning = self.table_options()
            if versioning is None:
                return st.NoOperation("ALTER TABLE", line=line)
            return dd.AlterTable(table, "set versioning", versioning=versioning, line=line)
        if self.at_any("enable", "disable") and self.peek().lower == "trigger":
            self.position += 2
            names = tuple(self.name_or_word_list())
            return dd.AlterTable(table, "trigger", names=names, line=line)
        if self.at_any("enable", "disable") and self.peek().lower == "change_tracking":
            return self._change_tracking(table, line)
        if self.accept("rebuild"):
            self.storage_clauses()
            return st.NoOperation("ALTER TABLE", line=line)
        words = []
        while not (self.at(";") or self.token.kind == "end"):
            words.append(self.advance().text)
        raise unsupported("ALTER TABLE ... " + " ".join(words[:3]).upper())

    def _change_tracking(self, table: st.Path, line: int) -> st.Statement:
        action = self.advance().lower + " change tracking"
        self.advance()
        with_columns = False
        if action.startswith("enable") and self.accept("with", "("):
            self.expect("track_columns_updated")
            self.expect("=")
            with_columns = self._switch()
            self.expect(")")
        return dd.AlterTable(table, action, track_columns=with_columns, line=line)

    def _switch(self) -> bool:
        """Take ON or OFF."""
        if not self.at_any("on", "off"):
            raise self.error()
        return self.advance().lower == "on"

    def _constraint_states(self, table: st.Path, check: bool | None, line: int) -> st.Statement:
        """Parse ``CHECK CONSTRAINT`` or ``NOCHECK CONSTRAINT``: ALL is an empty list of names."""
        action = self.advance().lower + " constraint"
        self.expect("constraint")
        names: list[str] = []
        if not self.accept("all"):
            names.append(self.name())
            while self.accept(","):
                names.append(self.name())
        return dd.AlterTable(table, action, names=tuple(names), check=check, line=line)

    def _add(self, table: st.Path, check: bool | None, line: int) -> st.Statement:
        columns: list[dd.ColumnDef] = []
        constraints: list[dd.ConstraintDef] = []
        period: tuple[str, ...] = ()
        while True:
            if self.at("period", "for"):
                period = self.period()
            elif self.token.lower in CONSTRAINT_WORDS or self.at("default"):
                constraints.append(self.constraint(None))
            else:
                columns.append(self.column())
            if not self.accept(","):
                break
        return dd.AlterTable(
            table, "add", tuple(columns), tuple(constraints), check=check, period=period, line=line
        )

    def _alter_column(self, table: st.Path, line: int) -> st.Statement:
        name, mark = self.peek(0), self.peek(2)
        if self.peek(1).lower in ("add", "drop") and mark.lower in _COLUMN_MARKS:
            action = f"{self.peek(1).lower} {mark.lower}"
            self.position += 3
            if action == "add masked":
                column = dd.ColumnDef(name.text, None, masked=self.mask())
                return dd.AlterTable(table, "mask column", (column,), line=line)
            self.accept("for", "replication")
            return dd.AlterTable(table, "mark column", names=(name.text, action), line=line)
        return dd.AlterTable(table, "alter column", (self.column(),), line=line)

    def _drop_parts(self, table: st.Path, line: int) -> st.Statement:
        if self.at("period", "for"):
            self.position += 3
            return dd.AlterTable(table, "drop period", line=line)
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
        self.storage_clauses()
        return dd.AlterTable(table, action, names=tuple(names), if_exists=if_exists, line=line)

    def alter_database(self, line: int) -> st.Statement:
        """Parse what follows ALTER DATABASE."""
        name = "" if self.accept("current") else self.name()
        if self.accept("collate"):
            raise unsupported("ALTER DATABASE ... COLLATE")
        if self.at_any("add", "modify", "remove") and self.peek().lower in (
            "file", "filegroup", "log",
        ):  # fmt: skip
            while not (self.at(";") or self.token.kind == "end"):
                self.advance()
            return st.NoOperation("ALTER DATABASE", line=line)
        self.expect("set")
        if self.accept("change_tracking"):
            return self._database_tracking(name, line)
        changes: list[st.Statement] = [self._database_option(name, line)]
        while self.accept(","):
            if self.at("change_tracking"):
                raise tracking_errors.combined()
            changes.append(self._database_option(name, line))
        if self.accept("with"):
            self.name_or_word_list()
            while self.token.kind in ("word", "number") and not self.at(";"):
                if self.token.lower not in ("immediate", "after", "seconds") and (
                    self.token.kind != "number"
                ):
                    break
                self.advance()
        return changes[0] if len(changes) == 1 else st.Block(tuple(changes), line=line)

    def _database_tracking(self, name: str, line: int) -> st.Statement:
        """Parse what follows SET CHANGE_TRACKING. Raises 5091, 5092, 155."""
        on = self._switch() if self.accept("=") else None
        found: dict[str, Any] = {}
        if on is not False and self.accept("("):
            while True:
                option = self.advance().lower
                if option in found:
                    raise tracking_errors.repeated(option)
                self.expect("=")
                if option == "change_retention":
                    found[option] = self._retention()
                elif option == "auto_cleanup":
                    found[option] = self._switch()
                else:
                    raise self.error()
                if not self.accept(","):
                    break
            self.expect(")")
        elif on is None:
            raise self.error()
        if self.at(","):
            raise tracking_errors.combined()
        number, unit = found.get("change_retention", (None, ""))
        cleanup = found.get("auto_cleanup")
        return dd.TrackDatabase(name, on, number, unit, cleanup, line=line)

    def _retention(self) -> tuple[int, str]:
        number, unit = self.integer(), self.advance().lower
        if unit not in ("minutes", "hours", "days"):
            raise tracking_errors.unknown_unit(unit)
        minutes = number * {"minutes": 1, "hours": 60, "days": 1440}[unit]
        if not 1 <= minutes < 2**31:
            raise tracking_errors.invalid_retention()
        return number, unit.upper()

    def _database_option(self, name: str, line: int) -> dd.AlterDatabase:
        option = self.advance().lower
        self.accept("=")
        has_value = self.token.kind in ("word", "number", "name") and not self.at("with")
        value = self.advance().lower if has_value else ""
        if has_value and self.tokens[self.position - 1].kind == "number":
            value = self.tokens[self.position - 1].text
        if self.at("("):
            self.skip_parentheses()
        return dd.AlterDatabase(name, option, value, line=line)
