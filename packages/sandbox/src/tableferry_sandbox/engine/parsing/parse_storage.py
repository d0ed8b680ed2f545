"""What CREATE TABLE says of storage and of system versioning."""

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.parse_queries import QueryParser
from tableferry_sandbox.engine.tree import definitions as dd


class StorageParser(QueryParser):
    """Parses the clauses after a table's, key's or index's columns."""

    def period(self) -> tuple[str, ...]:
        """Parse ``PERIOD FOR SYSTEM_TIME (start, end)``."""
        self.position += 2
        if not self.accept("system_time"):
            raise self.error()
        names = self.name_list()
        if len(names) != 2:
            raise self.error()
        return names

    def storage_clauses(self) -> dd.Versioning | None:
        """Skip filegroups and storage options: they change where rows are stored, not the rows.

        Returns SYSTEM_VERSIONING, which may be among them.
        """
        found = None
        while True:
            if self.at_any("on", "textimage_on", "filestream_on"):
                self.advance()
                self.advance()
                if self.at("("):
                    self.skip_parentheses()
            elif self.at("with", "fillfactor"):
                self.position += 2
                self.expect("=")
                self.integer()
            elif self.at("with", "("):
                self.advance()
                found = self.table_options() or found
            else:
                return found

    def table_options(self) -> dd.Versioning | None:
        """Parse ``(option = value, ...)``; only SYSTEM_VERSIONING means anything here."""
        self.expect("(")
        found = None
        while not self.accept(")"):
            option = self.advance().lower
            if option == "ledger":
                raise unsupported("tables WITH LEDGER")
            if option == "system_versioning":
                self.expect("=")
                found = self._versioning()
            else:
                self._skip_value()
            self.accept(",")
        return found

    def _versioning(self) -> dd.Versioning:
        on = self.advance().lower == "on"
        history: tuple[str, ...] = ()
        if on and self.accept("("):
            while not self.accept(")"):
                option = self.advance().lower
                if option == "history_table":
                    self.expect("=")
                    history = self.path()
                else:
                    self._skip_value()
                self.accept(",")
        return dd.Versioning(on, history)

    def _skip_value(self) -> None:
        """Skip an option's value, up to the next comma or the end of the list."""
        while not self.at_any(",", ")"):
            if self.token.kind == "end":
                raise self.error()
            if self.at("("):
                self.skip_parentheses()
            else:
                self.advance()

    def skip_parentheses(self) -> None:
        """Skip a parenthesis and what is in it."""
        self.expect("(")
        depth = 1
        while depth:
            if self.token.kind == "end":
                raise self.error()
            text = self.advance().lower
            depth += (text == "(") - (text == ")")
