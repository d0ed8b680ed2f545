"""The foreign clients that this machine has: some need more than a wheel."""

import ctypes.util
import shutil
from typing import Final

PROVIDERS: Final = ["mssql-odbc"]
"""Of Microsoft's driver: msodbcsql18 needs libltdl7 and krb5, mssql-odbc needs OpenSSL only."""

if ctypes.util.find_library("ltdl") and ctypes.util.find_library("gssapi_krb5"):
    PROVIDERS.append("msodbcsql18")

TSQL: Final = [path] if (path := shutil.which("tsql")) else []
"""FreeTDS's command, where it is installed."""
