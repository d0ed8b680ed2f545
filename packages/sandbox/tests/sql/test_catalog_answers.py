"""A question about the catalog that was answered before is answered anew where that matters."""

import pytest

from tableferry_sandbox.engine.database.catalog_answers import catalog_answers
from tableferry_sandbox.engine.execution import streaming

COLUMNS = "SELECT name FROM sys.columns WHERE object_id = OBJECT_ID('A')"


@pytest.fixture
def queries(monkeypatch):
    """The SQL of the questions about the catalog that DuckDB was asked."""
    asked = []
    run = streaming._as_objects

    def recorded(session, sql, schema):
        asked.append(sql)
        return run(session, sql, schema)

    monkeypatch.setattr(streaming, "_as_objects", recorded)
    return asked


def test_a_question_is_computed_once_for_all_connections(ask, connect, queries):
    ask("CREATE TABLE dbo.A (ID_once int)")
    for session in (None, connect(), connect()):
        assert ask(COLUMNS, session).rows == [("ID_once",)]
    assert len(queries) == 1


def test_the_same_question_about_another_database_is_another_one(ask, server):
    for name in ("One", "Two"):
        server.create_database(name).run(f"CREATE TABLE dbo.A ({name} int)")
        assert ask(f"USE {name}; {COLUMNS}").rows == [(name,)]


def test_a_random_value_is_another_one_each_time(ask):
    ask("CREATE TABLE dbo.A (ID int)")
    for value in ("NEWID()", "RAND(CHECKSUM(NEWID()))", "CHECKSUM(NEWID())"):
        query = f"SELECT {value} FROM sys.tables"
        assert ask(query).rows != ask(query).rows


def test_an_error_in_a_question_is_one_each_time(ask, refuse):
    ask("CREATE TABLE dbo.A (ID int)")
    for _ in range(2):
        assert refuse("SELECT 1 / (column_id - 1) FROM sys.columns").number == 8134


def test_the_same_rows_in_another_type_are_another_answer(ask):
    ask("CREATE TABLE dbo.A (ID int)")
    assert ask("SELECT CAST(name AS varchar(2)) FROM sys.tables").rows == [("A",)]
    assert ask("SELECT CAST(name AS nvarchar(2)) FROM sys.tables").rows == [("A",)]


def test_a_question_of_a_statement_that_writes_sees_the_catalog_of_that_moment(ask):
    ask("CREATE TABLE dbo.A (ID int); CREATE TABLE dbo.Names (Name sysname)")
    for expected in (["A", "Names"], ["A", "B", "Names"]):
        ask("DELETE dbo.Names; INSERT dbo.Names SELECT name FROM sys.tables")
        found = ask("SELECT Name FROM dbo.Names ORDER BY Name").rows
        assert [name for (name,) in found] == expected
        ask("IF OBJECT_ID('B') IS NULL CREATE TABLE dbo.B (ID int)")


def test_a_view_that_changes_within_a_statement_and_back_stays_readable(ask):
    ask("CREATE TABLE dbo.A (ID int); CREATE TABLE dbo.B (No int)")
    both = """SELECT x.name, y.name, z.name FROM
        (SELECT name FROM sys.columns WHERE object_id = OBJECT_ID('A')) AS x,
        (SELECT name FROM sys.columns WHERE object_id = OBJECT_ID('B')) AS y,
        (SELECT name FROM sys.columns WHERE object_id = OBJECT_ID('A')) AS z, dbo.A"""
    ask("INSERT dbo.A VALUES (1)")
    for _ in range(3):
        assert ask(both).rows == [("ID", "No", "ID")]
        assert ask(COLUMNS + " AND 1 = (SELECT COUNT(*) FROM dbo.A)").rows == [("ID",)]


def test_names_given_after_old_ones_were_forgotten_are_new_ones():
    answers = type(catalog_answers())()
    first = answers.name("view", ((0,),))
    assert answers.name("view", ((0,),)) == first
    names = {answers.name("view", ((number,),)) for number in range(1, 5_000)}
    assert len(names) == 4_999
    assert answers.name("view", ((0,),)) not in {first, *names}
