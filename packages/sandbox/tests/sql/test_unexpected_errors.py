"""A bug of the sandbox is an error of its batch; the connection and its session go on."""

import pytest

from tableferry_sandbox.engine.execution import batch
from tableferry_sandbox.engine.tree import statements as st


@pytest.fixture
def broken_print(monkeypatch):
    def broken(_session, _statement):
        raise ZeroDivisionError("a slip")

    monkeypatch.setitem(batch._HANDLERS, st.Print, broken)


def test_an_unexpected_exception_is_an_error_of_the_batch(ask, refuse, broken_print):
    error = refuse("PRINT 'x'")
    assert (error.number, error.severity) == (50000, 16)
    assert error.message == "Internal error of the sandbox: ZeroDivisionError: a slip"
    assert ask("SELECT 1").rows == [(1,)]


def test_an_unexpected_exception_rolls_the_transaction_back(ask, refuse, broken_print):
    ask("CREATE TABLE t (id int)")
    refuse("BEGIN TRANSACTION; INSERT t VALUES (1); PRINT 'x'; COMMIT")
    assert ask("SELECT @@TRANCOUNT, (SELECT count(*) FROM t)").rows == [(0, 0)]


@pytest.mark.parametrize(("statement", "number"), [("BREAK", 135), ("CONTINUE", 136)])
def test_break_and_continue_need_a_loop(ask, refuse, statement, number):
    assert refuse(statement).number == number
    assert ask("SELECT 1").rows == [(1,)]
