"""Decodes RPC requests: procedures and their parameters (MS-TDS 2.2.6.6)."""

from dataclasses import dataclass
from typing import Final

from tableferry_sandbox.events import Parameter
from tableferry_sandbox.tds.byte_reader import ByteReader, skip_all_headers
from tableferry_sandbox.tds.parameters import read_parameter

_BY_ID: Final = 0xFFFF
_BATCH_ENDS: Final = (0xFF, 0xFE)
"""Separators between two calls. A parameter's name has at most 128 characters, so its length byte
cannot be one of them."""

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
"""Procedures that clients call by number (ProcID)."""


@dataclass(frozen=True)
class RpcCall:
    """One call; ``procedure`` is in lower case if well-known, otherwise as sent."""

    procedure: str
    parameters: tuple[Parameter, ...]


def parse_rpc(payload: bytes) -> list[RpcCall]:
    """Return the calls of an RPC message, which may hold several.

    Raises SqlError for unsupported parameters, ProtocolError for malformed bytes.
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
    reader.u16()  # option flags, ignored: metadata is always sent, plans are never cached
    parameters: list[Parameter] = []
    while reader.more:
        if reader.peek() in _BATCH_ENDS:
            reader.u8()
            break
        parameters.append(read_parameter(reader))
    return RpcCall(name, tuple(parameters))
