"""Receives a logged-in connection's messages in a thread of its own.

A client may send an attention (cancel) at any time, even while the engine computes or the client
reads slowly. So one thread reads messages while the connection's thread answers requests.
"""

import queue
import threading
from collections.abc import Callable
from typing import Final

from tableferry_sandbox.tds.packets import PacketType, ProtocolError, TdsMessage, read_message
from tableferry_sandbox.tds.transport import ConnectionLostError, Transport

_QUEUE_SIZE: Final = 4
"""Without MARS a client waits for its response, so more than one queued request is unusual."""

_CANCEL_INTERVAL_SECONDS: Final = 0.1
"""Cancelling is repeated, because the first call may come before the statement has started."""


class Inbox:
    """Queues requests; ``interrupted`` is set on an attention and when the client has gone.

    ``close`` ends the thread.
    """

    def __init__(self, transport: Transport, cancel: Callable[[], None], name: str) -> None:
        self._transport = transport
        self._cancel = cancel
        self._requests: queue.Queue[TdsMessage | None] = queue.Queue(_QUEUE_SIZE)
        self._state = threading.Condition()
        self._outstanding = 0
        self._closed = False
        self.interrupted = threading.Event()
        self._thread = threading.Thread(target=self._listen, name=f"{name} reader", daemon=True)
        self._thread.start()

    def next(self) -> TdsMessage | None:
        """Wait for the next request; None when the client has gone."""
        return self._requests.get()

    def request_done(self) -> bool:
        """Mark the current request as answered; True when an attention still needs an answer."""
        with self._state:
            self._outstanding -= 1
            unanswered = self.interrupted.is_set() and not self._closed
            if not self._closed:
                self.interrupted.clear()
            self._state.notify_all()
            return unanswered

    def attention_answered(self) -> None:
        """Mark the attention as acknowledged by the response just sent."""
        with self._state:
            if not self._closed:
                self.interrupted.clear()
            self._state.notify_all()

    def close(self) -> None:
        """Stop the reading thread. The transport must be closed first."""
        with self._state:
            self._closed = True
            self.interrupted.set()
            self._state.notify_all()
        while True:  # drain the queue: the thread may be blocked on putting a request into it
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

    def _attention(self, message: TdsMessage) -> None:
        with self._state:
            if self._outstanding:
                self.interrupted.set()
                self._cancel_until_done()
                return
            self._outstanding += 1
        self._requests.put(message)

    def _cancel_until_done(self) -> None:
        """Cancel the running request until it ends. Called with the state locked."""
        while self._outstanding and self.interrupted.is_set():
            self._cancel()
            self._state.wait(_CANCEL_INTERVAL_SECONDS)
            if self._closed:
                return

    def _lost(self) -> None:
        """Cancel the request that still runs for a client that has gone."""
        with self._state:
            self.interrupted.set()
            closed, self._closed = self._closed, True
            if self._outstanding and not closed:
                self._cancel()
        self._requests.put(None)
