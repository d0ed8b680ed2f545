"""Builds the tokens of a response as bytes (MS-TDS 2.2.7)."""

import struct
from enum import IntEnum, IntFlag
from typing import Final

ROW: Final = 0xD1
NBC_ROW: Final = 0xD2
COLMETADATA: Final = 0x81
RETURN_VALUE: Final = 0xAC

ERROR_SEVERITY: Final = 11
"""Messages of this severity and above are sent as ERROR, others as INFO."""

INFORMATION: Final = 10
"""The severity of informational messages."""


class Env(IntEnum):
    """Types of ENVCHANGE (2.2.7.9)."""

    DATABASE = 1
    LANGUAGE = 2
    PACKET_SIZE = 4
    COLLATION = 7
    BEGIN_TRANSACTION = 8
    COMMIT_TRANSACTION = 9
    ROLLBACK_TRANSACTION = 10
    RESET_ACKNOWLEDGED = 18
    ROUTING = 20


class DoneStatus(IntFlag):
    """The status bits of DONE, DONEPROC and DONEINPROC (2.2.7.6)."""

    FINAL = 0x00
    MORE = 0x01
    ERROR = 0x02
    COUNT = 0x10
    ATTENTION = 0x20
    IN_BATCHED_CALLS = 0x80  # on the DONEPROC of every call in an RPC batch except the last
    SERVER_ERROR = 0x100


class DoneKind(IntEnum):
    """The token type: DONE of a batch, PROC of a procedure, IN_PROC of a statement in one."""

    DONE = 0xFD
    PROC = 0xFE
    IN_PROC = 0xFF


_COMMANDS: Final = {
    "SELECT": 0xC1,
    "INSERT": 0xC3,
    "DELETE": 0xC4,
    "UPDATE": 0xC5,
    "CREATE TABLE": 0xC6,
    "DROP TABLE": 0xC7,
    "CREATE INDEX": 0xC8,
    "DROP INDEX": 0xC9,
    "CREATE DATABASE": 0xCB,
    "DROP DATABASE": 0xCC,
    "ROLLBACK": 0xD2,
    "BEGIN": 0xD4,
    "COMMIT": 0xD5,
    "ALTER TABLE": 0xD8,
    "EXECUTE": 0xE0,
    "EXEC": 0xE0,
    "USE": 0xF9,
    "MERGE": 0x117,
}
"""CurCmd of the commands whose number is known; others send 0. Clients that read it use it to
distinguish the row count of a SELECT from other counts."""


def done(
    status: DoneStatus,
    *,
    rows: int | None = None,
    command: str = "",
    kind: DoneKind = DoneKind.DONE,
) -> bytes:
    """Build a DONE token, without a row count when ``rows`` is None."""
    if rows is not None:
        status |= DoneStatus.COUNT
    current = _COMMANDS.get(command.upper(), 0)
    return struct.pack("<BHHQ", kind, status, current, rows or 0)


def message(
    number: int,
    text: str,
    *,
    severity: int,
    state: int = 1,
    line: int = 1,
    server: str = "",
    procedure: str = "",
) -> bytes:
    """Build ERROR (severity 11 and above) or INFO (2.2.7.10, 2.2.7.13).

    Severity 10 is sent as 0, "for compatibility reasons" (Microsoft: Database Engine error
    severities). pymssql treats a severity over 6 as an error.
    """
    body = (
        struct.pack("<iBB", number, state & 0xFF, 0 if severity == INFORMATION else severity)
        + us_varchar(text)
        + b_varchar(server)
        + b_varchar(procedure)
        + struct.pack("<I", line)
    )
    token = 0xAA if severity >= ERROR_SEVERITY else 0xAB
    return struct.pack("<BH", token, len(body)) + body


def env_change(kind: Env, new: str | bytes, old: str | bytes = b"") -> bytes:
    """Build ENVCHANGE, with texts as B_VARCHAR and bytes as B_VARBYTE."""
    body = bytes([kind]) + _b_value(new) + _b_value(old)
    return struct.pack("<BH", 0xE3, len(body)) + body


def routing(host: str, port: int) -> bytes:
    """Build the ENVCHANGE that routes a login to another server, over TCP (2.2.7.9, type 20)."""
    target = struct.pack("<BH", 0, port) + us_varchar(host)
    body = bytes([Env.ROUTING]) + struct.pack("<H", len(target)) + target + b"\0\0"
    return struct.pack("<BH", 0xE3, len(body)) + body


def login_ack(tds_version: int, version: tuple[int, int, int]) -> bytes:
    """Build LOGINACK: the T-SQL interface, the negotiated TDS version, the server's version."""
    major, minor, build = version
    body = (
        b"\x01"
        + struct.pack(">I", tds_version)
        + b_varchar("Microsoft SQL Server")
        + struct.pack(">BBH", major, minor, build)
    )
    return struct.pack("<BH", 0xAD, len(body)) + body


def feature_ext_ack(answers: list[tuple[int, bytes]]) -> bytes:
    """Build FEATUREEXTACK (2.2.7.11), which lists accepted features only."""
    body = b"".join(struct.pack("<BI", feature, len(data)) + data for feature, data in answers)
    return b"\xae" + body + b"\xff"


def return_status(value: int) -> bytes:
    """Build RETURNSTATUS: a procedure's return value."""
    return struct.pack("<Bi", 0x79, value)


def b_varchar(text: str) -> bytes:
    """Encode a text with a one-byte length, truncated to 255 UTF-16 units."""
    raw = text.encode("utf-16-le", errors="surrogatepass")[:510]
    return bytes([len(raw) // 2]) + raw


def us_varchar(text: str) -> bytes:
    """Encode a text with a two-byte length, truncated so that a message token fits in 64 KB."""
    raw = text.encode("utf-16-le", errors="surrogatepass")[:60_000]
    return struct.pack("<H", len(raw) // 2) + raw


def _b_value(value: str | bytes) -> bytes:
    return b_varchar(value) if isinstance(value, str) else bytes([len(value)]) + value
