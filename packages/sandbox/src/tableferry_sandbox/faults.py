"""Scripted faults: errors, cuts and stalls that a test injects into a running server.

    server.faults.on_statement("FROM .*Customer", CutConnection(after_rows=500))

A fault is data. ``Faults`` decides which one a statement meets; only ``disturb`` carries it out.
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import pyarrow as pa

from tableferry_sandbox.events import Event, Message, ResultSet, SqlError, StatementDone


@dataclass(frozen=True)
class SendError:
    """Send error ``number``: before the statement runs, or after rows of its first result set.

    Where the result set has fewer rows than ``after_rows`` the error comes at its end. A severity
    of 20 and above also ends the connection.
    """

    number: int
    text: str
    after_rows: int | None = None
    severity: int = 16
    state: int = 1


@dataclass(frozen=True)
class CutConnection:
    """Cut the connection after rows of the first result set, or after bytes of the response.

    With neither it is cut before the statement runs. ``reset`` sends a TCP reset, else the
    connection is closed in the middle of the response. Only full packets leave before a cut.
    """

    after_rows: int | None = None
    after_bytes: int | None = None
    reset: bool = True


@dataclass(frozen=True)
class EndEarly:
    """End the first result set after ``after_rows`` rows, cleanly.

    ``honest``: DONE counts the rows sent; else it counts all the rows there would have been.
    """

    after_rows: int
    honest: bool = False


@dataclass(frozen=True)
class Stall:
    """Send nothing for ``seconds``: before the statement, or after rows of its first result set."""

    seconds: float
    after_rows: int | None = None


@dataclass(frozen=True)
class SendMessage:
    """Send an informational message, such as 8153 (an aggregate ignored a NULL).

    Before the rows, or with ``at_end`` after the last of them.
    """

    number: int
    text: str
    at_end: bool = False


StatementFault = SendError | CutConnection | EndEarly | Stall | SendMessage


@dataclass(frozen=True)
class RefuseLogin:
    """Refuse the next logins with this error."""

    number: int = 18456
    text: str = "Login failed for user 'sandbox'."
    severity: int = 14
    state: int = 1


@dataclass(frozen=True)
class Redirect:
    """Route logins to another server, as a listener with read-only routing or Azure's gateway does.

    ``read_only``: only those that declare read-only intent.
    """

    host: str
    port: int
    read_only: bool = False


class Wire(Protocol):
    """What a fault does to the connection it happens on."""

    def cut(self, *, reset: bool) -> None:
        """Cut the connection now; raises to end the request."""

    def cut_after(self, count: int, *, reset: bool) -> None:
        """Cut the connection after ``count`` more bytes."""

    def stall(self, seconds: float) -> None:
        """Send the full packets that are ready, then nothing for ``seconds``."""


@dataclass
class _Armed:
    pattern: re.Pattern[str]
    fault: StatementFault
    times: int


class Faults:
    """The pending faults of one server; every method may be called while it serves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._statements: list[_Armed] = []
        self._logins: list[RefuseLogin] = []
        self._refuse_tls = False
        self._redirect: Redirect | None = None

    def on_statement(self, pattern: str, fault: StatementFault, *, times: int = 1) -> None:
        """Apply ``fault`` to the next ``times`` statements that contain ``pattern``, a regex."""
        armed = _Armed(re.compile(pattern, re.IGNORECASE | re.DOTALL), fault, times)
        with self._lock:
            self._statements.append(armed)

    def on_login(self, refusal: RefuseLogin | None = None, *, times: int = 1) -> None:
        """Refuse the next ``times`` logins."""
        with self._lock:
            self._logins.extend([refusal or RefuseLogin()] * times)

    def refuse_tls(self, *, refuse: bool = True) -> None:
        """Behave from now on like a server without TLS."""
        with self._lock:
            self._refuse_tls = refuse

    def redirect_logins(self, redirect: Redirect | None) -> None:
        """Route logins to another server from now on; None: serve them here again."""
        with self._lock:
            self._redirect = redirect

    def clear(self) -> None:
        """Remove every fault that has not happened yet."""
        with self._lock:
            self._statements.clear()
            self._logins.clear()
            self._refuse_tls = False
            self._redirect = None

    @property
    def tls_refused(self) -> bool:
        """True while the server behaves like one without TLS."""
        with self._lock:
            return self._refuse_tls

    def redirect_of(self, *, read_only_intent: bool) -> Redirect | None:
        """Return where a login is routed to, None if it is served here."""
        with self._lock:
            found = self._redirect
        return None if found is None or (found.read_only and not read_only_intent) else found

    def take_login(self) -> RefuseLogin | None:
        """Take the refusal for the login that is starting, None if there is none."""
        with self._lock:
            return self._logins.pop(0) if self._logins else None

    def take_statement(self, sql: str) -> StatementFault | None:
        """Take the fault for a statement, None if there is none."""
        with self._lock:
            for index, armed in enumerate(self._statements):
                if armed.pattern.search(sql):
                    armed.times -= 1
                    if armed.times <= 0:
                        del self._statements[index]
                    return armed.fault
        return None


def disturb(events: Iterator[Event], fault: StatementFault, wire: Wire) -> Iterator[Event]:
    """Yield a statement's events, with the fault applied to them."""
    if isinstance(fault, SendMessage):
        yield from _with_message(events, fault)
        return
    rows = fault.after_rows
    if isinstance(fault, CutConnection) and fault.after_bytes is not None:
        wire.cut_after(fault.after_bytes, reset=fault.reset)
        yield from events
        return
    if rows is None:
        _carry_out(fault, wire)
        yield from events
        return
    done_rows: int | None = None
    for event in events:
        if isinstance(event, ResultSet) and rows is not None:
            counter = _Counter()
            batches = _disturbed(event.batches, fault, rows, wire, counter)
            yield replace(event, batches=batches, replay_key=None)
            rows = None
            if isinstance(fault, EndEarly):
                done_rows = counter.sent if fault.honest else counter.total
        elif isinstance(event, StatementDone) and done_rows is not None and event.rows is not None:
            yield replace(event, rows=done_rows)
            done_rows = None
        else:
            yield event


def _with_message(events: Iterator[Event], fault: SendMessage) -> Iterator[Event]:
    message = Message(fault.number, fault.text)
    if not fault.at_end:
        yield message
    due = fault.at_end
    for event in events:
        if due and isinstance(event, StatementDone):
            yield message
            due = False
        yield event


@dataclass
class _Counter:
    sent: int = 0
    total: int = 0


def _disturbed(
    batches: Iterator[pa.RecordBatch],
    fault: SendError | CutConnection | EndEarly | Stall,
    rows: int,
    wire: Wire,
    counter: _Counter,
) -> Iterator[pa.RecordBatch]:
    applied = False
    for batch in batches:
        counter.total += batch.num_rows
        if applied and isinstance(fault, EndEarly):
            continue
        keep = batch.num_rows if applied else min(batch.num_rows, rows - counter.sent)
        counter.sent += keep
        if keep:
            yield batch.slice(0, keep)
        if not applied and counter.sent >= rows:
            applied = True
            _carry_out(fault, wire)
            if keep < batch.num_rows and not isinstance(fault, EndEarly):
                counter.sent += batch.num_rows - keep
                yield batch.slice(keep)
    if not applied:
        _carry_out(fault, wire)


def _carry_out(fault: SendError | CutConnection | EndEarly | Stall, wire: Wire) -> None:
    if isinstance(fault, SendError):
        raise SqlError(fault.number, fault.text, severity=fault.severity, state=fault.state)
    if isinstance(fault, CutConnection):
        wire.cut(reset=fault.reset)
    if isinstance(fault, Stall):
        wire.stall(fault.seconds)
