"""Verifies the server's certificate against a custom CA file before the driver connects.

The driver (mssql-python 1.16) supports the machine's trusted CAs, for all connections of the
process, or one certificate (``ServerCertificate``) that it compares with the server's without any
further check, not even of the host name. So a handshake of our own verifies the chain and the name
here, and the driver is then pinned to the certificate that passed. A server that redirects its
logins is asked where to (``redirect``), and the other one is verified likewise.
"""

import contextlib
import os
import ssl
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final, TypeVar

from tableferry.config import Encrypt, Login, SourceAuth, SourceSettings
from tableferry.errors import ConfigError, TransientError, os_reason
from tableferry.sqlserver.reach import addresses_of, reach
from tableferry.sqlserver.redirect import Redirect, find_redirect
from tableferry.sqlserver.secure_wire import PRELOGIN, PRELOGIN_REQUEST, SecureWire, shake_hands

T = TypeVar("T")

_OPEN_FILES: Final = Path("/proc/self/fd")

_OUTDATED: Final = {"SSLv3": "SSL 3.0", "TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1"}
"""Protocols that the driver refuses, by OpenSSL's names."""


def verified_certificate(
    settings: SourceSettings, redirected_from: str = ""
) -> contextlib.AbstractContextManager[str]:
    """Yield a file with the server's verified certificate, or "" without a CA file.

    Raises ConfigError where the CA file does not verify it, TransientError for network errors.
    ``redirected_from`` is the address of the server that sends its logins here.
    """
    if not settings.ca_file:
        return contextlib.nullcontext("")
    certificate = _with_wire(settings, lambda wire: wire.certificate, redirected_from)
    return _as_file(ssl.DER_cert_to_PEM_cert(certificate), settings)


def redirect_of(settings: SourceSettings, login: Login) -> Redirect | None:
    """Return where the server sends this login, over a verified connection of our own.

    None where it sends it nowhere, and for a Microsoft Entra identity, whose tokens only the driver
    has. Raises ConfigError and TransientError like ``verified_certificate``.
    """
    if settings.auth is not SourceAuth.SQL:
        return None

    def ask(wire: SecureWire) -> Redirect | None:
        if settings.encrypt is Encrypt.STRICT:
            wire.send(PRELOGIN, PRELOGIN_REQUEST)
            wire.receive()
        return find_redirect(wire, settings, login)

    return _with_wire(settings, ask)


def outdated_tls(settings: SourceSettings) -> ConfigError | None:
    """Return the error for a server that offers TLS 1.1 or older only, None for any other.

    Asked after a handshake has failed: no library's error says which versions the server has.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent over this connection
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.set_ciphers("ALL:@SECLEVEL=0")
        with reach(settings, addresses_of(settings)) as wire:
            found = shake_hands(wire, context, settings.host, strict=False)
    except (OSError, EOFError, ConfigError, TransientError):
        return None
    if found is None or found.version not in _OUTDATED:
        return None
    return ConfigError(
        f"{settings} offers {_OUTDATED[found.version]} at most, and TLS 1.2 is required (TLS)",
        hint="Enable TLS 1.2 on the server: SQL Server 2016 and later have it, 2008 to 2014 need "
        f"an update. {settings.variable('encrypt')}=optional does not help: the login itself is "
        "always encrypted.",
        code="TLS",
    )


def _with_wire(
    settings: SourceSettings, use: Callable[[SecureWire], T], redirected_from: str = ""
) -> T:
    """Connect, verify the certificate by the CA file, and use the connection."""
    context = _context(settings)
    strict = settings.encrypt is Encrypt.STRICT
    try:
        with reach(settings, addresses_of(settings)) as wire:
            secure = shake_hands(wire, context, settings.host, strict=strict)
            if secure is not None:
                return use(secure)
    except ssl.SSLCertVerificationError as error:
        raise _not_verified(settings, error, redirected_from) from None
    except (OSError, EOFError) as error:
        if outdated := outdated_tls(settings):
            raise outdated from None
        raise TransientError(
            f"{settings}: the TLS handshake failed: {os_reason(error)}",
            hint=f"Check {settings.variable('encrypt')}. Nothing was changed; run it again.",
            code="08S01",
        ) from None
    raise ConfigError(
        f"{settings} does not support encryption (TLS)",
        hint=f"Enable TLS there; or, on a trusted network, set "
        f"{settings.variable('encrypt')}=optional without {settings.variable('ca_file')}.",
        code="TLS",
    )


def _not_verified(
    settings: SourceSettings, error: ssl.SSLCertVerificationError, redirected_from: str
) -> ConfigError:
    hint = (
        f"{settings.variable('ca_file')} must hold the certificate of its authority, and "
        f"{settings.variable('host')} be a name in the server's certificate."
    )
    if redirected_from:
        hint = (
            f"{redirected_from} sends its logins there. {settings.variable('ca_file')} must hold "
            "the authorities of both servers, and each certificate name its server."
        )
    return ConfigError(
        f"{settings}: {settings.ca_file} does not verify the server's certificate: "
        f"{error.verify_message.rstrip('.')} (TLS)",
        hint=hint,
        code="TLS",
    )


def _context(settings: SourceSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The file may hold an intermediate CA, or the server's own certificate.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(settings.ca_file)
    except OSError as error:
        what = "holds no certificates" if isinstance(error, ssl.SSLError) else "cannot be read"
        raise ConfigError(
            f"{settings.ca_file} {what}: {os_reason(error)}",
            hint=f"{settings.variable('ca_file')} must be a file in PEM format.",
        ) from None
    if settings.encrypt is Encrypt.STRICT:
        context.set_alpn_protocols(["tds/8.0"])
    else:
        # TDS 7 cannot transport the messages that TLS 1.3 sends after its handshake.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


@contextlib.contextmanager
def _as_file(text: str, settings: SourceSettings) -> Iterator[str]:
    """Yield the path of a file with this text, until the block ends; raises ConfigError."""
    with contextlib.ExitStack() as stack:
        try:
            path, file = _new_file()
            stack.enter_context(file).write(text)
            file.flush()
        except OSError as error:
            raise ConfigError(
                f"{settings}: the verified certificate cannot be written to a temporary file, "
                f"which the driver needs: {os_reason(error)}",
                hint="Set TMPDIR to a folder that this process may write to.",
            ) from None
        yield path


def _new_file() -> tuple[str, IO[str]]:
    """Return a file and its path. On Linux it is in memory: no folder need be writable.

    And a process that is killed leaves nothing behind.
    """
    if sys.platform == "linux" and _OPEN_FILES.is_dir():
        file = os.fdopen(os.memfd_create("tableferry-certificate"), "w")
        return str(_OPEN_FILES / str(file.fileno())), file
    named = tempfile.NamedTemporaryFile("w", prefix="tableferry-", suffix=".pem")  # noqa: SIM115 - closed by the caller
    return named.name, named.file
