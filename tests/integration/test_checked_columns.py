"""Columns filled by checked conversions, under every strategy: domains, enums, citext, jsonb."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from tableferry.config import TableSpec, parse_table_configs
from tableferry.inspect.plan_report import plan_tables
from tableferry.report.plan_view import show_plan
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

Run = Callable[[str], None]
GUID = "6F9619FF-8B86-D011-B42D-00C04FC964FF"
OVERRIDES = {
    "Code": "uuid",
    "Doc": "jsonb",
    "Mood": "enum",
    "Price": "numeric(18,2)",
    "Made": "timestamptz at UTC",
}


@pytest.fixture
def database(module_pg_database: PgDatabase) -> PgDatabase:
    module_pg_database.run(
        "DROP SCHEMA public CASCADE",
        "CREATE SCHEMA public",
        "CREATE EXTENSION citext",
        "CREATE TYPE mood AS ENUM ('sad', 'glad')",
        "CREATE DOMAIN email AS citext CHECK (value LIKE '%@%')",
    )
    return module_pg_database


@pytest.fixture
def both(table_in: Run, database: PgDatabase) -> Run:
    """A table with one column for each kind of conversion, and the one to fill."""
    table_in(
        "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name varchar(20), Flag char(3), "
        "Code varchar(38), Doc nvarchar(max), Mood varchar(9), Price money, Made datetime2(3))"
    )
    table_in(
        f"INSERT INTO dbo.T VALUES (1, 'a@Example', 'ab', '{GUID}', N'{{\"b\": 1.0, \"a\": 2}}', "
        "'sad', 12.34, '2024-07-01T12:00:00.5'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
    )
    database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name email, flag char(3), code uuid, doc jsonb, "
        "mood mood, price numeric(18,2), made timestamptz)"
    )
    return table_in


def configured(**changes: Any) -> TableSpec:
    left_out = {"columns": None, "pg_columns": None, "primary_key": None}
    written = {"sql_table": "dbo.T", "pg_table": "t", "order_by": "ID", "type_overrides": OVERRIDES}
    return parse_table_configs({"t": entry(**{**left_out, **written, **changes})})["t"]


def sync(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> TableOutcome:
    return sync_table(configured(**changes), sandbox.settings(database))


def merged(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> dict[str, int]:
    outcome = sync(sandbox, database, publish="merge", **changes)
    assert outcome.status is Status.OK, outcome.error
    return dict(outcome.changes)


SHOWN = "name::text, format('%s', flag), code::text, doc::text, mood::text, price::text, made::text"
ROW = (
    "a@Example",
    "ab ",
    GUID.lower(),
    '{"a": 2, "b": 1.0}',
    "sad",
    "12.34",
    "2024-07-01 12:00:00.5+00",
)


@pytest.mark.parametrize("publish", ["truncate", "swap", "merge"])
def test_every_strategy_fills_the_columns_and_keeps_their_types(
    sandbox: Sandbox, both: Run, database: PgDatabase, publish: str
) -> None:
    outcome = sync(sandbox, database, publish=publish)
    assert outcome.status is Status.OK, outcome.error
    assert set(dict(outcome.losses)) == {"Code", "Doc", "Flag"}
    with database.connect() as reader:
        reader.execute("SET timezone = 'UTC'")
        found = reader.execute(f"SELECT {SHOWN} FROM t WHERE id = 1".encode()).fetchall()
    assert found == [ROW]
    kinds = database.rows(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = 't'::regclass AND attnum > 1 AND NOT attisdropped ORDER BY attnum"
    )
    assert [kind for (kind,) in kinds] == [
        "email", "character(3)", "uuid", "jsonb", "mood", "numeric(18,2)",
        "timestamp with time zone",
    ]  # fmt: skip


def test_a_merge_changes_only_what_differs_in_the_target(
    sandbox: Sandbox, both: Run, database: PgDatabase
) -> None:
    unchanged = {"inserted": 0, "updated": 0, "deleted": 0, "unchanged": 2}
    assert merged(sandbox, database) == {**unchanged, "inserted": 2, "unchanged": 0}
    assert merged(sandbox, database) == unchanged
    both(f"UPDATE dbo.T SET Code = '{{{GUID.lower()}}}', Doc = N'{{\"a\":2, \"b\":1.0}}', "
         "Mood = 'sad ' WHERE ID = 1")  # fmt: skip
    assert merged(sandbox, database) == unchanged
    for change in ("Name = 'A@example'", 'Doc = N\'{"a": 2, "b": 1.00}\'', "Flag = 'Ab'"):
        both(f"UPDATE dbo.T SET {change} WHERE ID = 1")
        assert merged(sandbox, database) == {**unchanged, "updated": 1, "unchanged": 1}
    assert database.rows("SELECT name::text FROM t WHERE id = 1") == [("A@example",)]


def test_a_key_of_citext_takes_over_another_case(
    sandbox: Sandbox, table_in: Run, database: PgDatabase
) -> None:
    table_in("CREATE TABLE dbo.T (ID varchar(9) NOT NULL PRIMARY KEY, V int)")
    table_in("INSERT INTO dbo.T VALUES ('a', 1)")
    database.run("CREATE TABLE t (id citext PRIMARY KEY, v int)", "INSERT INTO t VALUES ('A', 1)")
    changes = merged(sandbox, database, type_overrides=None)
    assert (changes["inserted"], changes["updated"], changes["deleted"]) == (0, 1, 0)
    assert database.rows("SELECT id::text, v FROM t") == [("a", 1)]


def test_a_domain_and_an_enum_are_checked_by_postgresql_which_names_the_column(
    sandbox: Sandbox, both: Run, database: PgDatabase
) -> None:
    both("UPDATE dbo.T SET Name = 'secret' WHERE ID = 1")
    both("UPDATE dbo.T SET Mood = 'mad' WHERE ID = 2")
    outcome = sync(sandbox, database)
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.code) == ("DataError", "23514")
    assert "secret" not in outcome.error.message
    outcome = sync(sandbox, database, on_invalid="quarantine", max_invalid=2, max_shrink=100)
    assert outcome.status is Status.OK, outcome.error
    kept = database.rows(
        "SELECT column_name, sqlstate, value_hex FROM tableferry.quarantine ORDER BY row_key"
    )
    assert [(name, state) for name, state, _ in kept] == [("Name", "23514"), ("Mood", "22P02")]
    assert [bytes.fromhex(value).decode("utf-16-le") for *_, value in kept] == ["secret", "mad"]


def test_the_plan_lists_what_is_checked_and_what_is_lost(
    sandbox: Sandbox, both: Run, database: PgDatabase
) -> None:
    report = plan_tables([configured()], sandbox.settings(database))
    (table,) = report.tables
    columns = {column["source"]: column for column in table.to_dict()["columns"]}
    assert "hexadecimal" in columns["Code"]["checked"]
    assert "jsonb keeps neither" in columns["Doc"]["loss"]
    assert columns["Mood"]["target_type"] == "mood (enum)"
    assert not {"checked", "loss"} & set(columns["Name"])
    assert not {"checked", "loss"} & set(columns["Made"])
    out = Console(file=io.StringIO(), width=200)
    show_plan(report, out)
    assert isinstance(out.file, io.StringIO)
    text = out.file.getvalue()
    assert "checks each value of Mood: it is a label of the type" in text
    assert "declared loss Doc: jsonb keeps neither" in text
