"""What begins a transaction, and what was deferred, is sent with the next statement."""

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tableferry import postgres
from tableferry.errors import DataError, TransientError
from tableferry.postgres import TargetConnection
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.messages import messages_to_the_target


@pytest.fixture
def connection(pg_database: PgDatabase) -> Iterator[TargetConnection]:
    with postgres.connect(settings_of(pg_database)) as opened:
        yield opened


def test_a_transaction_in_which_nothing_is_done_is_never_begun(
    connection: TargetConnection,
) -> None:
    with messages_to_the_target() as messages:
        with connection.transaction():
            assert connection.in_transaction
        connection.begin()
        connection.commit()
        connection.begin()
        connection.rollback()
    assert messages.sent == []
    assert not connection.in_transaction


def test_a_statement_and_what_begins_its_transaction_are_one_message(
    connection: TargetConnection,
) -> None:
    with messages_to_the_target() as messages, connection.transaction():
        assert connection.rows("SELECT current_setting('statement_timeout')") == [("0",)]
        assert connection.rows("SELECT %s::int + 1", (1,)) == [(2,)]
    assert len(messages.sent) == 3


@pytest.mark.parametrize("conforming", ["on", "off"])
def test_a_value_in_the_text_of_a_message_is_only_a_value(
    connection: TargetConnection, conforming: str
) -> None:
    text = "it's \\\\'; DROP TABLE t; -- %s \u00e4 \\x"
    connection.execute(f"SET standard_conforming_strings = {conforming}")
    with connection.transaction(standard_conforming_strings=conforming):
        assert connection.rows("SELECT %s::text, %s::text[]", (text, [text])) == [(text, [text])]


def test_questions_that_are_asked_together_are_answered_in_their_order(
    connection: TargetConnection,
) -> None:
    with messages_to_the_target() as messages:
        found = connection.ask(
            ("SELECT %s::int", (1,)), ("SET LOCAL lock_timeout = 7", ()), ("SELECT 2, 3", ())
        )
    assert list(found) == [[(1,)], [(2, 3)]]
    assert len(messages.sent) == 1
    assert not connection.in_transaction


def test_what_was_deferred_is_done_before_the_next_statement_and_answers_nothing(
    connection: TargetConnection,
) -> None:
    with connection.transaction():
        connection.defer("SELECT set_config('a.b', '1', true)", "SET LOCAL a.c = '2'")
        asked = ("SELECT current_setting('a.b'), current_setting('a.c')", ())
        assert list(connection.ask(asked)) == [[("1", "2")]]
        connection.defer("SELECT set_config('a.b', '3', true)")
        assert connection.rows("SELECT current_setting('a.b')") == [("3",)]


def test_the_last_statements_of_a_transaction_are_committed_in_their_message(
    connection: TargetConnection, pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE TABLE t (id int)")
    with messages_to_the_target() as messages, connection.transaction():
        insert = ("INSERT INTO t VALUES (%s) RETURNING id", (5,))
        assert list(connection.rows_and_commit(insert)) == [[(5,)]]
    assert len(messages.sent) == 1
    assert pg_database.rows("SELECT id FROM t") == [(5,)]


def test_a_block_that_fails_is_undone_and_the_transaction_goes_on(
    connection: TargetConnection, pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE TABLE t (id int PRIMARY KEY)")
    with connection.transaction():
        connection.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(DataError), connection.transaction():
            connection.execute("INSERT INTO t VALUES (2)")
            with connection.transaction():
                connection.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(KeyError), connection.transaction():
            raise KeyError
        connection.execute("INSERT INTO t VALUES (3)")
    assert pg_database.rows("SELECT id FROM t ORDER BY 1") == [(1,), (3,)]


def test_a_connection_that_was_shut_down_is_not_opened_again(
    connection: TargetConnection, pg_database: PgDatabase
) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> "

    def shut_down() -> None:
        while pg_database.rows(f"{waiting} pg_backend_pid()") == [(0,)]:
            pass
        connection.shut_down()

    thread = threading.Thread(target=shut_down)
    thread.start()
    connection.begin()
    with messages_to_the_target() as messages, pytest.raises(TransientError):
        connection.rows("SELECT pg_sleep(60)")
    thread.join()
    assert messages.logins == 0
    assert connection.is_closed


def test_a_session_that_ended_before_the_first_statement_is_replaced(
    connection: TargetConnection, pg_database: PgDatabase
) -> None:
    ((pid,),) = connection.rows("SELECT pg_backend_pid()")
    connection.begin()
    pg_database.run(f"SELECT pg_terminate_backend({pid}, 5000)")
    assert connection.rows("SELECT pg_backend_pid() <> %s", (pid,)) == [(True,)]


def end_at(monkeypatch: pytest.MonkeyPatch, database: PgDatabase, text: str) -> list[str]:
    """End the session that is about to send ``text``, each time; returns what was to be sent."""
    sent: list[str] = []
    execute = psycopg.Connection.execute

    def ending(self: Any, query: Any, *more: Any, **named: Any) -> Any:
        if text in str(query):
            sent.append(query)
            database.run(f"SELECT pg_terminate_backend({self.info.backend_pid}, 5000)")
        return execute(self, query, *more, **named)

    monkeypatch.setattr(psycopg.Connection, "execute", ending)
    return sent


def test_a_message_that_commits_is_not_sent_again(
    connection: TargetConnection, pg_database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may have committed it already: an index would be built for a second time."""
    pg_database.run("CREATE TABLE t (id int)")
    sent = end_at(monkeypatch, pg_database, "CREATE INDEX i")
    with pytest.raises(TransientError), connection.transaction():
        connection.rows_and_commit(("CREATE INDEX i ON t (id)", ()))
    assert len(sent) == 1


def test_what_a_lost_transaction_has_done_is_not_taken_for_done(
    connection: TargetConnection, pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE TABLE t (id int)")
    connection.begin()
    ((pid,),) = connection.rows("SELECT pg_backend_pid()")
    connection.execute("INSERT INTO t VALUES (1)")
    pg_database.run(f"SELECT pg_terminate_backend({pid}, 5000)")
    with pytest.raises(TransientError):
        connection.rows("SELECT 1")
    connection.begin()
    with pytest.raises(TransientError):
        connection.rows("SELECT 1")


def test_a_block_within_one_that_was_sent_undoes_no_more_than_itself(
    connection: TargetConnection, pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE TABLE t (id int)")
    with connection.transaction():
        with pytest.raises(KeyError), connection.transaction():
            connection.execute("INSERT INTO t VALUES (1)")
            with connection.transaction():
                pass
            raise KeyError
        connection.execute("INSERT INTO t VALUES (2)")
    assert pg_database.rows("SELECT id FROM t") == [(2,)]
