"""What a statement consists of, whatever its names, literals and numbers of columns are.

Two statements of one shape have the same pieces: the frame, each expression that is selected, each
condition, each form of a literal. Pure.
"""

import re
from collections.abc import Iterator
from typing import Final

_TOKEN: Final = re.compile(
    r"(?P<comment>--[^\n]*)|(?P<text>N?'(?:[^']|'')*')|(?P<name>\[(?:[^\]]|\]\])*\])"
    r"|(?P<bytes>0x[0-9A-Fa-f]*)|(?P<number>\d+(?:\.\d+)?)|(?P<word>[@\w]+)|(?P<sign><>|[<>]=|\S)"
)
_INSIDE: Final = re.compile(r"EXEC \[[^\]]*\]\.sys\.sp_executesql N'((?:[^']|'')*)'")
_LITERAL: Final = re.compile(
    r"cast \( (?:'s'|(?:- )?1|0x1|<\w+>) as (\w+)(?: \( [1 ,]+ \))? \)(?: collate \w+)?"
)
_LISTS: Final = (
    re.compile(r"(\( (?:[^()]|\([^()]*\))* \))(?: , \1)+"),
    re.compile(r"(case when datepart .*? end)(?: \+ \1)+"),
    re.compile(r"(case when [^,]*? like .*? end as matches_)(?: , \1)+"),
    re.compile(r"(select 1 as place where exists .*? as c \))(?: union all \1)+"),
)


def pieces(sql: str) -> Iterator[str]:
    """Yield the pieces of a batch; those of a text for sp_executesql as well."""
    for inside in _INSIDE.findall(sql):
        yield from pieces(inside.replace("''", "'"))
    for statement in _INSIDE.sub("", sql).split(";"):
        text = flat(statement)
        if not text:
            continue
        # The engine's reads of a table name each column in brackets: these differ from table to
        # table, and so do the conditions.
        if re.match(r"select (?:top \( 1 \) )?.*? as \[x\]", text) and " from <table>" in text:
            yield from _of_read(text)
        else:
            yield text


def flat(sql: str) -> str:
    """Return a statement's words, with names, literals, numbers and repetitions made equal."""
    words = [_word(found) for found in _TOKEN.finditer(sql) if found.lastgroup != "comment"]
    text = " ".join(words).replace("[x] . [x] . [x]", "<table>").replace("dbo . t ", "<table> ")
    while (shorter := _LITERAL.sub(lambda found: f"<{found[1]}>", text)) != text:
        text = shorter
    for repeated in _LISTS:
        text = repeated.sub(r"\1", text)
    return text


def _word(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "text":
            return "'s'"
        case "name":
            return "[x]"
        case "bytes":
            return "0x1"
        case "number":
            return "1"
    return re.sub(r"^([kab]|matches_)\d+$", r"\1", found[0].lower())


def _of_read(text: str) -> Iterator[str]:
    """Yield a read's expressions, its frame without columns and conditions, and the conditions."""
    selected, _, rest = text.partition(" from <table>")
    selected = re.sub(r"^select (?:top \( 1 \) )?", "", selected)
    yield from re.split(r" as \[x\](?: , |$)", selected)
    frame, _, more = rest.partition(" where ")
    yield f"from <table>{frame.partition(' order by ')[0]}"
    condition = more.partition(" order by ")[0]
    if condition:
        yield condition.removeprefix("( ").removesuffix(" )")
