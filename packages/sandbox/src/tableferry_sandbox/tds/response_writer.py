"""Writes a session's events as tokens: result sets, row counts, messages and errors."""

import logging
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from tableferry_sandbox.events import (
    DatabaseChanged,
    Event,
    LanguageChanged,
    Message,
    OutputValue,
    ResultSet,
    SqlError,
    StatementDone,
    TransactionChanged,
)
from tableferry_sandbox.sqltypes import Column
from tableferry_sandbox.tds import tokens
from tableferry_sandbox.tds.column_encoder import encode_scalar
from tableferry_sandbox.tds.packet_writer import AttentionReceivedError, PacketWriter
from tableferry_sandbox.tds.packets import ProtocolError
from tableferry_sandbox.tds.prepared_statements import UNNAMED
from tableferry_sandbox.tds.replay_cache import ReplayCache
from tableferry_sandbox.tds.row_encoder import RowEncoder, slices
from tableferry_sandbox.tds.tokens import DoneKind, DoneStatus, Env
from tableferry_sandbox.tds.transport import ConnectionLostError
from tableferry_sandbox.tds.typeinfo import column_metadata, type_info

_log = logging.getLogger(__name__)

FATAL_SEVERITY: Final = 20
"""SQL Server closes the connection after an error of this severity or above."""

_TRANSACTION_CHANGES: Final = {
    "begin": Env.BEGIN_TRANSACTION,
    "commit": Env.COMMIT_TRANSACTION,
    "rollback": Env.ROLLBACK_TRANSACTION,
}


class ResponseWriter:
    """Writes the response to one batch or to one message of procedure calls.

    A DONE token is held back until the next event shows whether more tokens follow.
    """

    def __init__(
        self,
        writer: PacketWriter,
        *,
        server_name: str,
        null_bitmaps: bool,
        replay: ReplayCache | None,
        in_procedure: bool,
    ) -> None:
        self._writer = writer
        self._server_name = server_name
        self._null_bitmaps = null_bitmaps
        self._replay = replay
        self._kind = DoneKind.IN_PROC if in_procedure else DoneKind.DONE
        self._pending: tuple[DoneStatus, int | None, str, DoneKind] | None = None
        self._failed = False
        self._open_rows: int | None = None
        self._replayed = False
        self._outputs: list[OutputValue] = []
        self.fatal = False

    def run(self, events: Callable[[], Iterator[Event]]) -> int:
        """Write all events. Returns 0, or the number of the error that ended the request."""
        iterator: Iterator[Event] = iter(())
        try:
            iterator = events()
            for event in iterator:
                self._writer.check()
                self._event(event)
            self._close_result()
        except SqlError as error:
            self._writer.check()  # a cancelled statement does not report its error
            self._error(error)
            return error.number
        except (AttentionReceivedError, ConnectionLostError, ProtocolError):
            raise
        except Exception as error:  # noqa: BLE001 - the last place that can report it to the client
            # A bug in the engine: report it and close the connection, as its state is unknown.
            _log.exception("the engine failed")
            text = f"Internal error of the sandbox: {type(error).__name__}: {error}"
            self._error(SqlError(50000, text, severity=FATAL_SEVERITY))
            return 50000
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()
        return 0

    def metadata(self, columns: Sequence[Column]) -> None:
        """Write COLMETADATA without rows, the answer to ``sp_prepare``."""
        self._put(column_metadata(columns))
        self._done(DoneStatus.FINAL, None, "SELECT")

    def end_of_procedure(
        self, status: int, handle: OutputValue | None, *, last: bool = True
    ) -> None:
        """Write a call's RETURNSTATUS, output parameters and DONEPROC.

        ``last`` is False when another call of the same message follows.
        """
        returned = ([handle] if handle else []) + ([] if status else self._outputs)
        self._put(tokens.return_status(status))
        for ordinal, output in enumerate(returned):
            name = "" if output.name.startswith(UNNAMED) else output.name
            self._put(_return_value(ordinal, replace(output, name=name)))
        self._outputs = []
        flags = DoneStatus.ERROR if status else DoneStatus.FINAL
        if not last:
            flags |= DoneStatus.IN_BATCHED_CALLS
        self._done(flags, None, "EXECUTE", DoneKind.PROC)

    def raw(self, token: bytes) -> None:
        """Write an encoded token."""
        self._put(token)

    def flush(self) -> None:
        """Send the full packets that are buffered."""
        self._writer.flush()

    def finish(self) -> None:
        """End the message; a response without any statement still carries a DONE."""
        if self._pending is None:
            self._done(DoneStatus.FINAL, None, "")
        assert self._pending is not None, "set above"  # noqa: S101 - for the type checker
        status, rows, command, kind = self._pending
        self._writer.finish(tokens.done(status, rows=rows, command=command, kind=kind))

    def _event(self, event: Event) -> None:
        match event:
            case ResultSet():
                self._close_result()
                self._result_set(event)
            case StatementDone():
                self._statement_done(event)
            case Message():
                self._message(event)
            case DatabaseChanged():
                self._put(tokens.env_change(Env.DATABASE, event.new, event.old))
                text = f"Changed database context to '{event.new}'."
                self._message(Message(5701, text, state=2))
            case LanguageChanged():
                self._put(tokens.env_change(Env.LANGUAGE, event.language, event.language))
                text = f"Changed language setting to {event.language}."
                self._message(Message(5703, text))
            case TransactionChanged():
                self._put(transaction_change(event))
            case OutputValue():
                self._outputs.append(event)

    def _result_set(self, result: ResultSet) -> None:
        metadata = column_metadata(result.columns)
        key = None if result.replay_key is None else f"{self._null_bitmaps}:{result.replay_key}"
        recording = self._replay.get(key) if self._replay and key else None
        self._put(metadata)
        if recording is not None:
            self._open_rows, self._replayed = recording.rows, True
            for piece in recording.pieces:
                self._writer.write(piece)
            if result.replayed is not None:
                result.replayed(recording.rows)
            return
        self._stream(result, key)

    def _stream(self, result: ResultSet, key: str | None) -> None:
        encoder = RowEncoder(result.columns, null_bitmaps=self._null_bitmaps)
        kept: list[bytes] | None = [] if self._replay and key else None
        kept_size = 0
        self._open_rows = 0
        for batch in result.batches:
            for piece in slices(batch):
                encoded = encoder.encode(piece)
                self._open_rows += piece.num_rows
                if kept is not None and self._replay is not None:
                    kept_size += len(encoded)
                    if kept_size > self._replay.budget:
                        kept = None
                    else:
                        kept.append(bytes(encoded))
                self._writer.write(encoded)
        if kept is not None and key is not None and self._replay is not None:
            self._replay.put(key, kept, self._open_rows)

    def _close_result(self) -> None:
        """Write the DONE of a result set that no StatementDone followed."""
        if self._open_rows is not None:
            self._statement_done(StatementDone(self._open_rows, "SELECT"))

    def _statement_done(self, event: StatementDone) -> None:
        rows = event.rows
        if self._replayed and rows is not None:  # the engine read no rows, so it cannot know
            rows = self._open_rows
        self._open_rows, self._replayed = None, False
        status = DoneStatus.ERROR if self._failed else DoneStatus.FINAL
        self._failed = False
        self._done(status, rows, event.command)

    def _message(self, event: Message) -> None:
        self._put(
            tokens.message(
                event.number,
                event.text,
                severity=event.severity,
                state=event.state,
                line=event.line,
                server=self._server_name,
            )
        )
        if event.severity >= tokens.ERROR_SEVERITY:
            self._failed = True

    def _error(self, error: SqlError) -> None:
        severity = max(error.severity, tokens.ERROR_SEVERITY)
        text, state, line = error.message, error.state, error.line
        self._message(Message(error.number, text, severity, state, line))
        self._open_rows, self._replayed, self._failed = None, False, False
        status = DoneStatus.ERROR
        if error.severity >= FATAL_SEVERITY:
            self.fatal = True
            status |= DoneStatus.SERVER_ERROR
        self._done(status, None, "")

    def _done(
        self, status: DoneStatus, rows: int | None, command: str, kind: DoneKind | None = None
    ) -> None:
        self._flush_done()
        self._pending = (status, rows, command, kind or self._kind)

    def _flush_done(self) -> None:
        if self._pending is not None:
            status, rows, command, kind = self._pending
            self._pending = None
            more = status | DoneStatus.MORE
            self._writer.write(tokens.done(more, rows=rows, command=command, kind=kind))

    def _put(self, token: bytes) -> None:
        self._flush_done()
        self._writer.write(token)


def transaction_change(event: TransactionChanged) -> bytes:
    """Build the ENVCHANGE for the start or end of a transaction (MS-TDS 2.2.7.9)."""
    kind = _TRANSACTION_CHANGES[event.kind.lower().split()[0]]
    descriptor = struct.pack("<Q", event.transaction)
    if kind is Env.BEGIN_TRANSACTION:
        return tokens.env_change(kind, descriptor)
    return tokens.env_change(kind, b"", descriptor)


def _return_value(ordinal: int, output: OutputValue) -> bytes:
    column = Column(output.name, output.type)
    head = struct.pack("<BH", tokens.RETURN_VALUE, ordinal) + tokens.b_varchar(output.name)
    flags = struct.pack("<BIH", 0x01, 0, 0)
    return head + flags + type_info(output.type) + encode_scalar(column, output.value)
