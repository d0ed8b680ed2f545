"""Parses the parameter declarations of ``sp_executesql`` and binds values to them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tableferry_sandbox.events import Parameter, SqlError
from tableferry_sandbox.physical import ANSI, CLR, UNICODE
from tableferry_sandbox.sqltypes import MAX, SqlType
from tableferry_sandbox.tds.conversions import convert
from tableferry_sandbox.tds.typeinfo import NUMBERS

_DECLARATION: Final = re.compile(
    r"\s*(?P<name>@[\w@#$]+)\s+(?:AS\s+)?"
    r"(?:(?:\[?sys\]?)\s*\.\s*)?\[?(?P<type>\w+(?:\s+precision|\s+varying)?)\]?\s*"
    r"(?:\(\s*(?P<first>\d+|max)\s*(?:,\s*(?P<second>\d+)\s*)?\))?\s*"
    r"(?P<output>OUT(?:PUT)?\b)?\s*(?P<end>,|$)",
    re.IGNORECASE,
)
_SYNONYMS: Final = {
    "integer": "int", "dec": "decimal", "rowversion": "timestamp", "double precision": "float",
    "character": "char", "char varying": "varchar", "character varying": "varchar",
    "binary varying": "varbinary",
}  # fmt: skip
_PLAIN: Final = (
    frozenset(NUMBERS)
    | CLR
    | {"date", "uniqueidentifier", "sql_variant", "xml", "text", "ntext", "image", "timestamp"}
)


@dataclass(frozen=True)
class DeclaredParameter:
    """A parameter as a statement declares it."""

    name: str
    type: SqlType
    output: bool = False


def parse_declarations(text: str) -> tuple[DeclaredParameter, ...]:
    """Parse a list such as ``@P1 int, @P2 nvarchar(40) OUTPUT``.

    Raises SqlError 102 for a syntax error, 2715 for an unknown type.
    """
    found: list[DeclaredParameter] = []
    at = 0
    while text[at:].strip():
        match = _DECLARATION.match(text, at)
        if match is None:
            near = text[at:].strip().split()[0][:40]
            raise SqlError(102, f"Incorrect syntax near '{near}'.", severity=15)
        declared_type = _type(match, len(found) + 1)
        found.append(DeclaredParameter(match["name"], declared_type, output=bool(match["output"])))
        at = match.end()
        if match["end"] != ",":
            break
    return tuple(found)


def _type(match: re.Match[str], position: int) -> SqlType:
    name = " ".join(match["type"].lower().split())
    name = _SYNONYMS.get(name, name)
    first, second = match["first"], match["second"]
    if name == "sysname":
        return SqlType("nvarchar", 128)
    if name in {"decimal", "numeric"}:
        return SqlType(name, precision=int(first or 18), scale=int(second or 0))
    if name in {"time", "datetime2", "datetimeoffset"}:
        return SqlType(name, scale=7 if first is None else int(first))
    if name == "float":
        return SqlType("real" if first and int(first) <= 24 else "float")
    if name == "xml":
        return SqlType("xml", MAX)
    if name in _PLAIN:
        return SqlType(name)
    if name in ANSI | UNICODE | {"binary", "varbinary"}:
        length = MAX if (first or "").lower() == "max" else int(first or 1)
        return SqlType(name, length)
    raise SqlError(
        2715,
        f"Column, parameter, or variable #{position}: Cannot find data type {match['type']}.",
    )


def bind(
    declared: Sequence[DeclaredParameter], sent: Sequence[Parameter], statement: str
) -> list[Parameter]:
    """Bind the sent values to the declared parameters, by name or else by position.

    Raises SqlError 8178 for a missing value, 8144 for a surplus one, 8145 for an unknown name, and
    what ``conversions.convert`` raises when a value does not fit its declared type.
    """
    values: dict[str, Parameter] = {}
    names = {item.name.lower(): item for item in declared}
    for position, parameter in enumerate(sent):
        if parameter.name:
            key = parameter.name.lower()
            if key not in names:
                raise SqlError(
                    8145, f"{parameter.name} is not a parameter for procedure sp_executesql."
                )
        elif position < len(declared):
            key = declared[position].name.lower()
        else:
            raise SqlError(8144, "Procedure or function has too many arguments specified.")
        values[key] = parameter
    bound = []
    for item in declared:
        given = values.get(item.name.lower())
        if given is None:
            raise SqlError(
                8178,
                f"The parameterized query '{statement[:128]}' expects the parameter "
                f"'{item.name}', which was not supplied.",
            )
        value = convert(given.value, given.type, item.type)
        bound.append(Parameter(item.name, item.type, value, item.output and given.output))
    return bound
