"""What SQL Server says of itself: for people who check a connection, never for decisions."""

from dataclasses import dataclass

from tableferry.errors import TableferryError
from tableferry.identifiers import SourceTable, text_mssql
from tableferry.settings import Encrypt
from tableferry.source.connection import SourceConnection


@dataclass(frozen=True, slots=True)
class Facts:
    """``isolation`` lists the levels that a spec's ``consistency`` may ask this database for."""

    version: str
    encryption: str
    isolation: tuple[str, ...]


def read_facts(connection: SourceConnection) -> Facts:
    """Ask for version, encryption and isolation levels; raises TableferryError."""
    version = connection.rows("SELECT @@VERSION AS version", ["version"])[0][0]
    return Facts(
        version=str(version).splitlines()[0].strip(),
        encryption=_encryption(connection),
        isolation=_isolation(connection),
    )


def probe(connection: SourceConnection, table: SourceTable) -> None:
    """Read no row of the table, to see that the login may; raises TableferryError."""
    connection.execute(f"SELECT TOP (0) * FROM {table.sql} WITH (NOLOCK)")


def _isolation(connection: SourceConnection) -> tuple[str, ...]:
    rows = connection.rows(
        "SELECT snapshot_isolation_state AS snapshot_state, "
        "is_read_committed_snapshot_on AS row_versions "
        f"FROM sys.databases WHERE name = {text_mssql(connection.settings.db)}",
        ["snapshot_state", "row_versions"],
    )
    snapshot, row_versions = rows[0] if rows else (0, False)
    levels = ["nolock", "read_committed (row versions)" if row_versions else "read_committed"]
    return tuple(levels + (["snapshot"] if snapshot == 1 else []))


def _encryption(connection: SourceConnection) -> str:
    """Say how the connection is encrypted: what was enforced, else what the server tells."""
    settings = connection.settings
    if settings.encrypt is not Encrypt.OPTIONAL:
        trust = "not verified" if settings.trust_certificate else "verified"
        return f"TLS, certificate {trust}"
    try:
        rows = connection.rows(
            "SELECT encrypt_option AS encrypted FROM sys.dm_exec_connections "
            "WHERE session_id = @@SPID",
            ["encrypted"],
        )
    except TableferryError:
        # The view needs VIEW SERVER STATE; not to know is an answer, too.
        rows = []
    if not rows:
        return "optional; the server does not tell"
    return "TLS, certificate not verified" if str(rows[0][0]).upper() == "TRUE" else "none"
