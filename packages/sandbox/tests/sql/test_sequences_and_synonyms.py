"""Sequences, alone and as defaults, and synonyms."""

import pytest


def test_a_sequence_counts_from_its_start_by_its_increment(ask):
    ask("CREATE SEQUENCE q AS int START WITH 5 INCREMENT BY -2")
    ask("CREATE TABLE t (id int); INSERT t VALUES (1), (2)")
    assert ask("SELECT NEXT VALUE FOR q").rows == [(5,)]
    assert ask("SELECT NEXT VALUE FOR dbo.q AS n FROM t ORDER BY n").rows == [(1,), (3,)]
    assert ask("SELECT NEXT VALUE FOR q").types == ["int"]


def test_a_sequence_is_a_column_s_default(ask, refuse):
    ask("CREATE SCHEMA Numbers")
    ask("CREATE SEQUENCE Numbers.Orders START WITH 100")
    ask("CREATE TABLE t (id bigint DEFAULT (NEXT VALUE FOR Numbers.Orders) PRIMARY KEY, n int)")
    ask("INSERT t (n) VALUES (1), (2); INSERT t (n) SELECT 3")
    assert ask("SELECT id, n FROM t ORDER BY id").rows == [(100, 1), (101, 2), (102, 3)]
    assert refuse("DROP SEQUENCE Numbers.Orders").number == 3729


def test_a_rollback_does_not_set_a_sequence_back(ask):
    ask("CREATE SEQUENCE q START WITH 1; CREATE TABLE t (id int DEFAULT (NEXT VALUE FOR q), n int)")
    ask("BEGIN TRANSACTION; INSERT t (n) VALUES (1); ROLLBACK; INSERT t (n) VALUES (2)")
    assert ask("SELECT id FROM t").rows == [(2,)]


def test_the_end_of_a_sequence_is_an_error_unless_it_cycles(ask, refuse):
    ask("CREATE SEQUENCE q AS tinyint START WITH 2 MINVALUE 1 MAXVALUE 2")
    ask("SELECT NEXT VALUE FOR q")
    assert refuse("SELECT NEXT VALUE FOR q").number == 11728
    ask("ALTER SEQUENCE q RESTART WITH 2 CYCLE")
    assert [ask("SELECT NEXT VALUE FOR q").value for _ in range(3)] == [2, 1, 2]


def test_sequences_are_in_the_catalog(ask):
    ask("CREATE SEQUENCE q AS smallint START WITH 3 MAXVALUE 9 NO CYCLE; SELECT NEXT VALUE FOR q")
    shown = (
        "SELECT start_value, increment, minimum_value, maximum_value, current_value, is_cycling, "
        "TYPE_NAME(system_type_id) FROM sys.sequences WHERE OBJECT_ID('q', 'SO') = object_id"
    )
    assert ask(shown).rows == [(3, 1, -32768, 9, 3, False, "smallint")]
    ask("DROP SEQUENCE q")
    assert ask("SELECT count(*) FROM sys.objects").rows == [(0,)]


@pytest.mark.parametrize(
    ("definition", "number"),
    [
        ("INCREMENT BY 0", 11700),
        ("AS varchar(3)", 11702),
        ("START WITH 5 MAXVALUE 4", 11703),
        ("MINVALUE 4 MAXVALUE 4", 11705),
    ],
)
def test_contradictory_sequences_are_refused(refuse, definition, number):
    assert refuse(f"CREATE SEQUENCE q {definition}").number == number


def test_a_synonym_reads_and_writes_its_table(ask, refuse):
    ask("CREATE SYNONYM s FOR Shop.dbo.t")
    assert refuse("SELECT * FROM s").number == 208
    ask("CREATE TABLE t (id int); INSERT s VALUES (1), (2); DELETE s WHERE id = 1")
    assert ask("SELECT id FROM s").rows == [(2,)]
    assert ask("SELECT name, base_object_name FROM sys.synonyms").rows == [
        ("s", "[Shop].[dbo].[t]")
    ]
    assert refuse("CREATE TABLE s (id int)").number == 2714
    assert refuse("CREATE SYNONYM t FOR dbo.u").number == 2714
    ask("DROP SYNONYM s")
    assert refuse("SELECT * FROM s").number == 208


def test_a_synonym_of_another_database_s_table(ask):
    ask("CREATE DATABASE Depot")
    ask("USE Depot; CREATE TABLE t (id int); INSERT t VALUES (7)")
    ask("USE Shop; CREATE SYNONYM s FOR Depot..t")
    assert ask("SELECT id FROM s").rows == [(7,)]
