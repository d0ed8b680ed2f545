"""Buffers the tokens of a response and sends them as full packets."""

from collections.abc import Callable
from typing import Final

from tableferry_sandbox.tds.packets import HEADER_SIZE, frame
from tableferry_sandbox.tds.transport import Transport

FLUSH_BYTES: Final = 256 * 1024
"""Bytes to buffer before sending: few system calls, and the first rows still leave early."""


class AttentionReceivedError(Exception):
    """The client cancelled the request that is being answered."""


class PacketWriter:
    """Sends one response; ``flush_bytes`` are buffered before packets leave.

    Every ``write`` holds whole tokens, so a cancelled response can end after any of them.
    """

    def __init__(
        self,
        transport: Transport,
        packet_size: int,
        spid: int,
        cancelled: Callable[[], bool],
        flush_bytes: int = FLUSH_BYTES,
    ) -> None:
        self._transport = transport
        self._packet_size = packet_size
        self._room = packet_size - HEADER_SIZE
        self._spid = spid
        self._cancelled = cancelled
        self._flush_bytes = flush_bytes
        self._waiting: list[bytes | memoryview] = []
        self._size = 0
        self._next_id = 1

    def write(self, tokens: bytes | memoryview) -> None:
        """Append tokens. Raises AttentionReceivedError once the client has cancelled."""
        self._waiting.append(tokens)
        self._size += len(tokens)
        if self._size >= self._flush_bytes:
            self.flush()
        self.check()

    def check(self) -> None:
        """Raise AttentionReceivedError if the client has cancelled."""
        if self._cancelled():
            raise AttentionReceivedError

    def flush(self) -> None:
        """Send the full packets; the rest stays buffered, so the last packet is never empty."""
        packets = (self._size - 1) // self._room
        if packets <= 0:
            return
        payload = memoryview(self._joined())
        cut = packets * self._room
        self._send(payload[:cut], last=False)
        self._next_id = (self._next_id + packets) & 0xFF
        self._waiting = [payload[cut:]]
        self._size = len(payload) - cut

    def finish(self, tokens: bytes = b"") -> None:
        """Append the last tokens and end the message, whether or not the client has cancelled."""
        self._waiting.append(tokens)
        self._size += len(tokens)
        self._send(self._joined(), last=True)
        self._waiting, self._size, self._next_id = [], 0, 1

    def _joined(self) -> bytes | memoryview:
        return self._waiting[0] if len(self._waiting) == 1 else b"".join(self._waiting)

    def _send(self, payload: bytes | memoryview, *, last: bool) -> None:
        framed = frame(
            payload,
            packet_size=self._packet_size,
            first_id=self._next_id,
            spid=self._spid & 0xFFFF,
            last=last,
        )
        self._transport.write(framed)
