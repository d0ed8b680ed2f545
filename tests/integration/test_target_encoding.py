"""A target database that is not UTF-8: what it cannot hold is said before the rows are read."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tableferry.config import TableSpec, parse_table_configs
from tableferry.inspect.check import check_tables
from tableferry.inspect.plan_report import plan_tables
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_tables
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase

Make = Callable[[str], None]


@pytest.fixture(params=["LATIN1", "WIN1252", "LATIN9"])
def database(request: pytest.FixtureRequest, pg_database: PgDatabase) -> Iterator[PgDatabase]:
    """A database of another encoding, beside the test's own."""
    yield from created(pg_database, request.param)


def created(pg_database: PgDatabase, encoding: str) -> Iterator[PgDatabase]:
    name = f"{pg_database.name}_{encoding.lower()}"
    with pg_database.connect() as connection:
        provider = "LOCALE_PROVIDER libc" if connection.info.server_version >= 150000 else ""
        connection.execute(
            f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 {provider} "
            "LC_COLLATE 'C' LC_CTYPE 'C'".encode()
        )
        yield replace(pg_database, name=name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def spec(**changes: Any) -> TableSpec:
    common = {"db_type": "mctm", "sql_server_db": "McTM", "sql_table": "dbo.T", "pg_table": "t"}
    return parse_table_configs({"t": {**common, **changes}})["t"]


def sync(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> TableOutcome:
    (outcome,) = sync_tables([spec(**changes)], sandbox.settings(database)).tables
    return outcome


def encoding_of(database: PgDatabase) -> str:
    return database.name.rsplit("_", 1)[1].upper()


@pytest.mark.parametrize("chunks", [1, 4])
def test_texts_that_the_encoding_has_arrive_and_the_columns_at_risk_are_named(
    sandbox: Sandbox, database: PgDatabase, table_in: Make, chunks: int
) -> None:
    table_in("CREATE TABLE dbo.T (ID int PRIMARY KEY, Größe nvarchar(20), Code varchar(9), N int)")
    table_in("INSERT INTO dbo.T VALUES (1, N'größer', 'ä', 1), (2, N'é', 'ß', 2)")
    settings = sandbox.settings(database)
    (planned,) = plan_tables([spec()], settings).tables
    (checked,) = check_tables([spec()], settings).tables
    outcome = sync(sandbox, database, chunks=chunks)
    assert planned.plan is not None, planned.error
    for warnings in (planned.plan.warnings, checked.warnings, outcome.warnings):
        [said] = [one for one in warnings if "encoding" in one]
        assert f"is {encoding_of(database)}: a character that it lacks fails the load" in said
        assert said.endswith("'Größe', 'Code'")
    assert outcome.status is Status.OK, outcome.error
    found = database.rows("SELECT * FROM t ORDER BY id")
    assert found == [(1, "größer", "ä", 1), (2, "é", "ß", 2)]


@pytest.mark.parametrize(("chunks", "publish"), [(1, "truncate"), (4, "swap"), (1, "merge")])
def test_a_value_without_an_equivalent_is_told_with_its_column_and_the_encoding(
    sandbox: Sandbox, database: PgDatabase, table_in: Make, chunks: int, publish: str
) -> None:
    table_in("CREATE TABLE dbo.T (ID int PRIMARY KEY, Name nvarchar(20), Note nvarchar(20))")
    table_in("INSERT INTO dbo.T VALUES (1, N'a', N'b'), (2, N'a', N'Жук')")
    database.run("CREATE TABLE t (id int PRIMARY KEY, name text, note text)")
    outcome = sync(sandbox, database, chunks=chunks, publish=publish)
    assert outcome.status is Status.FAILED
    assert outcome.error is not None
    message = outcome.error.message
    assert f"no equivalent in the database's encoding, {encoding_of(database)}" in message
    assert "column 'note'" in message
    assert "Ж" not in message
    assert "0xd0" not in message
    assert "UTF8" in outcome.error.hint
    assert database.rows("SELECT count(*) FROM t") == [(0,)]


def test_a_value_without_an_equivalent_is_quarantined(
    sandbox: Sandbox, database: PgDatabase, table_in: Make
) -> None:
    table_in("CREATE TABLE dbo.T (ID int PRIMARY KEY, Name nvarchar(20))")
    table_in("INSERT INTO dbo.T VALUES (1, N'a'), (2, N'Жук'), (3, N'c')")
    outcome = sync(sandbox, database, on_invalid="quarantine", max_invalid=5)
    assert outcome.status is Status.OK, outcome.error
    assert database.rows("SELECT id FROM t ORDER BY id") == [(1,), (3,)]


def test_names_that_the_encoding_lacks_are_refused_by_name(
    sandbox: Sandbox, database: PgDatabase, table_in: Make
) -> None:
    table_in("CREATE TABLE dbo.T (ID int PRIMARY KEY, Имя nvarchar(20), Größe int)")
    for changes, named in (
        ({}, "the column name 'имя' cannot be written"),
        ({"pg_table": "Заказы"}, "the name Заказы cannot be written"),
    ):
        settings = sandbox.settings(database)
        (planned,) = plan_tables([spec(**changes)], settings).tables
        (checked,) = check_tables([spec(**changes)], settings).tables
        outcome = sync(sandbox, database, **changes)
        for error in (planned.error, checked.error, outcome.error):
            assert error is not None
            assert encoding_of(database) in error.message
            if error is not checked.error or not changes:
                assert named in error.message
        assert outcome.rows_read == 0
        assert not outcome.warnings, "the ledger has recorded the error"
    beside, _ = sync_tables(
        [spec(columns=["ID"]), replace(spec(pg_table="Заказы"), key="other")],
        sandbox.settings(database),
    ).tables
    assert beside.status is Status.OK, beside.error
    database.run("DROP TABLE t")
    carried = sync(
        sandbox, database, columns=["ID", "Имя"], pg_columns=["id", "name"], primary_key="ID"
    )
    assert carried.status is Status.OK, carried.error


def test_what_is_not_needed_is_left_out_where_the_encoding_lacks_a_character_of_it(
    sandbox: Sandbox, database: PgDatabase, table_in: Make
) -> None:
    table_in("CREATE TABLE dbo.T (ID int PRIMARY KEY, Name nvarchar(9) DEFAULT N'Ж', N int)")
    table_in("CREATE INDEX Индекс ON dbo.T (N)")
    table_in("CREATE INDEX IX ON dbo.T (N) WHERE Name = N'Ж'")
    table_in(
        "EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'Жук', "
        "@level0type = N'SCHEMA', @level0name = N'dbo', @level1type = N'TABLE', "
        "@level1name = N'T'"
    )
    outcome = sync(sandbox, database)
    assert outcome.status is Status.OK, outcome.error
    said = " ".join(outcome.warnings)
    assert "the default of 'Name' has a character" in said
    assert "the index 'Индекс' is not created" in said
    assert "the index 'IX' is not created" in said
    assert 'the comment on TABLE "public"."t" is not created' in said
    assert database.rows("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass") == [(1,)]
    [(recorded,)] = database.rows("SELECT warnings FROM tableferry.table_runs")
    assert "the index '??????' is not created" in " ".join(map(str, recorded))  # type: ignore[call-overload]


def test_sql_ascii_takes_every_text_as_bytes_and_the_plan_says_so(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    table_in("CREATE TABLE dbo.T (ID int PRIMARY KEY, Name nvarchar(20))")
    table_in("INSERT INTO dbo.T VALUES (1, N'Жук')")
    for database in created(pg_database, "SQL_ASCII"):
        outcome = sync(sandbox, database)
        assert outcome.status is Status.OK, outcome.error
        assert any("is SQL_ASCII: PostgreSQL stores these texts as bytes" in said
                   for said in outcome.warnings)  # fmt: skip
        [(stored,)] = database.rows("SELECT name::bytea FROM t")
        assert stored == "Жук".encode()
