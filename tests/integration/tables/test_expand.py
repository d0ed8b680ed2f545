"""Patterns of tables, matched by the catalog of a real wire."""

from typing import Any

import pytest

from tableferry import sqlserver
from tableferry.config import parse_table_set
from tableferry.inspect.expand import expand
from tests.integration.conftest import Sandbox

ODD = ("a%b", "axb", "a_b_c", "it's", "x[1] \\z", 'say "a"', "Größe", "q*b")


@pytest.fixture(scope="module")
def shops(running_sandbox: Sandbox) -> Sandbox:
    """Two databases with the same tables, of which one tells cases apart."""
    for name, collation in (("Patterns", None), ("PatternsExact", "Latin1_General_CS_AS")):
        running_sandbox.engine.create_database(name, collation)
        running_sandbox.run("CREATE SCHEMA Sales", name)
        running_sandbox.run("CREATE TABLE dbo.Customer (ID int NOT NULL PRIMARY KEY)", name)
        running_sandbox.run("CREATE TABLE Sales.OrderLine (ID int NOT NULL PRIMARY KEY)", name)
        running_sandbox.run("CREATE VIEW Sales.Orders AS SELECT ID FROM Sales.OrderLine", name)
        for odd in ODD:
            quoted = odd.replace("]", "]]")
            running_sandbox.run(f"CREATE TABLE dbo.[{quoted}] (ID int)", name)
    return running_sandbox


def found(shops: Sandbox, text: str, db: str = "Patterns", **more: Any) -> list[str]:
    table_set = parse_table_set(
        {"all": {"db_type": "s", "sql_server_db": "Shop", "sql_table": text, **more}}
    )
    with sqlserver.connect(shops.source(db)) as connection:
        return [spec.source.name for spec in expand(table_set, connection)]


def test_a_pattern_finds_the_tables_of_its_schema_in_the_order_of_their_names(
    shops: Sandbox,
) -> None:
    assert found(shops, "dbo.*") == sorted(["Customer", *ODD])
    assert found(shops, "Sales.*") == ["OrderLine"]
    assert found(shops, "Sales.*", views=True) == ["OrderLine", "Orders"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("dbo.a%*", ["a%b"]),
        ("dbo.a_*", ["a_b_c"]),
        ("dbo.a?b", ["a%b", "axb"]),
        ("dbo.[q*]*", ["q*b"]),
        ("dbo.it's*", ["it's"]),
        ("dbo.[x[1]] \\]*", ["x[1] \\z"]),
        ('dbo.[say "a"]*', ['say "a"']),
        ("dbo.Gr??e", ["Größe"]),
    ],
)
def test_signs_of_t_sql_are_part_of_the_name(shops: Sandbox, text: str, names: list[str]) -> None:
    assert found(shops, text) == names


def test_the_collation_of_the_database_decides_about_case(shops: Sandbox) -> None:
    assert found(shops, "DBO.CUST*") == ["Customer"]
    assert "Customer" not in found(shops, "dbo.*", exclude_tables=["CUSTOMER"])
    assert "Customer" in found(shops, "dbo.*", "PatternsExact", exclude_tables=["CUSTOMER"])


def test_an_entry_in_another_case_is_the_table_that_the_pattern_matches(shops: Sandbox) -> None:
    shop = {"db_type": "s", "sql_server_db": "Shop"}
    table_set = parse_table_set(
        {
            "all": {**shop, "sql_table": "dbo.C*", "chunks": 3},
            "mine": {**shop, "sql_table": "DBO.customer"},
        }
    )
    with sqlserver.connect(shops.source("Patterns")) as connection:
        [spec] = expand(table_set, connection)
    assert (spec.key, spec.chunks) == ("mine", 3)


def test_one_statement_answers_all_patterns_of_a_database(
    shops: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    rows = sqlserver.SourceConnection.rows

    def counted(self: Any, sql: str, columns: Any) -> Any:
        asked.append(sql)
        return rows(self, sql, columns)

    shop = {"db_type": "s", "sql_server_db": "Shop"}
    table_set = parse_table_set(
        {key: {**shop, "sql_table": key} for key in ("dbo.*", "dbo.C*", "Sales.*", "Customer")}
    )
    with sqlserver.connect(shops.source("Patterns")) as connection:
        monkeypatch.setattr(sqlserver.SourceConnection, "rows", counted)
        assert len(expand(table_set, connection)) == 2 + len(ODD)
    assert len(asked) == 1
