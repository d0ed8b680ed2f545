"""Version, encryption and isolation level of a PostgreSQL: for ``check``, never for decisions."""

from dataclasses import dataclass
from typing import Final

from tableferry.config import SslMode
from tableferry.errors import ConfigError
from tableferry.postgres.connection import TargetConnection


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """``isolation`` is PostgreSQL's own default for this login."""

    version: str
    encryption: str
    isolation: tuple[str, ...]


def read_facts(connection: TargetConnection) -> TargetFacts:
    """Read version and encryption; raises ConfigError on a read replica."""
    version, replica, isolation = connection.rows(
        "SELECT version(), pg_is_in_recovery(), current_setting('default_transaction_isolation')"
    )[0]
    if replica:
        raise ConfigError(
            f"{connection.settings} is a read replica (25006)",
            hint=f"{connection.settings.variable('host')} must name the primary.",
            code="25006",
        )
    return TargetFacts(
        version=str(version), encryption=_encryption(connection), isolation=(str(isolation),)
    )


_TRUST: Final = {
    SslMode.VERIFY_FULL: "verified",
    SslMode.VERIFY_CA: "verified, except for its name",
}


def _encryption(connection: TargetConnection) -> str:
    """Describe the encryption of this end; a pooler's connection to the server may differ."""
    if not connection.is_encrypted:
        return "none"
    tls = connection.rows("SELECT version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    how = f"{tls[0][0]}, {tls[0][1]}" if tls and tls[0][0] else "TLS"
    trust = _TRUST.get(connection.settings.sslmode, "not verified")
    return f"{how}, certificate {trust}"
