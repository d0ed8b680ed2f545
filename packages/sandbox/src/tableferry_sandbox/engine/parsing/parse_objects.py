"""Definitions of objects other than tables and views: sequences, functions, synonyms and more."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace as dc_replace
from typing import Final

from tableferry_sandbox.engine.parsing.parse_tables import TableParser
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s

MODULES: Final = frozenset({"procedure", "proc", "trigger", "function"})
"""Objects with a body of statements, which extends to the end of the batch."""


class ObjectParser(TableParser):
    """Parses CREATE and ALTER of sequences, functions, synonyms, rules, XML schemas, partitions."""

    @abstractmethod
    def statement(self, *, first: bool = False) -> st.Statement:
        """Parse one statement; a function's body contains statements."""

    def refused_module(self, verb: str, line: int) -> st.Statement:
        """Take a module's definition, to the end of the batch; running it is an error."""
        kind = self.token.text.upper()
        while self.token.kind != "end":
            self.advance()
        return st.Refused(f"{verb} {kind}", line=line)

    def create_object(self, start: int, line: int) -> st.Statement | None:
        """Parse what follows CREATE, if it is one of these objects; None with nothing taken."""
        if self.at("xml", "schema"):
            return self._xml_collection(line, create=True)
        for word, parse in _PARSERS.items():
            if self.at(word):
                self.advance()
                return parse(self, start, line)
        return None

    def function(
        self, start: int, line: int, *, replace: bool = False, must_exist: bool = False
    ) -> st.Statement:
        """Parse what follows CREATE or ALTER FUNCTION: a scalar function or an inline one."""
        mark = self.position - 1
        path = self.path()
        self.expect("(")
        parameters: list[dd.FunctionParameter] = []
        while not self.accept(")"):
            parameters.append(self._parameter())
            self.accept(",")
        if not self.accept("returns"):
            raise self.error()
        if self.accept("table"):
            made = self._inline_function(path, tuple(parameters), start, line)
            return dc_replace(made, replace=replace, must_exist=must_exist)
        if self.token.kind == "variable":
            self.position = mark
            return self.refused_module("table-valued", line)
        returns = self.type_name()
        options = self._function_options()
        self.accept("as")
        if not self.at("begin"):
            self.position = mark
            return self.refused_module("CREATE", line)
        body = self.statement()
        return dd.CreateFunction(
            path,
            tuple(parameters),
            returns,
            body.body if isinstance(body, st.Block) else (body,),
            self.text_since(start),
            replace,
            must_exist,
            schema_bound="schemabinding" in options,
            called_on_null="returns" not in options,
            line=line,
        )

    def _inline_function(
        self, path: st.Path, parameters: tuple[dd.FunctionParameter, ...], start: int, line: int
    ) -> dd.CreateInlineFunction:
        """Parse what follows RETURNS TABLE; the query may stand in parentheses."""
        options = self._function_options()
        self.accept("as")
        self.expect("return")
        query = self.query()
        return dd.CreateInlineFunction(
            path,
            parameters,
            query,
            self.text_since(start),
            schema_bound="schemabinding" in options,
            line=line,
        )

    def _parameter(self) -> dd.FunctionParameter:
        if self.token.kind != "variable":
            raise self.error()
        name = self.advance().text
        self.accept("as")
        kind = self.type_name()
        default = self.expression() if self.accept("=") else None
        self.accept("readonly")
        return dd.FunctionParameter(name, kind, default)

    def _function_options(self) -> set[str]:
        words: set[str] = set()
        if self.accept("with"):
            while not (self.at_any("as", "begin", "return") or self.token.kind == "end"):
                if self.accept("execute", "as"):
                    self.advance()
                else:
                    words.add(self.advance().lower)
        return words

    def _sequence(self, _start: int, line: int) -> st.Statement:
        return self.sequence(line, create=True)

    def sequence(  # noqa: C901 - one branch for each option
        self, line: int, *, create: bool
    ) -> st.Statement:
        """Parse what follows CREATE or ALTER SEQUENCE."""
        path = self.path()
        kind = self.type_name() if self.accept("as") else None
        numbers: dict[str, int] = {}
        cycle: bool | None = None
        restart = False
        while True:
            if self.accept("start", "with"):
                numbers["start"] = self.integer()
            elif self.accept("restart"):
                restart = True
                if self.accept("with"):
                    numbers["start"] = self.integer()
            elif self.accept("increment"):
                self.expect("by")
                numbers["increment"] = self.integer()
            elif self.at_any("minvalue", "maxvalue"):
                bound = "minimum" if self.advance().lower == "minvalue" else "maximum"
                numbers[bound] = self.integer()
            elif self.accept("cycle"):
                cycle = True
            elif self.accept("no"):
                if self.advance().lower == "cycle":
                    cycle = False
            elif self.accept("cache"):
                if self.token.kind == "number":
                    self.advance()
            else:
                break
        return dd.SequenceChange(
            path, create, kind, cycle=cycle, restart=restart, **numbers, line=line
        )

    def _synonym(self, _start: int, line: int) -> st.Statement:
        name = self.path()
        self.expect("for")
        return dd.CreateSynonym(name, self.path(), line=line)

    def _rule(self, _start: int, line: int) -> st.Statement:
        name = self.path()
        self.expect("as")
        start = self.token.start
        condition = self.condition()
        return dd.CreateBound("rule", name, condition, self.text_since(start), line=line)

    def _default(self, _start: int, line: int) -> st.Statement:
        name = self.path()
        self.expect("as")
        start = self.token.start
        value = self.expression()
        return dd.CreateBound("default", name, value, self.text_since(start), line=line)

    def _xml_collection(self, line: int, *, create: bool) -> st.Statement:
        self.advance()
        self.expect("schema")
        if not self.accept("collection"):
            raise self.error()
        name = self.path()
        self.expect("as" if create else "add")
        return dd.XmlCollectionChange(name, create, self.expression(), line=line)

    def alter_xml_collection(self, line: int) -> st.Statement:
        """Parse ALTER XML SCHEMA COLLECTION, from its second word on."""
        return self._xml_collection(line, create=False)

    def _partition(self, _start: int, line: int) -> st.Statement:
        if self.accept("scheme"):
            name = self.name()
            self.expect("as")
            if not self.accept("partition"):
                raise self.error()
            function = self.name()
            self.accept("all")
            self.expect("to")
            self.skip_parentheses()
            return dd.CreatePartitioning("scheme", name, function=function, line=line)
        self.expect("function")
        name = self.name()
        self.expect("(")
        kind = self.type_name()
        self.expect(")")
        self.expect("as")
        if not self.accept("range"):
            raise self.error()
        right = self.accept("right")
        if not right:
            self.accept("left")
        self.expect("for")
        self.expect("values")
        self.expect("(")
        values: tuple[s.Node, ...] = () if self.at(")") else self.expressions()
        self.expect(")")
        return dd.CreatePartitioning("function", name, kind, right, values, line=line)

    def _statistics(self, _start: int, line: int) -> st.Statement:
        """CREATE STATISTICS: there are no query plans that would use them."""
        self.name()
        self.expect("on")
        self.path()
        self.name_list()
        if self.accept("where"):
            self.condition()
        if self.accept("with"):
            self.name_or_word_list()
        return st.NoOperation("CREATE STATISTICS", line=line)

    def _fulltext(self, _start: int, line: int) -> st.Statement:
        """Take a full-text statement, which needs a component that this instance lacks."""
        while not (self.at(";") or self.token.kind == "end"):
            self.advance()
        return st.Refused("full-text", line=line)

    def name_or_word_list(self) -> list[str]:
        """Take words separated by commas."""
        words = [self.advance().lower]
        while self.accept(","):
            words.append(self.advance().lower)
        return words


_PARSERS: Final[dict[str, Callable[[ObjectParser, int, int], st.Statement]]] = {
    "sequence": ObjectParser._sequence,  # noqa: SLF001 - its own methods
    "synonym": ObjectParser._synonym,  # noqa: SLF001 - its own methods
    "rule": ObjectParser._rule,  # noqa: SLF001 - its own methods
    "default": ObjectParser._default,  # noqa: SLF001 - its own methods
    "partition": ObjectParser._partition,  # noqa: SLF001 - its own methods
    "statistics": ObjectParser._statistics,  # noqa: SLF001 - its own methods
    "fulltext": ObjectParser._fulltext,  # noqa: SLF001 - its own methods
}
