"""What the storm knows of the source's past, so that a row which is missing or left is noticed."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from chaos.followed import DATABASE, Followed, Shown, Wanted
from chaos.writer import run
from tableferry_sandbox.engine.server import Server

TABLE = "rv_compared"


@pytest.fixture
def followed() -> Iterator[Followed]:
    with closing(Server()) as engine:
        yield Followed.create(engine)


def change(followed: Followed, statement: str, table: str = TABLE) -> None:
    followed.engine.database(DATABASE).run(statement.format(f"dbo.{table}"))
    followed.committed([table])


def shown(followed: Followed, table: str = TABLE) -> Shown:
    """The target's rows after a run that has read everything."""
    return Shown((key, version.row) for key, version in wanted(followed).rows[table].items())


def wanted(followed: Followed) -> Wanted:
    return followed.now(followed.tables)


def test_a_row_that_was_never_committed_is_noticed(followed: Followed) -> None:
    seen = shown(followed)
    assert followed.never_held(TABLE, seen) == []
    seen[7] = (7, 5, None)
    assert followed.never_held(TABLE, seen) == [(7, 5, None)]


def test_a_row_that_goes_back_is_noticed(followed: Followed) -> None:
    old = shown(followed)
    change(followed, "UPDATE {} SET V = 1 WHERE ID = 7")
    new = shown(followed)
    assert followed.older(TABLE, new, old) == []
    assert followed.older(TABLE, old, new) == [(7, 0, 7)]


def test_a_row_that_a_restore_brings_back_does_not_go_back(followed: Followed) -> None:
    old = shown(followed)
    backup = followed.engine.database(DATABASE).backup()
    change(followed, "UPDATE {} SET V = 1 WHERE ID = 7")
    new = shown(followed)
    followed.engine.database(DATABASE).restore(backup)
    followed.restored(None)
    assert shown(followed) == old
    assert followed.older(TABLE, old, new) == []
    assert followed.missing(TABLE, new, wanted(followed)) == [(7, 0, 7)]


def test_a_row_that_is_not_there_or_too_old_is_missing(followed: Followed) -> None:
    old = shown(followed)
    change(followed, "UPDATE {} SET V = 1 WHERE ID = 7")
    change(followed, "INSERT INTO {} (ID, V, Extra) VALUES (3, 2, 2)")
    then = wanted(followed)
    assert sorted(followed.missing(TABLE, old, then)) == [(3, 2, 2), (7, 1, 7)]
    change(followed, "UPDATE {} SET V = 3 WHERE ID = 7")
    assert followed.missing(TABLE, shown(followed), then) == []


def test_a_row_that_has_gone_since_may_be_missing(followed: Followed) -> None:
    then, seen = wanted(followed), shown(followed)
    del seen[7]
    assert followed.missing(TABLE, seen, then) == [(7, 0, 7)]
    change(followed, "DELETE FROM {} WHERE ID = 7")
    assert followed.missing(TABLE, seen, then) == []


@pytest.mark.parametrize(("table", "missing"), [("rv_compared", []), ("wm_number", [(7, 2, 7)])])
def test_only_rowversions_wait_for_a_transaction_that_has_a_lower_one(
    followed: Followed, table: str, missing: list[tuple[int, int, int]]
) -> None:
    seen = shown(followed, table)
    session = followed.engine.trusted(followed.engine.database(DATABASE).database)
    run(session, "BEGIN TRANSACTION; UPDATE dbo.rv_kept SET V = 1 WHERE ID = 7")
    change(followed, "UPDATE {} SET V = 2 WHERE ID = 7", table)
    assert followed.missing(table, seen, wanted(followed)) == missing
    run(session, "COMMIT")
    assert followed.missing(table, seen, wanted(followed)) == [(7, 2, 7)]
    session.close()


def test_a_row_whose_key_was_gone_is_left_over_unless_it_came_back(followed: Followed) -> None:
    seen = shown(followed)
    change(followed, "DELETE FROM {} WHERE ID = 7")
    then = wanted(followed)
    assert followed.left_over(TABLE, seen, then) == [(7, 0, 7)]
    change(followed, "INSERT INTO {} (ID, V, Extra) VALUES (7, 3, 3)")
    assert followed.left_over(TABLE, shown(followed), then) == []
