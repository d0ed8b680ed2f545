"""T-SQL text is parsed into the right statements."""

import pytest

from tableferry_sandbox.engine.parsing.lexer import tokenize
from tableferry_sandbox.engine.parsing.parser import parse_batch
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.events import SqlError


def test_statements_need_no_semicolon():
    kinds = [type(x) for x in parse_batch("SET NOCOUNT ON SELECT 1 PRINT 'x' USE a")]
    assert kinds == [st.SetOption, st.QueryStatement, st.Print, st.Use]


def test_comments_nest():
    assert [t.text for t in tokenize("a /* b /* c */ d */ e -- f\ng")[:-1]] == ["a", "e", "g"]


def test_brackets_and_quotes_are_unescaped():
    assert [t.text for t in tokenize("[a]]b] \"c\"\"d\" 'e''f'")[:-1]] == ["a]b", 'c"d', "e'f"]


def test_double_quotes_are_strings_when_the_option_is_off():
    [token, _] = tokenize('"a"', quoted_identifier=False)
    assert token.kind == "string"


@pytest.mark.parametrize("text", ["(a) = 1", "(a = 1)", "((a)) = (1)", "(a = 1 AND (b) > 2)"])
def test_parentheses_contain_values_or_conditions(text):
    [statement] = parse_batch(f"SELECT 1 WHERE {text}")
    assert isinstance(statement.query.body.where, s.Compare | s.Logic)


def test_an_omitted_schema_is_empty():
    [statement] = parse_batch("SELECT 1 FROM db..t")
    assert statement.query.body.source.parts == ("db", "", "t")


@pytest.mark.parametrize(
    ("sql", "number"),
    [("SELECT 1 FROM WHERE", 156), ("SELECT )", 102), ("/* open", 113), ("IF 1 SELECT 1", 4145)],
)
def test_a_syntax_error_raises_its_error_number(sql, number):
    with pytest.raises(SqlError) as caught:
        parse_batch(sql)
    assert caught.value.number == number
