"""The four tables cross, and every value is compared with what another client reads."""

import datetime as dt
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tableferry.config import parse_table_configs
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_tables
from tableferry_sandbox.sample import SAMPLE_TABLES, SampleTable, table_configs
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.support.databases import PgDatabase


def as_kept(value: Any, declaration: str) -> Any:
    """What PostgreSQL must hold for a value that python-tds reads: digits cut, never rounded up.

    ``datetime`` counts in 1/300 of a second, and is shown rounded to milliseconds.
    """
    if isinstance(value, dt.datetime) and declaration.split(maxsplit=1)[0] == "datetime":
        millisecond = round(value.microsecond / 1000)
        return value.replace(microsecond=0) + dt.timedelta(milliseconds=millisecond)
    if isinstance(value, dt.datetime) and value.tzinfo:
        return value.astimezone(dt.UTC)
    if isinstance(value, Decimal):
        return value.normalize()
    return value


def compare(sandbox: Sandbox, database: PgDatabase, table: SampleTable) -> int:
    key = next(c.pg_name for c in table.columns if c.name == table.primary_key)
    names = ", ".join(f"[{column.name}]" for column in table.columns)
    sent = sandbox.rows(
        f"SELECT {names} FROM [{table.schema}].[{table.name}] ORDER BY [{table.primary_key}]",
        table.database,
    )
    pg_names = ", ".join(f'"{column.pg_name}"' for column in table.columns)
    with database.connect() as reader, reader.cursor(binary=True) as cursor:
        cursor.execute("SET timezone = 'UTC'")
        query = f'SELECT {pg_names} FROM {table.pg_table} ORDER BY "{key}"'
        arrived = cursor.execute(query.encode()).fetchall()
    assert len(sent) == len(arrived)
    for row_sent, row_arrived in zip(sent, arrived, strict=True):
        for column, one, other in zip(table.columns, row_sent, row_arrived, strict=True):
            kept = as_kept(one, column.declaration)
            found = other.normalize() if isinstance(other, Decimal) else other
            assert (type(found), found) == (type(kept), kept), column.name
    return len(sent)


def test_all_four_tables_arrive_value_by_value(sandbox: Sandbox, pg_database: PgDatabase) -> None:
    specs = parse_table_configs(table_configs())
    told: dict[str, int] = {}
    run = sync_tables(
        list(specs.values()),
        sandbox.settings(pg_database),
        on_progress=lambda progress: told.update({progress.table: progress.rows}),
    )
    assert run.ok, [table.error for table in run.tables]
    assert [table.table for table in run.tables] == list(specs)
    counts = [compare(sandbox, pg_database, table) for table in SAMPLE_TABLES]
    assert [table.rows_written for table in run.tables] == counts
    assert all(counts)
    assert list(told.values()) == counts
    again = sync_tables(list(specs.values()), sandbox.settings(pg_database))
    assert again.ok
    assert [table.created for table in again.tables] == [False] * 4


@pytest.mark.parametrize("encrypt", ["optional", "yes"])
def test_both_of_the_drivers_providers_carry_the_same_values(
    sandbox: Sandbox, pg_database: PgDatabase, tmp_path: Path, provider: str, encrypt: str
) -> None:
    config = tmp_path / "table_configs.py"
    config.write_text(f"TABLE_CONFIGS = {table_configs()!r}\n", encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "MSSQL_PYTHON_NATIVE_PROVIDER": provider,
        **pg_database.environment,
    }
    for name in ("MCTM", "VOIPDB"):
        environment |= {
            f"SQL_SERVER_{name}_HOST": sandbox.server.host,
            f"SQL_SERVER_{name}_PORT": str(sandbox.server.port),
            f"SQL_SERVER_{name}_DB": {"MCTM": "McTM", "VOIPDB": "VoipDB"}[name],
            f"SQL_SERVER_{name}_USER": USER,
            f"SQL_SERVER_{name}_PASSWORD": PASSWORD,
            f"SQL_SERVER_{name}_ENCRYPT": encrypt,
        }
    done = subprocess.run(
        [sys.executable, "-m", "tableferry", "sync", "--config", str(config), "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert {table["status"] for table in json.loads(done.stdout)["tables"]} == {Status.OK.value}
    assert PASSWORD not in done.stdout + done.stderr
    for table in SAMPLE_TABLES:
        assert compare(sandbox, pg_database, table)
