"""The configuration: how to connect to the databases, and which tables to carry how.

No other package reads the environment, or the file that defines ``TABLE_CONFIGS``.
"""

from tableferry.config.choices import (
    Consistency,
    DriftPolicy,
    LedgerUse,
    OnExpired,
    OnInvalid,
    Publish,
    ReadMode,
    TrailingBlanks,
)
from tableferry.config.connection_options import (
    Encrypt,
    SourceAuth,
    SslMode,
    TargetAuth,
    is_loopback,
)
from tableferry.config.connections import Database, Settings, SourceSettings, TargetSettings
from tableferry.config.deletes import HARD, DeleteHandling, Deletes
from tableferry.config.entry_model import OPTIONAL, REQUIRED
from tableferry.config.environment import find_env_file, load_settings, load_source
from tableferry.config.login import (
    LOGIN_REFUSED,
    SOURCE_LOGIN_REFUSED,
    Login,
    LoginSource,
    StoredLogin,
    Vault,
)
from tableferry.config.reporting import Reporting, load_reporting
from tableferry.config.table_configs import parse_table_configs, select_tables
from tableferry.config.table_set import TableSet, parse_table_set
from tableferry.config.table_spec import (
    DEFAULT_LOCK_TIMEOUT,
    DEFAULT_STATEMENT_TIMEOUT,
    OrderBy,
    TableSpec,
)
from tableferry.model.depth import Depth

__all__ = [
    "DEFAULT_LOCK_TIMEOUT",
    "DEFAULT_STATEMENT_TIMEOUT",
    "HARD",
    "LOGIN_REFUSED",
    "OPTIONAL",
    "REQUIRED",
    "SOURCE_LOGIN_REFUSED",
    "Consistency",
    "Database",
    "DeleteHandling",
    "Deletes",
    "Depth",
    "DriftPolicy",
    "Encrypt",
    "LedgerUse",
    "Login",
    "LoginSource",
    "OnExpired",
    "OnInvalid",
    "OrderBy",
    "Publish",
    "ReadMode",
    "Reporting",
    "Settings",
    "SourceAuth",
    "SourceSettings",
    "SslMode",
    "StoredLogin",
    "TableSet",
    "TableSpec",
    "TargetAuth",
    "TargetSettings",
    "TrailingBlanks",
    "Vault",
    "find_env_file",
    "is_loopback",
    "load_reporting",
    "load_settings",
    "load_source",
    "parse_table_configs",
    "parse_table_set",
    "select_tables",
]
