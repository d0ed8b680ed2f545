"""The target as a connection that the caller has open: where it leads, and whether that is sound.

A load never runs on it. It needs sessions of its own: the ledger's beside the load's, one for each
worker of ``parallel``, new ones after a lost connection; and it commits, which in the caller's
session would commit the caller's work. So the connection says where and as whom; what it has
beyond that and other sessions would lack (an open transaction, SET ROLE, a search_path) is refused.
"""

from typing import Any, Final

import psycopg
from psycopg.pq import PipelineStatus, TransactionStatus
from psycopg.rows import tuple_row
from pydantic import ValidationError

from tableferry.config import SslMode, TargetSettings
from tableferry.errors import ConfigError
from tableferry.postgres.connection import connect
from tableferry.postgres.errors import translated

CallerConnection = psycopg.Connection[Any]

REPEATED: Final = frozenset({"host", "port", "dbname", "user", "sslmode", "sslrootcert"})
"""Connection parameters that tableferry's own connections have too."""

OF_NO_CONSEQUENCE: Final = frozenset({
    "hostaddr", "connect_timeout", "application_name", "fallback_application_name",
    "client_encoding", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
    "tcp_user_timeout", "passfile", "target_session_attrs", "load_balance_hosts",
    "gssencmode", "channel_binding", "sslcompression", "sslsni", "sslcertmode",
})  # fmt: skip
"""Parameters without which a connection leads to the same place, as the same role."""

_SET_BY_SESSION: Final = """\
SELECT name FROM pg_catalog.pg_settings
WHERE source IN ('session', 'client')
  AND name IN ('session_authorization', 'search_path', 'default_transaction_read_only')
ORDER BY 1"""
"""What would make other sessions find another table, or have other rights; so would SET ROLE, which
is not listed there."""

_WHERE: Final = """\
SELECT pg_catalog.pg_postmaster_start_time(), current_database(), session_user, current_user"""
"""Equal in two sessions of one server. A host name may lead to several servers, and the caller's
connection may have been opened to an address (``hostaddr``) that the name does not resolve to."""

_INSTEAD: Final = "Pass the target as a URL or as TargetSettings instead."


def settings_of(connection: object) -> TargetSettings:
    """Return the settings that lead where this psycopg connection leads, as the same role.

    Runs two queries on it, opens a second connection to compare, and leaves no transaction open.
    Raises ConfigError for what is no psycopg connection, is closed, is in a transaction or a
    pipeline, or has what a second connection would not have; TableferryError where the server does
    not answer.
    """
    raw = _usable(connection)
    info = raw.info
    parameters = info.get_parameters()
    foreign = sorted(set(parameters) - REPEATED - OF_NO_CONSEQUENCE)
    if foreign:
        raise _refusal(f"it was opened with {', '.join(foreign)}")
    if not info.password:
        raise _refusal("it was opened without a password")
    try:
        settings = TargetSettings.model_validate(
            {
                "prefix": "the target connection's ",
                "host": info.host,
                "port": info.port,
                "db": info.dbname,
                "user": info.user,
                "password": info.password,
                **_tls(raw, parameters),
            }
        )
    except ValidationError:
        raise _refusal("its host, user or TLS mode is none that settings take") from None
    _require_plain_session(raw, settings)
    return settings


def _usable(connection: object) -> CallerConnection:
    if not isinstance(connection, psycopg.Connection):
        kind = f"{type(connection).__module__}.{type(connection).__qualname__}"
        raise ConfigError(
            f"The target is a {kind}, from which no connection can be made",
            hint="Pass a URL (postgresql://user:password@host/database), TargetSettings or a "
            "psycopg.Connection.",
        )
    if connection.closed:
        raise _refusal("it is closed")
    if connection.info.transaction_status is not TransactionStatus.IDLE:
        raise ConfigError(
            "The target's connection has a transaction open, whose locks a load could wait for and "
            "whose changes it could not see",
            hint="Commit it or roll it back first.",
        )
    if connection.pgconn.pipeline_status != PipelineStatus.OFF:
        raise _refusal("it is in pipeline mode")
    return connection


def _tls(raw: CallerConnection, parameters: dict[str, str]) -> dict[str, str]:
    """Return TLS settings that are at least as strict as the connection is."""
    found: dict[str, str] = {
        name: parameters[name] for name in ("sslmode", "sslrootcert") if name in parameters
    }
    if raw.pgconn.ssl_in_use and found.get("sslmode") in {None, SslMode.ALLOW, SslMode.PREFER}:
        found["sslmode"] = SslMode.REQUIRE
    return found


def _require_plain_session(raw: CallerConnection, settings: TargetSettings) -> None:
    """Compare the caller's session with a new one, which is opened and closed here."""
    with translated(settings):
        try:
            with raw.cursor(row_factory=tuple_row) as cursor:
                found = [name for (name,) in cursor.execute(_SET_BY_SESSION).fetchall()]
                theirs = cursor.execute(_WHERE).fetchall()
        finally:
            if not raw.autocommit:
                raw.rollback()
    if found:
        raise _refusal(f"its session has set {', '.join(dict.fromkeys(found))}")
    with connect(settings) as own:
        ours = own.rows(_WHERE)
    if ours[0][:-1] != theirs[0][:-1]:
        raise _refusal("a second connection leads to another server or role")
    if ours != theirs:
        raise _refusal("its session has set role")


def _refusal(why: str) -> ConfigError:
    return ConfigError(f"The target's connection cannot be used: {why}", hint=_INSTEAD)
