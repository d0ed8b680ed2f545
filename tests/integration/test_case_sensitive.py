"""Databases in which names that differ by case only are two, and a Turkish one."""

# ruff: noqa: RUF001 - the dotless i is what some of this is about

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tableferry import postgres, sqlserver
from tableferry.config import Settings, TableSpec, parse_table_configs
from tableferry.inspect.check import check_tables
from tableferry.inspect.discover import discover
from tableferry.inspect.plan_report import plan_tables
from tableferry.model.identifiers import SourceTable
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_tables
from tableferry.sqlserver import facts
from tableferry.verification.independent import compare_rows
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger

EXACT = ("Latin1_General_CS_AS", "Latin1_General_BIN2")

Made = Callable[[str], str]


@pytest.fixture
def made(sandbox: Sandbox) -> Made:
    """Makes a database of a collation; returns its name."""

    def make(collation: str) -> str:
        name = f"Case{uuid.uuid4().hex[:8]}"
        sandbox.engine.create_database(name, collation)
        return name

    return make


@pytest.fixture(params=EXACT)
def exact(request: pytest.FixtureRequest, sandbox: Sandbox, made: Made) -> str:
    """A database with the tables T and t; T has the columns ID, Name and name."""
    database = made(request.param)
    table = (
        "CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK PRIMARY KEY, Name nvarchar(20) NOT NULL,"
        " name nvarchar(20) NULL, N int NOT NULL CONSTRAINT DF DEFAULT 5)"
    )
    rows = (
        "INSERT INTO dbo.T VALUES (1, N'A', N'a', 1), (2, N'a', N'A', 2), (3, N'B', NULL, 3), "
        "(4, N'b', N'b', 4)"
    )
    for sql in (
        table,
        "CREATE UNIQUE INDEX IX ON dbo.T (Name, name)",
        "CREATE INDEX ix ON dbo.T (name)",
        rows,
        "CREATE TABLE dbo.t (id int NOT NULL PRIMARY KEY, Id int)",
        "INSERT INTO dbo.t VALUES (7, 70)",
    ):
        sandbox.run(sql, database)
    return database


def settings(sandbox: Sandbox, database: str, target: PgDatabase) -> Settings:
    return Settings({"case": sandbox.source(database)}, settings_of(target))


def specs(database: str, *tables: dict[str, Any]) -> list[TableSpec]:
    common = {"db_type": "case", "sql_server_db": database}
    return list(parse_table_configs({f"e{n}": common | t for n, t in enumerate(tables)}).values())


def synced(
    sandbox: Sandbox, database: str, target: PgDatabase, **entry: Any
) -> tuple[TableSpec, TableOutcome]:
    (spec,) = specs(database, {"sql_table": "dbo.T", "pg_table": "t", **entry})
    (outcome,) = sync_tables([spec], settings(sandbox, database, target)).tables
    return spec, outcome


def test_tables_and_columns_that_differ_by_case_are_found_planned_and_carried(
    sandbox: Sandbox, exact: str, pg_database: PgDatabase
) -> None:
    found = discover("case", sandbox.source(exact)).tables
    assert [(entry.table.name, entry.rows) for entry in found] == [("T", 4), ("t", 1)]
    targets = [entry.config["pg_table"] for entry in found]
    assert len(set(targets)) == 2
    entries = list(parse_table_configs({entry.key: entry.config for entry in found}).values())
    connected = settings(sandbox, exact, pg_database)
    assert all(plan.plan is not None for plan in plan_tables(entries, connected).tables)
    assert all(check.ok for check in check_tables(entries, connected).tables)
    for _ in range(2):
        outcomes = sync_tables(entries, connected).tables
        assert [outcome.error for outcome in outcomes] == [None, None]
    assert pg_database.rows(f"SELECT * FROM {targets[0]} ORDER BY 1") == [
        (1, "A", "a", 1), (2, "a", "A", 2), (3, "B", None, 3), (4, "b", "b", 4),
    ]  # fmt: skip
    assert pg_database.rows(f"SELECT * FROM {targets[1]}") == [(7, 70)]


@pytest.mark.parametrize("publish", ["swap", "truncate", "merge"])
@pytest.mark.parametrize("chunks", [1, 3])
def test_both_spellings_cross_side_by_side(
    sandbox: Sandbox, exact: str, pg_database: PgDatabase, publish: str, chunks: int
) -> None:
    for _ in range(2):
        _, outcome = synced(
            sandbox, exact, pg_database, columns=["ID", "name", "Name"],
            pg_columns=["id", "small", "large"], primary_key=["ID"], publish=publish,
            chunks=chunks, where="Name <> name OR name IS NULL",
        )  # fmt: skip
        assert outcome.status is Status.OK, outcome.error
        assert pg_database.rows("SELECT id, small, large FROM t ORDER BY id") == [
            (1, "a", "A"), (2, "A", "a"), (3, None, "B"),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "columns"),
    [
        ({"exclude": ["name"]}, ["id", "name", "n"]),
        ({"exclude": ["Name"]}, ["id", "name", "n"]),
        ({"exclude": ["name", "Name"], "order_by": ["n DESC"]}, ["id", "n"]),
        ({"exclude": ["Name"], "order_by": ["name DESC", "id"]}, ["id", "name", "n"]),
        ({"columns": ["id", "Name"], "pg_columns": ["id", "name"], "primary_key": ["Id"]},
         ["id", "name"]),
    ],
)  # fmt: skip
def test_names_in_the_configuration_are_exact_where_two_are_alike(
    sandbox: Sandbox, exact: str, pg_database: PgDatabase, entry: dict[str, Any],
    columns: list[str],
) -> None:  # fmt: skip
    """A name in another case is still taken where it is the only one."""
    _, outcome = synced(sandbox, exact, pg_database, **entry)
    assert outcome.status is Status.OK, outcome.error
    there = pg_database.rows(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 't' "
        "AND table_schema = 'public' ORDER BY ordinal_position"
    )
    assert [name for (name,) in there] == columns
    if "name" in columns:
        small = entry.get("exclude") == ["Name"]
        wanted = [("a",), ("A",), (None,), ("b",)] if small else [("A",), ("a",), ("B",), ("b",)]
        assert pg_database.rows("SELECT name FROM t ORDER BY id") == wanted


def test_a_name_that_fits_two_columns_but_neither_exactly_is_refused(
    sandbox: Sandbox, exact: str, pg_database: PgDatabase
) -> None:
    _, outcome = synced(sandbox, exact, pg_database, exclude=["NAME"])
    assert outcome.error is not None
    assert "NAME" in outcome.error.message


def test_a_text_key_is_cut_in_the_order_of_its_collation(
    sandbox: Sandbox, exact: str, pg_database: PgDatabase
) -> None:
    sandbox.run("CREATE TABLE dbo.Keys (K nvarchar(20) NOT NULL PRIMARY KEY, k int)", exact)
    values = ", ".join(f"(N'{a}{b}', {n})" for n, a in enumerate("aAbBzZ_") for b in "xXyY")
    sandbox.run(f"INSERT INTO dbo.Keys VALUES {values}", exact)
    _, outcome = synced(
        sandbox, exact, pg_database, sql_table="dbo.Keys", pg_table="keys", chunks=5,
        columns=["K", "k"], pg_columns=["key", "n"], primary_key=["K"],
    )  # fmt: skip
    assert outcome.status is Status.OK, outcome.error
    assert pg_database.rows("SELECT count(*), count(DISTINCT key) FROM keys") == [(28, 28)]


def test_a_table_of_another_case_is_refused_with_the_one_that_is_meant(
    sandbox: Sandbox, exact: str, pg_database: PgDatabase
) -> None:
    sandbox.run("CREATE TABLE dbo.Orders (ID int)", exact)
    _, outcome = synced(sandbox, exact, pg_database, sql_table="dbo.orders")
    assert outcome.error is not None
    assert outcome.error.code == "208"
    assert "[dbo].[Orders]" in outcome.error.hint


@pytest.mark.parametrize("collation", [*EXACT, "Turkish_CI_AS"])
def test_the_catalogs_questions_are_understood_whatever_the_collation(
    sandbox: Sandbox, made: Made, collation: str
) -> None:
    database = made(collation)
    sandbox.run("CREATE TABLE dbo.İl (ID int IDENTITY PRIMARY KEY, Isı nvarchar(9) NOT NULL "
                "DEFAULT N'I', Boş AS ID + 1)", database)  # fmt: skip
    sandbox.run("CREATE INDEX IX ON dbo.İl (Isı) WHERE ID > 3", database)
    sandbox.run("EXEC sp_addextendedproperty N'MS_Description', N'İller', N'SCHEMA', N'dbo', "
                "N'TABLE', N'İl'", database)  # fmt: skip
    table = SourceTable(database, "dbo", "İl")
    with sqlserver.connect(sandbox.source(database)) as connection:
        schema = sqlserver.read_schema(connection, table)
        assert [column.name for column in schema.columns] == ["ID", "Isı", "Boş"]
        assert schema.estimated_rows == 0
        details = sqlserver.read_details(connection, table)
        assert details.warnings == ()
        assert [index.name for index in details.indexes][1:] == ["IX"]
        assert details.identity is not None
        assert details.identity.column == "ID"
        assert set(details.defaults) == {"Isı"}
        assert set(details.collations) == {"Isı"}
        assert details.computed == ("Boş",)
        assert details.comment == "İller"
        assert sqlserver.read_isolation(connection, database).known
        assert facts.read_facts(connection).isolation
        [found] = sqlserver.find_tables(connection, like="İl", views=True)
        assert (found.table, found.rows, found.size) == (table, 0, 0)
        sqlserver.require_unaltered(connection, table, schema.columns)


@pytest.mark.parametrize("collation", [*EXACT, "Turkish_CI_AS"])
def test_text_of_a_code_page_crosses_and_compares_equal(
    sandbox: Sandbox, made: Made, pg_database: PgDatabase, collation: str
) -> None:
    database = made(collation)
    sandbox.run("CREATE TABLE dbo.Codes (Code varchar(20) NOT NULL PRIMARY KEY, Text text)",
                database)  # fmt: skip
    sandbox.run("INSERT INTO dbo.Codes VALUES ('Ii', 'é'), ('x', NULL), ('Zö', 'I')", database)
    spec, outcome = synced(
        sandbox, database, pg_database, sql_table="dbo.Codes", primary_key=["Code"], chunks=2,
        order_by=["Code"],
    )  # fmt: skip
    assert outcome.status is Status.OK, outcome.error
    with (
        sqlserver.connect(sandbox.source(database)) as source,
        postgres.connect(settings_of(pg_database)) as target,
    ):
        assert compare_rows(spec, source, target).equal
    assert pg_database.rows('SELECT * FROM t ORDER BY code COLLATE "C"') == [
        ("Ii", "é"), ("Zö", "I"), ("x", None),
    ]  # fmt: skip


def test_rows_of_both_spellings_compare_equal(
    sandbox: Sandbox, exact: str, pg_database: PgDatabase
) -> None:
    spec, outcome = synced(
        sandbox, exact, pg_database, columns=["ID", "name", "Name"],
        pg_columns=["id", "small", "large"], primary_key=["ID"],
    )  # fmt: skip
    assert outcome.status is Status.OK, outcome.error
    with (
        sqlserver.connect(sandbox.source(exact)) as source,
        postgres.connect(settings_of(pg_database)) as target,
    ):
        assert compare_rows(spec, source, target).equal
        pg_database.run("UPDATE t SET small = large WHERE id = 2")
        assert not compare_rows(spec, source, target).equal


@pytest.mark.parametrize("collation", EXACT)
def test_a_databases_own_name_has_no_case_of_its_own(
    sandbox: Sandbox, made: Made, collation: str
) -> None:
    """It has the collation of the instance: it is found where the catalog compares exactly."""
    database = made(collation)
    with sqlserver.connect(sandbox.source(database)) as connection:
        assert sqlserver.read_isolation(connection, database.upper()).known


def test_a_turkish_table_crosses(sandbox: Sandbox, made: Made, pg_database: PgDatabase) -> None:
    database = made("Turkish_CI_AS")
    sandbox.run("CREATE TABLE dbo.İl (ID int PRIMARY KEY, Isı nvarchar(9), isi nvarchar(9))",
                database)  # fmt: skip
    sandbox.run("INSERT INTO dbo.İl VALUES (1, N'IĞDIR', N'İzmir'), (2, N'ılık', N'i')", database)
    for chunks in (1, 2):
        _, outcome = synced(
            sandbox, database, pg_database, sql_table="dbo.il", pg_table="il", chunks=chunks,
            columns=["ID", "Isı", "isi"], pg_columns=["id", "warmth", "work"],
            primary_key=["ID"], where="Isı = N'ığdır' OR isi = N'İ'",
        )  # fmt: skip
        assert outcome.status is Status.OK, outcome.error
    assert pg_database.rows("SELECT * FROM il ORDER BY 1") == [
        (1, "IĞDIR", "İzmir"), (2, "ılık", "i"),
    ]  # fmt: skip
