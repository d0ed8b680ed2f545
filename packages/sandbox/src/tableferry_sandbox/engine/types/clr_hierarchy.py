"""hierarchyid: paths and the bits that stand for them (MS-SSCLRT 2.2, hierarchyid structure).

A path is levels of labels; a label is whole numbers with dots between. Each number is written by
the pattern of its range: fixed bits, ``x`` for the bits of its distance from the range's start,
and ``T``, 1 where the label ends. A number before a dot is stored plus one, which
sorts ``/1.1/`` after everything under ``/1/``. Bytes then sort in depth-first order.
"""

import re
from dataclasses import dataclass
from typing import Final

from tableferry_sandbox.engine.types.row_errors import RowError

_MOST_BYTES: Final = 892
_PATH: Final = re.compile(r"/(-?\d+(\.-?\d+)*/)*")


@dataclass(frozen=True, slots=True)
class _Range:
    """Numbers from ``low`` to ``high`` and the pattern of their bits."""

    low: int
    high: int
    bits: str


_TAIL: Final = "0xxxxxx0xxx0x1xxxT"
_RANGES: Final = (
    _Range(-281479271682120, -4294971465, "000100" + "x" * 14 + "0" + "x" * 21 + _TAIL),
    _Range(-4294971464, -4169, "000101" + "x" * 19 + _TAIL),
    _Range(-4168, -73, "000110xxxxx0xxx0x1xxxT"),
    _Range(-72, -9, "0010xx0x1xxxT"),
    _Range(-8, -1, "00111xxxT"),
    _Range(0, 3, "01xxT"),
    _Range(4, 7, "100xxT"),
    _Range(8, 15, "101xxxT"),
    _Range(16, 79, "110xx0x1xxxT"),
    _Range(80, 1103, "1110xxx0xxx0x1xxxT"),
    _Range(1104, 5199, "11110xxxxx0xxx0x1xxxT"),
    _Range(5200, 4294972495, "111110" + "x" * 19 + _TAIL),
    _Range(4294972496, 281479271683151, "111111" + "x" * 14 + "0" + "x" * 21 + _TAIL),
)


def parse(text: str) -> bytes:
    """Return the bytes of a path; error 6522 if it is not one."""
    if not _PATH.fullmatch(text):
        raise _no_path(text)
    bits = ""
    for label in text.strip("/").split("/") if text != "/" else []:
        numbers = [int(number) for number in label.split(".")]
        for place, number in enumerate(numbers):
            last = place == len(numbers) - 1
            bits += _written(number if last else number + 1, text, last=last)
    data = bytes(int(bits[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(bits), 8))
    if len(data) > _MOST_BYTES:
        raise _no_path(text)
    return data


def path(data: bytes) -> str:
    """Return the path that bytes stand for, as ``ToString()`` writes it."""
    bits = "".join(f"{byte:08b}" for byte in data)
    at, text = 0, "/"
    while "1" in bits[at:]:
        number, last, at = _read(bits, at)
        text += f"{number}/" if last else f"{number - 1}."
    return text


def level(data: bytes) -> int:
    """Return how deep a node is: 0 for the root."""
    return path(data).count("/") - 1


def _written(number: int, text: str, *, last: bool) -> str:
    for found in _RANGES:
        if found.low <= number <= found.high:
            digits = f"{number - found.low:0{found.bits.count('x')}b}"
            values = iter(digits)
            filled = "".join(next(values) if bit == "x" else bit for bit in found.bits)
            return filled.replace("T", "1" if last else "0")
    raise _no_path(text)


def _read(bits: str, at: int) -> tuple[int, bool, int]:
    """Return the number that begins at a bit, whether its label ends with it, and the next bit."""
    for found in _RANGES:
        part = bits[at : at + len(found.bits)]
        pairs = list(zip(found.bits, part, strict=False))
        if len(pairs) == len(found.bits) and all(p in "xT" or p == b for p, b in pairs):
            digits = "".join(b for p, b in pairs if p == "x")
            return found.low + int(digits, 2), part[-1] == "1", at + len(part)
    raise _error("24000: SqlHierarchyId.Read failed: the bytes are not a node.")


def _no_path(text: str) -> RowError:
    return _error(
        f"24001: SqlHierarchyId.Parse failed because the input string '{text}' is not a valid "
        "string representation of a SqlHierarchyId node."
    )


def _error(text: str) -> RowError:
    return RowError(
        6522,
        "A .NET Framework error occurred during execution of user-defined routine or aggregate "
        f'"hierarchyid": Microsoft.SqlServer.Types.HierarchyIdException: {text}',
    )
