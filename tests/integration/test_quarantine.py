"""Rows that are refused, by us or by PostgreSQL: found, kept aside, the others loaded."""

import json
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pyarrow as pa
import pytest

from tableferry import postgres
from tableferry.config import parse_table_configs
from tableferry.errors import DataError
from tableferry.inspect.plan_report import plan_tables
from tableferry.model.schema import PgType, SourceType
from tableferry.planning.plan import SyncPlan
from tableferry.postgres import copy_bisection
from tableferry.postgres.ledger import Lease, migrate, quarantine
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tableferry.values import RefusedRows, target_schema
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.specs import entry, planned, sync_plan

pytestmark = pytest.mark.with_ledger

INT = SourceType("int", 4, 10)
NAME = SourceType("nvarchar", 100)


@pytest.fixture
def connection(pg_database: PgDatabase) -> Iterator[postgres.TargetConnection]:
    with postgres.connect(settings_of(pg_database)) as opened:
        yield opened


def people(name: PgType | None = None) -> SyncPlan:
    return sync_plan(planned("ID", INT), planned("Name", NAME, name))


def rows(*values: tuple[int | None, str | None]) -> pa.RecordBatch:
    ids = pa.array([value[0] for value in values], pa.int32())
    names = pa.array([value[1] for value in values], pa.large_string())
    return pa.RecordBatch.from_arrays([ids, names], names=["ID", "Name"])


def load(
    connection: postgres.TargetConnection,
    plan: SyncPlan,
    *batches: pa.RecordBatch,
    allowed: int = 100,
) -> RefusedRows:
    refusals = RefusedRows(("ID",), allowed)
    with postgres.open_load(
        connection, plan, target_schema(plan.columns), refusals=refusals
    ) as refresh:
        for batch in batches:
            refresh.write(batch)
        refresh.prepare()
        postgres.publish_all(connection, [refresh])
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
    ('"ID" int, "Name" json', (2, "{"), "Name", "22P02", "not a valid value of its column's type"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "row", "column", "state", "reason"), REFUSED)
@pytest.mark.parametrize("place", [0, 3, 9])
def test_a_row_that_postgresql_refuses_is_found_wherever_it_is(
    connection: postgres.TargetConnection,
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


@pytest.mark.parametrize("at_once", [1, 2_000, copy_bisection.COPY_BYTES])
@pytest.mark.parametrize(
    "bad", [{0}, {99}, {100, 101, 250}, {149, 150, 899}, set(range(0, 900, 7))]
)
def test_rows_are_found_in_any_batch_and_the_others_are_all_there(
    connection: postgres.TargetConnection,
    pg_database: PgDatabase,
    monkeypatch: pytest.MonkeyPatch,
    at_once: int,
    bad: set[int],
) -> None:
    monkeypatch.setattr(copy_bisection, "COPY_BYTES", at_once)
    pg_database.run('CREATE TABLE t ("ID" int, "Name" text CHECK ("Name" <> \'bad\'))')
    names = ["bad" if number in bad else "good" for number in range(900)]
    sent = [rows(*enumerate(names[start : start + 150], start)) for start in range(0, 900, 150)]
    refusals = load(connection, people(), *sent, allowed=200)
    assert [row.row_key["ID"] for row in refusals.rows] == sorted(bad)
    assert pg_database.rows('SELECT "ID" FROM t ORDER BY 1') == [
        (number,) for number in range(900) if number not in bad
    ]


def test_a_row_that_a_trigger_refuses_is_told_without_a_column(
    connection: postgres.TargetConnection, pg_database: PgDatabase
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
        ("", "a trigger refused a row or a statement", None)
    }


def test_a_check_of_two_columns_is_told_by_its_name(
    connection: postgres.TargetConnection, pg_database: PgDatabase
) -> None:
    pg_database.run(
        'CREATE TABLE t ("ID" int, "Name" text, CONSTRAINT pair CHECK ("ID" < 5 OR "Name" = \'a\'))'
    )
    (refused,) = load(connection, people(), rows((1, "b"), (6, "b"), (7, "a"))).rows
    assert (refused.column, refused.reason) == ("", "a check constraint is not satisfied (pair)")


def test_too_many_refused_rows_change_nothing_and_are_counted_by_column_and_reason(
    connection: postgres.TargetConnection, pg_database: PgDatabase
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
    connection: postgres.TargetConnection, pg_database: PgDatabase
) -> None:
    migrate(connection)
    run = uuid4()
    lease = Lease(run, "t", "public.t", 1)
    pg_database.run(
        'CREATE TABLE t ("ID" int PRIMARY KEY, "Name" varchar(3))',
        f"INSERT INTO tableferry.runs (run_id, process, version) VALUES ('{run}', 'here', '0')",
    )
    plan = people(PgType("varchar", (3,)))
    refusals = RefusedRows(("ID",), 5)
    with postgres.open_load(
        connection, plan, target_schema(plan.columns), refusals=refusals
    ) as refresh:
        refresh.write(rows((1, "a"), (2, "tooЖlong")))
        refresh.prepare()
        postgres.publish_all(connection, [refresh])
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


@pytest.fixture
def orders(table_in: Callable[[str], None], pg_database: PgDatabase) -> PgDatabase:
    """Six rows, with a NUL, an unpaired surrogate, a text too long and one against a check."""
    table_in(
        "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Code nvarchar(20) NULL); "
        "INSERT INTO dbo.T VALUES (1, N'a'), (2, N'b' + NCHAR(0)), (3, NCHAR(0xD800)), "
        "(4, N'much too long'), (5, N'?'), (6, NULL)"
    )
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, code varchar(20) CHECK (code <> '?') "
        "CHECK (length(code) < 10))",
        "INSERT INTO t VALUES (0, 'old')",
    )
    return pg_database


def sync_orders(sandbox: Sandbox, database: PgDatabase, **changes: object) -> TableOutcome:
    configured = entry(
        sql_table="dbo.T", pg_table="t", order_by=None, pg_columns=["id", "code"],
        **{"columns": ["ID", "Code"], "on_invalid": "quarantine", "max_shrink": 100, **changes},
    )  # fmt: skip
    return sync_table(parse_table_configs({"t": configured})["t"], sandbox.settings(database))


@pytest.mark.parametrize(
    "way",
    [
        {"publish": publish, **chunks}
        for publish in ("truncate", "swap", "merge")
        for chunks in ({}, {"chunks": 3, "parallel": 2})
    ],
    ids=str,
)
def test_a_sync_loads_the_good_rows_and_writes_the_others_down(
    sandbox: Sandbox, orders: PgDatabase, way: dict[str, object]
) -> None:
    outcome = sync_orders(sandbox, orders, max_invalid=4, **way)
    assert outcome.status is Status.OK, outcome.error
    assert orders.rows("SELECT * FROM t ORDER BY id") == [(1, "a"), (6, None)]
    told = outcome.to_dict()
    assert (told["rows_read"], told["rows_written"]) == (6, 2)
    checks = "a check constraint is not satisfied"
    assert told["quarantined"] == {
        "Code": {
            "U+0000": 1,
            "an unpaired surrogate": 1,
            f"{checks} (t_code_check)": 1,
            f"{checks} (t_code_check1)": 1,
        }
    }
    assert orders.rows(
        "SELECT q.row_key->>'ID', q.column_name, q.sqlstate, q.value_hex, q.target, r.status, "
        "t.rows_read, t.rows_written FROM tableferry.quarantine q "
        "JOIN tableferry.runs r USING (run_id) JOIN tableferry.table_runs t USING (run_id) "
        "ORDER BY 1"
    ) == [
        (
            key,
            "Code",
            state,
            value.encode("utf-16-le", "surrogatepass").hex(),
            "public.t",
            "ok",
            6,
            2,
        )
        for key, state, value in [
            ("2", None, "b\0"),
            ("3", None, "\ud800"),
            ("4", "23514", "much too long"),
            ("5", "23514", "?"),
        ]
    ]


@pytest.mark.parametrize("publish", ["truncate", "swap"])
def test_rows_are_told_by_the_names_that_people_know(
    sandbox: Sandbox, orders: PgDatabase, publish: str
) -> None:
    """The key is the source's, whatever its case in the configuration; the index has a name."""
    orders.run("CREATE UNIQUE INDEX codes ON t (length(code))")
    sandbox.run("UPDATE dbo.T SET Code = N'b' WHERE ID = 2")
    outcome = sync_orders(
        sandbox, orders, max_invalid=4, publish=publish, columns=["id", "code"], primary_key="Id"
    )
    assert outcome.status is Status.OK, outcome.error
    (told,) = orders.rows(
        "SELECT row_key, reason FROM tableferry.quarantine WHERE sqlstate = '23505'"
    )
    known = " (codes)" if publish == "truncate" else ""
    assert told == ({"ID": 2}, f"two rows have the same key{known}")


@pytest.mark.parametrize("publish", ["swap", "merge"])
def test_a_load_that_fails_names_no_table_that_nobody_knows(
    sandbox: Sandbox, orders: PgDatabase, publish: str
) -> None:
    orders.run("ALTER TABLE t ADD CONSTRAINT few CHECK (id < 5)")
    sandbox.run("UPDATE dbo.T SET Code = N'b'")
    outcome = sync_orders(sandbox, orders, on_invalid="fail", publish=publish)
    assert outcome.error is not None
    assert "constraint 'few'" in outcome.error.message
    assert "staging" not in outcome.error.message


@pytest.mark.parametrize(
    ("mended", "said"),
    [("", "'Code' holds U+0000 in row 1,"), ("WHERE ID = 2", "row 1 of the load")],
)
def test_a_row_is_counted_in_its_chunk_and_the_chunk_is_named(
    sandbox: Sandbox, orders: PgDatabase, mended: str, said: str
) -> None:
    sandbox.run("UPDATE dbo.T SET Code = N'b' WHERE ID = 3")
    if mended:
        sandbox.run(f"UPDATE dbo.T SET Code = N'?' {mended}")
    outcome = sync_orders(
        sandbox, orders, on_invalid="fail", publish="swap", chunks=6, where="ID < 3"
    )
    assert outcome.error is not None
    assert said in outcome.error.message
    assert outcome.error.message.endswith(": chunk 1")


@pytest.mark.parametrize("publish", ["truncate", "swap", "merge"])
def test_one_refused_row_too_many_changes_nothing(
    sandbox: Sandbox, orders: PgDatabase, publish: str
) -> None:
    outcome = sync_orders(sandbox, orders, max_invalid=3, publish=publish)
    assert outcome.error is not None
    assert outcome.error.kind == "DataError"
    assert "4 rows were refused, 'max_invalid' allows 3: Code: U+0000: 1; Code: an unpaired" in (
        outcome.error.message
    )
    assert orders.rows("SELECT * FROM t") == [(0, "old")]
    assert orders.rows("SELECT count(*) FROM tableferry.quarantine") == [(0,)]


@pytest.mark.parametrize("publish", ["swap", "merge"])
def test_chunks_share_one_budget(sandbox: Sandbox, orders: PgDatabase, publish: str) -> None:
    outcome = sync_orders(sandbox, orders, max_invalid=3, publish=publish, chunks=6, parallel=2)
    assert outcome.error is not None
    assert "4 rows were refused, 'max_invalid' allows 3" in outcome.error.message
    assert orders.rows("SELECT * FROM t") == [(0, "old")]
    assert orders.rows("SELECT count(*) FROM tableferry.quarantine") == [(0,)]


def test_without_a_budget_no_row_may_be_refused(sandbox: Sandbox, orders: PgDatabase) -> None:
    outcome = sync_orders(sandbox, orders)
    assert outcome.error is not None
    assert "'max_invalid' allows 0" in outcome.error.message
    assert orders.rows("SELECT * FROM t") == [(0, "old")]


def test_running_again_refuses_the_same_rows_as_another_run(
    sandbox: Sandbox, orders: PgDatabase
) -> None:
    for _ in range(2):
        assert sync_orders(sandbox, orders, max_invalid=9).status is Status.OK
    assert orders.rows("SELECT count(*), count(DISTINCT run_id) FROM tableferry.quarantine") == [
        (8, 2)
    ]
    assert orders.rows("SELECT id FROM t ORDER BY id") == [(1,), (6,)]


@pytest.mark.parametrize(
    "way",
    [{"publish": way} for way in ("truncate", "swap", "merge")]
    + [{"publish": "merge", "chunks": 2, "parallel": 2}],
    ids=str,
)
def test_a_table_that_is_created_refuses_the_second_row_of_a_key(
    sandbox: Sandbox,
    table_in: Callable[[str], None],
    pg_database: PgDatabase,
    way: dict[str, object],
) -> None:
    table_in(
        "CREATE TABLE dbo.T (ID int NOT NULL, Code nvarchar(20) NULL); "
        "CREATE INDEX IX ON dbo.T (Code); "
        "INSERT INTO dbo.T VALUES (1, N'a'), (3, N'b'), (3, N'c')"
    )
    outcome = sync_orders(sandbox, pg_database, max_invalid=1, **way)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.created
    assert pg_database.rows("SELECT id FROM t ORDER BY id") == [(1,), (3,)]
    assert pg_database.rows("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass") == [
        (2,)
    ]
    assert pg_database.rows("SELECT sqlstate FROM tableferry.quarantine") == [("23505",)]


def test_a_merge_refuses_nulls_and_a_keys_second_row_in_its_staging_table(
    sandbox: Sandbox, table_in: Callable[[str], None], pg_database: PgDatabase
) -> None:
    table_in(
        "CREATE TABLE dbo.T (ID int NOT NULL, Code nvarchar(20) NULL); "
        "INSERT INTO dbo.T VALUES (1, N'a'), (2, NULL), (3, N'b'), (3, N'c')"
    )
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, code varchar(20) NOT NULL)",
        "INSERT INTO t VALUES (1, 'old'), (2, 'old'), (3, 'old')",
    )
    outcome = sync_orders(sandbox, pg_database, max_invalid=2, publish="merge")
    assert outcome.status is Status.OK, outcome.error
    found = pg_database.rows("SELECT id, code FROM t ORDER BY id")
    assert found in ([(1, "a"), (3, "b")], [(1, "a"), (3, "c")])
    assert pg_database.rows(
        "SELECT row_key->>'ID', column_name, sqlstate FROM tableferry.quarantine ORDER BY 1"
    ) == [("2", "Code", "23502"), ("3", "ID", "23505")]
    assert pg_database.rows("SELECT FROM pg_class WHERE relname LIKE 'staging%'") == []


def test_the_plan_tells_what_becomes_of_refused_rows(sandbox: Sandbox, orders: PgDatabase) -> None:
    configured = entry(sql_table="dbo.T", pg_table="t", on_invalid="quarantine", max_invalid=4,
                       columns=["ID", "Code"], pg_columns=["id", "code"])  # fmt: skip
    specs = parse_table_configs({"t": configured})
    del configured["on_invalid"], configured["max_invalid"]
    plain = parse_table_configs({"t": configured})
    settings = sandbox.settings(orders)
    told = plan_tables([specs["t"]], settings).to_dict()["tables"][0]
    assert told["refused_rows"].startswith("up to 4 go into tableferry.quarantine")
    assert "refused_rows" not in plan_tables([plain["t"]], settings).to_dict()["tables"][0]
