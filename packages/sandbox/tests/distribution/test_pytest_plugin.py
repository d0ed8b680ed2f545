"""The pytest plugin: what it costs a run that does not use it, and what its fixtures give."""

import subprocess
import sys
from pathlib import Path

from sandbox_support.plugin_run import run_pytest

HEAVY = ("duckdb", "pyarrow", "numpy", "psycopg", "cryptography", "tableferry_sandbox.engine")


def test_importing_the_plugin_loads_nothing_heavy():
    program = (
        "import sys, tableferry_sandbox.pytest_plugin\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_each_test_gets_a_sql_server_without_the_databases_of_the_test_before(tmp_path: Path):
    (tmp_path / "test_fresh.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('turn', [1, 2])\n"
        "def test_fresh(sql_server, turn):\n"
        "    sql_server.create_database('Shop')\n"
        "    names = sql_server.query('master', 'SELECT name FROM sys.databases')\n"
        "    assert names['name'].to_pylist() == ['master', 'tempdb', 'model', 'msdb', 'Shop']\n"
    )
    run = run_pytest(tmp_path)
    assert run.returncode == 0, run.stdout
    assert "2 passed" in run.stdout


def test_each_test_gets_an_empty_postgres_database_on_one_server(tmp_path: Path):
    (tmp_path / "test_empty.py").write_text(
        "import psycopg, pytest\n"
        "ports = set()\n"
        "@pytest.mark.parametrize('turn', [1, 2])\n"
        "def test_empty(postgres_database, turn):\n"
        "    with psycopg.connect(postgres_database) as connection:\n"
        "        ports.add(connection.info.port)\n"
        "        connection.execute('CREATE TABLE only_once ()')\n"
        "    assert len(ports) == 1\n"
    )
    run = run_pytest(tmp_path)
    assert run.returncode == 0, run.stdout
    assert "2 passed" in run.stdout
