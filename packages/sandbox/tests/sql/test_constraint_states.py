"""Constraints that are disabled or were never checked: WITH NOCHECK, NOCHECK CONSTRAINT."""

import pytest


@pytest.fixture
def tables(ask):
    ask(
        "CREATE TABLE parents (id int PRIMARY KEY); INSERT parents VALUES (1);"
        "CREATE TABLE children (id int CONSTRAINT pk PRIMARY KEY, parent int, n int);"
        "INSERT children VALUES (1, 9, -1)"
    )


KEY = "ADD CONSTRAINT fk FOREIGN KEY (parent) REFERENCES parents (id)"
CHECK = "ADD CONSTRAINT ck CHECK (n > 0)"
STATES = (
    "SELECT name, is_disabled, is_not_trusted FROM sys.foreign_keys UNION ALL "
    "SELECT name, is_disabled, is_not_trusted FROM sys.check_constraints ORDER BY name"
)


@pytest.mark.parametrize("constraint", [KEY, CHECK])
def test_a_new_constraint_checks_existing_rows(ask, refuse, tables, constraint):
    for words in ("", " WITH CHECK"):
        error = refuse(f"ALTER TABLE children{words} {constraint}")
        assert (error.number, error.message[:24]) == (547, "The ALTER TABLE statemen")
    assert ask(STATES).rows == []


def test_with_nocheck_leaves_existing_rows_unchecked(ask, refuse, tables):
    ask(f"ALTER TABLE children WITH NOCHECK {KEY}; ALTER TABLE children WITH NOCHECK {CHECK}")
    assert ask(STATES).rows == [("ck", False, True), ("fk", False, True)]
    assert refuse("INSERT children VALUES (2, 1, 0)").number == 547
    assert refuse("INSERT children VALUES (2, 8, 1)").number == 547
    ask("INSERT children VALUES (2, 1, 1)")


def test_disabled_constraints_check_nothing(ask, refuse, tables):
    ask(f"ALTER TABLE children WITH NOCHECK {KEY}; ALTER TABLE children WITH NOCHECK {CHECK}")
    ask("ALTER TABLE children NOCHECK CONSTRAINT ALL")
    assert ask(STATES).rows == [("ck", True, True), ("fk", True, True)]
    ask("INSERT children VALUES (2, 8, -8); DELETE parents")
    ask("ALTER TABLE children CHECK CONSTRAINT ck")
    assert ask(STATES).rows == [("ck", False, True), ("fk", True, True)]
    assert refuse("INSERT children VALUES (3, 8, -8)").number == 547


def test_with_check_makes_a_constraint_trusted_again(ask, refuse, tables):
    ask(f"ALTER TABLE children WITH NOCHECK {CHECK}; ALTER TABLE children NOCHECK CONSTRAINT ck")
    assert refuse("ALTER TABLE children WITH CHECK CHECK CONSTRAINT ck").number == 547
    ask("UPDATE children SET n = 1; ALTER TABLE children WITH CHECK CHECK CONSTRAINT ALL")
    assert ask(STATES).rows == [("ck", False, False)]


def test_a_rollback_restores_the_state(ask, refuse, tables):
    ask(f"ALTER TABLE children WITH NOCHECK {CHECK}")
    ask("BEGIN TRANSACTION; ALTER TABLE children NOCHECK CONSTRAINT ck; ROLLBACK")
    assert ask(STATES).rows == [("ck", False, True)]


@pytest.mark.parametrize(("name", "number"), [("nothing", 4917), ("pk", 11415)])
def test_only_checks_and_foreign_keys_can_be_disabled(refuse, tables, name, number):
    assert refuse(f"ALTER TABLE children NOCHECK CONSTRAINT {name}").number == number
