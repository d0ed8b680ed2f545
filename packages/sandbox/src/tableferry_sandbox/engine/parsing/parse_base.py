"""The base of the parser: a cursor over tokens, and the parsing of names and types."""

from typing import Final

from tableferry_sandbox.engine.errors import syntax_near
from tableferry_sandbox.engine.parsing.lexer import RESERVED, Token, tokenize
from tableferry_sandbox.engine.tree.syntax import TypeName

COMPOUND: Final = ("+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=")
"""Compound assignment operators."""


class TokenCursor:
    """A cursor over a batch's tokens. Keywords are compared in lower case."""

    def __init__(self, sql: str, *, quoted_identifier: bool = True) -> None:
        self.sql = sql
        self.tokens = tokenize(sql, quoted_identifier=quoted_identifier)
        self.position = 0

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self.position]

    def peek(self, count: int = 1) -> Token:
        """Return the token ``count`` places ahead without taking it."""
        return self.tokens[min(self.position + count, len(self.tokens) - 1)]

    def advance(self) -> Token:
        """Take the next token."""
        token = self.token
        if token.kind != "end":
            self.position += 1
        return token

    def at(self, *words: str) -> bool:
        """Return whether the next tokens are these keywords or operators."""
        # Half of all parsing time was spent here: nearly always the first word differs.
        if self.tokens[self.position].lower != words[0]:
            return False
        return all(self.peek(i).lower == word for i, word in enumerate(words))

    def at_any(self, *words: str) -> bool:
        """Return whether the next token is one of these."""
        return self.token.lower in words

    def accept(self, *words: str) -> bool:
        """Take the next tokens if they are these."""
        if self.at(*words):
            self.position += len(words)
            return True
        return False

    def expect(self, word: str) -> Token:
        """Take this token, or raise a syntax error."""
        if not self.at(word):
            raise self.error()
        return self.advance()

    def error(self) -> Exception:
        """Return the syntax error at the next token."""
        token = self.token
        if token.kind == "end" and self.position:
            token = self.tokens[self.position - 1]
        return syntax_near(token.text, token.line, keyword=token.lower in RESERVED)

    def text_since(self, start: int) -> str:
        """Return the source text from an offset to the last token taken."""
        return self.sql[start : self.tokens[self.position - 1].end]

    def at_name(self) -> bool:
        """Return whether an identifier comes next."""
        token = self.token
        return token.kind == "name" or (token.kind == "word" and token.lower not in RESERVED)

    def name(self) -> str:
        """Take an identifier."""
        if not self.at_name():
            raise self.error()
        return self.advance().text

    def path(self) -> tuple[str, ...]:
        """Take a one- to four-part name; an omitted middle part (``db..t``) is empty."""
        parts = [self.name()]
        while self.accept("."):
            if self.at("."):
                parts.append("")
            elif self.token.kind in ("name", "word"):
                parts.append(self.advance().text)
            else:
                raise self.error()
        return tuple(parts)

    def name_list(self) -> tuple[str, ...]:
        """Take ``(a, b, ...)``."""
        self.expect("(")
        names = [self.name()]
        while self.accept(","):
            names.append(self.name())
        self.expect(")")
        return tuple(names)

    def integer(self) -> int:
        """Take a whole number with an optional sign."""
        sign = -1 if self.accept("-") else 1
        self.accept("+")
        if self.token.kind != "number" or not self.token.text.isdigit():
            raise self.error()
        return sign * int(self.advance().text)

    def string(self) -> str:
        """Take a string literal."""
        if self.token.kind not in ("string", "nstring"):
            raise self.error()
        return self.advance().text

    def type_name(self) -> TypeName:
        """Take a type: ``int``, ``decimal(9, 2)``, ``varchar(max)``, ``dbo.alias``."""
        if self.accept("national"):
            base = "n" + self.advance().lower.replace("character", "char")
        elif self.at("double", "precision"):
            self.position += 2
            return TypeName("float", (53,))
        else:
            base = self.advance().text if self.token.kind in ("word", "name") else self.name()
        schema = ""
        if self.accept("."):
            schema, base = base, self.name()
        spelled, base = base, base.lower()
        if base in ("char", "character", "nchar", "binary") and self.accept("varying"):
            base = {"nchar": "nvarchar", "binary": "varbinary"}.get(base, "varchar")
        arguments: list[int] = []
        if base == "xml" and self.at("(") and not self.at("(", ")"):
            return self._typed_xml()
        if self.accept("("):
            while True:
                if self.accept("max"):
                    arguments.append(-1)
                else:
                    arguments.append(self.integer())
                if not self.accept(","):
                    break
            self.expect(")")
        return TypeName(base, tuple(arguments), schema, spelled=spelled)

    def _typed_xml(self) -> TypeName:
        """Take ``(CONTENT | DOCUMENT collection)`` of a type xml; CONTENT is the default."""
        self.expect("(")
        document = self.at("document") and self.peek().lower not in (")", ".")
        if document or (self.at("content") and self.peek().lower not in (")", ".")):
            self.advance()
        collection = self.path()
        self.expect(")")
        return TypeName("xml", collection=collection, document=document)
