"""What a login does not get to see as it is must not cross as if it were the value."""

from typing import Any

import pytest

from tableferry.config import Consistency, TargetSettings
from tableferry.errors import SchemaError, TableferryError, TransientError
from tableferry.model.identifiers import SourceTable
from tableferry.model.schema import Isolation, SourceColumn, SourceSchema, SourceType
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES
from tableferry.sqlserver.catalog import read_schema, type_name
from tableferry.sqlserver.code_pages import columns_to_convert, misreads
from tableferry.sqlserver.protection import (
    graph_columns,
    inexact_floats,
    read_protection,
    read_traits,
)
from tests.support.specs import spec

TABLE = SourceTable("McTM", "dbo", "T")


class Answering:
    """A connection that answers every query alike, ``others`` by the last column asked for."""

    def __init__(
        self, answer: list[tuple[Any, ...]] | TableferryError, **others: list[tuple[Any, ...]]
    ) -> None:
        self.answer = answer
        self.others = others
        self.settings = TargetSettings(
            prefix="PG_", host="h", port=1, db="d", user="u", password="p"
        )

    def rows(self, sql: str, columns: list[str]) -> list[tuple[Any, ...]]:
        if columns[-1] in self.others:
            return self.others[columns[-1]]
        if isinstance(self.answer, TableferryError):
            raise self.answer
        return self.answer


def protection(answer: list[tuple[Any, ...]] | TableferryError) -> dict[str, str]:
    return read_protection(Answering(answer), TABLE)  # type: ignore[arg-type]


def test_a_masked_column_is_protected_from_a_login_without_unmask() -> None:
    assert "UNMASK" in protection([("Name", True, None, 0)])["Name"]
    assert protection([("Name", True, None, 1)]) == {}


def test_an_encrypted_column_is_protected_from_everybody() -> None:
    assert "ciphertext" in protection([("Name", False, 1, 1)])["Name"]


def test_a_server_that_knows_no_protection_has_none() -> None:
    assert protection(TableferryError("Invalid column name 'is_masked'.")) == {}


def test_what_a_graphs_table_keeps_to_itself_cannot_be_read() -> None:
    server = Answering([("graph_id_8D5F", 1)])
    found = graph_columns(server, TABLE, ["ID", "graph_id_8D5F"])  # type: ignore[arg-type]
    assert found == {"graph_id_8D5F": "is internal to the graph and cannot be read (13908)"}
    assert graph_columns(server, TABLE, ["ID", "graph_idea"]) == {}  # type: ignore[arg-type]


def test_a_synonym_is_told_by_what_it_stands_for() -> None:
    server = Answering([], base=[("[Other].[dbo].[Real]",)])
    with pytest.raises(SchemaError, match=r"is a synonym of \[Other\]\.\[dbo\]\.\[Real\]"):
        read_schema(server, TABLE)  # type: ignore[arg-type]
    with pytest.raises(SchemaError, match=r"has no table McTM\.dbo\.T"):
        read_schema(Answering([], base=[]), TABLE)  # type: ignore[arg-type]


@pytest.mark.parametrize("isolation", [Isolation(snapshot=True), Isolation()])
def test_a_memory_optimized_table_is_read_as_it_can_be(isolation: Isolation) -> None:
    columns = (SourceColumn("ID", SourceType("int")), SourceColumn("Name", SourceType("int")))
    source = SourceSchema(columns, in_memory=True)
    plan = plan_table(spec(), source, None, strategies=STRATEGIES, isolation=isolation)
    assert plan.consistency is Consistency.READ_COMMITTED
    assert "NOLOCK" not in plan.select
    for wish in (Consistency.SNAPSHOT, Consistency.NOLOCK):
        with pytest.raises(SchemaError, match="is memory-optimized"):
            plan_table(
                spec(consistency=wish), source, None, strategies=STRATEGIES, isolation=isolation
            )


def test_a_lost_connection_is_no_answer() -> None:
    with pytest.raises(TransientError):
        protection(TransientError("lost"))


def test_a_security_policy_is_noticed() -> None:
    assert read_traits(Answering([(1, 0, 0)]), TABLE) == (True, False, False)  # type: ignore[arg-type]
    assert read_traits(Answering([(0, 1, 0)]), TABLE) == (False, True, False)  # type: ignore[arg-type]
    assert read_traits(Answering([(0, 0, 1)]), TABLE) == (False, False, True)  # type: ignore[arg-type]
    unknown = Answering(TableferryError("Invalid object name"))
    assert read_traits(unknown, TABLE) == (False,) * 3  # type: ignore[arg-type]


def test_a_server_before_security_policies_may_have_memory_optimized_tables() -> None:
    class Older(Answering):
        def rows(self, sql: str, columns: list[str]) -> list[tuple[Any, ...]]:
            if "policies" in sql:
                raise TableferryError("Invalid object name 'sys.security_policies'")
            return [(1, 0)]

    assert read_traits(Older([]), TABLE) == (False, True, False)  # type: ignore[arg-type]


def test_floats_of_a_variant_are_not_read_where_the_server_would_round_them() -> None:
    def found(answer: list[tuple[Any, ...]] | TableferryError, kind: str = "sql_variant") -> Any:
        columns = [SourceColumn("V", SourceType(kind)), SourceColumn("ID", SourceType("int"))]
        return inexact_floats(Answering(answer), columns)  # type: ignore[arg-type]

    assert found([("3.0000000000000004e-001",)]) == {}
    assert "SQL Server 2016" in found([("0.3",)])["V"]
    assert found([("0.3",)], "float") == {}, "a column of floats is not read as text"
    assert found(TableferryError("unknown")) == {}


def test_a_type_that_is_hidden_from_the_login_is_that_which_it_stands_for() -> None:
    assert type_name(None, "nvarchar", alias=False) == "nvarchar"
    assert "CLR" in type_name(None, None, alias=False).upper()


def test_a_protected_column_is_refused_by_name() -> None:
    masked = SourceColumn("Name", SourceType("nvarchar", 40), protection="is masked for this login")
    source = SourceSchema((SourceColumn("ID", SourceType("int")), masked))
    with pytest.raises(SchemaError, match="'Name' is masked for this login"):
        plan_table(spec(), source, None, strategies=STRATEGIES, isolation=Isolation())


def test_filtered_rows_are_warned_of() -> None:
    columns = (SourceColumn("ID", SourceType("int")), SourceColumn("Name", SourceType("int")))
    source = SourceSchema(columns, rows_filtered=True)
    warnings = plan_table(
        spec(), source, None, strategies=STRATEGIES, isolation=Isolation(snapshot=True)
    ).warnings
    assert any("security policy" in warning for warning in warnings)


def pages(answer: list[tuple[Any, ...]] | TableferryError) -> frozenset[str]:
    columns = [SourceColumn(name, SourceType("varchar", 9)) for name in "ABCDE"]
    return columns_to_convert(Answering(answer), TABLE, columns)  # type: ignore[arg-type]


def test_texts_of_code_pages_that_the_driver_misreads_are_for_the_server_to_convert() -> None:
    assert pages([("A", 950), ("B", 1252), ("C", 932), ("D", 65001), ("E", 0)]) == {"A", "C"}


def test_a_server_that_knows_no_code_pages_converts_nothing() -> None:
    assert pages(TableferryError("'COLLATIONPROPERTY' is not known")) == frozenset()


def test_the_other_provider_reads_utf8_itself_and_nothing_else() -> None:
    other = "msodbcsql18"
    assert [misreads(page, other) for page in (1252, 950, 65001)] == [True, True, False]


def test_the_server_converts_char_columns_to_nvarchar_with_room() -> None:
    def select(kind: str, length: int) -> str:
        column = SourceColumn("C", SourceType(kind, length), convert_on_server=True)
        source = SourceSchema((SourceColumn("ID", SourceType("int", 4)), column))
        plan = plan_table(
            spec(("ID", "id"), ("C", "c")),
            source,
            None,
            strategies=STRATEGIES,
            isolation=Isolation(snapshot=True),
        )
        return plan.columns[1].select

    assert select("char", 10) == "CAST(t.[C] AS nvarchar(10))"
    assert select("varchar", 4000) == "CAST(t.[C] AS nvarchar(4000))"
    assert select("varchar", 4001) == "CAST(t.[C] AS nvarchar(max))"
    assert select("varchar", -1) == "CAST(t.[C] AS nvarchar(max))"
    assert select("text", 16) == "CAST(CAST(t.[C] AS varchar(max)) AS nvarchar(max))"
    assert select("nvarchar", 20) == "t.[C]"
