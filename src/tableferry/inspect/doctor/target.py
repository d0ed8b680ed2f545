"""What a run needs of the target database: what it is, what it forces on sessions, what is free."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry import postgres
from tableferry.config import LedgerUse, TableSpec
from tableferry.errors import ConfigError
from tableferry.inspect.check import sessions_of
from tableferry.inspect.doctor.clocks import Reading, read_clock
from tableferry.inspect.doctor.finding import Finding
from tableferry.inspect.doctor.questions import About
from tableferry.inspect.doctor.topics import Topic
from tableferry.model.counting import counted
from tableferry.model.identifiers import quote_pg
from tableferry.model.target_database import OLDEST_POSTGRESQL, SQL_ASCII, UTF8
from tableferry.postgres.errors import replica_error
from tableferry.postgres.facts import (
    READ_ONLY,
    as_replica,
    encryption_of,
    free_sessions,
    is_pooled,
    too_few,
)
from tableferry.postgres.ledger import require_usable
from tableferry.postgres.session_settings import SET_BY_US

LEAST_SESSIONS: Final = 2
"""A load's own, and the ledger's."""

_FORCED: Final = """\
SELECT s.name, s.setting, s.unit, s.source FROM pg_settings s
WHERE s.source IN ('database', 'user', 'database user')
  OR s.name IN ('default_transaction_read_only', 'session_replication_role', 'temp_file_limit')
ORDER BY s.name"""

_UNCHANGED: Final = {
    "default_transaction_read_only": "off",
    "session_replication_role": "origin",
    "temp_file_limit": "-1",
}
"""The settings that loads do not set for themselves and that matter to them, with the values at
which they do not."""

_WHO: Final = "SELECT version(), session_user, quote_ident(current_database()), pg_is_in_recovery()"


@dataclass(frozen=True, slots=True)
class TargetDatabaseQuestions:
    """The target database, and the entries that are loaded into it."""

    about: About
    into: postgres.TargetConnection
    specs: Sequence[TableSpec]
    seconds: float

    def examine(self) -> Iterator[Finding]:
        """Ask everything about the database but its tables; raises nothing."""
        yield from self.about.asked(Topic.TARGET_LOGIN, self._login)
        yield from self.about.asked(Topic.TARGET_VERSION, self._version)
        yield from self.about.asked(Topic.TARGET_ENCRYPTION, self._encryption)
        yield from self.about.asked(Topic.TARGET_REPLICA, self._replica)
        yield from self.about.asked(Topic.POOLER, self._pooler)
        yield from self.about.asked(Topic.ENCODING, self._encoding)
        yield from self.about.asked(Topic.SETTINGS, self._settings)
        yield from self.about.asked(Topic.SESSIONS, self._sessions)
        yield from self.about.asked(Topic.EVENT_TRIGGERS, self._event_triggers)
        yield from self.about.asked(Topic.LEDGER, self._ledger)

    def _login(self) -> Iterator[Finding]:
        message = f"{self.into.settings}; connected in {self.seconds:.2f} s"
        yield self.about.ok(Topic.TARGET_LOGIN, message)

    def _version(self) -> Iterator[Finding]:
        [(version, *_)] = self.into.rows(_WHO)
        said = str(version).split(" on ")[0]
        if self.into.version >= OLDEST_POSTGRESQL:
            yield self.about.ok(Topic.TARGET_VERSION, said)
            return
        oldest = OLDEST_POSTGRESQL // 10_000
        yield self.about.warning(
            Topic.TARGET_VERSION,
            f"{said}: what loads need of the catalog is there from version {oldest} on",
            f"Update the server to PostgreSQL {oldest} or later",
        )

    def _encryption(self) -> Iterator[Finding]:
        topic, settings = Topic.TARGET_ENCRYPTION, self.into.settings
        said = encryption_of(self.into)
        if said.endswith("certificate verified"):
            yield self.about.ok(topic, said)
        elif settings.is_loopback:
            yield self.about.ok(topic, f"{said}; the connection stays on this machine")
        else:
            remedy = f"{settings.variable('sslrootcert')}=FILE, with the server's authority"
            yield self.about.warning(topic, said, f"{remedy}, verifies certificate and name")

    def _replica(self) -> Iterator[Finding]:
        [(_, _, _, standby)] = self.into.rows(_WHO)
        if standby:
            yield self.about.failed(Topic.TARGET_REPLICA, replica_error(self.into.settings))
        else:
            yield self.about.ok(Topic.TARGET_REPLICA, "the server takes writes")

    def _pooler(self) -> Iterator[Finding]:
        topic = Topic.POOLER
        if not is_pooled(self.into):
            yield self.about.ok(topic, "none: the session is the one that logged in")
            return
        try:
            with self.into.transaction():
                self.into.send_pending()
        except ConfigError as error:
            yield self.about.failed(topic, error)
            return
        yield self.about.ok(
            topic,
            "one shares its sessions and allows transactions, which is enough; whether it pools "
            "sessions or transactions is not visible",
        )

    def _encoding(self) -> Iterator[Finding]:
        topic, encoding = Topic.ENCODING, self.into.encoding
        if encoding == UTF8:
            yield self.about.ok(topic, encoding)
            return
        consequence = (
            "texts are stored as bytes and converted for nobody"
            if encoding == SQL_ASCII
            else "a character that it lacks fails the load"
        )
        remedy = "CREATE DATABASE ... TEMPLATE template0 ENCODING 'UTF8', and load into that one"
        yield self.about.warning(topic, f"{encoding}: {consequence}", remedy)

    def _settings(self) -> Iterator[Finding]:
        """Say what role or database force on each session, and which of it matters."""
        topic = Topic.SETTINGS
        [(_, role, database, _)] = self.into.rows(_WHO)
        overridden = {one.name for one in SET_BY_US} | {"default_transaction_isolation"}
        respected, set_anew = [], []
        matters = 0
        for name, value, unit, source in self.into.rows(_FORCED):
            if name in _UNCHANGED:
                if value != _UNCHANGED[name]:
                    matters += 1
                    remedy = _reset(name, source, quote_pg(role), database)
                    yield self.about.warning(topic, _consequence(name, value, unit, role), remedy)
            elif name in overridden:
                set_anew.append(f"{name} = {value}{unit or ''}")
            else:
                respected.append(name)  # a value of an extension's own may be a secret
        if not matters:
            said = "role and database force nothing that matters to a load"
            if set_anew:
                said += f"; set anew in each transaction of a load: {', '.join(set_anew)}"
            if respected:
                said += f"; respected: {', '.join(respected)}"
            yield self.about.ok(topic, said)

    def _sessions(self) -> Iterator[Finding]:
        topic = Topic.SESSIONS
        free, wanted = free_sessions(self.into), sessions_of(self.specs)
        [(role, limit)] = self.into.rows(
            "SELECT quote_ident(session_user::text), current_setting('max_connections')"
        )
        remedy = (
            f"ALTER ROLE {role} CONNECTION LIMIT -1, or ALTER SYSTEM SET max_connections = "
            f"{int(limit) + wanted}, which needs a restart"
        )
        if free < LEAST_SESSIONS:
            yield self.about.problem(topic, too_few(free, wanted), remedy)
        elif free < wanted:
            yield self.about.warning(
                topic, too_few(free, wanted), f"{remedy}; or a lower 'parallel'"
            )
        else:
            needed = counted(wanted, "session")
            yield self.about.ok(topic, f"a load opens up to {needed}, {free:,} are free now")

    def _event_triggers(self) -> Iterator[Finding]:
        found = postgres.event_trigger_warnings(self.into)
        for warning in found:
            yield self.about.warning(
                Topic.EVENT_TRIGGERS, warning, "Let it admit this role, or ALTER EVENT TRIGGER ..."
            )
        if not found:
            yield self.about.ok(Topic.EVENT_TRIGGERS, "none runs for what loads do")

    def _ledger(self) -> Iterator[Finding]:
        if all(spec.ledger is LedgerUse.OFF for spec in self.specs):
            yield self.about.ok(Topic.LEDGER, "no entry uses it")
            return
        try:
            require_usable(self.into)
        except ConfigError as error:
            yield self.about.failed(Topic.LEDGER, error)
        else:
            yield self.about.ok(Topic.LEDGER, "the schema tableferry is usable, or can be made")


def target_clock(into: postgres.TargetConnection) -> Reading:
    """Read the server's clock; raises TableferryError."""

    def now() -> float:
        [(seconds,)] = into.rows("SELECT extract(epoch FROM clock_timestamp())::float8")
        return float(seconds)

    return read_clock(now)


def _consequence(name: str, value: str, unit: str | None, role: str) -> str:
    match name:
        case "default_transaction_read_only":
            return READ_ONLY
        case "session_replication_role" if value == "replica":
            return as_replica(quote_pg(role))
        case "session_replication_role":
            return "session_replication_role is local: a subscriber would take loads for its own"
    limit = f"{name} is {value} {unit or ''}".rstrip()
    return f"{limit}: sorts of a large load, for indexes or a merge, fail beyond it (53400)"


def _reset(name: str, source: str, role: str, database: str) -> str:
    """Return the statement that takes a setting back, by where it comes from."""
    match source:
        case "database":
            return f"ALTER DATABASE {database} RESET {name}"
        case "user":
            return f"ALTER ROLE {role} RESET {name}"
        case "database user":
            return f"ALTER ROLE {role} IN DATABASE {database} RESET {name}"
    return f"ALTER ROLE {role} SET {name} = {_UNCHANGED[name]}"
