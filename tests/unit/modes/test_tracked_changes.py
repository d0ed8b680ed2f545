"""The statements that ask Change Tracking what has changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tableferry.config import OrderBy
from tableferry.model.identifiers import SourceTable
from tableferry.model.schema import Isolation, SourceColumn, SourceSchema, SourceType
from tableferry.modes.tracked_changes import (
    TABLES_A_STATEMENT,
    changed_tables,
    changes_select,
    keys_select,
)
from tableferry.planning.plan import SyncPlan
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES
from tests.support.specs import spec

INT = SourceType("int", 4, 10)
SOURCE = SourceSchema(
    (
        SourceColumn("ID", INT, nullable=False),
        SourceColumn("Part]", SourceType("datetime2", 8, 27, 7), nullable=False),
        SourceColumn("Name", SourceType("nvarchar", 100)),
    )
)
CALLS = SourceTable("Voip", "dbo", "Calls")
OTHERS = SourceTable("McTM", "it's", "T")


def plan(**facts: Any) -> SyncPlan:
    table = spec(("ID", "id"), ("Part]", "part"), ("Name", "name"), **facts)
    return plan_table(
        table, SOURCE, None, strategies=STRATEGIES, isolation=Isolation(snapshot=True)
    )


@dataclass
class Server:
    """Answers every question with the same rows; keeps what it was asked."""

    answer: list[tuple[Any, ...]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __call__(self, sql: str, _columns: Sequence[str]) -> list[tuple[Any, ...]]:
        self.asked.append(sql)
        return self.answer


def test_all_tables_are_asked_at_once_for_changes() -> None:
    server = Server([(1,)])
    assert changed_tables(server, {CALLS: 5, OTHERS: 6}) == {OTHERS}
    [asked] = server.asked
    assert asked == (
        "SELECT 0 AS place WHERE EXISTS "
        "(SELECT 1 AS found FROM CHANGETABLE(CHANGES [Voip].[dbo].[Calls], 5) AS c)\n"
        "UNION ALL SELECT 1 AS place WHERE EXISTS "
        "(SELECT 1 AS found FROM CHANGETABLE(CHANGES [McTM].[it's].[T], 6) AS c)"
    )


def test_many_tables_are_asked_in_groups_and_none_is_left_out() -> None:
    since = {SourceTable("Voip", "dbo", f"T{n}"): n for n in range(2 * TABLES_A_STATEMENT + 1)}
    server = Server([(0,)])
    changed = changed_tables(server, since)
    assert len(server.asked) == 3
    assert sorted(table.name for table in changed) == ["T0", "T100", "T200"]


def test_no_table_is_no_statement() -> None:
    server = Server()
    assert changed_tables(server, {}) == set()
    assert server.asked == []


def test_changes_are_the_current_rows_whose_keys_have_changed() -> None:
    planned = plan(primary_key=("ID", "Part]"), where="t.ID > 5", order_by=(OrderBy("ID"),))
    assert changes_select(planned, 12) == (
        planned.select_where(
            "EXISTS (SELECT 1 AS found FROM CHANGETABLE(CHANGES [McTM].[dbo].[T], 12) AS c "
            "WHERE c.[ID] = t.[ID] AND c.[Part]]] = t.[Part]]])"
        )
    )
    assert "(t.ID > 5\n)" in changes_select(planned, 12)


def test_the_keys_of_all_changes_are_read_as_the_plan_reads_a_key_whatever_where_says() -> None:
    planned = plan(primary_key=("ID", "Part]"), where="t.ID > 5")
    sql = keys_select(planned, 12)
    assert sql.startswith("SELECT\n  t.[ID] AS [id],\n  t.[Part]]] AS [part],\n  ")
    assert sql.endswith("\nFROM CHANGETABLE(CHANGES [McTM].[dbo].[T], 12) AS t")
    assert [name for name in planned.of_key().result_columns if f"AS [{name}]" not in sql] == []


def test_a_negative_version_is_no_version() -> None:
    with pytest.raises(ValueError, match="negative"):
        keys_select(plan(), -1)
