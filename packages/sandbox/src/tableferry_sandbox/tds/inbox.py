"""The receiving side of a logged-in connection: it listens while a request is being answered.

An attention (cancel) may come at any moment, also while the engine computes or the client reads
slowly. So a thread of its own reads the messages; the connection's thread takes requests from here.
"""

import queue
import threading
from collections.abc import Callable
from typing import Final

from tableferry_sandbox.tds.packets import Message, PacketType, ProtocolError, read_message
from tableferry_sandbox.tds.transport import ConnectionLostError, Transport

_REQUESTS_AHEAD: Final = 4
"""Without MARS a client waits for its answer, so more than one waiting request is unusual."""

_CANCEL_AGAIN: Final = 0.1
"""Seconds between calls of ``cancel``: the first may come before the statement started."""


class Inbox:
    """Reads messages and tells of attentions; ``close`` ends its thread."""

    def __init__(self, transport: Transport, cancel: Callable[[], None], name: str) -> None:
        self._transport = transport
        self._cancel = cancel
        self._requests: queue.Queue[Message | None] = queue.Queue(_REQUESTS_AHEAD)
        self._state = threading.Condition()
        self._outstanding = 0
        self._closed = False
        self.interrupted = threading.Event()
        self._thread = threading.Thread(target=self._listen, name=f"{name} reader", daemon=True)
        self._thread.start()

    def next(self) -> Message | None:
        """Wait for the next request; None when the client is gone."""
        return self._requests.get()

    def request_done(self) -> bool:
        """Say that the current request is answered; True when an attention is left to answer."""
        with self._state:
            self._outstanding -= 1
            unanswered = self.interrupted.is_set() and not self._closed
            if not self._closed:
                self.interrupted.clear()
            self._state.notify_all()
            return unanswered

    def attention_answered(self) -> None:
        """Say that the response just sent acknowledged the attention."""
        with self._state:
            if not self._closed:
                self.interrupted.clear()
            self._state.notify_all()

    def close(self) -> None:
        """End the reading; the transport must be closed before."""
        with self._state:
            self._closed = True
            self.interrupted.set()
            self._state.notify_all()
        while True:  # make room for a reader that waits to hand over a request
            try:
                self._requests.get_nowait()
            except queue.Empty:
                break
        self._thread.join()

    def _listen(self) -> None:
        try:
            while True:
                message = read_message(self._transport.read)
                if message.type == PacketType.ATTENTION:
                    self._attention(message)
                else:
                    with self._state:
                        self._outstanding += 1
                    self._requests.put(message)
        except (ConnectionLostError, ProtocolError):
            self._lost()

    def _attention(self, message: Message) -> None:
        with self._state:
            if self._outstanding:
                self.interrupted.set()
                self._cancel_until_done()
                return
            self._outstanding += 1
        self._requests.put(message)

    def _cancel_until_done(self) -> None:
        """Cancel what runs, again and again: called with the state locked."""
        while self._outstanding and self.interrupted.is_set():
            self._cancel()
            self._state.wait(_CANCEL_AGAIN)
            if self._closed:
                return

    def _lost(self) -> None:
        """Stop what still runs for a client that is gone."""
        with self._state:
            self.interrupted.set()
            closed, self._closed = self._closed, True
            if self._outstanding and not closed:
                self._cancel()
        self._requests.put(None)
