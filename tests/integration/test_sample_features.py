"""What published sample schemas use crosses: alias types, functions, sequences, history, XML."""

from collections.abc import Callable, Iterator

import pytest

from tableferry.runs.outcome import Status
from tests.integration.conftest import Sandbox
from tests.integration.test_creation import columns_of, created, indexes_of, sync
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger

Make = Callable[[str], None]

LEAVINGS = (
    (
        "IF OBJECT_ID('dbo.T') IS NOT NULL AND OBJECTPROPERTY(OBJECT_ID('dbo.T'), "
        "'TableTemporalType') = 2 ALTER TABLE dbo.T SET (SYSTEM_VERSIONING = OFF)"
    ),
    "DROP TABLE IF EXISTS dbo.T",
    "DROP TABLE IF EXISTS dbo.OldT",
    "DROP TABLE IF EXISTS dbo.Parents",
    "DROP SYNONYM IF EXISTS dbo.S",
    "DROP SEQUENCE IF EXISTS dbo.Numbers",
    "DROP FUNCTION IF EXISTS dbo.padded",
    "DROP XML SCHEMA COLLECTION IF EXISTS dbo.Orders",
    "DROP TYPE IF EXISTS dbo.Code",
)


@pytest.fixture
def source(sandbox: Sandbox) -> Iterator[Make]:
    """Runs batches in McTM; the objects that the tests make there are dropped afterwards."""
    yield sandbox.run
    for statement in LEAVINGS:
        sandbox.run(statement)


def test_alias_types_cross_as_the_types_they_stand_for(
    source: Make, sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    source("EXEC sp_addtype Code, 'varchar(11)', 'NOT NULL'")
    source("CREATE TABLE dbo.T (id Code PRIMARY KEY, other Code NULL)")
    source("INSERT dbo.T VALUES ('a', NULL), ('b', 'x')")
    created(sandbox, pg_database)
    assert [column[:3] for column in columns_of(pg_database)] == [
        ("id", "text", True),
        ("other", "text", False),
    ]
    assert pg_database.rows("SELECT id, other FROM t ORDER BY id") == [("a", None), ("b", "x")]


def test_columns_computed_by_functions_cross_as_their_values(
    source: Make, sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    source(
        "CREATE FUNCTION dbo.padded (@n int) RETURNS varchar(8) WITH SCHEMABINDING AS BEGIN "
        "RETURN REPLICATE('0', 8 - DATALENGTH(CONVERT(varchar(8), @n))) + CONVERT(varchar(8), @n) "
        "END"
    )
    source(
        "CREATE TABLE dbo.T (id int IDENTITY PRIMARY KEY, "
        "code AS ISNULL('AW' + dbo.padded(id), ''), kept AS dbo.padded(id * 10) PERSISTED)"
    )
    source("CREATE UNIQUE INDEX by_code ON dbo.T (code)")
    source("INSERT dbo.T DEFAULT VALUES; INSERT dbo.T DEFAULT VALUES")
    created(sandbox, pg_database)
    assert pg_database.rows("SELECT id, code, kept FROM t ORDER BY id") == [
        (1, "AW00000001", "00000010"),
        (2, "AW00000002", "00000020"),
    ]
    assert columns_of(pg_database)[1][:3] == ("code", "text", True)
    assert any("UNIQUE" in index and "(code)" in index for index in indexes_of(pg_database))


def test_a_default_from_a_sequence_is_reported_and_its_values_cross(
    source: Make, sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    source("CREATE SEQUENCE dbo.Numbers AS int START WITH 40 INCREMENT BY 2")
    source("CREATE TABLE dbo.T (id int DEFAULT (NEXT VALUE FOR dbo.Numbers) PRIMARY KEY, n int)")
    source("INSERT dbo.T (n) VALUES (1), (2)")
    outcome = created(sandbox, pg_database)
    assert pg_database.rows("SELECT id, n FROM t ORDER BY id") == [(40, 1), (42, 2)]
    assert any("default" in warning and "id" in warning for warning in outcome.warnings)


@pytest.mark.parametrize("hidden", ["", " HIDDEN"])
def test_a_temporal_table_crosses_with_its_period_and_its_history_on_its_own(
    source: Make, sandbox: Sandbox, pg_database: PgDatabase, hidden: str
) -> None:
    source(
        f"CREATE TABLE dbo.T (id int PRIMARY KEY, n int, "
        f"since datetime2 GENERATED ALWAYS AS ROW START{hidden} NOT NULL, "
        f"until datetime2 GENERATED ALWAYS AS ROW END{hidden} NOT NULL, "
        "PERIOD FOR SYSTEM_TIME (since, until)) "
        "WITH (SYSTEM_VERSIONING = ON (HISTORY_TABLE = dbo.OldT))"
    )
    source("INSERT dbo.T (id, n) VALUES (1, 1), (2, 2); UPDATE dbo.T SET n = 3 WHERE id = 1")
    created(sandbox, pg_database)
    assert [column[0] for column in columns_of(pg_database)] == ["id", "n", "since", "until"]
    rows = pg_database.rows("SELECT id, n, until >= '9999-12-31' FROM t ORDER BY id")
    assert rows == [(1, 3, True), (2, 2, True)]
    history = created(sandbox, pg_database, sql_table="dbo.OldT", pg_table="old_t")
    assert any("gets no primary key" in warning for warning in history.warnings)
    assert pg_database.rows("SELECT id, n, until < '9999-12-31' FROM old_t") == [(1, 1, True)]


def test_typed_xml_crosses_and_indexes_of_other_kinds_are_reported(
    source: Make, sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    source(
        "CREATE XML SCHEMA COLLECTION dbo.Orders AS N'<xsd:schema "
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:shop"/>'
        "'"
    )
    source("CREATE TABLE dbo.T (id int PRIMARY KEY, x xml(CONTENT dbo.Orders), n int)")
    source("CREATE PRIMARY XML INDEX by_content ON dbo.T (x)")
    source("CREATE NONCLUSTERED COLUMNSTORE INDEX by_column ON dbo.T (n)")
    source("INSERT dbo.T VALUES (1, '<?xml version=\"1.0\"?><a> <b/> </a>', 5)")
    outcome = created(sandbox, pg_database)
    assert pg_database.rows("SELECT id, x::text FROM t") == [(1, "<a><b/></a>")]
    for name in ("by_content", "by_column"):
        assert any(name in warning and "not created" in warning for warning in outcome.warnings)
    assert len(indexes_of(pg_database)) == 1


def test_rows_that_no_constraint_has_checked_cross(
    source: Make, sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    source("CREATE TABLE dbo.Parents (id int PRIMARY KEY)")
    source("CREATE TABLE dbo.T (id int PRIMARY KEY, parent int); INSERT dbo.T VALUES (1, 99)")
    source(
        "ALTER TABLE dbo.T WITH NOCHECK ADD CONSTRAINT fk_t FOREIGN KEY (parent) "
        "REFERENCES dbo.Parents (id); ALTER TABLE dbo.T NOCHECK CONSTRAINT ALL"
    )
    created(sandbox, pg_database)
    assert pg_database.rows("SELECT id, parent FROM t") == [(1, 99)]


def test_a_synonym_is_refused_with_the_name_of_its_table(
    source: Make, sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    source("CREATE TABLE dbo.T (id int PRIMARY KEY); CREATE SYNONYM dbo.S FOR dbo.T")
    outcome = sync(sandbox, pg_database, sql_table="dbo.S")
    assert outcome.status is Status.FAILED
    assert "is a synonym of [dbo].[T]" in str(outcome.error)
