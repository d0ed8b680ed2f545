"""A server of another make: what it lacks is told, what it does otherwise alters no row."""

from collections.abc import Callable
from typing import Any

import pytest

from tableferry.config import Settings, TableSpec, parse_table_configs
from tableferry.errors import SchemaError
from tableferry.inspect.check import check_tables
from tableferry.inspect.discover import discover
from tableferry.inspect.plan_report import plan_tables
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_table
from tableferry_sandbox.faults import SendError
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.foreign_server import VERSION, act_as_foreign_server

pytestmark = pytest.mark.with_ledger

ROWS = [(n, f"Имя {n}" if n % 3 else None, n % 2 == 0, n) for n in range(1, 40)]

OPTIONAL = [
    r"sys\.security_policies",
    r"sys\.tables AS t\s+WHERE .*is_memory_optimized",
    "is_masked",
    "HAS_PERMS_BY_NAME",
    "COLLATIONPROPERTY",
    r"sys\.partitions",
    r"sys\.allocation_units",
    r"sys\.indexes",
    r"sys\.identity_columns",
    r"sys\.default_constraints",
    r"sys\.extended_properties",
    r"sys\.databases",
    r"sys\.dm_exec_connections",
    "is_computed",
    "TABLESAMPLE",
    "SET LANGUAGE",
    "SET TEXTSIZE",
    "SET LOCK_TIMEOUT",
    "SET ARITHABORT",
    "SET DEADLOCK_PRIORITY",
]
"""What a T-SQL server may lack, as it stands in the statements that ask for it."""


@pytest.fixture
def table(table_in: Callable[[str], None]) -> None:
    table_in(
        "CREATE TABLE dbo.T (ID int NOT NULL IDENTITY PRIMARY KEY, [Full Name] nvarchar(40) NULL,"
        " [Is Even] bit NOT NULL DEFAULT 0, Code varchar(20) NOT NULL)"
    )
    values = ", ".join(
        f"({'NULL' if name is None else f'N{name!r}'}, {int(even)}, '{code}')"
        for _, name, even, code in ROWS
    )
    table_in(f"INSERT dbo.T ([Full Name], [Is Even], Code) VALUES {values}")


@pytest.fixture
def settings(sandbox: Sandbox, pg_database: PgDatabase, table: None) -> Settings:
    return sandbox.settings(pg_database)


def spec_of(**changes: Any) -> TableSpec:
    entry = {
        "db_type": "mctm", "sql_server_db": "McTM", "sql_table": "dbo.T", "pg_table": "t",
        "primary_key": "ID", **changes,
    }  # fmt: skip
    return parse_table_configs({"t": entry})["t"]


def carried(spec: TableSpec, settings: Settings, database: PgDatabase) -> tuple[str, ...]:
    """Plan, check and carry the table, see that every row is there; return the warnings."""
    [plan] = plan_tables([spec], settings).tables
    assert plan.plan is not None, plan.error
    report = check_tables([spec], settings)
    assert report.ok, report.to_dict()
    outcome = sync_table(spec, settings)
    assert outcome.status is Status.OK, outcome.error
    rows = database.rows("SELECT id, full_name, is_even, code::int FROM t ORDER BY id")
    assert rows == ROWS
    return outcome.warnings


@pytest.mark.parametrize("lacking", OPTIONAL)
def test_what_a_server_lacks_costs_no_row(
    sandbox: Sandbox, settings: Settings, pg_database: PgDatabase, lacking: str
) -> None:
    missing = SendError(208, "Invalid object name 'of something'.")
    sandbox.server.faults.on_statement(lacking, missing, times=100_000)
    carried(spec_of(chunks=4), settings, pg_database)
    [found] = discover("mctm", settings.sources["mctm"], like="T")
    assert found.config["sql_table"] == "[McTM].[dbo].[T]"


def test_a_server_that_lacks_all_of_it_is_told_in_warnings(
    sandbox: Sandbox, settings: Settings, pg_database: PgDatabase
) -> None:
    missing = SendError(208, "Invalid object name 'of something'.")
    for lacking in OPTIONAL:
        sandbox.server.faults.on_statement(lacking, missing, times=100_000)
    warnings = carried(spec_of(), settings, pg_database)
    for part in ("keys and indexes", "identity column", "defaults", "comments", "NOLOCK"):
        assert any(part in warning for warning in warnings), (part, warnings)


@pytest.mark.parametrize(
    ("publish", "consistency"),
    [("truncate", "auto"), ("swap", "nolock"), ("merge", "read_committed")],
)
def test_ids_names_and_an_order_of_its_own_alter_nothing(
    settings: Settings,
    pg_database: PgDatabase,
    monkeypatch: pytest.MonkeyPatch,
    publish: str,
    consistency: str,
) -> None:
    act_as_foreign_server(monkeypatch)
    spec = spec_of(publish=publish, consistency=consistency, chunks=5)
    carried(spec, settings, pg_database)
    carried(spec, settings, pg_database)
    assert check_tables([spec], settings).databases[0].version == VERSION


def test_its_tables_are_discovered_by_the_names_it_gives(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    act_as_foreign_server(monkeypatch)
    [found] = discover("mctm", settings.sources["mctm"], like="T")
    assert found.config["primary_key"] == ["id"]
    assert found.rows == len(ROWS)


def test_without_the_views_of_columns_and_types_nothing_is_guessed(
    sandbox: Sandbox, settings: Settings
) -> None:
    missing = SendError(208, "Invalid object name 'McTM.sys.types'.")
    sandbox.server.faults.on_statement(r"sys\.types", missing, times=100_000)
    [plan] = plan_tables([spec_of()], settings).tables
    assert plan.error is not None
    assert plan.error.kind == SchemaError.__name__
    assert "sys.types" in plan.error.message
