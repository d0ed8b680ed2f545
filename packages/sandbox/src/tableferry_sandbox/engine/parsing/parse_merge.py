"""MERGE."""

from typing import Final

from tableferry_sandbox.engine.parsing.parse_dml import DmlParser
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.events import SqlError

_NAMES: Final = {
    "matched": "WHEN MATCHED",
    "not matched": "WHEN NOT MATCHED",
    "not matched by source": "WHEN NOT MATCHED BY SOURCE",
}


class MergeParser(DmlParser):
    """Parses MERGE."""

    def merge(self, line: int, tables: tuple[s.CommonTable, ...] = ()) -> st.Statement:
        """Parse what follows MERGE. Raises 5324, 10710, 10711, 10713, 10714."""
        top = self.top()
        self.accept("into")
        target = self._target()
        if not self.accept("using"):
            raise self.error()
        source = self.sources()
        self.expect("on")
        condition = self.condition()
        clauses: list[st.MergeClause] = []
        while self.accept("when"):
            clauses.append(self._clause())
            _check_last(clauses)
        if not clauses:
            raise self.error()
        output = self._output()
        options = self._options()
        if not self.at(";"):
            text = "A MERGE statement must be terminated by a semi-colon (;)."
            raise SqlError(10713, text, severity=15, line=self.token.line)
        return st.Merge(
            target, source, condition, tuple(clauses), top, output, tables, options, line=line
        )

    def _target(self) -> s.TableRef:
        path = (self.advance().text,) if self.token.kind == "variable" else self.path()
        hints = self._hints()
        alias = None
        if self.accept("as"):
            alias = self.name()
        elif self.at_name() and not self.at("using"):
            alias = self.advance().text
        return s.TableRef(path, alias, hints or self._hints())

    def _clause(self) -> st.MergeClause:
        """Parse a clause after its WHEN."""
        when = "not matched" if self.accept("not") else "matched"
        if not self.accept("matched"):
            raise self.error()
        if when == "not matched" and self.accept("by"):
            if self.accept("source"):
                when = "not matched by source"
            elif not self.accept("target"):
                raise self.error()
        condition = self.condition() if self.accept("and") else None
        self.expect("then")
        if self.accept("update"):
            self.expect("set")
            return st.MergeClause(when, condition, "update", self._assignments())
        if self.accept("delete"):
            return st.MergeClause(when, condition, "delete")
        self.expect("insert")
        columns = self.name_list() if self.at("(") else ()
        if self.accept("default"):
            self.expect("values")
            return st.MergeClause(when, condition, "insert", columns=columns)
        rows = self.values().rows
        if len(rows) != 1:
            raise self.error()
        return st.MergeClause(when, condition, "insert", columns=columns, values=rows[0])


def _check_last(clauses: list[st.MergeClause]) -> None:
    """Raise 10710 or 10711 for the action of the last clause, 10714 or 5324 for its place."""
    last = clauses[-1]
    name = _NAMES[last.when]
    inserts = last.when == "not matched"
    if inserts != (last.action == "insert"):
        raise SqlError(
            10710 if inserts else 10711,
            f"An action of type '{last.action.upper()}' is not allowed in the '{name}' clause of a "
            "MERGE statement.",
            severity=15,
        )
    before = [clause for clause in clauses[:-1] if clause.when == last.when]
    if any(clause.action == last.action for clause in before):
        raise SqlError(
            10714,
            f"An action of type '{name}' cannot appear more than once in a "
            f"'{last.action.upper()}' clause of a MERGE statement.",
            severity=15,
        )
    if any(clause.condition is None for clause in before):
        raise SqlError(
            5324,
            f"In a MERGE statement, a '{name}' clause with a search condition cannot appear after "
            f"a '{name}' clause with no search condition.",
        )
