"""What is asked of Change Tracking, and what is made of the answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tableferry.errors import TableferryError, TransientError
from tableferry.model.identifiers import SourceTable
from tableferry.modes.tracking import read_database, read_tables

CALLS = SourceTable("Voip", "dbo", "Calls")
OTHERS = SourceTable("McTM", "it's", "T")


@dataclass
class Server:
    """Answers by the last column that is asked for; keeps what it was asked."""

    answers: dict[str, list[tuple[Any, ...]] | TableferryError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, sql: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        self.asked.append(sql)
        answer = self.answers.get(columns[-1], [])
        if isinstance(answer, TableferryError):
            raise answer
        return answer


def database(**answers: list[tuple[Any, ...]] | TableferryError) -> Server:
    row = (7, "dbo", 1, "2024-01-01 00:00:00.000", True, 2, 3, 1, "D1", "F1")
    return Server({"recovery_fork_guid": [row], **answers})


def test_a_database_says_its_version_retention_and_what_it_is() -> None:
    server = database(restored=[("2024-02-02 10:00:00.000",)])
    found = read_database(server, "McTM")
    assert (found.version, found.retention, found.snapshot, found.user) == (7, 172800, True, "dbo")
    assert found.identity == {
        "created": "2024-01-01 00:00:00.000",
        "database_guid": "D1",
        "recovery_fork_guid": "F1",
        "restored": "2024-02-02 10:00:00.000",
    }


def test_what_is_asked_of_a_database_runs_in_it_and_leaves_the_session_where_it_was() -> None:
    server = database(restored=[(None,)])
    read_database(server, "Mc'TM]")
    assert len(server.asked) == 2
    assert all(sql.startswith("EXEC [Mc'TM]]].sys.sp_executesql N'SELECT ") for sql in server.asked)


def test_what_the_login_may_not_see_is_left_out_and_nothing_fails() -> None:
    server = database(recovery_fork_guid=[(7, *[None] * 9)])
    found = read_database(server, "McTM")
    assert len(server.asked) == 1
    assert (found.retention, found.snapshot, found.user) == (None, None, "")
    assert found.identity == {}


def test_what_a_server_does_not_have_is_left_out() -> None:
    server = database(restored=[(None,)])
    row = (7, "dbo", 1, "2024", True, 2, 3, 1, None, None)

    def azure(sql: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        if "recovery_status" in sql:
            raise TableferryError("Invalid object name", code="208")
        return [row] if "unit" in columns else server(sql, columns)

    found = read_database(azure, "McTM")
    assert (found.version, found.identity) == (7, {"created": "2024", "restored": "none"})


def test_what_is_refused_in_its_plainest_form_is_an_error() -> None:
    with pytest.raises(TableferryError, match="denied"):
        read_database(database(recovery_fork_guid=TableferryError("denied")), "McTM")


def test_a_database_that_was_never_restored_differs_from_a_history_that_is_not_visible() -> None:
    assert read_database(database(restored=[(None,)]), "McTM").identity["restored"] == "none"


def test_a_retention_without_cleanup_is_none() -> None:
    row = (7, "dbo", 1, "2024", False, 2, 3, 1, None, None)
    server = database(recovery_fork_guid=[row], restored=[(None,)])
    assert read_database(server, "McTM").retention is None


def test_a_lost_connection_is_an_error_also_where_a_refusal_is_not() -> None:
    with pytest.raises(TransientError):
        read_database(database(restored=TransientError("gone")), "McTM")


def column(number: int = 1, length: int = 4) -> tuple[Any, ...]:
    return (number, "ID", 56, 56, length, 10, 0, False, None)


NO_COLUMN = (None,) * 9
MISSING = SourceTable("Voip", "dbo", "Gone")


def tables(columns: list[tuple[Any, ...]], created: str = "2024") -> Server:
    """Make a server with a table of these columns; a second one is not there."""
    facts = (0, 3, 2, 1, created, "2024-05-05")
    return Server(
        {"collation": [*((*facts, *one) for one in columns), (1, *[None] * 5, *NO_COLUMN)]}
    )


def test_tables_are_read_with_one_statement_for_each_database() -> None:
    server = Server({"collation": [(0, 3, 2, 1, "2024", None, *column())]})
    read_tables(server, [CALLS, OTHERS])
    assert len(server.asked) == 2
    assert "(0, OBJECT_ID(N''[Voip].[dbo].[Calls]''))" in server.asked[0]
    assert "(0, OBJECT_ID(N''[McTM].[it''''s].[T]''))" in server.asked[1]


def test_a_table_says_its_versions_and_one_that_is_missing_has_none() -> None:
    found = read_tables(tables([column()]), [CALLS, MISSING])
    assert (found[CALLS].minimum, found[CALLS].begun, found[CALLS].cleaned) == (3, 2, 1)
    assert found[CALLS].form
    assert found[CALLS].journal == "2024-05-05"
    assert (found[MISSING].minimum, found[MISSING].form, found[MISSING].journal) == (None, "", "")


def test_the_form_of_a_table_changes_with_each_of_its_facts() -> None:
    def form(columns: list[tuple[Any, ...]], created: str = "2024") -> str:
        return read_tables(tables(columns, created), [CALLS, MISSING])[CALLS].form

    first = form([column()])
    assert form([column()]) == first
    others = {
        form([column(), column(number=2)]),
        form([column(number=2)]),
        form([column(length=8)]),
        form([column()], created="2025"),
    }
    assert len(others | {first}) == 5


def test_the_form_is_the_one_that_earlier_runs_have_saved() -> None:
    """Another hash of the same columns would have every row of every table read again."""
    name = (2, "Name", 231, 231, 80, 0, 0, True, "Latin1")
    found = read_tables(tables([column(), name]), [CALLS, MISSING])
    assert found[CALLS].form == "2ea0aaccf1e45d93"


def test_a_server_without_internal_tables_shows_no_journal() -> None:
    def older(sql: str, _columns: Sequence[str]) -> list[tuple[Any, ...]]:
        if "internal_tables" in sql:
            raise TableferryError("Invalid object name", code="208")
        return [(0, 3, 2, 1, "2024", None, *column())]

    found = read_tables(older, [CALLS])
    assert (found[CALLS].journal, found[CALLS].minimum) == ("", 3)
