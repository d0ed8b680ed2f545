"""The driver's provider: the one that the environment names, or an error that says what is missing.

A provider is loaded once a process, so each test connects in a process of its own.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.integration.conftest import Sandbox

CONNECT = """
import json
from tableferry import sqlserver
from tableferry.config import load_source
from tableferry.errors import TableferryError

try:
    sqlserver.connect(load_source("mctm")).close()
except TableferryError as error:
    print(json.dumps([type(error).__name__, error.message, error.hint, error.code]))
else:
    print(json.dumps("connected"))
"""


def connect(sandbox: Sandbox, **variables: str) -> Any:
    """Connect to the sandbox; the error's class, message, hint and code, or "connected"."""
    settings = sandbox.source()
    done = subprocess.run(
        [sys.executable, "-c", CONNECT],
        env={
            **os.environ,
            "SQL_SERVER_MCTM_HOST": settings.host,
            "SQL_SERVER_MCTM_PORT": str(settings.port),
            "SQL_SERVER_MCTM_DB": settings.db,
            "SQL_SERVER_MCTM_USER": settings.user,
            "SQL_SERVER_MCTM_PASSWORD": settings.password.get_secret_value(),
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_provider_with_an_unusable_library_is_a_config_error_that_names_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "libltdl.so.7").touch()  # found before the system's own, where there is one
    kind, message, hint, code = connect(
        sandbox, MSSQL_PYTHON_NATIVE_PROVIDER="msodbcsql18", LD_LIBRARY_PATH=str(tmp_path)
    )
    assert (kind, code) == ("ConfigError", "")
    assert message == (
        "The SQL Server driver's provider msodbcsql18 cannot be loaded: "
        f"{tmp_path}/libltdl.so.7: file too short"
    )
    assert hint == (
        "Install libltdl and Kerberos (Debian, Ubuntu: libltdl7 libgssapi-krb5-2; Red Hat, Amazon "
        "Linux: libtool-ltdl krb5-libs), or unset MSSQL_PYTHON_NATIVE_PROVIDER: the default, "
        "mssql-odbc, needs neither."
    )


def test_a_provider_that_is_not_installed_is_a_config_error(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "mssql_python_odbc.py").write_text(
        "raise ModuleNotFoundError('No module', name='mssql_python_odbc')"
    )
    kind, message, hint, _code = connect(
        sandbox, MSSQL_PYTHON_NATIVE_PROVIDER="msodbcsql18", PYTHONPATH=str(tmp_path)
    )
    assert kind == "ConfigError"
    assert "provider msodbcsql18 is not installed" in message
    assert "Unset MSSQL_PYTHON_NATIVE_PROVIDER" in hint


def test_a_name_that_is_no_provider_is_a_config_error_that_names_them(sandbox: Sandbox) -> None:
    assert connect(sandbox, MSSQL_PYTHON_NATIVE_PROVIDER="msodbcsql17") == [
        "ConfigError",
        "MSSQL_PYTHON_NATIVE_PROVIDER=msodbcsql17 is no provider of the SQL Server driver",
        "Set it to one of mssql-odbc, msodbcsql18, or unset it for mssql-odbc.",
        "",
    ]


def test_an_empty_variable_and_spelling_variants_name_the_default(sandbox: Sandbox) -> None:
    assert connect(sandbox, MSSQL_PYTHON_NATIVE_PROVIDER="") == "connected"
    assert connect(sandbox, MSSQL_PYTHON_NATIVE_PROVIDER=" MSSQL-ODBC ") == "connected"
