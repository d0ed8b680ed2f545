"""What the catalog has said is known for a while, and asked for together."""

from collections.abc import Sequence
from typing import Any

import pytest

from tableferry.errors import SchemaError, TransientError
from tableferry.model.identifiers import SourceTable
from tableferry.sqlserver import catalog_answers
from tableferry.sqlserver.catalog_answers import LASTS_SECONDS, CatalogAnswers
from tableferry.sqlserver.questions import Question

SIZE = Question("SELECT {place}x AS size FROM {asked}t WHERE id = {id}", ("size",))
OTHER = Question("SELECT {place}x AS other FROM {asked}t WHERE id = {id}", ("other",))
RARE = Question("SELECT {place}x AS rare FROM {asked}t WHERE id = {id}", ("rare",), by_all=False)
A, B, C, D = TABLES = tuple(SourceTable("Db", "dbo", name) for name in "ABCD")
ELSEWHERE = SourceTable("Other", "dbo", "A")


class Server:
    """Answers each question with the table's name; refuses what ``refused`` says."""

    def __init__(self, refused: Exception | None = None, *, only_many: bool = True) -> None:
        self.refused = refused
        self.only_many = only_many
        self.asked: list[list[str]] = []

    def rows(self, sql: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        names = [part.split("]")[0] for part in sql.split("[dbo].[")[1:]]
        self.asked.append(names)
        if columns[0] != "place":
            if self.refused and not self.only_many:
                raise self.refused
            return [(name,) for name in names]
        if self.refused:
            raise self.refused
        return [(place, name) for place, name in enumerate(names)]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def ask(answers: CatalogAnswers, server: Server, *tables: SourceTable, of: Question = SIZE) -> None:
    """Ask about each of these in turn, and compare what comes."""
    for table in tables:
        assert answers.rows(server, of, table) == [(table.name,)]  # type: ignore[arg-type]


def test_the_first_table_asks_for_all() -> None:
    server = Server()
    ask(CatalogAnswers(TABLES), server, *TABLES)
    assert server.asked == [["A", "B", "C", "D"]]


def test_a_table_that_is_none_of_them_is_asked_about_by_itself() -> None:
    server = Server()
    ask(CatalogAnswers([A, B]), server, C, A, B)
    assert server.asked == [["C"], ["A", "B"]]


def test_tables_of_several_databases_are_asked_about_by_database() -> None:
    server = Server()
    ask(CatalogAnswers([A, ELSEWHERE, B]), server, A, ELSEWHERE, B)
    assert server.asked == [["A", "B"], ["A"]]


def test_a_statement_asks_about_so_many_tables_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog_answers, "TABLES_A_STATEMENT", 3)
    server = Server()
    ask(CatalogAnswers(TABLES), server, *TABLES)
    assert server.asked == [["A", "B", "C"], ["D"]]


def test_a_question_that_not_all_tables_need_is_asked_about_ever_more_of_them() -> None:
    server = Server()
    ask(CatalogAnswers(TABLES), server, *TABLES, of=RARE)
    assert server.asked == [["A"], ["B", "C"], ["D"]]


def test_a_table_that_is_planned_before_others_does_not_leave_them_out() -> None:
    """With jobs, the second table's thread may be the first to ask."""
    server = Server()
    ask(CatalogAnswers(TABLES), server, B, A, C, D)
    assert server.asked == [["B", "A", "C", "D"]]


def test_an_answer_is_thrown_away_after_a_while() -> None:
    server, clock = Server(), Clock()
    answers = CatalogAnswers(TABLES, clock=clock)
    ask(answers, server, A)
    clock.now += LASTS_SECONDS - 1
    ask(answers, server, B)
    clock.now += 1
    ask(answers, server, C)
    assert server.asked == [["A", "B", "C", "D"], ["C", "D"]]


def test_a_table_that_is_forgotten_is_asked_about_anew_and_by_itself() -> None:
    server = Server()
    answers = CatalogAnswers(TABLES)
    ask(answers, server, A)
    answers.forget(B)
    ask(answers, server, B, B, C)
    assert server.asked == [["A", "B", "C", "D"], ["B"]]


def test_answers_from_before_a_moment_are_told_from_later_ones() -> None:
    server, clock = Server(), Clock()
    answers = CatalogAnswers([A, B], clock=clock)
    ask(answers, server, A)
    clock.now += 1
    assert answers.has_older(B, answers.now())
    answers.forget(B)
    ask(answers, server, B)
    assert not answers.has_older(B, answers.now())
    assert not answers.has_older(C, answers.now())


@pytest.mark.parametrize("error", [SchemaError("no"), TransientError("locked", code="1222")])
def test_where_the_question_about_many_is_refused_each_table_asks_its_own(error: Exception) -> None:
    server = Server(error)
    ask(CatalogAnswers(TABLES), server, *TABLES)
    assert server.asked == [["A", "B", "C", "D"], ["A"], ["B"], ["C"], ["D"]]


def test_the_question_about_many_is_tried_again_after_a_while() -> None:
    server, clock = Server(SchemaError("no")), Clock()
    answers = CatalogAnswers(TABLES, clock=clock)
    ask(answers, server, A)
    server.refused = None
    clock.now += LASTS_SECONDS
    ask(answers, server, B, C, D)
    assert server.asked == [["A", "B", "C", "D"], ["A"], ["B", "C", "D"]]


def test_a_refusal_of_a_tables_own_question_is_its_error() -> None:
    answers = CatalogAnswers(TABLES)
    server = Server(SchemaError("refused"), only_many=False)
    with pytest.raises(SchemaError, match="refused"):
        answers.rows(server, SIZE, A)  # type: ignore[arg-type]
    assert answers.rows_if_supported(server, SIZE, B) == []  # type: ignore[arg-type]


def test_two_names_of_one_table_have_an_answer_each() -> None:
    lower = SourceTable("Db", "dbo", "a")
    server = Server()
    ask(CatalogAnswers([A, lower]), server, A, lower)
    assert server.asked == [["A", "a"]]


def test_a_lock_is_waited_for_once_whatever_is_asked_and_however_long_it_takes() -> None:
    clock = Clock()

    class Locked(Server):
        def rows(self, sql: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
            if columns[0] == "place":
                clock.now += LASTS_SECONDS + 1
            return super().rows(sql, columns)

    server = Locked(TransientError("Lock request time out period exceeded", code="1222"))
    answers = CatalogAnswers(TABLES, clock=clock)
    ask(answers, server, A, B, of=SIZE)
    ask(answers, server, A, B, of=OTHER)
    assert [len(names) for names in server.asked] == [4, 1, 1, 1, 1]


def test_an_attempt_may_have_used_an_old_answer_however_long_it_has_taken_since() -> None:
    clock = Clock()
    answers = CatalogAnswers(TABLES, clock=clock)
    ask(answers, Server(), A)
    clock.now += LASTS_SECONDS - 1
    begun = answers.now()
    clock.now += 10 * LASTS_SECONDS
    assert answers.has_older(A, begun)
    assert not answers.has_older(A, clock.now)


@pytest.mark.parametrize("name", ["a{id}", "b{catalog}", "{place}", "{table}"])
def test_a_name_that_looks_like_a_placeholder_is_a_name(name: str) -> None:
    table = SourceTable("Db", "dbo", name)
    for tables in ([table], [A, table]):
        assert f"[dbo].[{name}]')" in SIZE.about(tables)
