"""The watermarks of many tables at once: read where they still count, advanced where unchanged."""

import datetime as dt
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from tableferry import postgres
from tableferry.model.identifiers import TargetTable
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger import Lease, NewWatermark, migrate, writing_watermark
from tableferry.postgres.ledger.many_watermarks import (
    LeftWatermark,
    advance_watermarks,
    read_watermarks,
)
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger

RUN = UUID(int=1)
NAMES = ("a", 'B "b"', "c")
TABLES = [TargetTable("", name) for name in NAMES]


@pytest.fixture
def connection(pg_database: PgDatabase) -> Iterator[TargetConnection]:
    with postgres.connect(settings_of(pg_database)) as opened:
        migrate(opened)
        for table in TABLES:
            opened.execute(f"CREATE TABLE {table.sql} (id int NOT NULL, name varchar(5))")
            leave(opened, table)
        yield opened


def leave(connection: TargetConnection, table: TargetTable, mode: str = "m", value: str = "1"):  # type: ignore[no-untyped-def]
    """Write a watermark as a run does that publishes the table."""
    lease = Lease(RUN, table.name, str(TargetTable("public", table.name)), 1)
    new = NewWatermark(mode, value, "contents", "settings")
    with connection.transaction():
        connection.execute(*writing_watermark(lease, new))


def values(found: list[LeftWatermark | None]) -> list[str | None]:
    return [left and left.value for left in found]


def present(found: list[LeftWatermark | None]) -> list[LeftWatermark]:
    return [left for left in found if left is not None]


def test_every_table_gets_what_its_last_run_has_left(connection: TargetConnection) -> None:
    leave(connection, TABLES[1], value="2")
    found = read_watermarks(connection, "m", TABLES)
    assert values(found) == ["1", "2", "1"]
    assert {left.settings for left in present(found)} == {"settings"}
    assert all(0 <= left.age < 60 for left in present(found))


def test_a_table_counts_under_whatever_name_it_is_asked_for(connection: TargetConnection) -> None:
    assert values(read_watermarks(connection, "m", [TargetTable("public", "a")])) == ["1"]


def test_another_modes_watermark_is_none(connection: TargetConnection) -> None:
    leave(connection, TABLES[0], mode="n")
    assert values(read_watermarks(connection, "m", TABLES)) == [None, "1", "1"]


@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE a",
        "DROP TABLE a; CREATE TABLE a (id int NOT NULL, name varchar(5))",
        "ALTER TABLE a ADD COLUMN more int",
        "ALTER TABLE a DROP COLUMN name",
        "ALTER TABLE a ALTER COLUMN name TYPE varchar(9)",
        "ALTER TABLE a RENAME COLUMN name TO named",
        "ALTER TABLE a ALTER COLUMN id DROP NOT NULL",
        "ALTER TABLE a RENAME TO z; CREATE TABLE a (id int NOT NULL, name varchar(5))",
    ],
)
def test_a_target_that_was_altered_or_is_another_one_counts_no_longer(
    connection: TargetConnection, change: str
) -> None:
    for statement in change.split("; "):
        connection.execute(statement)
    assert values(read_watermarks(connection, "m", TABLES)) == [None, "1", "1"]


def test_a_table_that_two_entries_name_counts_for_neither(connection: TargetConnection) -> None:
    twice = [*TABLES, TargetTable("public", "c")]
    assert values(read_watermarks(connection, "m", twice)) == ["1", "1", None, None]


def test_no_table_has_no_watermark(connection: TargetConnection) -> None:
    assert read_watermarks(connection, "m", []) == []


def stored(connection: TargetConnection) -> list[tuple[object, ...]]:
    return connection.rows("SELECT value, run_id FROM tableferry.watermarks ORDER BY target")


def test_all_are_advanced_at_once_and_say_when_the_source_was_asked(
    connection: TargetConnection,
) -> None:
    run_id = uuid4()
    left = present(read_watermarks(connection, "m", TABLES))
    at = advance_watermarks(connection, run_id, "m", {one: f"{one.value}0" for one in left}, 60.0)
    assert stored(connection) == [("10", run_id)] * 3
    [(now,)] = connection.rows("SELECT clock_timestamp()")
    assert sorted(at) == sorted(one.target for one in left)
    assert all(
        dt.timedelta(seconds=60) <= now - moment < dt.timedelta(120) for moment in at.values()
    )


def test_what_another_run_has_published_meanwhile_stays(connection: TargetConnection) -> None:
    left = present(read_watermarks(connection, "m", TABLES))
    leave(connection, TABLES[0], value="5")
    leave(connection, TABLES[2], mode="n")
    at = advance_watermarks(connection, RUN, "m", dict.fromkeys(left, "3"), 0.0)
    assert list(at) == [left[1].target]
    assert sorted(value for value, _ in stored(connection)) == ["1", "3", "5"]  # type: ignore[type-var]


def test_a_table_that_a_run_is_publishing_is_left_to_it_without_waiting(
    connection: TargetConnection, pg_database: PgDatabase
) -> None:
    left = present(read_watermarks(connection, "m", TABLES))
    with postgres.connect(settings_of(pg_database)) as other:
        other.begin()
        other.execute("UPDATE tableferry.watermarks SET value = '7' WHERE target = 'public.a'")
        connection.execute("SET lock_timeout = '5s'")
        at = advance_watermarks(connection, RUN, "m", dict.fromkeys(left, "3"), 0.0)
        assert "public.a" not in at
        assert len(at) == 2
        other.commit()
    assert ("7", RUN) in stored(connection)
