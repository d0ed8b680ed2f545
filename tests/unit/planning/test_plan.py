"""The plan refuses every mismatch by name, before any database is touched."""

import pytest

from tableferry.config import Consistency, OrderBy, TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import SourceTable
from tableferry.model.schema import (
    Isolation,
    PgType,
    SourceColumn,
    SourceSchema,
    SourceType,
    TargetColumn,
    TargetSchema,
)
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES
from tests.support.specs import spec

INT = SourceType("int", 4, 10)
NAME = SourceType("nvarchar", 100)
SOURCE = SourceSchema(
    (
        SourceColumn("ID", INT, nullable=False),
        SourceColumn("Name", NAME),
        SourceColumn("When", SourceType("datetime2", 8, 27, 7)),
    ),
    estimated_rows=12,
)


def target(*columns: tuple[str, PgType], kind: str = "r") -> TargetSchema:
    return TargetSchema(tuple(TargetColumn(name, type_) for name, type_ in columns), kind)


def plan(table: TableSpec, into: TargetSchema | None = None, *, snapshot: bool = False):  # type: ignore[no-untyped-def]
    return plan_table(
        table, SOURCE, into, strategies=STRATEGIES, isolation=Isolation(snapshot=snapshot)
    )


def test_a_missing_target_is_created_with_key_and_nullability() -> None:
    planned = plan(spec(("ID", "id"), ("Name", "name"), ("When", "at")))
    assert planned.ddl == (
        'CREATE TABLE "t" (\n  "id" integer NOT NULL,\n  "name" text,\n  "at" timestamp(6)\n)',
        'ALTER TABLE "t" ADD PRIMARY KEY ("id")',
    )
    assert planned.can_freeze


def test_the_select_reads_each_column_under_its_target_name() -> None:
    planned = plan(spec(("id", "Key"), ("Name", "name"), order_by=(OrderBy("id"),)))
    assert planned.select == (
        "SELECT\n  t.[ID] AS [Key],\n  t.[Name] AS [name]\n"
        "FROM [McTM].[dbo].[T] AS t WITH (NOLOCK)\nORDER BY t.[ID]"
    )


def test_where_is_enclosed_in_parentheses() -> None:
    planned = plan(spec(where="ID > 5 -- young ones"))
    assert planned.select.endswith("\nWHERE (ID > 5 -- young ones\n)")
    assert planned.estimated_rows is None
    assert plan(spec()).estimated_rows == 12


def test_a_declared_loss_is_reported_by_column() -> None:
    planned = plan(spec(("ID", "id"), ("When", "at")))
    assert list(planned.losses) == ["When"]
    assert "100 ns" in planned.losses["When"]


def test_every_missing_source_column_is_named_with_the_existing_ones() -> None:
    with pytest.raises(SchemaError) as raised:
        plan(spec(("ID", "id"), ("Nope", "a"), ("Gone", "b")))
    assert "'Nope'" in raised.value.message
    assert "'Gone'" in raised.value.message
    assert "ID, Name, When" in raised.value.hint


def test_a_type_that_is_not_carried_is_refused_by_column() -> None:
    source = SourceSchema(
        (SourceColumn("ID", INT), SourceColumn("Shape", SourceType("Shape (CLR)")))
    )
    with pytest.raises(SchemaError, match="'Shape' has the type Shape"):
        plan_table(
            spec(("ID", "id"), ("Shape", "s")),
            source,
            None,
            strategies=STRATEGIES,
            isolation=Isolation(),
        )


def test_every_mismatch_with_the_target_is_named_at_once() -> None:
    into = TargetSchema(
        (
            TargetColumn("id", PgType("int2")),
            TargetColumn("at", PgType("timestamp"), generated=True),
            TargetColumn("must", PgType("int4"), nullable=False, needs_value=True),
            TargetColumn("may", PgType("int4")),
        )
    )
    with pytest.raises(SchemaError) as raised:
        plan(spec(("ID", "id"), ("Name", "name"), ("When", "at")), into)
    for said in [
        "'id' of type smallint cannot hold every value of 'ID' of type int",
        "has no column 'name'",
        "'at' is generated",
        "'must' requires a value",
    ]:
        assert said in raised.value.message
    assert "'may'" not in raised.value.message


def test_an_existing_target_is_not_created_and_a_partitioned_one_not_frozen() -> None:
    columns = (("id", PgType("int8")), ("name", PgType("text")))
    assert plan(spec(), target(*columns)).create is None
    assert plan(spec(), target(*columns)).can_freeze
    assert not plan(spec(), target(*columns, kind="p")).can_freeze


def test_auto_reads_a_snapshot_where_the_database_allows_it() -> None:
    planned = plan(spec(), snapshot=True)
    assert planned.consistency is Consistency.SNAPSHOT
    assert "NOLOCK" not in planned.select
    assert planned.warnings == ()


def test_auto_reads_with_nolock_and_a_warning_where_it_does_not() -> None:
    planned = plan(spec())
    assert planned.consistency is Consistency.NOLOCK
    assert "NOLOCK" in planned.warnings[0]


def test_a_snapshot_that_is_not_allowed_is_refused_with_the_statement_that_allows_it() -> None:
    with pytest.raises(SchemaError) as raised:
        plan(spec(consistency=Consistency.SNAPSHOT))
    assert "ALTER DATABASE [McTM] SET ALLOW_SNAPSHOT_ISOLATION ON" in raised.value.hint


@pytest.mark.parametrize(
    ("consistency", "hint"), [(Consistency.NOLOCK, True), (Consistency.READ_COMMITTED, False)]
)
def test_a_configured_consistency_is_used_without_a_warning(
    consistency: Consistency, hint: bool
) -> None:
    planned = plan(spec(consistency=consistency), snapshot=True)
    assert planned.consistency is consistency
    assert ("NOLOCK" in planned.select) is hint
    assert planned.warnings == ()


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("ID", "t.[ID]"),
        ("id", "t.[ID]"),
        ("[ID]", "t.[ID]"),
        ("ID DESC", "t.[ID] DESC"),
        ("[id] desc", "t.[ID] DESC"),
        ("ID ASC", "t.[ID] ASC"),
        ("  ID  DESC  ", "t.[ID] DESC"),
        ("ID\tDESC", "t.[ID] DESC"),
        ("Odd DESC", "t.[Odd DESC]"),
        ("Odd DESC DESC", "t.[Odd DESC] DESC"),
        ("a]b", "t.[a]]b]"),
        ("[a]]b] DESC", "t.[a]]b] DESC"),
    ],
)
def test_order_by_names_a_real_column(text: str, sql: str) -> None:
    extra = (SourceColumn("Odd DESC", INT), SourceColumn("a]b", INT))
    source = SourceSchema(SOURCE.columns + extra)
    table = spec(order_by=(OrderBy(text),))
    assert plan_table(
        table, source, None, strategies=STRATEGIES, isolation=Isolation()
    ).order_by == (sql,)


@pytest.mark.parametrize(
    "text", ["Nope", "ID; DROP TABLE x", "ID)", "1", "ID DESC --", "(SELECT 1)", "DESC", "ID, Name"]
)
def test_an_order_by_an_unknown_column_is_refused(text: str) -> None:
    with pytest.raises(SchemaError) as raised:
        plan(spec(order_by=(OrderBy(text),)))
    assert "'order_by'" in raised.value.message


@pytest.mark.parametrize("name", ["x]y", 'x"y', "x;DROP TABLE t--", "x\ny", "x'y", "x.y", "имя"])
def test_a_hostile_name_is_inert_in_every_statement(name: str) -> None:
    source = SourceSchema((SourceColumn(name, INT, nullable=False),))
    table = spec(
        (name, name),
        source=SourceTable("McTM", "dbo", name),
        primary_key=(name,),
        order_by=(OrderBy(name),),
    )
    planned = plan_table(table, source, None, strategies=STRATEGIES, isolation=Isolation())
    bracketed = "[" + name.replace("]", "]]") + "]"
    quoted = '"' + name.replace('"', '""') + '"'
    assert planned.select == (
        f"SELECT\n  t.{bracketed} AS {bracketed}\n"
        f"FROM [McTM].[dbo].{bracketed} AS t WITH (NOLOCK)\nORDER BY t.{bracketed}"
    )
    assert planned.ddl == (
        f'CREATE TABLE "t" (\n  {quoted} integer NOT NULL\n)',
        f'ALTER TABLE "t" ADD PRIMARY KEY ({quoted})',
    )


def test_columns_that_differ_only_in_case_are_matched_by_their_exact_names() -> None:
    source = SourceSchema((SourceColumn("a", INT), SourceColumn("A", NAME)))
    planned = plan_table(
        spec(("A", "x"), ("a", "y")), source, None, strategies=STRATEGIES, isolation=Isolation()
    )
    assert [c.source.name for c in planned.columns] == ["A", "a"]
