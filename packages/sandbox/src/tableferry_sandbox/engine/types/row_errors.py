"""Errors raised inside a running DuckDB query, translated to SQL Server's.

A macro or a Python function raises a marked text (``TSQL|number|severity|state|message``); the rest
are DuckDB's own errors of arithmetic and casts, recognised by their texts.
"""

import re
from typing import Final

from tableferry_sandbox.engine.errors import cancelled, unsupported
from tableferry_sandbox.engine.types.duck_types import quote_text
from tableferry_sandbox.events import SqlError

_MARK: Final = re.compile(r"TSQL\|(\d+)\|(\d+)\|(\d+)\|(.*?)(?:\|TSQL|\Z)", re.DOTALL)
_DUCK_NAMES: Final = {
    "UINT8": "tinyint", "INT16": "smallint", "INT32": "int", "INT64": "bigint", "FLOAT": "real",
    "UTINYINT": "tinyint", "SMALLINT": "smallint", "INTEGER": "int", "BIGINT": "bigint",
}  # fmt: skip
_OUT_OF_RANGE: Final = re.compile(
    r"Type (\w+) with value (\S+) can't be cast because the value is out of range for the "
    r"destination type (\w+)"
)
_DECIMAL_TO_WHOLE: Final = re.compile(r"Failed to cast decimal value \S+ to type (\w+)")
_OVERFLOW: Final = re.compile(r"Overflow in \w+ of (\w+)")
_SEQUENCE_END: Final = re.compile(r"nextval: reached (?:minimum|maximum) value of sequence")
_DECIMAL: Final = re.compile(r"(?:to (?:type )?DECIMAL\(|[Cc]ould not cast value|DECIMAL)")


class RowError(Exception):
    """Raised by a Python function inside a query; its text survives DuckDB's wrapping."""

    def __init__(self, number: int, message: str, severity: int = 16, state: int = 1) -> None:
        super().__init__(mark(number, message, severity, state))


def mark(number: int, message: str, severity: int = 16, state: int = 1) -> str:
    """Return the marked text of an error."""
    return f"TSQL|{number}|{severity}|{state}|{message}|TSQL"


def raising(number: int, message: str, severity: int = 16, state: int = 1) -> str:
    """Return DuckDB SQL that raises this error when it is evaluated."""
    return f"error({quote_text(mark(number, message, severity, state))})"


def overflow(target: str) -> SqlError:
    """Return error 8115 for an expression."""
    return SqlError(
        8115, f"Arithmetic overflow error converting expression to data type {target}.", state=2
    )


def translate(error: Exception) -> SqlError:  # noqa: C901, PLR0912 - one test for each message
    """Return SQL Server's error; errors without a counterpart become 50000 with DuckDB's text."""
    text = str(error)
    match = _MARK.search(text)
    if match:
        number, severity, state, message = match.groups()
        return SqlError(int(number), message, severity=int(severity), state=int(state))
    if "INTERRUPT" in text.upper():
        return cancelled()
    match = _SEQUENCE_END.search(text)
    if match:
        return SqlError(
            11728,
            "The sequence object has reached its minimum or maximum value. Restart the sequence "
            "object to allow new values to be generated.",
        )
    if "Division by zero" in text or "Modulo by zero" in text:
        return SqlError(8134, "Divide by zero error encountered.")
    match = _OUT_OF_RANGE.search(text)
    if match:
        source, value, target = match.groups()
        name = _DUCK_NAMES.get(target, target.lower())
        if name in ("tinyint", "smallint") and source.startswith(("INT", "UINT")):
            return SqlError(
                220,
                f"Arithmetic overflow error for data type {name}, value = {value}.",
                state=2 if name == "tinyint" else 1,
            )
        return overflow(name)
    match = _DECIMAL_TO_WHOLE.search(text)
    if match:
        name = _DUCK_NAMES.get(match.group(1), "int")
        return SqlError(8115, f"Arithmetic overflow error converting numeric to data type {name}.")
    match = _OVERFLOW.search(text)
    if match:
        return overflow(_DUCK_NAMES.get(match.group(1), "numeric"))
    if "Overflow in" in text or "out of range" in text.lower():
        if _DECIMAL.search(text):
            return SqlError(
                8115, "Arithmetic overflow error converting numeric to data type numeric.", state=8
            )
        return overflow("int")
    if "DECIMAL(" in text and "ould not cast" in text:
        return SqlError(
            8115, "Arithmetic overflow error converting numeric to data type numeric.", state=8
        )
    if "More than one row returned by a subquery" in text:
        return SqlError(
            512,
            "Subquery returned more than 1 value. This is not permitted when the subquery follows "
            "=, !=, <, <= , >, >= or when the subquery is used as an expression.",
        )
    if "Out of Memory" in text:
        return SqlError(701, "There is insufficient system memory to run this query.", severity=17)
    first = text.strip().splitlines()[0] if text.strip() else type(error).__name__
    return unsupported(f"this statement ({first})")
