"""The options of a connection with their valid values, and what messages call each setting."""

import ipaddress
from enum import StrEnum


class Encrypt(StrEnum):
    """How a SQL Server connection is encrypted, in the driver's words."""

    OPTIONAL = "optional"
    YES = "yes"
    STRICT = "strict"


class SslMode(StrEnum):
    """libpq's ``sslmode``."""

    DISABLE = "disable"
    ALLOW = "allow"
    PREFER = "prefer"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


class SourceAuth(StrEnum):
    """How to authenticate to SQL Server: with a SQL login or a Microsoft Entra identity."""

    SQL = "sql"
    ENTRA_DEFAULT = "entra-default"
    ENTRA_MANAGED_IDENTITY = "entra-managed-identity"
    ENTRA_SERVICE_PRINCIPAL = "entra-service-principal"


class TargetAuth(StrEnum):
    """How to authenticate PG_USER: with its password, or an IAM token for RDS and Aurora."""

    PASSWORD = "password"  # noqa: S105 - the name of a method
    IAM = "iam"


def setting_name(prefix: str, field: str) -> str:
    """Return what messages call a setting: its environment variable (``PG_HOST``).

    Where the settings come from a URL or a connection, the prefix ends with a blank, and the name
    is the URL's own: ``the target URL's host``.
    """
    if prefix.endswith(" "):
        return f"{prefix}{'database' if field == 'db' else field}"
    return f"{prefix}{field.upper()}"


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine: loopback address, ``localhost`` or socket directory."""
    host = host.strip()
    if host.startswith("/") or host.lower() in {"localhost", "localhost."}:
        return True
    bare = host.strip("[]")
    return is_address(bare) and ipaddress.ip_address(bare).is_loopback


def is_address(host: str) -> bool:
    """Whether ``host`` is an IP address, without brackets."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
