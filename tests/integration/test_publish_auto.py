"""``publish: auto``: the plan chooses the strategy by the table as it is, and says why."""

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rich.console import Console

from tableferry.config import Settings, parse_table_configs
from tableferry.inspect.plan_report import PlanReport, plan_tables
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.publish import merge_check
from tableferry.report.plan_view import show_plan
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase


@pytest.fixture(autouse=True)
def _source(table_in: Callable[[str], None]) -> None:
    table_in("CREATE TABLE dbo.T (id int PRIMARY KEY, name nvarchar(9))")


@pytest.fixture
def table(pg_database: PgDatabase) -> PgDatabase:
    """A database whose table t, of this login, has a key and a row."""
    pg_database.run("CREATE TABLE t (id int PRIMARY KEY, name text)", "INSERT INTO t VALUES (1)")
    return pg_database


@pytest.fixture
def loader(table: PgDatabase) -> Iterator[PgDatabase]:
    """The same database for a role that may empty and fill t, and does not own it."""
    role = f"loader_{table.name}"
    table.run(
        f"CREATE ROLE {role} LOGIN PASSWORD '{table.password}'",
        f"GRANT SELECT, INSERT, TRUNCATE ON t TO {role}",
        f"GRANT CREATE ON DATABASE {table.name} TO {role}",
    )
    yield PgDatabase(table.host, table.port, table.name, role, table.password)
    table.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table with a row in it counts as a large one."""
    monkeypatch.setattr(merge_check, "LARGE_BYTES", 1)


@pytest.fixture
def not_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of any size counts as one that is not small."""
    monkeypatch.setattr(merge_check, "SMALL_ROWS", -1)


def planned(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> PlanReport:
    configured = {
        "db_type": "mctm",
        "sql_server_db": "McTM",
        "sql_table": "dbo.T",
        "pg_table": "t",
        "publish": "auto",
        **changes,
    }
    specs = parse_table_configs({"t": configured})
    settings = Settings({"mctm": sandbox.source()}, settings_of(database))
    return plan_tables(list(specs.values()), settings)


def plan(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> SyncPlan:
    (found,) = planned(sandbox, database, **changes).tables
    assert found.plan is not None, found.error
    return found.plan


def shown(report: PlanReport) -> str:
    out = Console(file=io.StringIO(), width=200)
    show_plan(report, out)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_a_small_table_is_merged(sandbox: Sandbox, table: PgDatabase) -> None:
    found = plan(sandbox, table)
    assert found.publish == "merge"
    reason = "the table is small, and only what differs is written"
    assert found.strategy_reason == f"merge: {reason}"


@pytest.mark.parametrize("limit", ["SMALL_ROWS", "SMALL_BYTES"])
def test_a_table_that_is_small_on_one_side_alone_is_swapped(
    sandbox: Sandbox, table: PgDatabase, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    sandbox.run("INSERT INTO dbo.T VALUES (1, N'one'), (2, N'two')")
    monkeypatch.setattr(merge_check, limit, 1)
    assert plan(sandbox, table).publish == "swap"


def test_a_small_table_without_a_key_is_swapped(sandbox: Sandbox, table: PgDatabase) -> None:
    sandbox.run("CREATE TABLE dbo.Keyless (id int, name nvarchar(9))")
    found = plan(sandbox, table, sql_table="dbo.Keyless", columns=["id", "name"])
    assert found.publish == "swap"
    assert found.strategy_reason.startswith("swap: ")


def test_a_small_table_with_a_materialised_view_is_swapped_which_refreshes_it(
    sandbox: Sandbox, table: PgDatabase
) -> None:
    table.run("CREATE MATERIALIZED VIEW v AS SELECT * FROM t")
    assert plan(sandbox, table).publish == "swap"


def test_a_small_table_with_a_quarantine_is_swapped_which_finds_every_refused_row(
    sandbox: Sandbox, table: PgDatabase
) -> None:
    assert plan(sandbox, table, on_invalid="quarantine").publish == "swap"


@pytest.mark.usefixtures("not_small")
def test_a_table_of_which_a_swap_keeps_everything_is_swapped(
    sandbox: Sandbox, table: PgDatabase
) -> None:
    found = plan(sandbox, table)
    assert found.publish == "swap"
    assert found.strategy_reason == "swap: it keeps everything that depends on the table"


@pytest.mark.usefixtures("not_small")
def test_a_terminal_and_a_notebook_show_the_strategy_and_why_it_was_chosen(
    sandbox: Sandbox, table: PgDatabase
) -> None:
    report = planned(sandbox, table)
    reason = "it keeps everything that depends on the table"
    assert f"  publishes by swap, chosen by auto ({reason})\n" in shown(report)
    assert "<td>swap</td>" in report._repr_html_()
    assert f"swap: {reason}" in report._repr_html_()
    assert "  publishes by merge\n" in shown(planned(sandbox, table, publish="merge"))


def test_the_statements_for_a_new_table_are_shown_on_their_side_of_the_rows(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    text = shown(planned(sandbox, pg_database))
    _, before, after = re.split(r"\n  runs (?:before|after) the rows\n", text)
    assert "  publishes by creating the target table\n" in text
    assert before.startswith('    CREATE TABLE "public"."t" (')
    assert after.startswith('    ALTER TABLE "public"."t" ADD PRIMARY KEY ("id");')


def test_a_table_that_others_reference_is_merged(sandbox: Sandbox, table: PgDatabase) -> None:
    table.run("CREATE TABLE u (t int REFERENCES t)")
    found = plan(sandbox, table)
    assert found.publish == "merge"
    assert re.match(r"not swap: .*\bu\b.*; merge: foreign keys", found.strategy_reason)


@pytest.mark.usefixtures("large")
def test_a_large_table_whose_trigger_a_swap_would_not_fire_is_merged(
    sandbox: Sandbox, table: PgDatabase
) -> None:
    add_trigger(table)
    found = plan(sandbox, table)
    assert found.publish == "merge"
    assert found.strategy_reason.startswith("not swap: the trigger 'seen' of t is kept, but")
    assert "merge: the table is large" in found.strategy_reason


def test_a_small_table_whose_trigger_a_swap_would_not_fire_is_truncated(
    sandbox: Sandbox, table: PgDatabase
) -> None:
    add_trigger(table)
    found = plan(sandbox, table)
    assert found.publish == "truncate"
    assert "not merge: the table is small" in found.strategy_reason


@pytest.mark.usefixtures("large")
def test_a_large_partitioned_table_is_merged(sandbox: Sandbox, pg_database: PgDatabase) -> None:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text) PARTITION BY RANGE (id)",
        "CREATE TABLE t1 PARTITION OF t DEFAULT",
        "INSERT INTO t VALUES (1)",
    )
    assert plan(sandbox, pg_database).publish == "merge"


@pytest.mark.usefixtures("large")
def test_a_role_that_may_only_truncate_truncates(sandbox: Sandbox, loader: PgDatabase) -> None:
    found = plan(sandbox, loader)
    assert found.publish == "truncate"
    assert "not merge: this login lacks DELETE on it, UPDATE on it" in found.strategy_reason


@pytest.mark.usefixtures("large")
def test_a_role_that_may_merge_but_not_swap_merges(
    sandbox: Sandbox, table: PgDatabase, loader: PgDatabase
) -> None:
    table.run(f"GRANT UPDATE, DELETE ON t TO {loader.user}")
    assert plan(sandbox, loader).publish == "merge"


def test_without_a_ledger_only_truncate_is_left(sandbox: Sandbox, table: PgDatabase) -> None:
    found = plan(sandbox, table, ledger="off")
    assert found.publish == "truncate"
    assert "not swap: it needs the ledger; not merge: it needs the ledger" in found.strategy_reason


def test_a_published_table_without_a_replica_identity_is_not_merged(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    """PostgreSQL would refuse to update or delete its rows, after all of them were read."""
    pg_database.run(
        "CREATE TABLE t (id int NOT NULL UNIQUE, name text)",
        "CREATE TABLE u (t int REFERENCES t (id))",
        "CREATE PUBLICATION feed FOR TABLE t",
    )
    error = planned(sandbox, pg_database).tables[0].error
    assert error is not None
    assert error.message.startswith("No publishing strategy suits t: not swap: ")
    assert "not merge: PostgreSQL updates and deletes no row of t, which is" in error.message
    assert "not truncate: Foreign keys of u point to t" in error.message
    pg_database.run("DROP TABLE u")
    assert plan(sandbox, pg_database).publish == "truncate"


def add_trigger(table: PgDatabase) -> None:
    table.run(
        "CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER seen AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION seen()",
    )
