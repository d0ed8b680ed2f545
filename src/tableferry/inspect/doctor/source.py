"""What a run needs of a source database: encryption, isolation, being no copy, Change Tracking."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry import sqlserver
from tableferry.config import Consistency, Encrypt, ReadMode, TableSpec
from tableferry.errors import TableferryError
from tableferry.inspect.doctor.clocks import Reading, read_clock
from tableferry.inspect.doctor.finding import Finding
from tableferry.inspect.doctor.questions import About
from tableferry.inspect.doctor.topics import Topic
from tableferry.model.identifiers import quote_mssql
from tableferry.modes.extract import in_database
from tableferry.modes.tracking import TrackedTable, read_database
from tableferry.modes.tracking_watermark import require_tracked

SECONDS_A_DAY: Final = 86400.0

_NEEDS_PRIMARY: Final = (ReadMode.CHANGE_TRACKING, ReadMode.ROWVERSION)

_STATE: Final = """\
SELECT CONVERT(varchar(30), DATABASEPROPERTYEX(DB_NAME(), 'Updateability')) AS updateability,
  (SELECT d.is_read_only FROM sys.databases AS d WHERE d.name = DB_NAME()) AS is_read_only"""

_UTC: Final = "SELECT CONVERT(varchar(27), SYSUTCDATETIME(), 126) AS utc"


@dataclass(frozen=True, slots=True)
class SourceDatabase:
    """A database of a source, and the entries that read it. ``from_`` is connected to the source.

    Where an entry names another database of the same server, ``name`` is not that of the settings.
    """

    about: About
    from_: sqlserver.SourceConnection
    name: str
    specs: Sequence[TableSpec]

    @property
    def tracked(self) -> list[TableSpec]:
        """The entries that Change Tracking is read for."""
        return [spec for spec in self.specs if spec.mode is ReadMode.CHANGE_TRACKING]

    def examine(self) -> Iterator[Finding]:
        """Ask everything about the database but its tables; raises nothing."""
        yield from self.about.asked(Topic.SNAPSHOT, self._snapshot)
        yield from self.about.asked(Topic.SOURCE_REPLICA, self._replica)
        if self.tracked:
            yield from self.about.asked(Topic.TRACKED_DATABASE, self._tracking)

    def _snapshot(self) -> Iterator[Finding]:
        topic, found = Topic.SNAPSHOT, sqlserver.read_isolation(self.from_, self.name)
        remedy = f"ALTER DATABASE {quote_mssql(self.name)} SET ALLOW_SNAPSHOT_ISOLATION ON"
        needing = [spec.key for spec in self.specs if _needs_snapshot(spec)]
        if not found.known:
            yield self.about.not_visible(
                topic,
                f"the login may not see the settings of {self.name} in sys.databases",
                f"GRANT VIEW ANY DATABASE TO {quote_mssql(self.from_.settings.user)}",
            )
        elif found.snapshot:
            yield self.about.ok(topic, f"{self.name} allows it")
        elif needing:
            named = ", ".join(needing)
            yield self.about.problem(
                topic, f"{self.name} does not allow it, and {named} cannot do without", remedy
            )
        elif found.row_versions:
            yield self.about.ok(
                topic, f"{self.name} versions rows for READ COMMITTED (READ_COMMITTED_SNAPSHOT)"
            )
        else:
            yield self.about.warning(
                topic,
                f"{self.name} does not allow it, nor does it version rows: rows are read with "
                "NOLOCK, or an incremental mode waits for those who change rows",
                remedy,
            )

    def _replica(self) -> Iterator[Finding]:
        topic = Topic.SOURCE_REPLICA
        asked = in_database(self.name, _STATE)
        [(updateability, is_read_only)] = self.from_.rows(asked, ["updateability", "is_read_only"])
        intent = self.from_.settings.variable("read_only_intent")
        needing = [spec.key for spec in self.specs if spec.mode in _NEEDS_PRIMARY]
        if updateability is None:
            yield self.about.not_visible(topic, f"{self.name} does not say whether it is a copy")
        elif updateability != "READ_ONLY":
            asked_for = self.from_.settings.read_only_intent
            primary = f"; {intent} asks for a secondary, and none answered" if asked_for else ""
            yield self.about.ok(topic, f"{self.name} is no copy{primary}")
        elif is_read_only:
            yield self.about.ok(topic, f"{self.name} was made read-only")
        elif needing:
            yield self.about.problem(
                topic,
                f"{self.name} is a copy that follows another database, which does not say what "
                f"{', '.join(needing)} asks for",
                f"Read from the primary: {intent}=no, or its own name in "
                f"{self.from_.settings.variable('host')}",
            )
        else:
            yield self.about.warning(
                topic, f"{self.name} is a copy that follows another database, seconds behind it"
            )

    def _tracking(self) -> Iterator[Finding]:
        topic, first = Topic.TRACKED_DATABASE, self.tracked[0]
        database = read_database(self.from_.rows, self.name)
        if database.version is None:
            table = TrackedTable(first.located_in(self.name).source, None)
            try:
                require_tracked(database, table)
            except TableferryError as error:
                yield self.about.failed(topic, error)
        elif database.retention:
            kept = f"{database.retention / SECONDS_A_DAY:g} days"
            yield self.about.ok(topic, f"on in {self.name}; changes are kept for {kept}")
        else:
            yield self.about.warning(
                topic,
                f"on in {self.name}; the retention is not visible, or nothing is cleaned up",
                f"ALTER DATABASE {quote_mssql(self.name)} SET CHANGE_TRACKING "
                "(CHANGE_RETENTION = 7 DAYS, AUTO_CLEANUP = ON)",
            )


def examine_connection(
    about: About, from_: sqlserver.SourceConnection, seconds: float
) -> Iterator[Finding]:
    """Say that the login works, and how the connection is protected."""

    def login() -> Iterator[Finding]:
        facts = sqlserver.read_facts(from_)
        message = f"{from_.settings}: {facts.version}; connected in {seconds:.2f} s"
        yield about.ok(Topic.SOURCE_LOGIN, message)
        yield _encryption(about, from_, facts.encryption)

    yield from about.asked(Topic.SOURCE_LOGIN, login)


def _encryption(about: About, from_: sqlserver.SourceConnection, said: str) -> Finding:
    topic, settings = Topic.SOURCE_ENCRYPTION, from_.settings
    remedy = (
        f"{settings.variable('encrypt')}=yes and {settings.variable('ca_file')}=FILE, which holds "
        "the certificate of the server's authority"
    )
    if settings.encrypt is not Encrypt.OPTIONAL and not settings.trust_certificate:
        return about.ok(topic, f"{said}; TLS 1.2 at least, the server does not say which")
    if settings.is_loopback:
        return about.ok(topic, f"{said}; the connection stays on this machine")
    if "does not say" in said:
        grant = f"GRANT VIEW SERVER STATE TO {quote_mssql(settings.user)}"
        return about.not_visible(topic, said, f"{remedy}; or to see it: {grant}")
    return about.warning(topic, said, remedy)


def source_clock(from_: sqlserver.SourceConnection) -> Reading:
    """Read the server's universal time; raises TableferryError."""

    def now() -> float:
        [(utc,)] = from_.rows(_UTC, ["utc"])
        return dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC).timestamp()

    return read_clock(now)


def _needs_snapshot(spec: TableSpec) -> bool:
    return spec.mode is ReadMode.CHANGE_TRACKING or spec.consistency is Consistency.SNAPSHOT
