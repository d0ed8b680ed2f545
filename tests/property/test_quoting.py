"""Any name, once quoted, is parsed back by both parsers and read as that name by PostgreSQL."""

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tableferry.model.identifiers import SourceTable, TargetTable, quote_mssql, quote_pg, text_mssql
from tests.support.databases import PgDatabase

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
awkward = st.sampled_from([*"[]\"'.;-\n\t %\\{}()", "]]", '""', "--", "/*", "$$"])
names = st.lists(st.one_of(characters, awkward), min_size=1, max_size=15).map("".join)
pg_names = names.filter(lambda name: len(name.encode()) <= 63)


@pytest.fixture(scope="module")
def connection(module_pg_database: PgDatabase) -> Iterator[psycopg.Connection]:
    with module_pg_database.connect() as opened:
        yield opened


@given(names, names, names)
def test_a_quoted_source_name_parses_back(database: str, schema: str, name: str) -> None:
    table = SourceTable(database, schema, name)
    assert SourceTable.parse(table.sql, "other") == table
    assert "\n" not in str(table)


@given(pg_names, pg_names)
def test_a_quoted_target_name_parses_back(schema: str, name: str) -> None:
    table = TargetTable(schema, name)
    assert TargetTable.parse(table.sql) == table


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=pg_names)
def test_postgresql_reads_a_quoted_name_as_that_name(
    connection: psycopg.Connection, name: str
) -> None:
    cursor = connection.execute(f"SELECT 1 AS {quote_pg(name)}".encode())
    assert cursor.description is not None
    assert cursor.description[0].name == name
    found = connection.execute("SELECT parse_ident(%s)", (quote_pg(name),)).fetchone()
    assert found == ([name],)


@given(names)
def test_a_bracketed_name_ends_where_sql_server_ends_it(name: str) -> None:
    """SQL Server ends a bracketed name at the first bracket that is not doubled."""
    inner = quote_mssql(name)[1:-1]
    assert "]" not in inner.replace("]]", "")
    assert inner.replace("]]", "]") == name


@given(names)
def test_a_text_literal_ends_where_sql_server_ends_it(text: str) -> None:
    inner = text_mssql(text)[2:-1]
    assert "'" not in inner.replace("''", "")
    assert inner.replace("''", "'") == text
