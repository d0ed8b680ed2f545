"""Two entries whose rows would go into one table are refused before either is loaded."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tableferry import postgres
from tableferry.config import TableSpec, parse_table_configs
from tableferry.fanout import Route, plan_fanout
from tableferry.inspect.check import check_tables
from tableferry.inspect.plan_report import plan_tables
from tableferry.model.identifiers import TargetTable
from tableferry.postgres import KnownPlaces
from tableferry.runs.events import Event, Progress
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_tables
from tableferry.runs.run_options import DEFAULT_OPTIONS
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.messages import messages_to_the_target

pytestmark = pytest.mark.with_ledger


def specs(*targets: str, **changes: object) -> list[TableSpec]:
    """An entry for each target, all of which read the same table."""
    common = {"db_type": "mctm", "sql_server_db": "McTM", "sql_table": "dbo.T"}
    entries = {
        f"entry{place}": {**common, "pg_table": target, **changes}
        for place, target in enumerate(targets)
    }
    return list(parse_table_configs(entries).values())


@pytest.fixture
def two_schemas(pg_database: PgDatabase) -> PgDatabase:
    """A target in which a name without a schema is in ``sx``."""
    pg_database.run(
        "CREATE SCHEMA sx", f'ALTER DATABASE "{pg_database.name}" SET search_path = sx, public'
    )
    return pg_database


@pytest.fixture(autouse=True)
def source(table_in: Callable[[str], None]) -> None:
    table_in("CREATE TABLE dbo.T (ID int PRIMARY KEY, N int)")
    table_in("INSERT INTO dbo.T VALUES (1, 1), (2, 2)")


def refusals(
    sandbox: Sandbox, database: PgDatabase, wanted: Sequence[TableSpec], **options: bool
) -> list[str]:
    """What plan, check and sync say to these entries, which all of them have to refuse."""
    settings = sandbox.settings(database)
    planned = plan_tables(wanted, settings).tables
    checked = check_tables(wanted, settings).tables
    run = sync_tables(wanted, settings, options=replace(DEFAULT_OPTIONS, **options))
    assert all(table.status in {Status.FAILED, Status.SKIPPED} for table in run.tables)
    errors = [one.error for one in (*planned, *checked)]
    errors += [one.error for one in run.tables if one.status is Status.FAILED]
    assert all(errors)
    return [error.message for error in errors if error]


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize("ledger", ["on", "off"])
def test_a_name_with_and_without_its_schema_is_one_table(
    sandbox: Sandbox, two_schemas: PgDatabase, together: bool, exists: bool, ledger: str
) -> None:
    if exists:
        two_schemas.run("CREATE TABLE sx.t (id int, n int)", "INSERT INTO sx.t VALUES (7, 7)")
    found = refusals(
        sandbox, two_schemas, specs("t", "sx.t", ledger=ledger, max_shrink=100), together=together
    )
    assert found
    assert all("is sx.t, which is also that of entry" in message for message in found)
    if exists:
        assert two_schemas.rows("SELECT id FROM sx.t") == [(7,)]
    else:
        assert two_schemas.rows("SELECT to_regclass('sx.t')") == [(None,)]


def test_a_table_and_its_partition_have_rows_in_common(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE p (id int PRIMARY KEY, n int) PARTITION BY RANGE (id)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id)",
        "CREATE TABLE p11 PARTITION OF p1 FOR VALUES FROM (0) TO (5)",
    )
    for pair in (("p", "p1"), ("p11", "p")):
        found = refusals(sandbox, pg_database, specs(*pair, publish="truncate"))
        assert all("one is a partition of the other" in message for message in found)


def test_tables_of_one_name_in_two_schemas_and_of_names_that_differ_by_case_are_apart(
    sandbox: Sandbox, two_schemas: PgDatabase
) -> None:
    two_schemas.run("CREATE SCHEMA other", "CREATE TABLE parent (id int PRIMARY KEY, n int)")
    two_schemas.run("CREATE TABLE child () INHERITS (parent)")
    wanted = specs("t", "other.t", '"T"', "sx.u", "parent", "child", publish="truncate")
    run = sync_tables(wanted, sandbox.settings(two_schemas))
    assert [table.status for table in run.tables] == [Status.OK] * 6, run.tables
    assert two_schemas.rows("SELECT count(*) FROM other.t") == [(2,)]


@pytest.mark.parametrize("publish", ["truncate", "swap", "merge"])
def test_every_statement_means_the_table_that_the_search_path_had_at_the_plan(
    sandbox: Sandbox, two_schemas: PgDatabase, publish: str
) -> None:
    """Another table of the name, in a schema that comes first, does not get the rows."""
    two_schemas.run("CREATE TABLE public.t (id int PRIMARY KEY, n int)")
    [spec] = specs("t", publish=publish)

    def intrude(event: Event) -> None:
        if isinstance(event, Progress):
            two_schemas.run("CREATE TABLE IF NOT EXISTS sx.t (id int PRIMARY KEY, n int)")

    run = sync_tables([spec], sandbox.settings(two_schemas), on_event=intrude)
    assert run.tables[0].status is Status.OK, run.tables[0].error
    assert two_schemas.rows("SELECT count(*) FROM public.t") == [(2,)]
    assert two_schemas.rows("SELECT count(*) FROM sx.t") == [(0,)]


def test_a_fan_out_begins_neither_of_two_tables_with_one_target(
    sandbox: Sandbox, two_schemas: PgDatabase
) -> None:
    routed = plan_fanout(specs("t", "sx.t", "other"), sandbox.settings(two_schemas))
    assert [one.route is Route.NONE for one in routed] == [True, True, False]
    errors = [one.error for one in routed if one.error]
    assert ["is sx.t, which is also that of entry" in error.message for error in errors] == [
        True
    ] * 2


def test_an_entry_that_is_loaded_alone_is_compared_with_all_configured_ones(
    sandbox: Sandbox, two_schemas: PgDatabase
) -> None:
    """Two runs would overwrite each other's rows as one would."""
    first, second = specs("t", "sx.t")
    for alone, other in ((first, second), (second, first)):
        for message in refusals(sandbox, two_schemas, [alone]):
            assert f"of {alone.key} is sx.t, which is also that of {other.key}" in message
    assert two_schemas.rows("SELECT to_regclass('sx.t')") == [(None,)]


def test_an_entry_that_is_loaded_alone_goes_ahead_beside_other_tables(
    sandbox: Sandbox, two_schemas: PgDatabase
) -> None:
    first, _ = specs("t", "public.u")
    assert sync_tables([first], sandbox.settings(two_schemas)).tables[0].status is Status.OK


def test_where_the_others_are_is_asked_once_for_all_entries_and_again_after_a_minute(
    pg_database: PgDatabase,
) -> None:
    pg_database.run("CREATE TABLE b (id int)")
    now = [0.0]
    known = KnownPlaces(clock=lambda: now[0])
    first, second, third = (TargetTable("", name) for name in "abc")
    with (
        postgres.connect(settings_of(pg_database)) as connection,
        messages_to_the_target() as messages,
    ):
        found = known.of(connection, [first, second])
        assert [str(place.table) for place in found] == ["public.a", "public.b"]
        assert [bool(place.oid) for place in found] == [False, True]
        assert known.of(connection, [second, first]) == found[::-1]
        assert len(messages.sent) == 1
        now[0] = 59.0
        assert known.of(connection, [second, third])[0] == found[1]
        assert len(messages.sent) == 2
        now[0] = 61.0
        pg_database.run("DROP TABLE b")
        assert known.of(connection, [second])[0].oid == 0


def test_a_run_of_many_tables_asks_for_each_table_only_where_its_own_target_is(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    wanted = specs("one", "two", "three", "four")
    with messages_to_the_target() as messages:
        assert sync_tables(wanted, sandbox.settings(pg_database)).ok
    asked = re.findall(r"'\{([^}]*)\}'::text\[\]\) WITH ORDINALITY w", "".join(messages.texts))
    assert asked == ["one,two,three,four", "one", "two", "three", "four"]
