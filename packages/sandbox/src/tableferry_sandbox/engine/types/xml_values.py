"""Values of the type xml: parsed when text becomes xml, and stored as SQL Server shows them.

A document or a fragment (any number of elements, and text) is stored without its declaration,
without white space that is insignificant, with entities and CDATA sections as plain text (XML data
type and columns, SQL Server documentation).
"""

import re
from typing import Final, NoReturn
from xml.parsers import expat

from tableferry_sandbox.engine.types.row_errors import RowError
from tableferry_sandbox.engine.types.type_rules import is_national
from tableferry_sandbox.sqltypes import SqlType

_DECLARATION: Final = re.compile(r"<\?xml\s[^?]*?\?>")
_ENCODING: Final = re.compile(r"encoding\s*=\s*[\"']([\w.-]+)[\"']", re.IGNORECASE)
_OPEN, _CLOSE = "<fragment>", "</fragment>"
_BLANK: Final = " \t\r\n"
_ILLEGAL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ERRORS: Final = expat.errors
_TEXTS: Final = {
    9400: "unexpected end of input",
    9402: "unable to switch the encoding",
    9413: "A string literal was expected",
    9414: "equal expected",
    9420: "illegal xml character",
    9421: "illegal name character",
    9436: "end tag does not match start tag",
    9437: "duplicate attribute",
    9438: "text/xmldecl not at the beginning of input",
    9448: "well formed check: undeclared entity",
    9455: "illegal qualified name character",
    9459: "undeclared prefix",
}
"""The errors of XML parsing, by their numbers in sys.messages."""

_BY_EXPAT: Final = {
    _ERRORS.XML_ERROR_TAG_MISMATCH: 9436,
    _ERRORS.XML_ERROR_JUNK_AFTER_DOC_ELEMENT: 9436,
    _ERRORS.XML_ERROR_DUPLICATE_ATTRIBUTE: 9437,
    _ERRORS.XML_ERROR_UNDEFINED_ENTITY: 9448,
    _ERRORS.XML_ERROR_MISPLACED_XML_PI: 9438,
    _ERRORS.XML_ERROR_UNCLOSED_TOKEN: 9400,
    _ERRORS.XML_ERROR_UNCLOSED_CDATA_SECTION: 9400,
    _ERRORS.XML_ERROR_NO_ELEMENTS: 9400,
    _ERRORS.XML_ERROR_BAD_CHAR_REF: 9420,
}


def to_xml(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    """Return DuckDB SQL that parses text; style 1 keeps insignificant white space."""
    del target
    flags = (is_national(source), style in (1, 3), attempt)
    return f"py_xml({sql}, {', '.join(str(flag).upper() for flag in flags)})"


def parse(text: str, national: bool, keep_space: bool) -> str:
    """Return a text as the xml that is stored. Raises RowError, of the numbers 9400 to 9459."""
    return XmlReader(text, national=national, keep_space=keep_space).normalised()


def _fail(number: int, line: int, character: int) -> NoReturn:
    text = _TEXTS[number]
    raise RowError(number, f"XML parsing: line {line}, character {character}, {text}")


class XmlReader:
    """Reads one value: checks that it is well-formed, and writes it down again."""

    def __init__(self, text: str, *, national: bool = True, keep_space: bool = False) -> None:
        self._text = _without_declaration(text, national=national)
        self._keep_space = keep_space
        self._parts: list[str] = []
        self._pending = ""
        self._open = False
        self._spaces = [keep_space]
        self._prefixes: list[frozenset[str]] = [frozenset({"xml", "xmlns"})]
        self._parser = expat.ParserCreate()

    def normalised(self) -> str:
        """Return the value as it is stored."""
        parser = self._parser
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        parser.CommentHandler = lambda text: self._markup(f"<!--{text}-->")
        parser.ProcessingInstructionHandler = lambda target, data: self._markup(
            f"<?{target}{' ' if data else ''}{data}?>"
        )
        illegal = _ILLEGAL.search(self._text)
        if illegal is not None:
            _fail(9420, *_place(self._text, illegal.start()))
        if re.search(r"<!DOCTYPE", self._text):
            raise RowError(
                6359,
                "Parsing XML with internal subset DTDs not allowed. Use CONVERT with style option "
                "2 to enable limited internal subset DTD support.",
            )
        try:
            parser.Parse(f"{_OPEN}{self._text}{_CLOSE}", True)
        except expat.ExpatError as error:
            self._refuse(error)
        return "".join(self._parts)

    def _refuse(self, error: expat.ExpatError) -> NoReturn:
        line, column = error.lineno, error.offset - (len(_OPEN) if error.lineno == 1 else 0)
        lines = self._text.split("\n")
        rest = lines[line - 1][max(0, column) :] if line <= len(lines) else ""
        before = lines[line - 1][: max(0, column)] if line <= len(lines) else ""
        code = expat.ErrorString(error.code)
        number = _BY_EXPAT.get(code or "", 9455)
        if not rest and line >= len(lines):
            number, line, column = 9400, len(lines), len(lines[-1]) - 1
        elif number == 9455:
            number = _number_of(before, rest)
        _fail(number, line, max(1, column + 1))

    def _flush(self) -> None:
        """Write the text read so far, unless it is insignificant white space."""
        text, self._pending = self._pending, ""
        if text and (self._spaces[-1] or text.strip(_BLANK)):
            self._close_start()
            self._parts.append(_escaped(text).replace("\r", "&#x0D;"))

    def _close_start(self) -> None:
        if self._open:
            self._parts.append(">")
            self._open = False

    def _markup(self, text: str) -> None:
        self._flush()
        self._close_start()
        self._parts.append(text)

    def _characters(self, text: str) -> None:
        self._pending += text

    def _start(self, name: str, attributes: list[str]) -> None:
        if len(self._spaces) > 1 or self._parts or name != _OPEN[1:-1]:
            self._element(name, attributes)
            return
        self._spaces.append(self._keep_space)
        self._prefixes.append(self._prefixes[-1])

    def _element(self, name: str, attributes: list[str]) -> None:
        self._flush()
        self._close_start()
        pairs = list(zip(attributes[::2], attributes[1::2], strict=True))
        declared = [n.partition(":")[2] for n, _ in pairs if n.startswith("xmlns:")]
        known = self._prefixes[-1].union(declared)
        for written in (name, *(n for n, _ in pairs)):
            prefix, colon, _ = written.partition(":")
            if colon and prefix not in known:
                line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber
                column -= len(_OPEN) if line == 1 else 0
                _fail(9459, line, column + len(written) + 2)
        pairs.sort(key=lambda pair: not pair[0].startswith("xmlns"))
        shown = "".join(f' {n}="{_quoted(value)}"' for n, value in pairs)
        self._parts.append(f"<{name}{shown}")
        self._open = True
        space = dict(pairs).get("xml:space")
        self._spaces.append(self._spaces[-1] if space is None else space == "preserve")
        self._prefixes.append(known)

    def _end(self, name: str) -> None:
        self._flush()
        self._spaces.pop()
        self._prefixes.pop()
        if len(self._spaces) == 1:
            return  # the element around the fragment
        if self._open:
            self._parts.append("/>")
            self._open = False
        else:
            self._parts.append(f"</{name}>")


def _without_declaration(text: str, *, national: bool) -> str:
    """Return a text without its XML declaration; raises 9402 for an encoding it cannot have."""
    match = _DECLARATION.match(text)
    if match is None:
        return text
    found = _ENCODING.search(match.group())
    encoding = found[1].lower() if found else ""
    rest = text[match.end() :]
    wide = encoding.startswith(("utf-16", "ucs-2", "iso-10646-ucs-2"))
    if encoding and wide != national:
        _fail(9402, 1, match.end())
    if encoding == "utf-8" and not rest.isascii():
        # A varchar's bytes are read in the encoding that the document declares.
        try:
            return rest.encode("cp1252").decode("utf-8")
        except UnicodeError:
            _fail(9420, 1, match.end() + 1)
    return rest


def _number_of(before: str, rest: str) -> int:
    """Return the error for a character that cannot be where it is."""
    tag = before[before.rfind("<") :]
    if "&" in before[-1:] or rest[:1] == "&":
        return 9421
    if re.search(r"=\s*$", tag):
        return 9413
    if re.search(r"\s[\w:.-]+\s*$", tag):
        return 9414
    return 9455


def _place(text: str, offset: int) -> tuple[int, int]:
    line = text.count("\n", 0, offset) + 1
    return line, offset - (text.rfind("\n", 0, offset) + 1) + 1


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(text: str) -> str:
    shown = _escaped(text).replace('"', "&quot;")
    return shown.replace("\t", "&#x09;").replace("\n", "&#x0A;").replace("\r", "&#x0D;")
