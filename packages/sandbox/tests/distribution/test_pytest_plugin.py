"""The pytest plugin: what it costs a run that does not use it, and what its fixtures give."""

import subprocess
import sys

import pytest

from sandbox_support.plugin_run import outcomes_of, run_pytest

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


FRESH = """\
import pytest

@pytest.mark.parametrize("turn", [1, 2])
def test_fresh(sql_server, turn):
    sql_server.create_database("Shop")
    names = sql_server.query("master", "SELECT name FROM sys.databases")
    assert names["name"].to_pylist() == ["master", "tempdb", "model", "msdb", "Shop"]
"""

EMPTY = """\
import psycopg, pytest

ports = set()

@pytest.mark.parametrize("turn", [1, 2])
def test_empty(postgres_database, turn):
    with psycopg.connect(postgres_database) as connection:
        ports.add(connection.info.port)
        connection.execute("CREATE TABLE only_once ()")
    assert len(ports) == 1
"""


@pytest.fixture(scope="module")
def run_of_both(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    folder = tmp_path_factory.mktemp("both")
    (folder / "test_fresh.py").write_text(FRESH)
    (folder / "test_empty.py").write_text(EMPTY)
    return run_pytest(folder)


def test_each_test_gets_a_sql_server_without_the_databases_of_the_test_before(
    run_of_both: subprocess.CompletedProcess[str],
):
    assert outcomes_of("test_fresh.py", run_of_both) == ["PASSED"] * 2, run_of_both.stdout


def test_each_test_gets_an_empty_postgres_database_on_one_server(
    run_of_both: subprocess.CompletedProcess[str],
):
    assert outcomes_of("test_empty.py", run_of_both) == ["PASSED"] * 2, run_of_both.stdout
