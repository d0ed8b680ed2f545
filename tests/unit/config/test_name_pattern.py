"""Patterns of tables: what is a wildcard, and what is the name itself."""

import pytest

from tableferry.config.name_pattern import NamePattern, Wildcard, has_wildcards
from tableferry.errors import ConfigError

ANY, ONE = Wildcard


@pytest.mark.parametrize(
    ("text", "schema", "name"),
    [
        ("dbo.*", ("dbo",), (ANY,)),
        ("*", ("dbo",), (ANY,)),
        ("Sales.Order*", ("Sales",), ("Order", ANY)),
        ("*.Log?", (ANY,), ("Log", ONE)),
        ("[McTM].dbo.*", ("dbo",), (ANY,)),
        ("mctm . dbo . a b* ", ("dbo",), ("a b", ANY)),
        ("dbo.a%b_*", ("dbo",), ("a%b_", ANY)),
        ("dbo.[a*b].".rstrip(".") + "?", ("dbo",), ("a*b", ONE)),
        ('dbo."a.b"*', ("dbo",), ("a.b", ANY)),
        ("dbo.[x]]y]*", ("dbo",), ("x]y", ANY)),
        ("dbo.it's*", ("dbo",), ("it's", ANY)),
    ],
)
def test_stars_and_question_marks_outside_of_quotes_are_the_only_wildcards(
    text: str, schema: tuple[object, ...], name: tuple[object, ...]
) -> None:
    found = NamePattern.parse(text, "McTM")
    assert (found.schema, found.name) == (schema, name)
    assert has_wildcards(text)


@pytest.mark.parametrize(
    "text", ["dbo.Customer", "[dbo].[a*b]", '"?"', "dbo.[x]]*]", "", "a.b.c.d", "[open*"]
)
def test_a_name_without_wildcards_is_no_pattern(text: str) -> None:
    assert not has_wildcards(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Other.dbo.*", "is not in the database 'McTM'"),
        ("*.dbo.T", "is not in the database"),
        ("dbo..*", "is not a pattern of tables"),
        ("a.b.c.*", "is not a pattern of tables"),
        ("dbo.[x*", "does not close a ["),
        ("dbo.x]*", "is not a pattern of tables"),
        ("dbo.\0*", "is not a valid name"),
        ("dbo." + "x" * 129 + "*", "is longer than"),
    ],
)
def test_a_pattern_that_names_no_tables_of_the_database_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        NamePattern.parse(text, "McTM")
    assert said in raised.value.message
    assert raised.value.hint
