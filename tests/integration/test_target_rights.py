"""Rights on single columns of a target are enough, and the check knows which are lacking."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tableferry.config import Settings, parse_table_configs
from tableferry.inspect.check import check_tables
from tableferry.inspect.check_report import CheckReport
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.specs import entry


@pytest.fixture
def guest(pg_database: PgDatabase) -> Iterator[PgDatabase]:
    """A role without any right on the table t, which is somebody else's."""
    role = f"guest_{pg_database.name}"
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text, note text DEFAULT 'kept')",
        "INSERT INTO t VALUES (1, 'old'), (2, 'old')",
        f"CREATE ROLE {role} LOGIN PASSWORD 'x'",
        f"GRANT CREATE ON DATABASE {pg_database.name} TO {role}",
    )
    yield replace(pg_database, user=role, password="x")
    pg_database.run(f"DROP OWNED BY {role} CASCADE", f"DROP ROLE {role}")


@pytest.fixture
def source(sandbox: Sandbox, table_in: Callable[[str], None]) -> Sandbox:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20) NULL)")
    sandbox.run("INSERT INTO dbo.T VALUES (1, N'new'), (3, N'new')")
    return sandbox


def configured(**changes: Any) -> Any:
    return parse_table_configs({"t": entry(**{"sql_table": "dbo.T", "pg_table": "t", **changes})})


def both(source: Sandbox, target: PgDatabase, **changes: Any) -> tuple[CheckReport, TableOutcome]:
    """What the check says, and what becomes of the sync."""
    settings = Settings({"mctm": source.source()}, settings_of(target))
    specs = configured(**changes)
    return check_tables(list(specs.values()), settings), sync_table(specs["t"], settings)


@pytest.mark.parametrize(
    ("publish", "rights"),
    [
        ("truncate", ["TRUNCATE", "INSERT (id, name)", "SELECT (id)"]),
        ("merge", ["SELECT (id, name), INSERT (id, name), UPDATE (id, name), DELETE"]),
    ],
)
def test_rights_on_the_columns_that_are_loaded_are_enough(
    source: Sandbox, pg_database: PgDatabase, guest: PgDatabase, publish: str, rights: list[str]
) -> None:
    pg_database.run(*(f"GRANT {right} ON t TO {guest.user}" for right in rights))
    report, outcome = both(source, guest, publish=publish)
    assert report.ok, report.tables[0].error
    assert outcome.status is Status.OK, outcome.error
    assert pg_database.rows("SELECT id, name, note FROM t ORDER BY 1") == [
        (1, "new", "kept"),
        (3, "new", "kept"),
    ]


@pytest.mark.parametrize(
    ("publish", "rights", "lacking"),
    [
        ("truncate", ["TRUNCATE", "INSERT (id)", "SELECT (id)"], "INSERT on 'name'"),
        ("truncate", ["TRUNCATE", "SELECT (id)"], "INSERT"),
        ("truncate", ["TRUNCATE", "INSERT (note)", "SELECT (id)"], "INSERT"),
        ("truncate", ["TRUNCATE", "INSERT (id, name)"], "SELECT"),
        (
            "merge",
            ["SELECT (id, name), INSERT (id, name), UPDATE (id), DELETE"],
            "UPDATE on 'name'",
        ),
    ],
)
def test_the_check_names_the_columns_that_a_right_is_lacking_on(
    source: Sandbox,
    pg_database: PgDatabase,
    guest: PgDatabase,
    publish: str,
    rights: list[str],
    lacking: str,
) -> None:
    pg_database.run(*(f"GRANT {right} ON t TO {guest.user}" for right in rights))
    report, outcome = both(source, guest, publish=publish)
    [table] = report.tables
    assert table.error is not None
    assert f"it lacks {lacking} (42501)" in table.error.message
    assert (table.writable, outcome.status) == (False, Status.FAILED)
    assert outcome.error is not None
    assert outcome.error.code == "42501"
    assert pg_database.rows("SELECT id, name FROM t ORDER BY 1") == [(1, "old"), (2, "old")]


@pytest.mark.parametrize("publish", ["merge", "auto"])
def test_rows_are_marked_as_deleted_without_the_right_to_delete_any(
    source: Sandbox, pg_database: PgDatabase, guest: PgDatabase, publish: str
) -> None:
    columns = "(id, name, note)"
    pg_database.run(
        "ALTER TABLE t ALTER note DROP DEFAULT, ALTER note TYPE boolean USING false",
        f"GRANT SELECT {columns}, INSERT {columns}, UPDATE {columns} ON t TO {guest.user}",
    )
    report, outcome = both(source, guest, publish=publish, deletes="soft:note")
    assert not report.ok, "to lock the table takes one of these rights on all of it"
    assert outcome.status is Status.FAILED
    assert pg_database.rows("SELECT id, note FROM t ORDER BY 1") == [(1, False), (2, False)]
    pg_database.run(f"GRANT UPDATE ON t TO {guest.user}")
    report, outcome = both(source, guest, publish=publish, deletes="soft:note")
    assert report.ok, report.tables[0].error
    assert outcome.status is Status.OK, outcome.error
    assert pg_database.rows("SELECT id, note FROM t ORDER BY 1") == [
        (1, False),
        (2, True),
        (3, False),
    ]


def test_the_check_names_a_mark_that_may_not_be_written(
    source: Sandbox, pg_database: PgDatabase, guest: PgDatabase
) -> None:
    columns = "(id, name)"
    pg_database.run(
        "ALTER TABLE t ALTER note DROP DEFAULT, ALTER note TYPE boolean USING false",
        f"GRANT SELECT, INSERT {columns}, UPDATE {columns}, DELETE ON t TO {guest.user}",
    )
    report, outcome = both(source, guest, publish="merge", deletes="soft:note")
    [table] = report.tables
    assert table.error is not None
    assert "it lacks INSERT on 'note', UPDATE on 'note' (42501)" in table.error.message
    assert outcome.status is Status.FAILED


@pytest.mark.parametrize(("updated", "publish"), [("(id, name)", "merge"), ("(id)", "truncate")])
def test_the_plan_chooses_by_the_rights_on_the_columns_that_are_loaded(
    source: Sandbox, pg_database: PgDatabase, guest: PgDatabase, updated: str, publish: str
) -> None:
    pg_database.run(
        f"GRANT SELECT (id, name), INSERT (id, name), UPDATE {updated}, DELETE, TRUNCATE ON t "
        f"TO {guest.user}",
        *(["CREATE TABLE u (t int REFERENCES t)"] if publish == "merge" else []),
    )
    _, outcome = both(source, guest, publish="auto")
    assert outcome.status is Status.OK, outcome.error
    assert outcome.publish == publish
