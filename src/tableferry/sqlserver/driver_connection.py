"""Opens the driver's own connection: reachable, verified, redirected, and with the right keywords.

The driver (mssql-python 1.16) retries an unreachable host for seconds and reports no reason; a
plain TCP connection before it (``reach``) gives the reason, at once.
"""

from typing import Any, Final

import mssql_python

from tableferry.config import Login, SourceAuth, SourceSettings
from tableferry.errors import ConfigError
from tableferry.sqlserver.errors import translated
from tableferry.sqlserver.provider import loaded_driver
from tableferry.sqlserver.reach import addresses_of, reach, tries_all_at_once
from tableferry.sqlserver.tls import outdated_tls, redirect_of, verified_certificate

KEEPALIVE_SECONDS: Final = 31
"""Idle time before the first TCP keepalive probe. Not 30, a common value: ``stall_guard``
recognises the driver's sockets by it."""

MAX_REDIRECTS: Final = 5
"""One is usual; two where a listener redirects to another listener."""

_AUTHENTICATION: Final = {
    SourceAuth.ENTRA_DEFAULT: "ActiveDirectoryDefault",
    SourceAuth.ENTRA_MANAGED_IDENTITY: "ActiveDirectoryMSI",
    SourceAuth.ENTRA_SERVICE_PRINCIPAL: "ActiveDirectoryServicePrincipal",
}
"""The driver's keywords for logins by Microsoft Entra."""


def open_driver_connection(settings: SourceSettings, login: Login) -> Any:
    """Return the driver's own connection; with a CA file, each redirect is followed and verified.

    Without one the driver follows by itself, and verifies by the machine's authorities. Raises
    ConfigError (login, TLS) or TransientError (network).
    """
    server, redirected_from = settings, ""
    for _ in range(MAX_REDIRECTS):
        addresses = addresses_of(server)
        if not server.ca_file:  # the handshake below is a connection of its own
            reach(server, addresses).close()
        with verified_certificate(server, redirected_from) as certificate:
            try:
                return _opened(
                    server, login, certificate, at_once=tries_all_at_once(server, addresses)
                )
            except ConfigError as error:
                if error.code != "TLS":
                    raise
                redirect = redirect_of(server, login) if certificate else None
                if redirect is None:
                    raise outdated_tls(server) or _explained(error, server) from error
        redirected_from = server.address
        server = server.model_copy(update={"host": redirect.host, "port": redirect.port})
    raise ConfigError(
        f"{settings} redirects its logins more than {MAX_REDIRECTS} times",
        hint="Correct its read-only routing lists: one of them leads back to a server before it.",
    )


def _explained(error: ConfigError, settings: SourceSettings) -> ConfigError:
    """Return the driver's error with a hint of our own, where it is of the certificate verified."""
    if not settings.ca_file or "ertificate mismatch" not in error.message:
        return error
    hint = (
        f"Several servers answer at {settings.address}, with certificates of their own. Set "
        f"{settings.variable('host')} to the name of one of them."
    )
    if settings.auth is not SourceAuth.SQL:
        hint = (
            "The server redirects its logins, and only the driver has the tokens to follow. Omit "
            f"{settings.variable('ca_file')} and add its authorities to those of the machine."
        )
    return ConfigError(error.message, hint=hint, code=error.code)


def _opened(settings: SourceSettings, login: Login, certificate: str, *, at_once: bool) -> Any:
    """Return the driver's own connection."""
    mssql_python.pooling(enabled=False)
    with translated(settings, at_login=True), loaded_driver():
        return mssql_python.connect(
            connection_string(settings, login, certificate, at_once=at_once),
            autocommit=True,
            timeout=settings.connect_timeout,
        )


def connection_string(
    settings: SourceSettings, login: Login, certificate: str = "", *, at_once: bool = False
) -> str:
    """Return the driver's connection string; every value is braced (MS-ODBCSTR 2.1.2).

    ``certificate`` is a file with the certificate that the server must present; ``at_once``: the
    driver tries all addresses of the host in parallel.
    """
    parts = {
        "Server": f"{settings.host},{settings.port}",
        "Database": settings.db,
        "Authentication": _AUTHENTICATION.get(settings.auth, ""),
        "UID": login.user,
        "PWD": login.password.get_secret_value(),
        "Encrypt": settings.encrypt.value,
        "TrustServerCertificate": "yes" if settings.trust_certificate else "no",
        "ServerCertificate": certificate,
        "ConnectRetryCount": "0",
        "KeepAlive": str(KEEPALIVE_SECONDS),
        "ApplicationIntent": "ReadOnly" if settings.read_only_intent else "",
        "MultiSubnetFailover": "yes" if at_once else "",
    }
    return ";".join(
        f"{name}={{{value.replace('}', '}}')}}}" for name, value in parts.items() if value
    )
