"""Where the databases are, and how to get in: the only reader of the environment in the engine."""

from tableferry.settings.databases import (
    Database,
    Encrypt,
    Settings,
    SourceAuth,
    SourceSettings,
    SslMode,
    TargetAuth,
    TargetSettings,
    is_loopback,
)
from tableferry.settings.loading import find_env_file, load_settings, load_source
from tableferry.settings.login import (
    LOGIN_REFUSED,
    SOURCE_LOGINS,
    KeptLogin,
    Login,
    LoginSource,
    Vault,
)
from tableferry.settings.reporting import Reporting, load_reporting

__all__ = [
    "LOGIN_REFUSED",
    "SOURCE_LOGINS",
    "Database",
    "Encrypt",
    "KeptLogin",
    "Login",
    "LoginSource",
    "Reporting",
    "Settings",
    "SourceAuth",
    "SourceSettings",
    "SslMode",
    "TargetAuth",
    "TargetSettings",
    "Vault",
    "find_env_file",
    "is_loopback",
    "load_reporting",
    "load_settings",
    "load_source",
]
