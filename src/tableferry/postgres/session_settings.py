"""PostgreSQL's settings of a session: those that a transaction of ours sets, and why.

A role or a database may have any of them (``ALTER ROLE ... SET``, ``ALTER DATABASE ... SET``). They
are set for the transaction, since poolers give its session to others afterwards, and in the message
that begins it. Every one of them may be set by every role.

What is not listed is respected: ``search_path`` and ``role`` (where tables are found, and as whom),
``TimeZone``, ``default_tablespace`` and ``default_table_access_method`` (of new tables),
``synchronous_commit`` (the rows and their outcome in the ledger are one transaction, so that a
crash loses both or neither), memory, parallelism and everything else that decides how fast
something is; but see ``publish.build_memory`` for what nobody has set. ``client_encoding`` is part
of the login. ``idle_session_timeout`` applies between transactions only: a connection that it has
closed is opened again.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SessionSetting:
    """A setting and the value that ours have; ``since`` is the ``server_version_num`` that has it.

    ``why``: what would happen with another value.
    """

    name: str
    value: str
    why: str
    since: int = 0


_SLOW = "A source may be slow, and a COPY lasts as long as a table is read."
_KEPT = "A definition that is read to be made anew (swap) would become another, or ambiguous."

SET_BY_US: Final = (
    SessionSetting("statement_timeout", "0", _SLOW),
    SessionSetting("idle_in_transaction_session_timeout", "0", _SLOW),
    SessionSetting("transaction_timeout", "0", _SLOW, since=170000),
    SessionSetting("lock_timeout", "0", "How long a lock is waited for is decided for each lock."),
    SessionSetting("exit_on_error", "off", "A lock that is not free at once is asked for again."),
    SessionSetting("standard_conforming_strings", "on", "A literal would be another text."),
    SessionSetting("array_nulls", "on", "A NULL that we send in an array would be a text."),
    SessionSetting("DateStyle", "ISO", _KEPT),
    SessionSetting("IntervalStyle", "postgres", _KEPT),
    SessionSetting("extra_float_digits", "1", _KEPT),
    SessionSetting("bytea_output", "hex", _KEPT),
    SessionSetting("xmloption", "content", "A fragment of XML would be refused."),
    SessionSetting("quote_all_identifiers", "off", "Definitions are compared with their texts."),
    SessionSetting("tcp_keepalives_idle", "30", "The session of a lost machine keeps its locks."),
    SessionSetting("tcp_keepalives_interval", "10", "The same: after a minute it is ended."),
    SessionSetting("tcp_keepalives_count", "3", "The same."),
)

BEGIN: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
"""Whatever the defaults are: at stricter levels a wait for a row lock can end in a serialization
failure, and ``default_transaction_read_only`` protects against writing by accident only."""

BEGIN_READING: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""All queries of the transaction see the target as of its first one."""

READ_ONLY_SERVER: Final = "0A000"
"""The SQLSTATE with which a server in recovery refuses READ WRITE."""


def begin_statement(version: int, *, begin: str = BEGIN, **local: str) -> str:
    """Return what begins a transaction of ours, in one message, on a server of this version.

    ``version`` is its ``server_version_num``; ``local`` are more settings of the transaction, or
    other values.
    """
    known = {one.name: one.value for one in SET_BY_US if version >= one.since}
    settings = (f"SET LOCAL {name} = '{value}'" for name, value in {**known, **local}.items())
    return "; ".join((begin, *settings))
