"""Runs both examples under the real Airflow and Dagster, against a stand-in and a PostgreSQL.

Run by script/examples, in an environment of its own; exits with 1 unless both tables are there.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from tableferry_sandbox.local_postgres import LocalPostgres
from tableferry_sandbox.sample import load_sample
from tableferry_sandbox.testing import sql_server

HERE = Path(__file__).parent
ROWS = 200
"""Of the sample's table Customer, at a tenth of its size."""

Run = Callable[[str, str], None]


def airflow(source: str, target: str) -> None:
    """Run the DAG once, as ``airflow dags test`` does: metadata in SQLite, the task for real."""
    with tempfile.TemporaryDirectory() as home:
        variables = {
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(HERE),
            "AIRFLOW_CONN_FERRY_SOURCE": source,
            "AIRFLOW_CONN_FERRY_TARGET": target.replace("postgresql://", "postgres://"),
        }
        call(variables, "-m", "airflow", "db", "migrate")
        dag = str(HERE / "airflow_dag.py")
        call(variables, "-m", "airflow", "dags", "test", "nightly_copy", "-f", dag)


def dagster(source: str, target: str) -> None:
    """Materialize the asset in a process of its own."""
    with tempfile.TemporaryDirectory() as home:
        variables = {"DAGSTER_HOME": home, "MCTM_URL": source, "WAREHOUSE_URL": target}
        (Path(home) / "dagster.yaml").touch()
        page = str(HERE / "dagster_asset.py")
        call(variables, "-m", "dagster", "asset", "materialize", "--select", "*", "-f", page)


def call(variables: dict[str, str], *arguments: str) -> None:
    """Run Python; what it printed is shown only where it failed."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


@contextmanager
def urls(postgres: LocalPostgres, database: str) -> Iterator[tuple[str, str]]:
    """Yield the URLs of a stand-in with the sample in it, and of an empty database."""
    postgres.create_database(database)
    with sql_server() as server:
        load_sample(server.engine, 0.1)
        login = f"{postgres.user}:{quoted(postgres.password)}"
        yield (
            f"mssql://{server.user}:{quoted(server.password)}@{server.host}:{server.port}/McTM",
            f"postgresql://{login}@{quoted(postgres.host)}:{postgres.port}/{database}",
        )


def quoted(text: str) -> str:
    """Encode every character that has a meaning in a URL."""
    return quote(text, safe="")


def main() -> None:
    """Run each example, and count the rows that it brought."""
    with LocalPostgres() as postgres:
        for run in (airflow, dagster):
            with urls(postgres, run.__name__) as (source, target):
                run(source, target)
                with psycopg.connect(target) as connection:
                    found = connection.execute("SELECT count(*) FROM customer").fetchall()
            if found != [(ROWS,)]:
                sys.exit(f"{run.__name__}: {found} rows in the target, not {ROWS}")
            print(f"{run.__name__}: the example ran, {ROWS} rows are in the target")


if __name__ == "__main__":
    main()
