"""CREATE INDEX of every kind (B-trees, columnstore, XML, spatial), and ALTER INDEX."""

from tableferry_sandbox.engine.parsing.parse_policies import PolicyParser
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s


class IndexParser(PolicyParser):
    """Parses CREATE and ALTER INDEX."""

    def at_index(self) -> bool:
        """Return whether what follows CREATE is an index."""
        return (
            self.at_any("unique", "clustered", "nonclustered", "index", "columnstore")
            or self.at("xml", "index")
            or self.at("primary", "xml")
            or self.at("spatial", "index")
            or self.at("selective", "xml")
        )

    def create_index(self, line: int) -> st.Statement:
        """Parse what follows CREATE, from UNIQUE, CLUSTERED or the kind on."""
        unique = self.accept("unique")
        clustered = self.accept("clustered")
        self.accept("nonclustered")
        if self.accept("columnstore"):
            return self._columnstore(line, clustered=clustered)
        if self.at_any("primary", "selective", "xml"):
            return self._xml_index(line)
        if self.accept("spatial"):
            name, table = self._name_and_table()
            index = dd.IndexDef(name, self.key_columns(), kind="SPATIAL")
            if self.accept("using"):
                self.advance()
            self.storage_clauses()
            return dd.CreateIndex(table, index, line=line)
        name, table = self._name_and_table()
        columns = self.key_columns()
        included = self.name_list() if self.accept("include") else ()
        condition, text = self._filter()
        self.storage_clauses()
        index = dd.IndexDef(name, columns, unique, clustered, included, condition, text)
        return dd.CreateIndex(table, index, line=line)

    def _name_and_table(self) -> tuple[str, st.Path]:
        self.expect("index")
        name = self.name()
        self.expect("on")
        return name, self.path()

    def _filter(self) -> tuple[s.Node | None, str]:
        if not self.accept("where"):
            return None, ""
        start = self.token.start
        condition = self.condition()
        return condition, self.text_since(start)

    def _columnstore(self, line: int, *, clustered: bool) -> st.Statement:
        name, table = self._name_and_table()
        columns = self.name_list() if self.at("(") else ()
        if self.accept("order"):
            self.skip_parentheses()
        condition, text = self._filter()
        self.storage_clauses()
        kind = "CLUSTERED COLUMNSTORE" if clustered else "NONCLUSTERED COLUMNSTORE"
        index = dd.IndexDef(name, (), False, clustered, columns, condition, text, kind)
        return dd.CreateIndex(table, index, line=line)

    def _xml_index(self, line: int) -> st.Statement:
        self.accept("selective")
        self.accept("primary")
        self.expect("xml")
        name, table = self._name_and_table()
        columns = self.key_columns()
        if self.accept("using", "xml"):
            self.expect("index")
            self.name()
            self.expect("for")
            self.advance()
        if self.accept("for"):
            self.skip_parentheses()
        self.storage_clauses()
        return dd.CreateIndex(table, dd.IndexDef(name, columns, kind="XML"), line=line)

    def alter_index(self, line: int) -> st.Statement:
        """Parse what follows ALTER INDEX."""
        name = "" if self.accept("all") else self.name()
        self.expect("on")
        table = self.path()
        action = self.advance().lower
        if action not in ("disable", "rebuild", "reorganize", "set", "resume", "pause", "abort"):
            raise self.error()
        if action == "set":
            self.skip_parentheses()
        elif self.accept("partition", "="):
            self.advance()
        if self.at("with", "("):
            self.advance()
            self.skip_parentheses()
        return dd.AlterIndex(table, name, action, line=line)
