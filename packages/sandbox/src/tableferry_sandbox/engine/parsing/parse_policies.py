"""CREATE and ALTER SECURITY POLICY."""

from typing import Any

from tableferry_sandbox.engine.parsing.parse_objects import ObjectParser
from tableferry_sandbox.engine.tree import security as sec
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s

_OPERATIONS = (("after", "insert"), ("after", "update"), ("before", "update"), ("before", "delete"))


class PolicyParser(ObjectParser):
    """Parses security policies."""

    def at_policy(self) -> bool:
        """Return whether what follows CREATE, ALTER or DROP is a security policy."""
        return self.at("security", "policy")

    def create_object(self, start: int, line: int) -> st.Statement | None:
        """Parse what follows CREATE, if it is one of these objects; None with nothing taken."""
        if not self.at_policy():
            return super().create_object(start, line)
        self.position += 2
        return self.security_policy(line, create=True)

    def security_policy(self, line: int, *, create: bool) -> st.Statement:
        """Parse a security policy, from its name on."""
        name = self.path()
        opened = self.accept("(")
        changes: list[sec.PredicateChange] = []
        while self.at_any("add", "alter", "drop"):
            if create and not self.at("add"):
                raise self.error()
            changes.append(self._security_predicate())
            if not self.accept(","):
                break
        if opened:
            self.expect(")")
        options = self._options_of_policy()
        return sec.PolicyChange(name, create, tuple(changes), line=line, **options)

    def _options_of_policy(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.accept("with"):
            self.expect("(")
            while not self.accept(")"):
                words = {"state": "enabled", "schemabinding": "schema_bound"}
                option = words.get(self.token.lower)
                if option is None:
                    raise self.error()
                self.advance()
                self.expect("=")
                if not self.at_any("on", "off"):
                    raise self.error()
                found[option] = self.advance().lower == "on"
                self.accept(",")
        if self.at("not", "for") or self.at("for", "replication"):
            found["not_for_replication"] = self.accept("not")
            self.expect("for")
            self.expect("replication")
        return found

    def _security_predicate(self) -> sec.PredicateChange:
        """Parse one ADD, ALTER or DROP of a predicate; a filter is the default kind."""
        action = self.advance().lower
        block = self.accept("block")
        if not block:
            self.accept("filter")
        self.expect("predicate")
        function: st.Path = ()
        arguments: list[s.Node] = []
        texts: list[str] = []
        if action != "drop":
            function = self.path()
            self.expect("(")
            while not self.accept(")"):
                start = self.token.start
                arguments.append(self.expression())
                texts.append(self.text_since(start))
                self.accept(",")
        self.expect("on")
        table = self.path()
        operation = ""
        for words in _OPERATIONS:
            if block and self.accept(*words):
                operation = " ".join(words).upper()
        return sec.PredicateChange(
            action, block, table, function, tuple(arguments), tuple(texts), operation
        )
