"""RPC requests: which procedure, with which parameters (MS-TDS 2.2.6.6)."""

from dataclasses import dataclass
from typing import Final

from tableferry_sandbox.events import Parameter
from tableferry_sandbox.tds.parameters import read_parameter
from tableferry_sandbox.tds.reader import ByteReader, skip_all_headers

_BY_ID: Final = 0xFFFF
_BATCH_ENDS: Final = (0xFF, 0xFE)
"""Flags between two calls; a parameter's name has 128 characters at the most, so they differ."""

WELL_KNOWN: Final = {
    1: "sp_cursor",
    2: "sp_cursoropen",
    3: "sp_cursorprepare",
    4: "sp_cursorexecute",
    5: "sp_cursorprepexec",
    6: "sp_cursorunprepare",
    7: "sp_cursorfetch",
    8: "sp_cursoroption",
    9: "sp_cursorclose",
    10: "sp_executesql",
    11: "sp_prepare",
    12: "sp_execute",
    13: "sp_prepexec",
    14: "sp_prepexecrpc",
    15: "sp_unprepare",
}
"""Procedures that are called by number."""


@dataclass(frozen=True)
class RpcCall:
    """One call: ``procedure`` in lower case where it is a well-known one, else as it was sent."""

    procedure: str
    parameters: tuple[Parameter, ...]


def parse_rpc(payload: bytes) -> list[RpcCall]:
    """Return the calls of an RPC message; one message may hold several.

    Raises SqlError for parameters the sandbox refuses, ProtocolError for malformed bytes.
    """
    reader = ByteReader(payload)
    skip_all_headers(reader)
    calls = [_call(reader)]
    while reader.more:
        calls.append(_call(reader))
    return calls


def _call(reader: ByteReader) -> RpcCall:
    length = reader.u16()
    if length == _BY_ID:
        number = reader.u16()
        name = WELL_KNOWN.get(number, f"procedure number {number}")
    else:
        name = reader.take(2 * length).decode("utf-16-le", errors="replace")
        short = name.lower().removeprefix("sys.").removeprefix("[sys].").strip("[]")
        if short in WELL_KNOWN.values():
            name = short
    reader.u16()  # option flags: metadata is always sent, plans are never kept
    parameters: list[Parameter] = []
    while reader.more:
        if reader.peek() in _BATCH_ENDS:
            reader.u8()
            break
        parameters.append(read_parameter(reader))
    return RpcCall(name, tuple(parameters))
