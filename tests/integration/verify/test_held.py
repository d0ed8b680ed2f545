"""A verification holds the target's table as it was planned, from before the moment it reads."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tableferry import postgres, sqlserver
from tableferry.config import Depth
from tableferry.errors import ConfigError, DeadlineError, TransientError
from tableferry.model.identifiers import TargetTable
from tableferry.planning.plan import SyncPlan
from tableferry.runs.events import Event, Phase, PhaseStarted
from tableferry.runs.make_plan import make_plan
from tableferry.runs.verify_tables import verify_tables
from tableferry.verification.held import begin_reading
from tableferry.verification.options import VerifyOptions
from tableferry.verification.result import TableVerification, Verdict
from tableferry.verification.sides import Sides
from tests.integration.verify.conftest import Pair

pytestmark = pytest.mark.with_ledger

RETYPED = (
    "ALTER TABLE t ALTER v TYPE timestamp "
    "USING timestamp '2000-01-01' + v * interval '1 microsecond'"
)
"""The eight bytes of each value stay the same."""

ANEW = ("CREATE TABLE anew (LIKE t INCLUDING ALL)", "INSERT INTO anew SELECT * FROM t")
SWAPPED = ("DROP TABLE t", "ALTER TABLE anew RENAME TO t")


@pytest.fixture
def two_rows(pair: Pair) -> Pair:
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V bigint)")
    pair.source.run("INSERT INTO dbo.T VALUES (1, 1), (2, 2)")
    pair.load()
    return pair


@contextmanager
def planned(pair: Pair) -> Iterator[tuple[SyncPlan, Sides]]:
    settings = pair.source.settings(pair.target)
    source = settings.sources["mctm"]
    with postgres.connect(settings.target) as into:
        with sqlserver.connect(source) as from_:
            plan = make_plan(pair.spec(), from_, into)
        yield plan, Sides(lambda: sqlserver.connect(source), into, lambda: None)


def verify_after(
    pair: Pair, *statements: str, depth: Depth = Depth.ROWS, **changes: Any
) -> TableVerification:
    """Verify a table that the statements alter after its first plan."""
    left = [statements]

    def alter(event: Event) -> None:
        if isinstance(event, PhaseStarted) and event.phase is Phase.VERIFY and left:
            pair.target.run(*left.pop())

    settings = pair.source.settings(pair.target)
    wanted = VerifyOptions(depth, settle=0.0)
    return verify_tables([pair.spec(**changes)], settings, wanted, on_event=alter).tables[0]


@pytest.mark.parametrize("depth", [Depth.ROWS, Depth.SAMPLE])
def test_a_column_retyped_after_the_plan_is_not_taken_for_what_it_was(
    two_rows: Pair, depth: Depth
) -> None:
    """COPY BINARY sends the same eight bytes for a bigint or a timestamp."""
    found = verify_after(two_rows, RETYPED, depth=depth)
    assert found.verdict is Verdict.NOT_VERIFIED
    assert found.error is not None
    assert found.error.kind == "SchemaError"
    assert "'v' of type timestamp" in found.error.message


def test_a_table_swapped_after_the_plan_is_compared_as_it_is_then(two_rows: Pair) -> None:
    found = verify_after(two_rows, *ANEW, "UPDATE anew SET v = 7 WHERE id = 2", *SWAPPED)
    assert (found.verdict, found.by_column) == (Verdict.DIFFERS, {"V": 1})


def test_a_column_added_after_the_plan_is_compared_under_a_new_one(two_rows: Pair) -> None:
    two_rows.source.run("ALTER TABLE dbo.T ADD W int NULL")
    found = verify_after(two_rows, "ALTER TABLE t ADD w int", drift="add_columns")
    assert (found.verdict, found.not_compared) == (Verdict.EQUAL, {})


def test_a_table_dropped_after_the_plan_does_not_exist_yet(two_rows: Pair) -> None:
    found = verify_after(two_rows, "DROP TABLE t")
    assert (found.verdict, found.error) == (Verdict.NOT_VERIFIED, None)
    assert found.reason == "the target table does not exist yet"


def test_a_swap_that_is_waited_for_has_happened_before_the_moment_that_is_read(
    two_rows: Pair,
) -> None:
    two_rows.target.run(*ANEW, "UPDATE anew SET v = 7 WHERE id = 2")
    with two_rows.target.connect(autocommit=False) as other, planned(two_rows) as (plan, sides):
        for statement in SWAPPED:
            other.execute(statement)
        timer = threading.Timer(0.5, other.commit)
        timer.start()
        begin_reading(plan, sides)
        timer.join()
        assert sides.into.rows("SELECT v FROM t WHERE id = 2") == [(7,)]


def test_from_its_beginning_nobody_alters_the_table_and_others_write_to_it(two_rows: Pair) -> None:
    with planned(two_rows) as (plan, sides):
        begin_reading(plan, sides)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            two_rows.target.run("SET lock_timeout = 100", "ALTER TABLE t RENAME TO gone")
        two_rows.target.run("UPDATE t SET v = 7 WHERE id = 2")
        assert sides.into.rows("SELECT v FROM t WHERE id = 2") == [(2,)]
        sides.into.rollback()
        two_rows.target.run("ALTER TABLE t RENAME TO gone")


@pytest.mark.parametrize("statement", [RETYPED, "ALTER TABLE t DROP v", "DROP TABLE t"])
def test_a_table_that_is_not_the_planned_one_any_more_is_for_a_new_plan(
    two_rows: Pair, statement: str
) -> None:
    with planned(two_rows) as (plan, sides):
        two_rows.target.run(statement)
        with pytest.raises(TransientError, match=r"^t (was altered|no longer)"):
            begin_reading(plan, sides)
        assert not sides.into.in_transaction


def test_it_stops_waiting_for_the_table_when_it_is_time_to(two_rows: Pair) -> None:
    def stop() -> None:
        raise DeadlineError("time is up")

    with two_rows.target.connect(autocommit=False) as other, planned(two_rows) as (plan, sides):
        other.execute("LOCK TABLE t")
        with pytest.raises(DeadlineError):
            begin_reading(plan, Sides(sides.open_source, sides.into, stop))


def test_a_role_that_may_only_read_can_hold_it_and_one_that_may_not_is_told(
    two_rows: Pair,
) -> None:
    target = two_rows.target
    target.run("CREATE ROLE held_reader", "GRANT USAGE ON SCHEMA public TO held_reader")
    try:
        with planned(two_rows) as (plan, sides):
            sides.into.raw.execute("SET ROLE held_reader")
            with pytest.raises(ConfigError) as raised:
                begin_reading(plan, sides)
            assert "SELECT" in raised.value.hint
            sides.into.rollback()
            target.run("GRANT SELECT ON t TO held_reader")
            begin_reading(plan, sides)
            assert sides.into.rows("SELECT count(*) FROM t") == [(2,)]
    finally:
        target.run("DROP OWNED BY held_reader", "DROP ROLE held_reader")


def test_the_partitions_of_a_table_are_held_too(two_rows: Pair) -> None:
    two_rows.target.run(
        "DROP TABLE t",
        "CREATE TABLE t (id int PRIMARY KEY, v bigint) PARTITION BY RANGE (id)",
        "CREATE TABLE part PARTITION OF t DEFAULT",
    )
    with planned(two_rows) as (plan, sides):
        begin_reading(plan, sides)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            two_rows.target.run("SET lock_timeout = 100", "TRUNCATE part")


def test_what_begins_to_read_may_hold_several_tables(two_rows: Pair) -> None:
    two_rows.target.run("CREATE TABLE other ()")
    with planned(two_rows) as (_, sides):
        sides.into.begin_reading(TargetTable("", "t"), TargetTable("public", "other"))
        locked = "SELECT count(*) FROM pg_locks WHERE relation = 'other'::regclass"
        assert two_rows.target.rows(locked) == [(1,)]
