"""Names parse as in each database, and quoting keeps them names, whatever they hold."""

import pytest

from tableferry.errors import ConfigError
from tableferry.model.identifiers import (
    SourceTable,
    TargetTable,
    quote_mssql,
    quote_pg,
    split_name,
    text_mssql,
)

HOSTILE = [
    "a]b",
    'a"b',
    "a;DROP TABLE x--",
    "a\nb",
    "a'b",
    "[",
    "]]",
    '""',
    "a.b",
    "Имя",
    "😀",
    " ",
]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Customer", ("McTM", "dbo", "Customer")),
        ("sales.Customer", ("McTM", "sales", "Customer")),
        ("[Other].[dbo].[Customer]", ("Other", "dbo", "Customer")),
        ("Other..Customer", ("Other", "dbo", "Customer")),
        ("[Other]..[Customer]", ("Other", "dbo", "Customer")),
        ('"Other"."dbo"."Cust""omer"', ("Other", "dbo", 'Cust"omer')),
        ("[a.b].[c]]d].[e\nf]", ("a.b", "c]d", "e\nf")),
        (" [McTM] . dbo . Order Details ", ("McTM", "dbo", "Order Details")),
    ],
)
def test_a_source_name_parses_as_in_sql_server(text: str, parts: tuple[str, str, str]) -> None:
    assert SourceTable.parse(text, "McTM") == SourceTable(*parts)


@pytest.mark.parametrize(
    "text",
    ["", ".", "a.", ".a", "[a", "a]", "[a]b", "a.b.c.d", "a...b", "[]", '""', "[a].[].[b]", "a\0b"],
)
def test_an_invalid_source_name_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as raised:
        SourceTable.parse(text, "McTM")
    assert raised.value.hint


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_source_name_survives_quoting_and_parsing(name: str) -> None:
    table = SourceTable("McTM", "dbo", name)
    assert SourceTable.parse(table.sql, "other") == table
    assert "\n" not in str(table)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_target_name_survives_quoting_and_parsing(name: str) -> None:
    table = TargetTable("", name)
    assert TargetTable.parse(table.sql) == table
    assert "\n" not in str(table)


def test_a_target_name_keeps_its_case() -> None:
    assert TargetTable.parse("Sales.Customer").sql == '"Sales"."Customer"'


@pytest.mark.parametrize("text", ["a.b.c", "", "a..b", 'a"b'])
def test_an_invalid_target_name_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        TargetTable.parse(text)


def test_63_bytes_are_a_postgresql_name_and_64_are_not() -> None:
    assert quote_pg("ж" * 31 + "x") == '"' + "ж" * 31 + 'x"'
    with pytest.raises(ConfigError, match="63 bytes"):
        quote_pg("ж" * 32)
    with pytest.raises(ConfigError, match="63 bytes"):
        TargetTable.parse("s." + "x" * 64)


def test_128_utf_16_units_are_a_sql_server_name_and_129_are_not() -> None:
    assert quote_mssql("😀" * 64) == "[" + "😀" * 64 + "]"
    with pytest.raises(ConfigError, match="128"):
        quote_mssql("😀" * 64 + "x")
    with pytest.raises(ConfigError, match="128"):
        SourceTable.parse("x" * 129, "McTM")


@pytest.mark.parametrize("quote", [quote_mssql, quote_pg])
@pytest.mark.parametrize("name", ["", "a\0b", "a\ud800b"])
def test_an_impossible_name_is_refused(quote: object, name: str) -> None:
    with pytest.raises(ConfigError):
        quote(name)  # type: ignore[operator]


def test_a_text_literal_doubles_its_quotes() -> None:
    assert text_mssql("O'Brien") == "N'O''Brien'"


def test_a_long_invalid_name_is_refused_without_backtracking() -> None:
    with pytest.raises(ConfigError):
        split_name("[" + " ]]" * 20_000)
