"""Errors that refuse a statement are told from those that answer it."""

import pytest

from live.answers import Failed
from live.judge import Verdict, judge
from live.parse import read_probes
from live.probe import Batch, Fails, Rows, Succeeds
from live.refusals import is_forbidden, is_refusal, own_names

OWN = own_names(
    [
        "CREATE TYPE dbo.Phone FROM nvarchar(20)",
        """CREATE TABLE dbo.T (ID int NOT NULL, P dbo.Phone NULL,
  Total decimal(9, 2) DEFAULT (1.5), CHECK (Total < 9))
INSERT INTO dbo.T (ID) VALUES (1)""",
        "CREATE UNIQUE INDEX I ON dbo.T (ID)",
        "CREATE USER Reader WITHOUT LOGIN",
        "CREATE VIEW dbo.V AS SELECT t.ID AS Number FROM dbo.T AS t",
        "ALTER TABLE dbo.T ADD Late int NULL",
        "SELECT ID INTO #copy FROM dbo.T",
    ]
)

HIDDEN = "does not exist or you do not have permission"


def test_what_statements_create_is_known_by_its_names_not_by_their_types() -> None:
    wanted = {"t", "id", "p", "total", "phone", "i", "reader", "v", "number", "late", "#copy"}
    assert wanted <= OWN
    assert not {"int", "nvarchar", "decimal", "9", "dbo"} & OWN


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (102, "Incorrect syntax near 'X'."),
        (195, "'X' is not a recognized built-in function name."),
        (208, "Invalid object name 'sys.fulltext_indexes'."),
        (208, "Invalid object name 'GENERATE_SERIES'."),
        (207, "Invalid column name 'is_masked'."),
        (208, "Invalid object name 'sys.t'."),
        (2715, "Column, parameter, or variable #2: Cannot find data type geography."),
        (243, "Type vector is not a defined system type."),
        (4121, 'Cannot find either column "ID" or the user-defined function "ID.STSrid", or it.'),
        (2812, "Could not find stored procedure 'sp_addextendedproperty'."),
        (448, "Invalid collation 'X'."),
        (40515, "Reference to database and/or server name in 'a.b.c' is not here."),
        (33557097, "'KILL' is not currently supported in Elsewhere."),
        (33557097, 'syntax error near "OVER" at line 1 and character position 7'),
        (33557097, 'relation "sys.dm_exec_connections" does not exist'),
        (33557097, "function min_active_rowversion() does not exist"),
        (50000, "The sandbox does not support MERGE."),
        (0, "unrecognized configuration parameter"),
        (0, "CHANGETABLE is not yet implemented"),
        (5058, "Option 'ALLOW_SNAPSHOT_ISOLATION' cannot be set in database 'X'."),
    ],
)
def test_what_a_server_lacks_is_refused(number: int, text: str) -> None:
    assert is_refusal(number, text, OWN)
    assert judge(Succeeds(), Failed(number, text, ""), OWN) is Verdict.REFUSED
    assert judge(Fails(8134, "%"), Failed(number, text, ""), OWN) is Verdict.REFUSED


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (208, "Invalid object name 'dbo.T'."),
        (208, "Invalid object name '#copy'."),
        (207, "Invalid column name 'Late'."),
        (207, "Invalid column name 'number'."),
        (2715, "Column, parameter, or variable #2: Cannot find data type dbo.Phone."),
        (33557097, 'relation "dbo.t" does not exist'),
        (15517, 'Cannot execute as the database principal because "Reader" does not exist.'),
        (3930, "The current transaction cannot be committed and cannot support operations that."),
        (15151, f"Cannot find the object 'T', because it {HIDDEN}."),
        (1088, f'Cannot find the object "dbo.T" because it {HIDDEN}s.'),
        (3701, f"Cannot drop the table 'dbo.T', because it {HIDDEN}."),
        (8115, "Arithmetic overflow error converting expression to data type int."),
        (1205, "Transaction (Process ID 53) was deadlocked on lock resources."),
        (0, "The connection was lost."),
    ],
)
def test_what_goes_wrong_with_a_probes_own_things_differs(number: int, text: str) -> None:
    assert not is_refusal(number, text, OWN)
    assert judge(Succeeds(), Failed(number, text, ""), OWN) is Verdict.DIFFERS


def test_the_expected_error_in_other_words_differs() -> None:
    said = Failed(208, 'relation "gone" does not exist', "208")
    assert judge(Fails(208, "Invalid object name 'Gone'."), said) is Verdict.DIFFERS
    said = Failed(102, "syntax error at or near X", "102")
    assert judge(Fails(102, "Incorrect syntax near 'X'."), said) is Verdict.DIFFERS


def test_a_right_may_be_missing_on_the_server_not_in_the_probes_own_database() -> None:
    hidden = f"Cannot find the login 'X', because it {HIDDEN}."
    assert is_forbidden(15151, hidden, OWN)
    assert judge(Succeeds(), Failed(15151, hidden, ""), OWN) is Verdict.NOT_RUN
    assert is_forbidden(0, "CREATE DATABASE permission denied in database (...).")
    denied = Failed(229, "The SELECT permission was denied on the object 'T'.", "229")
    assert judge(Rows(("a",), ()), denied, OWN) is Verdict.NOT_RUN
    assert judge(Rows(("a",), ()), denied, OWN, impersonates=True) is Verdict.DIFFERS


def test_each_probe_that_creates_a_table_knows_it_for_its_own() -> None:
    found = 0
    for probe in read_probes():
        statements = [step.sql for step in probe.steps if isinstance(step, Batch)]
        if any(sql.startswith("CREATE TABLE dbo.T (") for sql in statements):
            found += 1
            own = own_names(statements)
            assert not is_refusal(208, "Invalid object name 'dbo.T'.", own), probe.path
    assert found > 300
