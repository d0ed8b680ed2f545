"""Uses the installed wheels as their users do; exits with 1 where one of them is not enough.

Run by script/wheels with the Python of an environment that holds the wheels, what they depend on,
and nothing else: ``prove.py sandbox`` where only the sandbox is there, ``prove.py tableferry`` and
``prove.py demo`` with both.
"""

import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from importlib.metadata import distributions, version
from pathlib import Path

COMMAND = Path(sysconfig.get_path("scripts")) / "tableferry"
TABLES = 2
"""Of the sample's database McTM."""

TOOLS = {"hatchling", "pytest", "ruff"}
"""Of development: with one of them here, the environment would not be an empty one."""


def require(holds: bool, what: str) -> None:
    """End the program with ``what`` unless ``holds``."""
    if not holds:
        sys.exit(f"packages/prove.py: {what}")


def prove_place(package: str) -> None:
    """Refuse a package that is missing, or comes from a checkout."""
    found = importlib.util.find_spec(package)
    inside = found and found.origin and Path(found.origin).is_relative_to(sys.prefix)
    require(bool(inside), f"{package} is not in {sys.prefix}, but {found and found.origin}")
    there = TOOLS & {one.metadata["Name"] for one in distributions()}
    require(not there, f"{there} are installed, so that the environment is not an empty one")


def prove_sandbox() -> None:
    """Ask the stand-in and the throwaway PostgreSQL something, without the engine."""
    import psycopg

    from tableferry_sandbox.local_postgres import LocalPostgres
    from tableferry_sandbox.testing import sql_server

    prove_place("tableferry_sandbox")
    require(importlib.util.find_spec("tableferry") is None, "the sandbox has brought the engine")
    with sql_server("Shop") as server:
        answer = server.query("Shop", "SELECT 6 * 7 AS n")["n"].to_pylist()
    with LocalPostgres() as postgres, psycopg.connect(postgres.conninfo()) as connection:
        row = connection.execute("SELECT 42").fetchone()
    require((answer, row) == ([42], (42,)), f"6 * 7 is {answer}, and 42 is {row}")


def run(*arguments: str, settings: Mapping[str, str] | None = None) -> str:
    """Run the installed command in the current folder and return its stdout; it must succeed."""
    done = subprocess.run(
        [COMMAND, *arguments],
        env={"PATH": os.defpath, "HOME": str(Path.cwd()), **(settings or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    said = f"tableferry {' '.join(arguments)} ended with {done.returncode}:\n"
    require(done.returncode == 0, said + done.stdout + done.stderr)
    return done.stdout


def prove_demo() -> None:
    """Run the demo, which compares every value itself."""
    require("4 of 4 tables equal" in run("demo"), "the demo has not found its tables equal")


def prove_tableferry() -> None:
    """Run the commands of the first day, in an empty folder."""
    from tableferry_sandbox.local_postgres import LocalPostgres
    from tableferry_sandbox.sample import load_sample
    from tableferry_sandbox.testing import sql_server

    prove_place("tableferry")
    require(version("tableferry") in run("--version"), "--version is not that of the wheel")
    with sql_server() as server, LocalPostgres() as postgres:
        load_sample(server.engine, 0.1)
        settings = {
            "SQL_SERVER_MCTM_HOST": server.host,
            "SQL_SERVER_MCTM_PORT": str(server.port),
            "SQL_SERVER_MCTM_DB": "McTM",
            "SQL_SERVER_MCTM_USER": server.user,
            "SQL_SERVER_MCTM_PASSWORD": server.password,
            "PG_HOST": postgres.host,
            "PG_PORT": str(postgres.port),
            "PG_DB": "postgres",
            "PG_USER": postgres.user,
            "PG_PASSWORD": postgres.password,
        }
        entries = run("discover", "--source", "mctm", settings=settings)
        Path("table_configs.py").write_text(entries)
        for command in ("sync", "verify"):
            answer = json.loads(run(command, "--json", settings=settings))
        verdicts = [one["verdict"] for one in answer["tables"]]
        copied = run(
            "copy",
            f"mssql://{server.user}@{server.host}:{server.port}/McTM",
            f"postgresql://{postgres.user}@{postgres.host}:{postgres.port}/postgres?sslmode=prefer",
            "--table=dbo.Customer=public.copied",
            settings={"SQL_SERVER_PASSWORD": server.password, "PGPASSWORD": postgres.password},
        )
        require("copied" in copied, f"copy has said: {copied}")
        require('"fresh"' in run("status", "--json", settings=settings), "no table is fresh")
        require(verdicts == ["equal"] * TABLES, f"the verdicts are {verdicts}")


PROOFS = {"sandbox": prove_sandbox, "tableferry": prove_tableferry, "demo": prove_demo}

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        PROOFS[sys.argv[1]]()
    print(f"script/wheels: the wheels are enough for {sys.argv[1]}")
