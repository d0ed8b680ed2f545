"""Serves one client connection: logs it in, runs its requests, writes the responses."""

import logging
from collections.abc import Callable, Iterator, Sequence

from tableferry_sandbox.events import Event, OutputValue, Parameter, Session, SqlError
from tableferry_sandbox.faults import disturb
from tableferry_sandbox.sqltypes import Column
from tableferry_sandbox.tds import tokens
from tableferry_sandbox.tds.byte_reader import ByteReader, skip_all_headers
from tableferry_sandbox.tds.handshake import LoggedIn, ServerContext, log_in
from tableferry_sandbox.tds.inbox import Inbox
from tableferry_sandbox.tds.packet_writer import AttentionReceivedError, PacketWriter
from tableferry_sandbox.tds.packets import (
    IGNORE_MESSAGE,
    RESET_CONNECTION,
    RESET_CONNECTION_KEEP_TRANSACTION,
    PacketType,
    ProtocolError,
    TdsMessage,
)
from tableferry_sandbox.tds.prepared_statements import PreparedStatements, StatementCall
from tableferry_sandbox.tds.response_writer import ResponseWriter
from tableferry_sandbox.tds.rpc import RpcCall, parse_rpc
from tableferry_sandbox.tds.text_encoding import carry_surrogates
from tableferry_sandbox.tds.tokens import DoneStatus, Env
from tableferry_sandbox.tds.transaction_manager import run_transaction_request
from tableferry_sandbox.tds.transport import ConnectionLostError, Transport

_log = logging.getLogger(__name__)


class ClientConnection:
    """One client's connection; ``serve`` returns when it has ended."""

    def __init__(self, transport: Transport, context: ServerContext, name: str) -> None:
        self._transport = transport
        self._context = context
        self._name = name

    def serve(self) -> None:
        """Log the client in and answer its requests until either side closes the connection."""
        try:
            logged_in = log_in(self._transport, self._context)
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
        """Close the connection from another thread."""
        self._transport.close()

    def _answer_requests(self, logged_in: LoggedIn) -> None:
        inbox = Inbox(self._transport, logged_in.session.cancel, self._name)
        try:
            requests = _RequestHandler(self._transport, self._context, logged_in, inbox)
            while (message := inbox.next()) is not None:
                go_on = requests.answer(message)
                if inbox.request_done():
                    requests.acknowledge_attention()
                if not go_on:
                    return
        finally:
            self._transport.close()
            inbox.close()


class _RequestHandler:
    """Answers the requests of one logged-in connection, one at a time."""

    def __init__(
        self, transport: Transport, context: ServerContext, logged_in: LoggedIn, inbox: Inbox
    ) -> None:
        self._transport = transport
        self._context = context
        self._logged_in = logged_in
        self._inbox = inbox
        self._statements = PreparedStatements()

    @property
    def _session(self) -> Session:
        return self._logged_in.session

    def answer(self, message: TdsMessage) -> bool:
        """Answer one request; False when the connection must be closed."""
        if message.status & IGNORE_MESSAGE:
            self._writer().finish(tokens.done(DoneStatus.FINAL))
            return True
        if message.type == PacketType.ATTENTION:
            self.acknowledge_attention()
            return True
        writer = self._writer()
        response = ResponseWriter(
            writer,
            server_name=self._context.server_name,
            null_bitmaps=self._logged_in.null_bitmaps,
            replay=self._context.replay,
            in_procedure=message.type == PacketType.RPC,
        )
        try:
            if self._reset_if_requested(message, response):
                self._run(message, response)
            response.finish()
        except AttentionReceivedError:
            self._inbox.attention_answered()
            writer.finish(tokens.done(DoneStatus.ATTENTION))
        return not response.fatal

    def acknowledge_attention(self) -> None:
        """Acknowledge an attention that arrived when no request was running."""
        self._writer().finish(tokens.done(DoneStatus.ATTENTION))

    def _writer(self) -> PacketWriter:
        return PacketWriter(
            self._transport,
            self._logged_in.packet_size,
            self._session.session_id,
            self._inbox.interrupted.is_set,
            self._context.flush_bytes,
        )

    def _reset_if_requested(self, message: TdsMessage, response: ResponseWriter) -> bool:
        """Reset the session if the request asks for it; False when the reset failed."""
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
        self._statements.forget()
        return iter(())

    def _run(self, message: TdsMessage, response: ResponseWriter) -> None:
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

    def _run_calls(self, payload: bytes, response: ResponseWriter) -> None:
        try:
            calls = parse_rpc(payload)
        except SqlError as error:
            response.end_of_procedure(response.run(_raising(error)), None)
            return
        for number, call in enumerate(calls, 1):
            status, handle = self._run_call(call, response)
            response.end_of_procedure(status, handle, last=number == len(calls))

    def _run_call(self, call: RpcCall, response: ResponseWriter) -> tuple[int, OutputValue | None]:
        try:
            statement = self._statements.resolve(call)
        except SqlError as error:
            return response.run(_raising(error)), None
        handle = None
        if statement.handle is not None:
            handle = OutputValue(
                statement.handle.name, statement.handle.type, statement.handle.value
            )
        if not statement.sql:
            return 0, handle
        if not statement.describe_only:
            return self._execute(response, statement.sql, statement.parameters), handle
        status = self._describe(response, statement)
        return status, None if status else handle

    def _describe(self, response: ResponseWriter, statement: StatementCall) -> int:
        columns: list[Column] = []

        def describing() -> Iterator[Event]:
            columns.extend(self._session.describe(statement.sql, statement.parameters) or ())
            return iter(())

        status = response.run(describing)
        if columns:
            response.metadata(columns)
        return status

    def _execute(self, response: ResponseWriter, sql: str, parameters: Sequence[Parameter]) -> int:
        fault = self._context.faults.take_statement(sql)
        if fault is None:
            return response.run(lambda: self._session.execute(sql, parameters))
        wire = _FaultyWire(self._transport, response, self._inbox)
        return response.run(lambda: disturb(self._events(sql, parameters), fault, wire))

    def _events(self, sql: str, parameters: Sequence[Parameter]) -> Iterator[Event]:
        """Start the statement when the first event is requested: an early fault precedes it."""
        yield from self._session.execute(sql, parameters)


class _FaultyWire:
    """Lets scripted faults act on a connection."""

    def __init__(self, transport: Transport, response: ResponseWriter, inbox: Inbox) -> None:
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
