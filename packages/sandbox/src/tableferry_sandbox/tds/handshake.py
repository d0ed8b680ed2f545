"""Logs a connection in: PRELOGIN, TLS, LOGIN7 (MS-TDS 3.3.5)."""

import ssl
from dataclasses import dataclass, field
from typing import Final

from tableferry_sandbox.collations import collation
from tableferry_sandbox.events import Engine, LoginRequest, Session, SqlError
from tableferry_sandbox.faults import Faults, Redirect
from tableferry_sandbox.sqltypes import DEFAULT_COLLATION
from tableferry_sandbox.tds import tokens
from tableferry_sandbox.tds.login7 import (
    FED_AUTH,
    TDS_7_3_A,
    TDS_7_3_B,
    TDS_7_4,
    Login7,
    parse_login7,
)
from tableferry_sandbox.tds.packet_writer import FLUSH_BYTES
from tableferry_sandbox.tds.packets import (
    DEFAULT_PACKET_SIZE,
    PacketType,
    ProtocolError,
    frame,
    read_message,
)
from tableferry_sandbox.tds.prelogin import (
    Encryption,
    Option,
    negotiate,
    parse_prelogin,
    prelogin_answer,
)
from tableferry_sandbox.tds.replay_cache import ReplayCache
from tableferry_sandbox.tds.tokens import DoneStatus, Env
from tableferry_sandbox.tds.transport import Transport

_UTF8_SUPPORT: Final = 0x0A


@dataclass(frozen=True)
class ServerContext:
    """The engine and settings that all connections of one server share."""

    engine: Engine
    encryption: Encryption
    tls_context: ssl.SSLContext | None
    version: tuple[int, int, int]
    server_name: str
    replay: ReplayCache | None = None
    faults: Faults = field(default_factory=Faults)
    flush_bytes: int = FLUSH_BYTES


@dataclass(frozen=True)
class LoggedIn:
    """The session of a logged-in connection, with the negotiated packet size and TDS version."""

    session: Session
    packet_size: int
    tds_version: int

    @property
    def null_bitmaps(self) -> bool:
        """Whether the client understands NBCROW (TDS 7.3 B and later)."""
        return self.tds_version >= TDS_7_3_B


def log_in(transport: Transport, context: ServerContext) -> LoggedIn | None:
    """Run the handshake and open a session; None when the login was refused or routed elsewhere.

    Raises ProtocolError for invalid TDS, ConnectionLostError when the client disconnects.
    """
    login_only = _prelogin(transport, context)
    message = read_message(transport.read)
    if login_only:
        transport.stop_tls()
    if message.type != PacketType.LOGIN7:
        raise ProtocolError(f"packet type {message.type} where LOGIN7 is expected")
    login = parse_login7(message.payload)
    redirect = context.faults.redirect_of(read_only_intent=login.read_only_intent)
    try:
        session = _open_session(login, context)
        session.encrypted = transport.encrypted
    except SqlError as error:
        _send(transport, _refusal(error, login, context.server_name))
        return None
    if redirect is not None:
        session.close()
        _send(transport, _routed(login, redirect, context))
        return None
    try:
        _send(transport, _acknowledgement(login, session, context), spid=session.session_id)
    except BaseException:
        session.close()
        raise
    return LoggedIn(session, login.packet_size, _agreed_version(login))


def _prelogin(transport: Transport, context: ServerContext) -> bool:
    """Answer PRELOGIN and start TLS; True when TLS covers the login packet only."""
    message = read_message(transport.read)
    if message.type != PacketType.PRELOGIN:
        raise ProtocolError(f"packet type {message.type} where PRELOGIN is expected")
    asked = parse_prelogin(message.payload)
    wanted = asked.get(Option.ENCRYPTION) or bytes([Encryption.NOT_SUPPORTED])
    encryption = context.encryption
    if context.faults.tls_refused:
        encryption = Encryption.NOT_SUPPORTED
    agreement = negotiate(wanted[0], encryption)
    _send(transport, prelogin_answer(asked, context.version, agreement.answer))
    if agreement.refused:
        raise ProtocolError("the client does not support encryption and the server requires it")
    if agreement.handshake:
        if context.tls_context is None:
            raise ProtocolError("TLS was negotiated, but the server has no certificate")
        transport.start_tls(context.tls_context)
    return agreement.handshake and not agreement.whole_session


def _open_session(login: Login7, context: ServerContext) -> Session:
    refusal = context.faults.take_login()
    if refusal is not None:
        raise SqlError(refusal.number, refusal.text, severity=refusal.severity, state=refusal.state)
    if login.tds_version < TDS_7_3_A:
        raise SqlError(
            50000,
            f"The sandbox speaks TDS 7.3 and 7.4; the client asked for 0x{login.tds_version:08x}.",
        )
    if login.integrated:
        raise SqlError(
            18452,
            "Login failed. The login is from an untrusted domain and cannot be used with "
            "Integrated authentication.",
            severity=14,
        )
    if login.changes_password:
        raise SqlError(50000, "The sandbox does not support changing a password at login.")
    request = LoginRequest(
        user=login.user,
        password=login.password,
        database=login.database,
        application=login.application,
        host=login.host,
        read_only_intent=login.read_only_intent,
        token=login.access_token,
        language=login.language,
    )
    return context.engine.login(request)


def _refusal(error: SqlError, login: Login7, server_name: str) -> bytes:
    answer = tokens.message(
        error.number,
        error.message,
        severity=max(error.severity, tokens.ERROR_SEVERITY),
        state=error.state,
        line=error.line,
        server=server_name,
    )
    if error.number == 4060:  # SQL Server sends both errors
        text = f"Login failed for user '{login.user}'."
        answer += tokens.message(18456, text, severity=14, server=server_name)
    return answer + tokens.done(DoneStatus.ERROR)


def _acknowledgement(login: Login7, session: Session, context: ServerContext) -> bytes:
    wire_collation = collation(DEFAULT_COLLATION).wire

    def info(number: int, text: str, state: int) -> bytes:
        return tokens.message(number, text, severity=10, state=state, server=context.server_name)

    answer = [
        tokens.env_change(Env.DATABASE, session.database, "master"),
        info(5701, f"Changed database context to '{session.database}'.", 2),
        tokens.env_change(Env.COLLATION, wire_collation),
        tokens.env_change(Env.LANGUAGE, session.language, ""),
        info(5703, f"Changed language setting to {session.language}.", 1),
        tokens.login_ack(_agreed_version(login), context.version),
        tokens.env_change(Env.PACKET_SIZE, str(login.packet_size), str(DEFAULT_PACKET_SIZE)),
    ]
    if login.extended:
        features = [(_UTF8_SUPPORT, b"\x01")] if _asks_for_utf8(login) else []
        if login.access_token:
            features.append((FED_AUTH, b""))
        answer.append(tokens.feature_ext_ack(features))
    answer.append(tokens.done(DoneStatus.FINAL))
    return b"".join(answer)


def _routed(login: Login7, redirect: Redirect, context: ServerContext) -> bytes:
    """Accept the login, and send the client to another server to log in there instead."""
    return (
        tokens.login_ack(_agreed_version(login), context.version)
        + tokens.routing(redirect.host, redirect.port)
        + tokens.done(DoneStatus.FINAL)
    )


def _asks_for_utf8(login: Login7) -> bool:
    return any(feature == _UTF8_SUPPORT for feature, _ in login.features)


def _agreed_version(login: Login7) -> int:
    if login.tds_version >= TDS_7_4:
        return TDS_7_4
    return TDS_7_3_B if login.tds_version >= TDS_7_3_B else TDS_7_3_A


def _send(transport: Transport, payload: bytes, *, spid: int = 0) -> None:
    """Send in packets of the default size: the negotiated size applies after the login."""
    transport.write(frame(payload, packet_size=DEFAULT_PACKET_SIZE, spid=spid & 0xFFFF))
