"""A question about a few tables costs their rows of the catalog; its answer is the same."""

import pytest

from tableferry_sandbox.engine.binding import asked_objects
from tableferry_sandbox.engine.database.catalog_answers import CatalogAnswers
from tableferry_sandbox.engine.database.catalog_objects import Table

TABLES = """
CREATE TABLE dbo.A (ID int PRIMARY KEY, Name varchar(10) DEFAULT 'x', Twice AS ID * 2);
CREATE TABLE dbo.B (ID int IDENTITY, A int REFERENCES dbo.A (ID), CHECK (A > 0));
CREATE INDEX by_a ON dbo.B (A) INCLUDE (ID);
ALTER TABLE dbo.A ADD CONSTRAINT only CHECK (ID > 0);
CREATE TABLE dbo.Versioned (ID int PRIMARY KEY,
    Began datetime2 GENERATED ALWAYS AS ROW START NOT NULL,
    Ended datetime2 GENERATED ALWAYS AS ROW END NOT NULL,
    PERIOD FOR SYSTEM_TIME (Began, Ended)) WITH (SYSTEM_VERSIONING = ON (HISTORY_TABLE = dbo.H));
INSERT dbo.A (ID) VALUES (1), (2)"""
VIEW = "CREATE VIEW dbo.V AS SELECT 1 AS N"
QUESTIONS = (
    "SELECT name FROM sys.columns WHERE object_id = OBJECT_ID('dbo.A')",
    "SELECT c.name FROM sys.columns AS c WHERE c.object_id = OBJECT_ID('dbo.A') AND c.name <> 'ID'",
    "SELECT c.name FROM sys.columns AS c WHERE c.object_id = OBJECT_ID('dbo.A') OR c.name = 'A'",
    "SELECT c.name FROM sys.columns AS c WHERE NOT c.object_id = OBJECT_ID('dbo.A')",
    "SELECT c.name FROM sys.columns AS c WHERE OBJECT_ID(N'[Shop].[dbo].[B]') = C.OBJECT_ID",
    "SELECT c.name FROM sys.columns AS c WHERE c.object_id = OBJECT_ID('dbo.A', 'V')",
    "SELECT c.name FROM sys.columns AS c WHERE c.object_id = OBJECT_ID('nothing')",
    """SELECT i.name, c.name FROM sys.indexes AS i
       JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
       JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
       WHERE i.object_id = OBJECT_ID('dbo.B') ORDER BY i.name, c.name""",
    # What an outer join compares leaves its left rows as they are.
    """SELECT c.object_id, c.name, d.name FROM sys.columns AS c
       LEFT JOIN sys.default_constraints AS d
       ON d.parent_object_id = c.object_id AND d.parent_column_id = c.column_id
       AND c.object_id = OBJECT_ID('dbo.B') ORDER BY c.object_id, c.column_id""",
    """SELECT c.name, d.name FROM sys.columns AS c LEFT JOIN sys.default_constraints AS d
       ON d.parent_object_id = c.object_id AND d.parent_column_id = c.column_id
       WHERE c.object_id = OBJECT_ID('dbo.A') ORDER BY c.column_id""",
    """SELECT c.object_id, d.name FROM sys.columns AS c LEFT JOIN sys.columns AS d
       ON d.object_id = OBJECT_ID('dbo.B') AND d.name = c.name ORDER BY c.object_id, c.column_id""",
    """SELECT c.object_id FROM sys.columns AS c LEFT JOIN sys.default_constraints AS d
       ON d.parent_object_id = c.object_id WHERE d.parent_object_id = OBJECT_ID('dbo.A')""",
    """SELECT c.object_id, d.name FROM sys.columns AS c LEFT JOIN
       (sys.columns AS d JOIN sys.indexes AS i ON i.object_id = OBJECT_ID('dbo.B')
        AND i.object_id = d.object_id) ON d.object_id = c.object_id AND d.name = c.name
       ORDER BY c.object_id, c.column_id""",
    """SELECT d.object_id, c.name FROM sys.columns AS c RIGHT JOIN sys.columns AS d
       ON c.object_id = d.object_id AND c.column_id = d.column_id
       AND d.object_id = OBJECT_ID('dbo.A') ORDER BY d.object_id, d.column_id""",
    """SELECT c.object_id, d.object_id FROM sys.columns AS c FULL JOIN sys.columns AS d
       ON c.object_id = OBJECT_ID('dbo.A') AND d.object_id = c.object_id AND d.name = c.name
       ORDER BY c.object_id, d.object_id""",
    """SELECT t.name FROM sys.tables AS t WHERE EXISTS (SELECT 1 FROM sys.columns AS c
       WHERE c.object_id = t.object_id AND c.name = 'Name') AND t.object_id = OBJECT_ID('dbo.A')""",
    """SELECT c.name FROM sys.columns AS c WHERE c.object_id = OBJECT_ID('dbo.A') AND EXISTS
       (SELECT 1 FROM sys.columns AS d WHERE d.object_id <> c.object_id AND d.name = c.name)""",
    """SELECT d.name, c.name FROM (SELECT object_id, name FROM sys.columns) AS d
       JOIN sys.columns AS c ON c.object_id = d.object_id
       WHERE d.object_id = OBJECT_ID('dbo.A') ORDER BY d.name, c.name""",
    """SELECT c.name FROM sys.tables AS t CROSS APPLY (SELECT name FROM sys.columns AS x
       WHERE x.object_id = t.object_id) AS c WHERE t.object_id = OBJECT_ID('dbo.B')""",
    "SELECT SUM(p.rows) FROM sys.partitions AS p WHERE p.object_id = OBJECT_ID('dbo.A')",
    "SELECT name FROM sys.foreign_keys WHERE parent_object_id = OBJECT_ID('dbo.B')",
    "SELECT name FROM sys.foreign_keys WHERE parent_object_id = OBJECT_ID('dbo.A')",
    "SELECT k.name FROM sys.key_constraints AS k WHERE k.parent_object_id = OBJECT_ID('dbo.A')",
    "SELECT name, type FROM sys.objects WHERE object_id = OBJECT_ID('dbo.A')",
    "SELECT name FROM sys.all_objects AS o WHERE o.object_id = OBJECT_ID('dbo.V')",
    "SELECT name FROM sys.objects WHERE object_id = OBJECT_ID('dbo.only')",
    "SELECT name, temporal_type_desc FROM sys.tables WHERE object_id = OBJECT_ID('dbo.H')",
    "SELECT name, history_table_id FROM sys.tables WHERE object_id = OBJECT_ID('dbo.Versioned')",
    "SELECT name FROM sys.tables WHERE object_id = OBJECT_ID('dbo.V')",
    "SELECT name FROM sys.views WHERE object_id = OBJECT_ID('dbo.V')",
    "SELECT name FROM sys.views WHERE object_id = OBJECT_ID('dbo.A')",
    """SELECT w.place, p.rows FROM (VALUES (0, OBJECT_ID('dbo.A')), (1, OBJECT_ID('dbo.B')))
       AS w (place, id) CROSS JOIN sys.partitions AS p WHERE p.object_id = w.id""",
    """SELECT w.place, c.name FROM (VALUES (0, OBJECT_ID('dbo.A')), (1, OBJECT_ID('nothing')))
       AS w (place, id) LEFT JOIN sys.columns AS c ON c.object_id = w.id""",
    """SELECT c.name, w.place FROM sys.columns AS c LEFT JOIN
       (VALUES (0, OBJECT_ID('dbo.A'))) AS w (place, id) ON c.object_id = w.id""",
    """SELECT w.place, k.name FROM (VALUES (0, OBJECT_ID('dbo.A')), (1, OBJECT_ID('dbo.only')))
       AS w (place, id) JOIN sys.objects AS k ON k.object_id = w.id""",
    """SELECT w.place, c.name FROM (VALUES (0, OBJECT_ID('dbo.A'))) AS w (place, id)
       JOIN sys.columns AS c ON c.object_id <> w.id""",
    """SELECT COUNT(*) FROM sys.objects AS o JOIN sys.tables AS t ON t.object_id = o.object_id
       WHERE o.object_id = OBJECT_ID('dbo.A')""",
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_is_that_of_the_whole_catalog(ask, monkeypatch, question):
    ask(TABLES)
    ask(VIEW)
    answer = sorted(ask(question).rows, key=str)
    monkeypatch.setattr("tableferry_sandbox.engine.binding.bind_tables.OWNING_COLUMN", {})
    assert answer == sorted(ask(question).rows, key=str)


def test_the_comment_of_a_constraint_is_found_by_its_own_id(ask):
    ask("CREATE TABLE dbo.A (ID int CONSTRAINT one DEFAULT 1)")
    ask("CREATE VIEW dbo.V AS SELECT 1 AS N")
    ask("EXEC sp_addextendedproperty 'n', 'of the view', 'SCHEMA', 'dbo', 'VIEW', 'V'")
    ask(
        "EXEC sp_addextendedproperty 'n', 'of the default', 'SCHEMA', 'dbo', 'TABLE', 'A', "
        "'CONSTRAINT', 'one'"
    )
    query = "SELECT value FROM sys.extended_properties WHERE major_id = OBJECT_ID('dbo.{}')"
    assert ask(query.format("V")).rows == [("of the view",)]
    assert ask(query.format("one")).rows == [("of the default",)]


def test_a_question_about_one_table_counts_no_other(ask, server, monkeypatch):
    ask(TABLES)
    counted = []

    def count_rows(table: Table) -> int:
        counted.append(table.name)
        return 0

    monkeypatch.setattr(server, "count_rows", count_rows)
    ask("SELECT rows FROM sys.partitions WHERE object_id = OBJECT_ID('dbo.A')")
    ask(
        "SELECT p.rows FROM sys.indexes AS i JOIN sys.partitions AS p ON p.object_id = i.object_id "
        "WHERE i.object_id = OBJECT_ID('dbo.A')"
    )
    assert counted == ["A", "A"]


def test_of_many_tables_only_the_one_in_question_has_rows_made(ask, monkeypatch):
    ask(TABLES)
    made = []
    name = CatalogAnswers.name

    def noted(self, view, rows):
        made.append((view.partition(".")[2], len(rows)))
        return name(self, view, rows)

    monkeypatch.setattr(CatalogAnswers, "name", noted)
    ask(
        "SELECT t.name, (SELECT COUNT(*) FROM sys.views AS v WHERE v.object_id = "
        "OBJECT_ID('dbo.A')) FROM sys.tables AS t WHERE t.object_id = OBJECT_ID('dbo.A')"
    )
    assert sorted(made) == [("sys.tables", 1), ("sys.views", 0)]
    made.clear()
    ask(
        "SELECT w.place, t.name FROM (VALUES (0, OBJECT_ID('dbo.A')), (1, OBJECT_ID('dbo.B'))) "
        "AS w (place, id) CROSS JOIN sys.tables AS t WHERE t.object_id = w.id"
    )
    assert made == [("sys.tables", 2)]


def test_rows_that_were_written_are_not_counted(ask, server, monkeypatch):
    """Every write says how many rows there are, so that sys.partitions reads no table."""
    monkeypatch.setattr(type(server.store), "cursor", pytest.fail)
    ask("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT t VALUES (1, 1), (2, 2), (3, 3)")
    rows = "SELECT rows FROM sys.partitions WHERE object_id = OBJECT_ID('t')"
    assert ask(rows).value == 3
    ask("UPDATE t SET v = 9; DELETE t WHERE id = 1; ALTER TABLE t ADD w int")
    assert ask(rows).value == 2
    ask("BEGIN TRAN; INSERT t (id) VALUES (7); COMMIT; SELECT id INTO u FROM t")
    assert ask(rows).value == 3
    assert ask(rows.replace("'t'", "'u'")).value == 3
    monkeypatch.undo()
    ask("BEGIN TRAN; INSERT t (id) VALUES (8); ROLLBACK")
    assert ask(rows).value == 3
    ask("TRUNCATE TABLE t")
    assert ask(rows).value == 0


def test_every_view_that_is_narrowed_has_the_column_that_says_whose_a_row_is(ask):
    for view, column in asked_objects.OWNING_COLUMN.items():
        assert ask(f"SELECT {column} FROM {view} WHERE {column} = 0").rows == []
