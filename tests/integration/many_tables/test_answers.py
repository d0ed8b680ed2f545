"""What the catalog says of a table is the same whether it is asked about one or about many."""

import uuid
from collections.abc import Sequence

import pytest

from tableferry import sqlserver
from tableferry.model.identifiers import SourceTable
from tableferry.sqlserver import CatalogAnswers
from tableferry.sqlserver.code_pages import read_code_pages
from tests.integration.conftest import Sandbox

ODD = ("it's", "a]b", 'a"b', "x [y]", "täbel 名前", "semi;--", "new\nline", "w", "dotted.name")


def everything(
    connection: sqlserver.SourceConnection, table: SourceTable, answers: CatalogAnswers | None
) -> list[object]:
    """All that is asked of the catalog about a table."""
    return [
        sqlserver.read_schema(connection, table, answers),
        sqlserver.read_details(connection, table, answers),
        sqlserver.read_keys(connection, table, answers),
        sqlserver.read_collations(connection, table, answers),
        sqlserver.read_isolation(connection, table.database, answers),
        read_code_pages(connection, table, answers),
    ]


def require_same(connection: sqlserver.SourceConnection, tables: Sequence[SourceTable]) -> None:
    together = CatalogAnswers(tables)
    for table in tables:
        assert everything(connection, table, together) == everything(connection, table, None)


def names_of(connection: sqlserver.SourceConnection, database: str) -> list[SourceTable]:
    rows = connection.rows(
        f"SELECT s.name AS schema_name, o.name AS table_name FROM [{database}].sys.objects AS o "
        f"JOIN [{database}].sys.schemas AS s ON s.schema_id = o.schema_id "
        "WHERE o.type IN ('U', 'V')",
        ["schema_name", "table_name"],
    )
    return [SourceTable(database, schema, name) for schema, name in rows]


@pytest.mark.parametrize("database", ["McTM", "VoipDB"])
def test_every_table_of_the_sample(sandbox: Sandbox, database: str) -> None:
    with sqlserver.connect(sandbox.source()) as connection:
        tables = names_of(connection, database)
        assert len(tables) > 1
        require_same(connection, tables)


def test_tables_with_odd_names_and_what_may_belong_to_a_table(sandbox: Sandbox) -> None:
    name = f"Odd{uuid.uuid4().hex[:8]}"
    sandbox.engine.create_database(name)
    for table in ODD:
        quoted = SourceTable(name, "dbo", table).sql.split(".", 1)[1]
        sandbox.run(
            f"CREATE TABLE {quoted} (ID int IDENTITY(3, 2) NOT NULL PRIMARY KEY, "
            "Name varchar(9) COLLATE Japanese_CI_AS NOT NULL DEFAULT 'x', "
            "Secret nvarchar(9) MASKED WITH (FUNCTION = 'default()') NULL, Twice AS (ID * 2)); "
            f"CREATE UNIQUE INDEX [by name] ON {quoted} (Name DESC) INCLUDE (Secret) "
            "WHERE ID > 5",
            name,
        )
    with sqlserver.connect(sandbox.source(db=name)) as connection:
        tables = names_of(connection, name)
        assert {table.name for table in tables} == set(ODD)
        require_same(connection, tables)


@pytest.mark.parametrize("collation", ["Latin1_General_CS_AS", "Latin1_General_CI_AS"])
def test_names_that_differ_by_case_are_those_that_a_select_finds(
    sandbox: Sandbox, collation: str
) -> None:
    name = f"Twin{uuid.uuid4().hex[:8]}"
    sandbox.engine.create_database(name, collation)
    sandbox.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Upper int)", name)
    if "_CS_" in collation:
        sandbox.run("CREATE TABLE dbo.t (ID int NOT NULL PRIMARY KEY, lower int)", name)
    tables = [SourceTable(name, "dbo", "T"), SourceTable(name, "dbo", "t")]
    with sqlserver.connect(sandbox.source(db=name)) as connection:
        require_same(connection, tables)
        answers = CatalogAnswers(tables)
        second = [sqlserver.read_schema(connection, one, answers).columns[1].name for one in tables]
    assert second == (["Upper", "lower"] if "_CS_" in collation else ["Upper", "Upper"])


def test_masked_columns_of_a_login_without_unmask(sandbox: Sandbox) -> None:
    name = f"Mask{uuid.uuid4().hex[:8]}"
    sandbox.engine.create_database(name)
    for table in ("a", "b"):
        sandbox.run(
            f"CREATE TABLE dbo.{table} (ID int NOT NULL PRIMARY KEY, "
            "Secret nvarchar(9) MASKED WITH (FUNCTION = 'default()') NULL)",
            name,
        )
    sandbox.run(f"CREATE LOGIN {name} WITH PASSWORD = N'Reader-pass-1', CHECK_POLICY = OFF", name)
    sandbox.run(f"CREATE USER {name} FOR LOGIN {name}; GRANT SELECT TO {name}", name)
    settings = sandbox.source(db=name, user=name, password="Reader-pass-1")
    with sqlserver.connect(settings) as connection:
        tables = [SourceTable(name, "dbo", table) for table in ("a", "b")]
        require_same(connection, tables)
        answers = CatalogAnswers(tables)
        assert all(
            "UNMASK" in sqlserver.read_schema(connection, table, answers).columns[1].protection
            for table in tables
        )
