"""T-SQL text to tokens."""

import re
from typing import Final, NamedTuple

from tableferry_sandbox.engine.errors import syntax_near
from tableferry_sandbox.events import SqlError

_RESERVED = """
add all alter and any as asc authorization backup begin between break browse bulk by cascade case
check checkpoint close clustered coalesce collate column commit compute constraint contains
containstable continue convert create cross current current_date current_time current_timestamp
current_user cursor database dbcc deallocate declare default delete deny desc disk distinct
distributed double drop dump else end errlvl escape except exec execute exists exit external fetch
file fillfactor for foreign freetext freetexttable from full function goto grant group having
holdlock identity identity_insert identitycol if in index inner insert intersect into is join key
kill left like lineno load merge national nocheck nonclustered not null nullif of off offsets on
open opendatasource openquery openrowset openxml option or order outer over percent pivot plan
primary print proc procedure public raiserror read readtext reconfigure references replication
restore restrict return revert revoke right rollback rowcount rowguidcol rule save schema
securityaudit select semantickeyphrasetable semanticsimilaritydetailstable semanticsimilaritytable
session_user set setuser shutdown some statistics system_user table tablesample textsize then to top
tran transaction trigger truncate try_convert tsequal union unique unpivot update updatetext use
user values varying view waitfor when where while with within writetext
"""
RESERVED: Final = frozenset(_RESERVED.split())
"""Words that cannot be names unless quoted (Transact-SQL reference, Reserved Keywords)."""

_PATTERN: Final = re.compile(
    r"""
    (?P<space>[\s\u00a0\ufeff]+)
  | (?P<line_comment>--[^\n]*)
  | (?P<block_comment>/\*)
  | (?P<nstring>[Nn]'(?:[^']|'')*')
  | (?P<string>'(?:[^']|'')*')
  | (?P<bracket>\[(?:[^\]]|\]\])*\])
  | (?P<dquote>"(?:[^"]|"")*")
  | (?P<binary>0[xX][0-9a-fA-F]*)
  | (?P<float>(?:\d+\.?\d*|\.\d+)[eE][+-]?\d*)
  | (?P<number>\d+\.\d*|\.\d+|\d+)
  | (?P<word>\$(?:node|edge|from|to)_id\w*|[^\W\d][\w@$\#]*|\#\#?[\w@$\#]+)
  | (?P<money>[$£€](?:\d+(?:\.\d*)?|\.\d+)?)
  | (?P<variable>@@?[\w@$\#]+)
  | (?P<op>\+=|-=|\*=|/=|%=|&=|\|=|\^=|<>|!=|<=|>=|!<|!>|::|[-+*/%&|^~=<>().,;:])
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    """One token. ``kind`` names its group in the pattern (``name`` for a quoted identifier).

    ``lower`` is the text for comparison with keywords; empty for anything quoted.
    """

    kind: str
    text: str
    line: int
    start: int
    end: int
    lower: str = ""


def _skip_block_comment(sql: str, start: int) -> int:
    """Return where a (nesting) block comment ends; error 113 if it does not."""
    depth, position = 1, start + 2
    while depth:
        close, inner = sql.find("*/", position), sql.find("/*", position)
        if close < 0:
            raise SqlError(113, "Missing end comment mark '*/'.", severity=15)
        if 0 <= inner < close:
            depth, position = depth + 1, inner + 2
        else:
            depth, position = depth - 1, close + 2
    return position


def _unquoted(kind: str, text: str) -> str:
    if kind == "nstring":
        return text[2:-1].replace("''", "'")
    if kind == "string":
        return text[1:-1].replace("''", "'")
    if kind == "bracket":
        return text[1:-1].replace("]]", "]")
    if kind == "dquote":
        return text[1:-1].replace('""', '"')
    return text


def tokenize(sql: str, *, quoted_identifier: bool = True) -> list[Token]:
    """Split a batch into tokens, the last of kind ``end``.

    Raises 105 for an open quotation mark, 113 for an open comment, 102 for a stray character.
    """
    tokens: list[Token] = []
    position, line = 0, 1
    while position < len(sql):
        match = _PATTERN.match(sql, position)
        if match is None or match.lastgroup is None:
            if sql[position] in "'\"[" or sql[position : position + 2] in ("N'", "n'"):
                rest = sql[position + 1 :].lstrip("'")
                raise SqlError(
                    105,
                    f"Unclosed quotation mark after the character string '{rest}'.",
                    severity=15,
                    line=line,
                )
            raise syntax_near(sql[position], line, keyword=False)
        kind, text, end = match.lastgroup, match.group(), match.end()
        if kind == "block_comment":
            end = _skip_block_comment(sql, position)
        elif kind not in ("space", "line_comment"):
            value = _unquoted(kind, text)
            if kind == "dquote":
                kind = "name" if quoted_identifier else "string"
            elif kind == "bracket":
                kind = "name"
            lower = value.lower() if kind in ("word", "op") else ""
            tokens.append(Token(kind, value, line, position, end, lower))
        line += sql.count("\n", position, end)
        position = end
    tokens.append(Token("end", "", line, position, position))
    return tokens


def split_name(text: str) -> tuple[str, ...]:
    """Return the parts of ``a.[b c].d``; empty if the text is not a name."""
    try:
        tokens = tokenize(text)
    except SqlError:
        return ()
    parts = [""]
    for token in tokens[:-1]:
        if token.lower == ".":
            parts.append("")
        elif token.kind in ("word", "name", "variable") and not parts[-1]:
            parts[-1] = token.text
        else:
            return ()
    return tuple(parts) if parts[-1] else ()
