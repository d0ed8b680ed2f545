"""What a login may not see, or a server does not have, is a warning: the rows still cross."""

from collections.abc import Sequence
from typing import Any

import pytest

from tableferry.errors import SchemaError, TransientError
from tableferry.model.identifiers import SourceTable
from tableferry.model.table_details import HIDDEN_CONDITION, IndexColumn, SourceIndex
from tableferry.sqlserver.details import read_details, read_keys

TABLE = SourceTable("Mc]TM", "dbo", "It's")


class Catalog:
    """Answers by the columns that are asked for; a missing answer is error 208."""

    def __init__(self, **answers: list[tuple[Any, ...]]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    def rows(self, sql: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        self.asked.append(sql)
        if columns[-1] not in self._answers:
            raise SchemaError("Invalid object name 'sys.nothing' (208)", code="208")
        return self._answers[columns[-1]]


class LostCatalog:
    def rows(self, sql: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        raise TransientError("The connection was lost")


def test_a_server_without_these_views_gives_warnings_and_no_error() -> None:
    found = read_details(Catalog(), TABLE)  # type: ignore[arg-type]
    assert found.indexes == ()
    assert found.identity is None
    assert len(found.warnings) == 5
    for part in ["keys and indexes", "identity column", "defaults", "comments", "collations"]:
        assert any(part in warning and "(208)" in warning for warning in found.warnings)


def test_one_part_that_cannot_be_read_leaves_the_others() -> None:
    catalog = Catalog(
        collation=[("A", True, None), ("B", False, "Latin1_General_CI_AS")],
        definition=[("A", "((1))"), ("B", None)],
        increment=[("A", "5", "-2")],
        comment=[(0, None, "table"), (2, "B", "column"), (9, None, "of a column long gone")],
    )
    found = read_details(catalog, TABLE)  # type: ignore[arg-type]
    assert found.computed == ("A",)
    assert found.collations == {"B": "Latin1_General_CI_AS"}
    assert found.defaults == {"A": "((1))", "B": ""}
    assert found.identity is not None
    assert (found.identity.seed, found.identity.increment) == (5, -2)
    assert (found.comment, found.column_comments) == ("table", {"B": "column"})
    assert len(found.warnings) == 1


def test_an_indexs_rows_become_one_index() -> None:
    def row(name: str, column: str, *, descending: bool = False, included: bool = False) -> Any:
        return (name, "NONCLUSTERED", True, False, False, False, None, column, descending, included)

    catalog = Catalog(
        is_included=[row("U", "B", descending=True), row("U", "A"), row("U", "C", included=True)]
    )
    found = read_keys(catalog, TABLE)  # type: ignore[arg-type]
    key = (IndexColumn("B", descending=True), IndexColumn("A"))
    assert found.indexes == (SourceIndex("U", key, included=("C",), unique=True),)
    assert found.primary_key == ()


def test_a_filter_that_is_not_shown_is_not_taken_for_none() -> None:
    rows = [("U", "NONCLUSTERED", True, False, False, True, None, "A", False, False)]
    [index] = read_keys(Catalog(is_included=rows), TABLE).indexes  # type: ignore[arg-type]
    assert index.condition == HIDDEN_CONDITION


def test_names_are_quoted_in_every_question() -> None:
    catalog = Catalog()
    read_details(catalog, TABLE)  # type: ignore[arg-type]
    assert len(catalog.asked) == 6
    for sql in catalog.asked:
        assert "[Mc]]TM].sys." in sql
        assert "OBJECT_ID(N'[Mc]]TM].[dbo].[It''s]')" in sql


def test_a_lost_connection_is_no_warning() -> None:
    with pytest.raises(TransientError):
        read_details(LostCatalog(), TABLE)  # type: ignore[arg-type]


def test_a_full_text_index_is_a_warning() -> None:
    found = read_details(Catalog(table_id=[(7,)]), TABLE)  # type: ignore[arg-type]
    assert any("the full-text index of" in warning for warning in found.warnings)


@pytest.mark.parametrize("kind", ["XML", "SPATIAL", "CLUSTERED COLUMNSTORE"])
def test_an_index_without_key_columns_is_read_to_be_named(kind: str) -> None:
    """Its columns have the ordinal 0 in sys.index_columns, which the query must not leave out."""
    catalog = Catalog(
        is_included=[("IX", kind, False, False, False, False, None, "A", False, False)]
    )
    [index] = read_keys(catalog, TABLE).indexes  # type: ignore[arg-type]
    assert index.kind == kind
    assert "OR i.type_desc NOT IN ('CLUSTERED', 'NONCLUSTERED', 'NONCLUSTERED HASH')" in " ".join(
        catalog.asked[0].split()
    )
