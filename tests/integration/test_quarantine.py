"""Rows that PostgreSQL refuses: found in the COPY, kept aside, the others loaded."""

import json
from collections.abc import Iterator
from uuid import UUID, uuid4

import pyarrow as pa
import pytest

from tableferry import target
from tableferry.errors import DataError
from tableferry.plan import SyncPlan
from tableferry.schema import PgType, SourceType
from tableferry.target.ledger import Lease, migrate, quarantine
from tableferry.values import Refusals, target_schema
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.unit.engine.support import planned, sync_plan

INT = SourceType("int", 4, 10)
NAME = SourceType("nvarchar", 100)


@pytest.fixture
def connection(pg_database: PgDatabase) -> Iterator[target.TargetConnection]:
    with target.connect(settings_of(pg_database)) as opened:
        yield opened


def people(name: PgType | None = None) -> SyncPlan:
    return sync_plan(planned("ID", INT), planned("Name", NAME, name))


def rows(*values: tuple[int | None, str | None]) -> pa.RecordBatch:
    ids = pa.array([value[0] for value in values], pa.int32())
    names = pa.array([value[1] for value in values], pa.large_string())
    return pa.RecordBatch.from_arrays([ids, names], names=["ID", "Name"])


def load(
    connection: target.TargetConnection,
    plan: SyncPlan,
    *batches: pa.RecordBatch,
    allowed: int = 100,
) -> Refusals:
    refusals = Refusals(("ID",), allowed)
    with target.open_load(connection, plan, target_schema(plan.columns), refusals) as refresh:
        for batch in batches:
            refresh.write(batch)
        refresh.prepare()
        refresh.publish()
        connection.commit()
    assert refresh.rows + len(refusals.rows) == sum(batch.num_rows for batch in batches)
    return refusals


REFUSED = [
    ('"ID" int, "Name" varchar(3)', (2, "toolong"), "Name", "22001", "a text is too long"),
    ('"ID" int, "Name" text CHECK ("Name" > \'b\')', (2, "a"), "Name", "23514", "t_Name_check"),
    ('"ID" int NOT NULL, "Name" text', (None, "x"), "ID", "23502", "NOT NULL"),
    ('"ID" int, "Name" short', (2, "toolong"), "Name", "23514", "short_check"),
    ('"ID" int PRIMARY KEY, "Name" text', (1, "again"), "ID", "23505", "same key"),
    ('"ID" int REFERENCES o DEFERRABLE INITIALLY DEFERRED, "Name" text', (7, "x"), "ID", "23503",
     "foreign key"),
    ('"ID" int, "Name" json', (2, "{"), "Name", "22P02", "cannot be stored"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "row", "column", "state", "reason"), REFUSED)
@pytest.mark.parametrize("place", [0, 3, 9])
def test_a_row_that_postgresql_refuses_is_found_wherever_it_is(
    connection: target.TargetConnection,
    pg_database: PgDatabase,
    columns: str,
    row: tuple[int | None, str],
    column: str,
    state: str,
    reason: str,
    place: int,
) -> None:
    pg_database.run(
        "CREATE DOMAIN short AS text CONSTRAINT short_check CHECK (length(VALUE) < 5)",
        "CREATE TABLE o (id int PRIMARY KEY)",
        "INSERT INTO o SELECT generate_series(10, 30)",
        f"CREATE TABLE t ({columns})",
    )
    kind = PgType("json") if "json" in columns else None
    good: list[tuple[int | None, str | None]] = [(n, "{}") for n in range(10, 19)]
    if state == "23505":
        row = (14, "again")
        place = max(place, 5)
    sent = [*good[:place], row, *good[place:]]
    plan = people(PgType("varchar", (3,)) if "varchar" in columns else kind)
    refusals = load(connection, plan, rows(*sent))
    assert pg_database.rows("SELECT count(*) FROM t") == [(9,)]
    (refused,) = refusals.rows
    assert (refused.row_key, refused.column) == ({"ID": row[0]}, column)
    assert refused.sqlstate == state
    assert reason in refused.reason
    value = row[0] if column == "ID" else row[1]
    assert refused.value == (None if value is None else str(value).encode("utf-16-le"))


def test_a_row_that_a_trigger_refuses_is_told_without_a_column(
    connection: target.TargetConnection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        'CREATE TABLE t ("ID" int, "Name" text)',
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'canary %', NEW.\"Name\"; END $$",
        'CREATE TRIGGER no AFTER INSERT ON t FOR EACH ROW WHEN (NEW."ID" % 3 = 0) '
        "EXECUTE FUNCTION no()",
    )
    refusals = load(connection, people(), rows(*((n, "x") for n in range(1, 10))))
    assert [row.row_key for row in refusals.rows] == [{"ID": 3}, {"ID": 6}, {"ID": 9}]
    assert {(row.column, row.reason, row.value) for row in refusals.rows} == {
        ("", "a trigger refused a row", None)
    }


def test_a_check_of_two_columns_is_told_by_its_name(
    connection: target.TargetConnection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        'CREATE TABLE t ("ID" int, "Name" text, CONSTRAINT pair CHECK ("ID" < 5 OR "Name" = \'a\'))'
    )
    (refused,) = load(connection, people(), rows((1, "b"), (6, "b"), (7, "a"))).rows
    assert (refused.column, refused.reason) == ("", "a check constraint is not satisfied (pair)")


def test_too_many_refused_rows_change_nothing_and_are_counted_by_column_and_reason(
    connection: target.TargetConnection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        'CREATE TABLE t ("ID" int PRIMARY KEY, "Name" varchar(3))',
        "INSERT INTO t VALUES (1, 'old')",
    )
    sent = rows((1, "a"), (2, "canary"), (3, "canary"), (4, "canary"), (5, "b"))
    with pytest.raises(DataError) as raised:
        load(connection, people(PgType("varchar", (3,))), sent, allowed=1)
    assert raised.value.message == (
        "2 rows were refused, 'max_invalid' allows 1: Name: a text is too long for its column: 2"
    )
    assert pg_database.rows("SELECT * FROM t") == [(1, "old")]


def test_refused_rows_are_written_down_in_the_transaction_of_the_load(
    connection: target.TargetConnection, pg_database: PgDatabase
) -> None:
    migrate(connection)
    run = uuid4()
    lease = Lease(run, "t", "public.t", 1)
    pg_database.run(
        'CREATE TABLE t ("ID" int PRIMARY KEY, "Name" varchar(3))',
        f"INSERT INTO tableferry.runs (run_id, process, version) VALUES ('{run}', 'here', '0')",
    )
    plan = people(PgType("varchar", (3,)))
    refusals = Refusals(("ID",), 5)
    with target.open_load(connection, plan, target_schema(plan.columns), refusals) as refresh:
        refresh.write(rows((1, "a"), (2, "tooЖlong")))
        refresh.prepare()
        refresh.publish()
        quarantine(connection, lease, refusals.rows)
        assert pg_database.rows("SELECT count(*) FROM tableferry.quarantine") == [(0,)]
        connection.commit()
    [(run_id, name, key, column, reason, state, value)] = pg_database.rows(
        "SELECT run_id, target, row_key::text, column_name, reason, sqlstate, value_hex "
        "FROM tableferry.quarantine"
    )
    assert (run_id, name, json.loads(str(key)), column) == (run, "public.t", {"ID": 2}, "Name")
    assert isinstance(run_id, UUID)
    assert (reason, state) == ("a text is too long for its column", "22001")
    assert bytes.fromhex(str(value)).decode("utf-16-le") == "tooЖlong"
