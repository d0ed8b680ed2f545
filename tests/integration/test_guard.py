"""A source that came back nearly empty does not empty the target, unless that was allowed."""

from collections.abc import Sequence

import pytest

from tableferry import postgres
from tableferry.config import Publish
from tableferry.errors import ConfigError, GuardError
from tableferry.model.identifiers import TargetTable
from tableferry.planning.guards import require_not_shrunk
from tableferry.postgres import STRATEGIES
from tableferry.postgres.messages import Question, Rows
from tests.integration.loads import load, planned_load
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.specs import spec

WAYS = [Publish(name) for name in STRATEGIES]


@pytest.fixture
def table(pg_database: PgDatabase) -> PgDatabase:
    pg_database.run(
        "CREATE SCHEMA tableferry",
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "INSERT INTO t SELECT n, 'old' FROM generate_series(1, 10) n",
    )
    return pg_database


@pytest.mark.parametrize("publish", WAYS)
@pytest.mark.parametrize(("rows", "limit"), [(0, 50), (4, 50), (9, 0), (0, 99)])
def test_a_load_that_takes_too_many_rows_away_is_refused_with_both_counts(
    table: PgDatabase, publish: Publish, rows: int, limit: int
) -> None:
    with postgres.connect(settings_of(table)) as connection:
        plan = planned_load(connection, publish, max_shrink=limit)
        with pytest.raises(GuardError) as raised:
            load(connection, plan, [(n, "new") for n in range(rows)])
    told = raised.value.message
    assert ("no rows" if rows == 0 else f"{rows} rows") in told
    assert "t has 10 rows" in told
    assert "'max_shrink': 100" in raised.value.hint
    assert table.rows("SELECT count(*), min(name) FROM t") == [(10, "old")]
    assert table.rows("SELECT count(*) FROM pg_class WHERE relname LIKE 'staging%'") == [(0,)]


@pytest.mark.parametrize("publish", WAYS)
@pytest.mark.parametrize(("rows", "limit"), [(5, 50), (0, 100), (10, 0), (20, 0)])
def test_a_load_within_the_limit_is_published(
    table: PgDatabase, publish: Publish, rows: int, limit: int
) -> None:
    with postgres.connect(settings_of(table)) as connection:
        plan = planned_load(connection, publish, max_shrink=limit)
        load(connection, plan, [(n, "new") for n in range(rows)])
    assert table.rows("SELECT count(*) FROM t WHERE name = 'new'") == [(rows,)]


@pytest.mark.parametrize("publish", WAYS)
def test_an_empty_source_may_leave_an_empty_table_empty(
    table: PgDatabase, publish: Publish
) -> None:
    table.run("TRUNCATE t")
    with postgres.connect(settings_of(table)) as connection:
        load(connection, planned_load(connection, publish, max_shrink=0), [])
    assert table.rows("SELECT count(*) FROM t") == [(0,)]


def test_only_the_tables_own_rows_count(table: PgDatabase) -> None:
    table.run("CREATE TABLE child () INHERITS (t)", "INSERT INTO child SELECT * FROM t")
    with postgres.connect(settings_of(table)) as connection:
        plan = planned_load(connection, Publish.TRUNCATE, max_shrink=50)
        load(connection, plan, [(n, "new") for n in range(5)])
    assert table.rows("SELECT count(*) FROM ONLY t") == [(5,)]


STRONG_LOCKS = """\
SELECT count(*) FROM pg_locks
WHERE relation = 't'::regclass AND mode = 'AccessExclusiveLock'"""


def test_the_rows_are_counted_before_readers_are_locked_out(table: PgDatabase) -> None:
    """The count reads the whole table: that may take seconds."""
    with postgres.connect(settings_of(table)) as connection:
        plan = planned_load(connection, Publish.TRUNCATE, max_shrink=50)
        locks_while_counting: list[tuple[object, ...]] = []
        ask = connection.ask

        def watched(*questions: Question) -> Sequence[Rows]:
            if any("count(*)" in sql for sql, _ in questions):
                locks_while_counting.extend(table.rows(STRONG_LOCKS))
            return ask(*questions)

        connection.ask = watched  # type: ignore[method-assign]
        load(connection, plan, [(n, "new") for n in range(5)])
        assert locks_while_counting == [(0,)]


def test_who_may_not_read_the_target_is_told_and_may_do_without_the_guard(
    table: PgDatabase,
) -> None:
    role = f"blind_{table.name}"
    table.run(
        f"CREATE ROLE {role} LOGIN PASSWORD '{table.password}'",
        f"GRANT INSERT, TRUNCATE ON t TO {role}",
        f"GRANT USAGE ON SCHEMA public TO {role}",
    )
    try:
        settings = settings_of(table).model_copy(update={"user": role})
        with postgres.connect(settings) as connection:
            with pytest.raises(ConfigError, match="lacks SELECT") as raised:
                postgres.require_rights(connection, spec(), [STRATEGIES["truncate"]])
            assert "'max_shrink' to 100" in raised.value.hint
            postgres.require_rights(connection, spec(max_shrink=100), [STRATEGIES["truncate"]])
            with pytest.raises(ConfigError, match="may not read") as refused:
                load(connection, planned_load(connection, Publish.TRUNCATE, max_shrink=50), [])
            assert refused.value.code == "42501"
            load(connection, planned_load(connection, Publish.TRUNCATE), [(1, "new")])
    finally:
        table.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_one_row_is_told_as_one() -> None:
    with pytest.raises(GuardError, match="with 1 row, t has 3 rows"):
        require_not_shrunk(TargetTable("", "t"), 3, 1, 50)
    with pytest.raises(GuardError, match="with no rows, t has 1 row:"):
        require_not_shrunk(TargetTable("", "t"), 1, 0, 50)
