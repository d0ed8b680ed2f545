"""Microsoft's driver: which of its providers this process uses, and why one cannot be loaded.

mssql-python carries two native providers and loads one, for the whole process, at the first
connection. ``mssql-odbc`` needs OpenSSL only, so it is ours; ``MSSQL_PYTHON_NATIVE_PROVIDER``
overrides it.
"""

import contextlib
import ctypes
import os
from collections.abc import Iterator
from typing import Final

import mssql_python

from tableferry.errors import ConfigError

PROVIDER: Final = "mssql-odbc"
_VARIABLE: Final = "MSSQL_PYTHON_NATIVE_PROVIDER"

_NEEDS: Final = {
    PROVIDER: "Install OpenSSL 3 (Debian, Ubuntu: libssl3; Red Hat, Amazon Linux: openssl-libs).",
    "msodbcsql18": "Install libltdl and Kerberos (Debian, Ubuntu: libltdl7 libgssapi-krb5-2; "
    f"Red Hat, Amazon Linux: libtool-ltdl krb5-libs), or unset {_VARIABLE}: the default, "
    f"{PROVIDER}, needs neither.",
}
"""The providers, and the system packages that each links to."""

_NOT_LOADED: Final = "Failed to load the driver"
"""How the driver's error begins; it does not say which library is missing."""


def provider_name() -> str:
    """Return the name of the provider that the driver uses in this process."""
    return os.environ.get(_VARIABLE, "").strip().lower() or PROVIDER


@contextlib.contextmanager
def loaded_driver() -> Iterator[None]:
    """Choose the provider, then load it with the first connection made in this block.

    Raises ConfigError, naming the missing library, where the provider cannot be loaded.
    """
    name = provider_name()
    if name not in _NEEDS:
        raise ConfigError(
            f"{_VARIABLE}={name} is no provider of the SQL Server driver",
            hint=f"Set it to one of {', '.join(_NEEDS)}, or unset it for {PROVIDER}.",
        )
    if not os.environ.get(_VARIABLE, "").strip():
        mssql_python.native_provider = name
    try:
        yield
    except ImportError:
        raise ConfigError(
            f"The SQL Server driver's provider {name} is not installed",
            hint=f"Unset {_VARIABLE} to use {PROVIDER}, or install the package.",
        ) from None
    except mssql_python.Error as error:
        if not error.ddbc_error.startswith(_NOT_LOADED):
            raise
        raise ConfigError(
            f"The SQL Server driver's provider {name} cannot be loaded: {_reason()}",
            hint=_NEEDS[name],
        ) from None


def _reason() -> str:
    """Return what the dynamic linker says: it names files only."""
    try:
        ctypes.CDLL(mssql_python.get_native_provider_info()["driver_path"])
    except OSError as linker_error:
        return str(linker_error)
    return "its own reason is not known"
