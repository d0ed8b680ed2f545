"""Version, encryption and isolation levels of a SQL Server: for ``check``, never for decisions."""

from dataclasses import dataclass

from tableferry.config import Consistency, Encrypt
from tableferry.errors import TableferryError
from tableferry.planning.plan import SyncPlan
from tableferry.sqlserver.catalog import read_isolation
from tableferry.sqlserver.connection import SourceConnection


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """``isolation`` lists the levels that a spec's ``consistency`` may ask this database for."""

    version: str
    encryption: str
    isolation: tuple[str, ...]


def read_facts(connection: SourceConnection) -> SourceFacts:
    """Read version, encryption and isolation levels; raises TableferryError."""
    version = connection.rows("SELECT @@VERSION AS version", ["version"])[0][0]
    return SourceFacts(
        version=str(version).splitlines()[0].strip(),
        encryption=_encryption(connection),
        isolation=_isolation(connection),
    )


def probe(connection: SourceConnection, plan: SyncPlan) -> SyncPlan:
    """Run the plan's SELECT for no rows, to verify that it works; raises TableferryError.

    Under an isolation that waits for no lock. Returns the plan.
    """
    in_snapshot = plan.consistency is Consistency.SNAPSHOT
    level = "SNAPSHOT" if in_snapshot else "READ UNCOMMITTED"
    connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}; {plan.probe}")
    return plan


def _isolation(connection: SourceConnection) -> tuple[str, ...]:
    offered = read_isolation(connection, connection.settings.db)
    committed = "read_committed (row versions)" if offered.row_versions else "read_committed"
    return ("nolock", committed, *(["snapshot"] if offered.snapshot else []))


def _encryption(connection: SourceConnection) -> str:
    """Describe the connection's encryption: as enforced, else as the server reports it."""
    settings = connection.settings
    if settings.encrypt is not Encrypt.OPTIONAL:
        trust = "not verified" if settings.trust_certificate else "verified"
        if settings.ca_file:
            trust = f"verified by {settings.ca_file}"
        return f"TLS, certificate {trust}"
    try:
        rows = connection.rows(
            "SELECT encrypt_option AS encrypted FROM sys.dm_exec_connections "
            "WHERE session_id = @@SPID",
            ["encrypted"],
        )
    except TableferryError:
        # The view needs VIEW SERVER STATE; without it the answer is "unknown".
        rows = []
    if not rows:
        return "optional; the server does not say"
    return "TLS, certificate not verified" if str(rows[0][0]).upper() == "TRUE" else "none"
