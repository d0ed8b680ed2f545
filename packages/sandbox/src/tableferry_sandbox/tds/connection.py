"""One connection from login to its end: takes requests, runs them, writes the answers."""

import logging
from collections.abc import Callable, Iterator, Sequence

from tableferry_sandbox.events import Event, OutputValue, Parameter, Session, SqlError
from tableferry_sandbox.faults import disturb
from tableferry_sandbox.sqltypes import Column
from tableferry_sandbox.tds import tokens
from tableferry_sandbox.tds.handshake import LoggedIn, Service, log_in
from tableferry_sandbox.tds.inbox import Inbox
from tableferry_sandbox.tds.packets import (
    IGNORE_MESSAGE,
    RESET_CONNECTION,
    RESET_CONNECTION_KEEP_TRANSACTION,
    Message,
    PacketType,
    ProtocolError,
)
from tableferry_sandbox.tds.procedures import Procedures, Work
from tableferry_sandbox.tds.reader import ByteReader, skip_all_headers
from tableferry_sandbox.tds.responses import Response
from tableferry_sandbox.tds.rpc import RpcCall, parse_rpc
from tableferry_sandbox.tds.text import carry_surrogates
from tableferry_sandbox.tds.tokens import DoneStatus, Env
from tableferry_sandbox.tds.transactions import run_transaction_request
from tableferry_sandbox.tds.transport import ConnectionLostError, Transport
from tableferry_sandbox.tds.writer import AttentionReceivedError, ResponseWriter

_log = logging.getLogger(__name__)


class Connection:
    """Serves one client; ``serve`` returns when the connection has ended."""

    def __init__(self, transport: Transport, service: Service, name: str) -> None:
        self._transport = transport
        self._service = service
        self._name = name

    def serve(self) -> None:
        """Log the client in and answer its requests until it leaves or is made to."""
        try:
            logged_in = log_in(self._transport, self._service)
            if logged_in is None:
                return
            try:
                self._answer_requests(logged_in)
            finally:
                logged_in.session.close()
        except ConnectionLostError:
            return
        except ProtocolError as error:
            _log.info("%s: closed: %s", self._name, error)
        finally:
            self._transport.close()

    def close(self) -> None:
        """End the connection from another thread."""
        self._transport.close()

    def _answer_requests(self, logged_in: LoggedIn) -> None:
        inbox = Inbox(self._transport, logged_in.session.cancel, self._name)
        try:
            requests = _Requests(self._transport, self._service, logged_in, inbox)
            while (message := inbox.next()) is not None:
                go_on = requests.answer(message)
                if inbox.request_done():
                    requests.acknowledge_attention()
                if not go_on:
                    return
        finally:
            self._transport.close()
            inbox.close()


class _Requests:
    """Answers the requests of one logged-in connection, one after the other."""

    def __init__(
        self, transport: Transport, service: Service, logged_in: LoggedIn, inbox: Inbox
    ) -> None:
        self._transport = transport
        self._service = service
        self._logged_in = logged_in
        self._inbox = inbox
        self._procedures = Procedures()

    @property
    def _session(self) -> Session:
        return self._logged_in.session

    def answer(self, message: Message) -> bool:
        """Answer one request; False when the connection must end."""
        if message.status & IGNORE_MESSAGE:
            self._writer().finish(tokens.done(DoneStatus.FINAL))
            return True
        if message.type == PacketType.ATTENTION:
            self.acknowledge_attention()
            return True
        writer = self._writer()
        response = Response(
            writer,
            server_name=self._service.server_name,
            null_bitmaps=self._logged_in.null_bitmaps,
            replay=self._service.replay,
            in_procedure=message.type == PacketType.RPC,
        )
        try:
            if self._reset_if_asked(message, response):
                self._run(message, response)
            response.finish()
        except AttentionReceivedError:
            self._inbox.attention_answered()
            writer.finish(tokens.done(DoneStatus.ATTENTION))
        return not response.fatal

    def acknowledge_attention(self) -> None:
        """Answer an attention that found nothing running."""
        self._writer().finish(tokens.done(DoneStatus.ATTENTION))

    def _writer(self) -> ResponseWriter:
        return ResponseWriter(
            self._transport,
            self._logged_in.packet_size,
            self._session.session_id,
            self._inbox.interrupted.is_set,
            self._service.flush_bytes,
        )

    def _reset_if_asked(self, message: Message, response: Response) -> bool:
        """Reset the session where the request asks for it; False when that failed."""
        if not message.status & (RESET_CONNECTION | RESET_CONNECTION_KEEP_TRANSACTION):
            return True
        before = self._session.database
        if response.run(self._reset):
            return False
        response.raw(tokens.env_change(Env.RESET_ACKNOWLEDGED, b""))
        if self._session.database != before:
            response.raw(tokens.env_change(Env.DATABASE, self._session.database, before))
        return True

    def _reset(self) -> Iterator[Event]:
        self._session.reset()
        self._procedures.forget()
        return iter(())

    def _run(self, message: Message, response: Response) -> None:
        match message.type:
            case PacketType.SQL_BATCH:
                reader = ByteReader(message.payload)
                skip_all_headers(reader)
                self._execute(response, carry_surrogates(reader.rest()), ())
            case PacketType.RPC:
                self._run_calls(message.payload, response)
            case PacketType.TRANSACTION:
                response.run(lambda: run_transaction_request(message.payload, self._session))
            case PacketType.BULK_LOAD:
                response.run(_refusing("The sandbox does not support bulk load (INSERT BULK)."))
            case _:
                raise ProtocolError(f"packet type {message.type} after the login")

    def _run_calls(self, payload: bytes, response: Response) -> None:
        try:
            calls = parse_rpc(payload)
        except SqlError as error:
            response.end_of_procedure(response.run(_raising(error)), None)
            return
        for number, call in enumerate(calls, 1):
            status, handle = self._run_call(call, response)
            response.end_of_procedure(status, handle, last=number == len(calls))

    def _run_call(self, call: RpcCall, response: Response) -> tuple[int, OutputValue | None]:
        try:
            work = self._procedures.plan(call)
        except SqlError as error:
            return response.run(_raising(error)), None
        handle = None
        if work.handle is not None:
            handle = OutputValue(work.handle.name, work.handle.type, work.handle.value)
        if not work.sql:
            return 0, handle
        if not work.describe_only:
            return self._execute(response, work.sql, work.parameters), handle
        status = self._describe(response, work)
        return status, None if status else handle

    def _describe(self, response: Response, work: Work) -> int:
        columns: list[Column] = []

        def describing() -> Iterator[Event]:
            columns.extend(self._session.describe(work.sql, work.parameters) or ())
            return iter(())

        status = response.run(describing)
        if columns:
            response.metadata(columns)
        return status

    def _execute(self, response: Response, sql: str, parameters: Sequence[Parameter]) -> int:
        fault = self._service.faults.take_statement(sql)
        if fault is None:
            return response.run(lambda: self._session.execute(sql, parameters))
        wire = _FaultyWire(self._transport, response, self._inbox)
        return response.run(lambda: disturb(self._events(sql, parameters), fault, wire))

    def _events(self, sql: str, parameters: Sequence[Parameter]) -> Iterator[Event]:
        """Start the statement only when the first event is asked for, after an early fault."""
        yield from self._session.execute(sql, parameters)


class _FaultyWire:
    """Carries scripted faults out on a connection."""

    def __init__(self, transport: Transport, response: Response, inbox: Inbox) -> None:
        self._transport = transport
        self._response = response
        self._inbox = inbox

    def cut(self, *, reset: bool) -> None:
        self._response.flush()
        self._transport.cut(reset=reset)
        raise ConnectionLostError("a scripted fault cut the connection")

    def cut_after(self, count: int, *, reset: bool) -> None:
        self._transport.cut_after(count, reset=reset)

    def stall(self, seconds: float) -> None:
        self._response.flush()
        self._inbox.interrupted.wait(seconds)


def _raising(error: SqlError) -> Callable[[], Iterator[Event]]:
    def events() -> Iterator[Event]:
        raise error

    return events


def _refusing(text: str) -> Callable[[], Iterator[Event]]:
    return _raising(SqlError(50000, text))
