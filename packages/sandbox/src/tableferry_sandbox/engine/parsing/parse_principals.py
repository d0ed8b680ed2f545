"""CREATE, ALTER and DROP of logins, users and roles; GRANT, DENY and REVOKE."""

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.parsing.parse_ddl import DdlParser
from tableferry_sandbox.engine.tree import security as sec
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.events import SqlError

_KINDS = ("login", "user", "role")


class PrincipalParser(DdlParser):
    """Parses statements about principals."""

    def create(self, line: int) -> st.Statement:
        """Parse what follows CREATE."""
        if not self.at_any(*_KINDS):
            return super().create(line)
        kind = self.advance().lower
        name = self.name()
        if kind == "role":
            if self.accept("authorization"):
                self.name()
            return sec.PrincipalChange("create", kind, name, line=line)
        if kind == "login":
            if not self.accept("with"):
                raise unsupported("logins of Windows, certificates and keys")
            return sec.PrincipalChange("create", kind, name, options=self._options_of(), line=line)
        login = name
        if self.at_any("for", "from"):
            self.advance()
            if not self.accept("login"):
                raise unsupported("users of certificates, keys and external providers")
            login = self.name()
        elif self.accept("without", "login"):
            login = ""
        options = self._options_of() if self.accept("with") else ()
        return sec.PrincipalChange("create", kind, name, login, options, line=line)

    def alter(self, line: int) -> st.Statement:
        """Parse what follows ALTER."""
        if not self.at_any(*_KINDS):
            return super().alter(line)
        kind = self.advance().lower
        name = self.name()
        if kind == "role" and self.at_any("add", "drop"):
            action = self.advance().lower
            self.expect("member")
            return sec.PrincipalChange(f"{action} member", kind, name, self.name(), line=line)
        if kind == "login" and self.at_any("enable", "disable"):
            return sec.PrincipalChange(self.advance().lower, kind, name, line=line)
        self.expect("with")
        return sec.PrincipalChange("alter", kind, name, options=self._options_of(), line=line)

    def drop(self, line: int) -> st.Statement:
        """Parse what follows DROP."""
        if not self.at_any(*_KINDS):
            return super().drop(line)
        kind = self.advance().lower
        if_exists = self.accept("if", "exists")
        return sec.PrincipalChange("drop", kind, self.name(), if_exists=if_exists, line=line)

    def _options_of(self) -> tuple[tuple[str, str], ...]:
        """Parse ``PASSWORD = N'...', CHECK_POLICY = OFF``; names in lower case."""
        found = []
        while True:
            name = self.advance().lower
            self.expect("=")
            found.append((name, self.advance().text))
            if self.at_any("hashed", "old_password"):
                raise unsupported("hashed and old passwords")
            self.accept("must_change")
            if not self.accept(","):
                return tuple(found)

    def grant(self, line: int) -> st.Statement:
        """Parse what follows GRANT, DENY or REVOKE. Raises 1019 for two lists of columns."""
        action = self.tokens[self.position - 1].lower
        if action == "revoke":
            self.accept("grant", "option", "for")
        permissions = [self._permission()]
        while self.accept(","):
            permissions.append(self._permission())
        kind = "DATABASE"
        securable: tuple[str, ...] = ()
        if self.accept("on"):
            kind, securable = self._securable()
            if self.at("("):
                permissions = self._on_columns(permissions)
        if not (self.accept("to") or (action == "revoke" and self.accept("from"))):
            raise self.error()
        principals = [self._principal()]
        while self.accept(","):
            principals.append(self._principal())
        self.accept("with", "grant", "option")
        self.accept("cascade")
        if self.accept("as"):
            self.name()
        return sec.Grant(action, tuple(permissions), kind, securable, tuple(principals), line=line)

    def _principal(self) -> str:
        """Take a principal's name; PUBLIC is a reserved word."""
        return self.advance().text if self.at("public") else self.name()

    def _permission(self) -> sec.Permission:
        words = []
        while not self.at_any("on", "to", "from", ",", "("):
            if self.token.kind not in ("word", "name"):
                raise self.error()
            words.append(self.advance().text.upper())
        if not words:
            raise self.error()
        return sec.Permission(" ".join(words), self.name_list() if self.at("(") else ())

    def _on_columns(self, permissions: list[sec.Permission]) -> list[sec.Permission]:
        """Take the columns after an object's name, which are those of all its permissions."""
        columns = self.name_list()
        if any(permission.columns for permission in permissions):
            raise SqlError(
                1019,
                "Invalid column list after object name in GRANT/REVOKE statement.",
                severity=15,
            )
        return [sec.Permission(permission.name, columns) for permission in permissions]

    def _securable(self) -> tuple[str, tuple[str, ...]]:
        kind = "OBJECT"
        if self.peek().text == "::":
            kind = self.advance().text.upper()
            self.advance()
        return kind, self.path()
