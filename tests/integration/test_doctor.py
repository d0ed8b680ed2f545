"""The doctor: a finding for each question, with the statement that helps; nothing is written."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tableferry import sqlserver
from tableferry.config import Settings, TableSpec, parse_table_configs
from tableferry.errors import SchemaError
from tableferry.inspect.doctor.clocks import Reading, read_clock
from tableferry.inspect.doctor.examine import examine
from tableferry.inspect.doctor.finding import Diagnosis, Finding, Grade
from tableferry.inspect.doctor.topics import Topic
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_table
from tests.faults.support import wait_for
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.foreign_server import act_as_foreign_server
from tests.support.in_process import call
from tests.support.pgbouncer import pooled
from tests.support.specs import entry

Run = Callable[[str], None]
READER, READER_PASSWORD = "doctor_reader", "Reader-pass-1"
DISCOVERED = {"columns": None, "pg_columns": None, "primary_key": None, "order_by": None}


@pytest.fixture
def database(module_pg_database: PgDatabase) -> Iterator[PgDatabase]:
    yield module_pg_database
    module_pg_database.run(
        "DROP SCHEMA public CASCADE",
        "CREATE SCHEMA public",
        "GRANT USAGE ON SCHEMA public TO PUBLIC",
        "DROP SCHEMA IF EXISTS tableferry CASCADE",
    )


@pytest.fixture
def guest(database: PgDatabase) -> Iterator[PgDatabase]:
    """A role that may connect, and nothing else; the table t is somebody else's."""
    role = f"guest_{database.name}"
    database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text, rv bytea)",
        f"CREATE ROLE {role} LOGIN PASSWORD 'x'",
    )
    yield replace(database, user=role, password="x")
    database.run(f"DROP OWNED BY {role} CASCADE", f"DROP ROLE {role}")


@pytest.fixture
def source(sandbox: Sandbox, table_in: Run) -> Sandbox:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20) NULL)")
    sandbox.run("INSERT INTO dbo.T VALUES (1, N'a'), (2, N'b')")
    return sandbox


@pytest.fixture
def reader(source: Sandbox) -> Iterator[Sandbox]:
    """The sandbox with a login that may connect to McTM, and nothing else."""
    source.run(f"CREATE LOGIN {READER} WITH PASSWORD = N'{READER_PASSWORD}'")
    source.run(f"CREATE USER {READER} FOR LOGIN {READER}")
    yield source
    assert wait_for(lambda: source.server.connections == 0)
    source.run(f"DROP USER {READER}; DROP LOGIN {READER}")


def configured(**changes: Any) -> TableSpec:
    written = {"sql_table": "dbo.T", "pg_table": "t", **DISCOVERED, **changes}
    return parse_table_configs({"t": entry(**written)})["t"]


def diagnosed(
    source: Sandbox, target: PgDatabase, login: dict[str, str] | None = None, **changes: Any
) -> Diagnosis:
    settings = Settings({"mctm": source.source(**(login or {}))}, settings_of(target))
    return examine([configured(**changes)], settings)


AS_READER = {"user": READER, "password": READER_PASSWORD}


def about(diagnosis: Diagnosis, topic: Topic) -> list[Finding]:
    return [finding for finding in diagnosis.findings if finding.topic is topic]


def one(diagnosis: Diagnosis, topic: Topic) -> Finding:
    [finding] = about(diagnosis, topic)
    return finding


@pytest.fixture(scope="module", autouse=True)
def snapshots_as_the_sample_has_them(running_sandbox: Sandbox) -> Iterator[None]:
    """Other files read the same database, and expect it to allow SNAPSHOT isolation."""
    yield
    running_sandbox.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")


def contents(database: PgDatabase) -> list[tuple[object, ...]]:
    return database.rows(
        "SELECT n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n "
        "ON n.oid = c.relnamespace WHERE n.nspname NOT LIKE 'pg\\_%' "
        "AND n.nspname <> 'information_schema' ORDER BY 1, 2"
    )


def test_all_is_examined_where_nothing_is_wrong_and_nothing_is_written(
    source: Sandbox, database: PgDatabase
) -> None:
    before = contents(database)
    source.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")
    try:
        found = diagnosed(source, database, publish="truncate")
    finally:
        source.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION OFF")
    assert found.ok
    assert {finding.grade for finding in found.findings} == {Grade.OK}, found.to_dict()
    everywhere = set(Topic) - {
        Topic.TRACKED_DATABASE, Topic.TRACKED_TABLE, Topic.RETENTION, Topic.ROWVERSION,
        Topic.WATERMARK_INDEX,
    }  # fmt: skip
    assert {finding.topic for finding in found.findings} == everywhere
    assert contents(database) == before == []
    assert found.to_dict()["totals"]["problem"] == 0


def test_a_database_that_is_down_is_one_finding_and_the_other_side_is_examined(
    source: Sandbox, database: PgDatabase
) -> None:
    found = diagnosed(source, replace(database, port=1))
    assert [f.topic for f in found.findings if f.grade is Grade.PROBLEM] == [Topic.TARGET_LOGIN]
    assert one(found, Topic.SELECT).grade is Grade.OK
    found = diagnosed(source, database, {"port": 1})
    assert [f.topic for f in found.findings if f.grade is Grade.PROBLEM] == [Topic.SOURCE_LOGIN]
    assert one(found, Topic.LEDGER).grade is Grade.OK


def test_a_login_without_rights_at_the_source_gets_the_statement_and_it_helps(
    reader: Sandbox, database: PgDatabase
) -> None:
    found = diagnosed(reader, database, AS_READER)
    select = one(found, Topic.SELECT)
    assert select.grade is Grade.PROBLEM
    start = "In the database McTM: "
    assert select.remedy.startswith(f"{start}GRANT SELECT ON [dbo].[T] TO [{READER}]")
    assert about(found, Topic.NEXT_RUN) == []
    reader.run(select.remedy.removeprefix(start).partition(";")[0])
    found = diagnosed(reader, database, AS_READER)
    assert one(found, Topic.SELECT).grade is Grade.OK
    assert found.ok, found.to_dict()


def test_definitions_that_a_new_table_needs_come_with_the_right_that_shows_them(
    reader: Sandbox, database: PgDatabase
) -> None:
    reader.run(f"GRANT SELECT ON dbo.T TO {READER}")
    found = one(diagnosed(reader, database, AS_READER), Topic.DEFINITIONS)
    assert found.grade is Grade.WARNING
    place, _, grant = found.remedy.partition(": ")
    assert place == "In the database McTM"
    reader.run(grant)
    assert one(diagnosed(reader, database, AS_READER), Topic.DEFINITIONS).grade is Grade.OK


def test_select_that_was_granted_on_columns_alone_is_enough(
    source: Sandbox, database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sqlserver.SourceConnection.rows

    def not_on_the_table(self: Any, sql: str, columns: Any) -> Any:
        if list(columns) == ["may_select", "user_name"]:
            return [(0, "reader")]
        return whole(self, sql, columns)

    monkeypatch.setattr(sqlserver.SourceConnection, "rows", not_on_the_table)
    assert one(diagnosed(source, database), Topic.SELECT).grade is Grade.OK


def test_change_tracking_is_switched_on_step_by_step_with_the_statements_found(
    reader: Sandbox, database: PgDatabase
) -> None:
    reader.run(f"GRANT SELECT ON dbo.T TO {READER}")

    def problems() -> dict[Topic, str]:
        found = diagnosed(reader, database, AS_READER, mode="change_tracking")
        wrong = [one for one in found.findings if one.grade is Grade.PROBLEM]
        return {one.topic: one.remedy for one in wrong if one.topic is not Topic.PLAN}

    def statement(remedy: str) -> str:
        statement = remedy.removeprefix("In the database McTM: ")
        return statement.partition(", or")[0].partition(". The")[0].partition("; then")[0]

    try:
        wanted = problems()
        assert list(wanted) == [Topic.SNAPSHOT, Topic.TRACKED_DATABASE]
        for remedy in wanted.values():
            reader.run(statement(remedy))
        for expected in ("ENABLE CHANGE_TRACKING", "GRANT VIEW CHANGE TRACKING"):
            wanted = problems()
            assert Topic.TRACKED_TABLE in wanted
            assert expected in wanted[Topic.TRACKED_TABLE]
            reader.run(statement(wanted[Topic.TRACKED_TABLE]))
        assert problems() == {}
    finally:
        reader.run("IF EXISTS (SELECT 1 AS x FROM sys.change_tracking_tables) "
                   "ALTER TABLE dbo.T DISABLE CHANGE_TRACKING")  # fmt: skip
        reader.run("ALTER DATABASE McTM SET CHANGE_TRACKING = OFF")
        reader.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION OFF")


@pytest.fixture
def tracked(source: Sandbox) -> Iterator[Sandbox]:
    source.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")
    source.run("ALTER DATABASE McTM SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS)")
    source.run("ALTER TABLE dbo.T ENABLE CHANGE_TRACKING")
    yield source
    source.run("ALTER TABLE dbo.T DISABLE CHANGE_TRACKING")
    source.run("ALTER DATABASE McTM SET CHANGE_TRACKING = OFF")
    source.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION OFF")


def test_the_retention_is_compared_with_the_pauses_between_runs(
    tracked: Sandbox, database: PgDatabase
) -> None:
    reload = {"mode": "change_tracking"}
    assert one(diagnosed(tracked, database, **reload), Topic.RETENTION).grade is Grade.NOT_VISIBLE
    settings = Settings({"mctm": tracked.source()}, settings_of(database))
    assert sync_table(configured(**reload), settings).status is Status.OK
    found = []
    for _ in ("half a day", "one and a half", "two and a half"):
        earlier = "1 day" if found else "12 hours"
        database.run(
            f"UPDATE tableferry.table_runs SET started_at = started_at - interval '{earlier}'"
        )
        found.append(one(diagnosed(tracked, database, **reload), Topic.RETENTION))
    assert [finding.grade for finding in found] == [Grade.OK, Grade.WARNING, Grade.WARNING]
    assert "SET CHANGE_TRACKING (CHANGE_RETENTION = 8 DAYS" in found[2].remedy
    stop = one(diagnosed(tracked, database, on_expired="stop", **reload), Topic.RETENTION)
    assert stop.grade is Grade.PROBLEM


def test_a_rowversion_is_looked_for_without_a_target(source: Sandbox, database: PgDatabase) -> None:
    nowhere = replace(database, port=1)
    found = one(
        diagnosed(source, nowhere, mode="rowversion", deletes="ignore", publish="merge"),
        Topic.ROWVERSION,
    )
    assert found.grade is Grade.PROBLEM
    assert "ADD row_version rowversion" in found.remedy
    source.run("ALTER TABLE dbo.T ADD RV rowversion")
    found = diagnosed(source, nowhere, mode="rowversion", deletes="ignore", publish="merge")
    assert one(found, Topic.ROWVERSION).grade is Grade.OK
    lacking = one(found, Topic.WATERMARK_INDEX)
    assert lacking.grade is Grade.WARNING
    source.run(lacking.remedy.removeprefix("In the database McTM: "))
    found = diagnosed(source, nowhere, mode="rowversion", deletes="ignore", publish="merge")
    assert one(found, Topic.WATERMARK_INDEX).grade is Grade.OK


@pytest.mark.parametrize("publish", ["truncate", "merge"])
def test_rights_that_are_lacking_at_the_target_come_with_the_statements_that_grant_them(
    source: Sandbox, database: PgDatabase, guest: PgDatabase, publish: str
) -> None:
    found = diagnosed(source, guest, publish=publish, drift="ignore")
    ledger, rights = one(found, Topic.LEDGER), one(found, Topic.RIGHTS)
    assert ledger.grade is rights.grade is Grade.PROBLEM
    assert f"CREATE SCHEMA tableferry AUTHORIZATION {guest.user}" in ledger.remedy
    granted = [one for one in rights.remedy.split("; ") if one.startswith("GRANT")]
    assert granted, rights.remedy
    database.run(f"CREATE SCHEMA tableferry AUTHORIZATION {guest.user}", *granted)
    found = diagnosed(source, guest, publish=publish, drift="ignore")
    assert one(found, Topic.LEDGER).grade is Grade.OK
    assert one(found, Topic.RIGHTS).grade is Grade.OK, rights.remedy
    database.run("DROP SCHEMA tableferry CASCADE")


def test_a_swap_gets_the_grants_of_the_owners_rights_and_they_are_enough(
    source: Sandbox, database: PgDatabase, guest: PgDatabase
) -> None:
    owner = f"{guest.user}_owner"
    database.run(
        f"CREATE ROLE {owner}",
        f"GRANT USAGE ON SCHEMA public TO {owner}",
        f"ALTER TABLE t OWNER TO {owner}",
        f"GRANT SELECT ON t TO {guest.user}",
        f"CREATE SCHEMA tableferry AUTHORIZATION {guest.user}",
    )
    try:
        rights = one(diagnosed(source, guest, publish="swap", drift="ignore"), Topic.RIGHTS)
        assert rights.grade is Grade.PROBLEM
        assert f'GRANT "{owner}" TO "{guest.user}"' in rights.remedy
        assert "GRANT CREATE ON SCHEMA public TO" in rights.remedy
        database.run(*rights.remedy.split("; "))
        found = diagnosed(source, guest, publish="swap", drift="ignore")
        assert one(found, Topic.RIGHTS).grade is Grade.OK
        assert found.ok, found.to_dict()
    finally:
        database.run(
            "DROP SCHEMA tableferry CASCADE", f"DROP OWNED BY {owner} CASCADE", f"DROP ROLE {owner}"
        )


def test_the_command_prints_a_line_a_finding_and_ends_with_1_for_a_problem(
    source: Sandbox, database: PgDatabase, tmp_path: Path
) -> None:
    written = {"sql_table": "dbo.T", "pg_table": "t", **DISCOVERED}
    (tmp_path / "table_configs.py").write_text(f"TABLE_CONFIGS = {{'t': {entry(**written)!r}}}")
    env = database.environment | {
        "SQL_SERVER_MCTM_HOST": source.server.host,
        "SQL_SERVER_MCTM_PORT": str(source.server.port),
        "SQL_SERVER_MCTM_DB": "McTM",
        "SQL_SERVER_MCTM_USER": USER,
        "SQL_SERVER_MCTM_PASSWORD": PASSWORD,
    }
    done = call("doctor", cwd=tmp_path, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("ok  mctm  source login: SQL Server ")
    assert "warning  mctm  snapshot isolation: McTM does not allow it" in done.stdout
    assert "    do: ALTER DATABASE [McTM] SET ALLOW_SNAPSHOT_ISOLATION ON" in lines
    assert lines[-1].startswith("0 problems, ")
    database.run("CREATE TABLE t (id int PRIMARY KEY)")
    done = call("doctor", "--quiet", cwd=tmp_path, env=env)
    assert done.returncode == 1
    assert done.stderr.startswith("problem  t  plan: t has no column 'name' for 'Name'")
    assert done.stdout.splitlines()[0].startswith("1 problem, ")
    found = json.loads(call("doctor", "--json", cwd=tmp_path, env=env).stdout)
    assert found["totals"]["problem"] == 1
    [plan] = [one for one in found["findings"] if one["topic"] == "plan"]
    assert 'ALTER TABLE "public"."t" ADD COLUMN "name" text' in plan["remedy"]


@pytest.mark.needs_packages("pgbouncer")
@pytest.mark.parametrize(("mode", "grade"), [("transaction", "ok"), ("statement", "problem")])
def test_a_pooler_is_seen_and_one_without_transactions_is_a_problem(
    source: Sandbox, database: PgDatabase, mode: str, grade: str
) -> None:
    assert one(diagnosed(source, database), Topic.POOLER).message.startswith("none")
    with pooled(database, mode) as behind:
        found = one(diagnosed(source, behind), Topic.POOLER)
    assert found.grade == grade
    assert not found.message.startswith("none")


def test_a_merge_into_a_published_table_without_an_identity_is_a_problem_with_a_remedy(
    source: Sandbox, database: PgDatabase
) -> None:
    database.run("CREATE TABLE t (id int NOT NULL, name text)", "CREATE PUBLICATION p FOR TABLE t")
    found = one(diagnosed(source, database, publish="merge"), Topic.REPLICA_IDENTITY)
    assert found.grade is Grade.PROBLEM
    other = one(diagnosed(source, database, publish="truncate"), Topic.REPLICA_IDENTITY)
    assert other.grade is Grade.WARNING
    database.run(found.remedy.partition(" (or")[0])
    found = one(diagnosed(source, database, publish="merge"), Topic.REPLICA_IDENTITY)
    assert found.grade is Grade.OK
    database.run("DROP PUBLICATION p")


def test_settings_that_role_and_database_force_are_named_with_the_statement_that_resets_them(
    source: Sandbox, database: PgDatabase, guest: PgDatabase
) -> None:
    database.run(
        f"ALTER ROLE {guest.user} SET statement_timeout = '1min'",
        f"ALTER ROLE {guest.user} SET work_mem = '5MB'",
    )
    settings = one(diagnosed(source, guest), Topic.SETTINGS)
    assert settings.grade is Grade.OK
    assert "set anew in each transaction of a load: statement_timeout = 60000ms" in settings.message
    assert settings.message.endswith("respected: work_mem")
    database.run(
        f"ALTER ROLE {guest.user} SET default_transaction_read_only = on",
        f"ALTER DATABASE {database.name} SET temp_file_limit = '1GB'",
        f"ALTER ROLE {guest.user} IN DATABASE {database.name} "
        "SET session_replication_role = replica",
    )
    warnings = about(diagnosed(source, guest), Topic.SETTINGS)
    assert [one.grade for one in warnings] == [Grade.WARNING] * 3
    database.run(*(one.remedy for one in warnings))
    assert one(diagnosed(source, guest), Topic.SETTINGS).grade is Grade.OK


def test_free_sessions_are_compared_with_what_loads_open(
    source: Sandbox, database: PgDatabase, guest: PgDatabase
) -> None:
    limited = f"ALTER ROLE {guest.user} CONNECTION LIMIT"
    database.run(f"{limited} 5")
    sessions = one(diagnosed(source, guest, chunks=8, parallel=4), Topic.SESSIONS)
    assert sessions.grade is Grade.WARNING
    with guest.connect(), guest.connect(), guest.connect(), guest.connect():
        found = diagnosed(source, guest, chunks=8, parallel=4)
        assert one(found, Topic.SESSIONS).grade is Grade.PROBLEM
    database.run(f"{limited} 8")
    sessions = one(diagnosed(source, guest, chunks=8, parallel=4), Topic.SESSIONS)
    assert (sessions.grade, sessions.message) == (
        Grade.OK,
        "a load opens up to 6 sessions, 8 are free now",
    )


def test_open_transactions_of_others_are_not_visible_to_a_weak_login_and_old_ones_are_warned_of(
    source: Sandbox, database: PgDatabase, guest: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.connect(autocommit=False) as other:
        other.execute("SELECT pg_current_xact_id()")
        found = one(diagnosed(source, guest), Topic.OLD_TRANSACTIONS)
        assert found.grade is Grade.NOT_VISIBLE
        assert str(other.info.backend_pid) in found.message
        database.run(found.remedy)
        monkeypatch.setattr("tableferry.inspect.doctor.target_load.PATIENCE_SECONDS", 0.0)
        found = one(diagnosed(source, guest), Topic.OLD_TRANSACTIONS)
        assert found.grade is Grade.WARNING
        assert f"pg_terminate_backend({other.info.backend_pid})" in found.remedy


def test_the_disk_says_how_much_is_needed_and_that_what_is_free_is_not_visible(
    source: Sandbox, database: PgDatabase
) -> None:
    assert one(diagnosed(source, database), Topic.DISK).grade is Grade.OK
    database.run("CREATE TABLE t (id int PRIMARY KEY, name text)")
    disk = one(diagnosed(source, database, publish="swap"), Topic.DISK)
    assert disk.grade is Grade.NOT_VISIBLE
    assert "How much is free SQL does not show" in disk.message


def test_an_event_trigger_is_warned_of(source: Sandbox, database: PgDatabase) -> None:
    database.run(
        "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION f()",
    )
    found = one(diagnosed(source, database), Topic.EVENT_TRIGGERS)
    assert (found.grade, "'watching'" in found.message) == (Grade.WARNING, True)


def test_what_the_plan_refuses_is_a_problem_of_the_table_with_its_hint(
    source: Sandbox, database: PgDatabase
) -> None:
    database.run("CREATE TABLE t (id int PRIMARY KEY)")
    found = one(diagnosed(source, database), Topic.PLAN)
    assert found.grade is Grade.PROBLEM
    assert "no column 'name' for 'Name'" in found.message
    assert "add_columns" in found.remedy


def test_another_makers_server_gets_answers_or_not_visible_and_never_ends_the_examination(
    source: Sandbox, database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    act_as_foreign_server(monkeypatch)
    whole = sqlserver.SourceConnection.rows

    def lacks_views(self: Any, sql: str, columns: Any) -> Any:
        if "DATABASEPROPERTYEX" in sql or "sys.databases" in sql:
            raise SchemaError("Invalid object name 'sys.databases' (208)", code="208")
        return whole(self, sql, columns)

    monkeypatch.setattr(sqlserver.SourceConnection, "rows", lacks_views)
    found = diagnosed(source, database)
    assert one(found, Topic.SNAPSHOT).grade is Grade.NOT_VISIBLE
    replica = one(found, Topic.SOURCE_REPLICA)
    assert replica.grade is Grade.NOT_VISIBLE
    assert "208" in replica.message
    assert found.ok, found.to_dict()


@pytest.mark.parametrize(
    ("mode", "grade"), [("full", Grade.WARNING), ("change_tracking", Grade.PROBLEM)]
)
def test_a_secondary_replica_is_a_problem_for_the_modes_that_need_the_primary(
    source: Sandbox,
    database: PgDatabase,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    grade: Grade,
) -> None:
    whole = sqlserver.SourceConnection.rows

    def as_secondary(self: Any, sql: str, columns: Any) -> Any:
        if list(columns) == ["updateability", "is_read_only"]:
            return [("READ_ONLY", False)]
        return whole(self, sql, columns)

    monkeypatch.setattr(sqlserver.SourceConnection, "rows", as_secondary)
    assert one(diagnosed(source, database, mode=mode), Topic.SOURCE_REPLICA).grade is grade


def test_a_clock_that_differs_is_told_with_what_a_slow_answer_may_have_cost() -> None:
    ticks = iter([1000.0, 1004.0])
    reading = read_clock(lambda: 1015.0, lambda: next(ticks))
    assert reading == Reading(13.0, 2.0)
    assert reading.differs
    assert str(reading) == "13.0 s ahead of"
    assert not Reading(-11.0, 2.0).differs
    assert Reading(-11.0, 0.5).since(Reading(2.0, 0.5)) == Reading(-13.0, 1.0)
