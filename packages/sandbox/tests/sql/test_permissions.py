"""Logins without sysadmin: what they are refused, and what the catalog hides from them."""

import pytest

from tableferry_sandbox.events import LoginRequest, SqlError


@pytest.fixture(autouse=True)
def database(ask):
    ask("CREATE TABLE a (id int PRIMARY KEY, v int CONSTRAINT df DEFAULT 7)")
    ask("CREATE TABLE b (id int); CREATE TABLE c (id int); INSERT a VALUES (1, 1)")
    ask("CREATE LOGIN reader WITH PASSWORD = N'Reader-pass-1', CHECK_POLICY = OFF")


@pytest.fixture
def enter(server):
    def entering(database="Shop", password="Reader-pass-1", name="reader"):
        return server.login(LoginRequest(name, password, database))

    return entering


@pytest.fixture
def reader(ask, enter):
    """A session that may read the table a and nothing else."""
    ask("CREATE USER reader FOR LOGIN reader; GRANT SELECT ON dbo.a TO reader")
    return enter()


def test_a_login_may_enter_a_database_in_which_it_has_a_user(ask, enter):
    with pytest.raises(SqlError) as caught:
        enter()
    assert caught.value.number == 4060
    assert enter("master").database == "master"
    ask("CREATE USER someone FOR LOGIN reader")
    assert ask("SELECT USER_NAME(), SUSER_SNAME(), IS_SRVROLEMEMBER('sysadmin')", enter()).rows == [
        ("someone", "reader", 0)
    ]


def test_a_login_is_disabled_enabled_changed_and_dropped(ask, enter, refuse):
    ask("CREATE USER reader; ALTER LOGIN reader DISABLE")
    with pytest.raises(SqlError) as caught:
        enter()
    assert caught.value.number == 18470
    ask("ALTER LOGIN reader ENABLE; ALTER LOGIN reader WITH PASSWORD = 'Other-pass-2'")
    session = enter(password="Other-pass-2")
    assert refuse("DROP LOGIN reader").number == 15434
    session.close()
    ask("DROP LOGIN reader")
    with pytest.raises(SqlError) as caught:
        enter(password="Other-pass-2")
    assert caught.value.number == 18456


def test_a_permission_that_was_not_granted_is_denied(ask, refuse, reader):
    assert ask("SELECT v FROM a", reader).value == 1
    error = refuse("SELECT * FROM b", reader)
    assert (error.number, error.severity) == (229, 14)
    assert error.message == (
        "The SELECT permission was denied on the object 'b', database 'Shop', schema 'dbo'."
    )


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("INSERT a VALUES (2, 2)", 229),
        ("UPDATE a SET v = 2", 229),
        ("DELETE a", 229),
        ("TRUNCATE TABLE a", 4701),
        ("CREATE TABLE d (id int)", 262),
        ("SELECT * INTO d FROM a", 262),
        ("CREATE VIEW w AS SELECT 1 AS x", 262),
        ("ALTER TABLE a ADD w int", 4902),
        ("CREATE INDEX i ON a (v)", 1088),
        ("DROP TABLE a", 3701),
        ("CREATE DATABASE d", 262),
        ("ALTER DATABASE Shop SET READ_COMMITTED_SNAPSHOT ON", 5011),
        ("CREATE LOGIN x WITH PASSWORD = 'y'", 15247),
        ("GRANT SELECT ON b TO reader", 15247),
        ("SELECT * FROM sys.dm_db_partition_stats", 262),
        ("SELECT * FROM sys.dm_exec_connections", 300),
    ],
)
def test_a_reader_may_only_read(refuse, reader, sql, number):
    assert refuse(sql, reader).number == number


def test_the_catalog_shows_only_objects_with_a_permission(ask, reader):
    assert ask("SELECT name FROM sys.tables", reader).rows == [("a",)]
    assert ask("SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES", reader).rows == [("a",)]
    facts = "OBJECT_ID('b'), COL_LENGTH('b', 'id'), COL_LENGTH('a', 'id'), OBJECT_NAME({})"
    hidden = ask("SELECT OBJECT_ID('b')").value
    assert ask(f"SELECT {facts.format(hidden)}", reader).rows == [(None, None, 4, None)]
    assert ask("SELECT COUNT(*) FROM sys.columns", reader).value == 2
    assert ask("SELECT SUM(rows) FROM sys.partitions", reader).value == 1


def test_a_default_is_shown_with_view_definition_only(ask, reader):
    definition = "SELECT definition FROM sys.default_constraints"
    assert ask(definition, reader).rows == [(None,)]
    ask("GRANT VIEW DEFINITION ON SCHEMA::dbo TO reader")
    assert ask(definition, reader).rows == [("((7))",)]


def test_the_condition_of_an_index_is_shown_with_view_definition_only(ask, reader):
    ask("CREATE UNIQUE INDEX i ON a (v) WHERE v > 3")
    shown = "SELECT has_filter, filter_definition FROM sys.indexes WHERE name = 'i'"
    assert ask(shown, reader).rows == [(True, None)]
    ask("GRANT VIEW DEFINITION ON a TO reader")
    assert ask(shown, reader).rows == [(True, "([v]>(3))")]


def test_reading_a_column_does_not_reveal_its_alias_type(ask, reader):
    ask("CREATE TYPE Mail FROM nvarchar(40); CREATE TABLE m (m Mail); GRANT SELECT ON m TO reader")
    typed = (
        "SELECT t.name, b.name FROM sys.columns AS c "
        "LEFT JOIN sys.types AS t ON t.user_type_id = c.user_type_id "
        "LEFT JOIN sys.types AS b ON b.user_type_id = c.system_type_id "
        "WHERE c.object_id = OBJECT_ID('m')"
    )
    assert ask(typed, reader).rows == [(None, "nvarchar")]
    ask("GRANT REFERENCES ON SCHEMA::dbo TO reader")
    assert ask(typed, reader).rows == [("Mail", "nvarchar")]


def test_permissions_come_from_schemas_databases_and_roles(ask, refuse, reader):
    ask("CREATE SCHEMA s; CREATE TABLE s.t (id int); GRANT SELECT ON SCHEMA::s TO reader")
    assert ask("SELECT * FROM s.t", reader).rows == []
    ask("CREATE ROLE ferry; GRANT SELECT ON b TO ferry; ALTER ROLE ferry ADD MEMBER reader")
    assert ask("SELECT * FROM b", reader).rows == []
    ask("ALTER ROLE ferry DROP MEMBER reader; GRANT SELECT TO reader")
    assert ask("SELECT * FROM b, c", reader).rows == []
    ask("REVOKE SELECT TO reader; REVOKE SELECT ON a FROM reader")
    assert refuse("SELECT * FROM a", reader).number == 229
    ask("ALTER ROLE db_datareader ADD MEMBER reader")
    assert ask("SELECT COUNT(*) FROM a", reader).value == 1
    assert ask("SELECT IS_MEMBER('db_datareader'), IS_MEMBER('db_owner')", reader).rows == [(1, 0)]


def test_deny_overrides_every_grant(ask, refuse, reader):
    ask("ALTER ROLE db_datareader ADD MEMBER reader; DENY SELECT ON b TO reader")
    assert refuse("SELECT * FROM b", reader).number == 229
    assert ask("SELECT * FROM c", reader).rows == []
    ask("ALTER ROLE db_denydatareader ADD MEMBER reader")
    assert refuse("SELECT * FROM a", reader).number == 229


def test_a_view_is_readable_without_permission_on_its_tables(ask, refuse, reader):
    ask("CREATE VIEW w AS SELECT id FROM b; INSERT b VALUES (5)")
    assert refuse("SELECT * FROM w", reader).number == 229
    ask("GRANT SELECT ON w TO reader")
    assert ask("SELECT id FROM w", reader).value == 5


def test_other_databases_are_closed_and_system_databases_open(ask, refuse, server, reader):
    server.create_database("Other")
    ask("CREATE TABLE Other.dbo.t (id int)")
    assert refuse("USE Other", reader).number == 916
    assert refuse("SELECT * FROM Other.dbo.t", reader).number == 916
    assert ask("SELECT OBJECT_ID('Other.dbo.t'), HAS_DBACCESS('Other')", reader).rows == [(None, 0)]
    assert len(ask("SELECT name FROM sys.databases WHERE name = 'Other'", reader).rows) == 1
    ask("CREATE TABLE #mine (id int); INSERT #mine VALUES (1); DROP TABLE #mine", reader)
    ask("USE master; SELECT name FROM sys.databases", reader)


def test_permissions_can_be_queried(ask, reader):
    asked = (
        "HAS_PERMS_BY_NAME('a', 'OBJECT', 'SELECT'), HAS_PERMS_BY_NAME('a', 'OBJECT', 'INSERT'), "
        "HAS_PERMS_BY_NAME('b', 'OBJECT', 'SELECT'), "
        "HAS_PERMS_BY_NAME('Shop', 'DATABASE', 'UNMASK')"
    )
    assert ask(f"SELECT {asked}", reader).rows == [(1, 0, None, 0)]
    assert ask(f"SELECT {asked}").rows == [(1, 1, 1, 1)]


def test_permissions_can_be_queried_for_names_that_are_rows(ask, server, reader):
    server.create_database("Other")
    ask("CREATE TABLE Other.dbo.[o]]dd] (id int)")
    asked = (
        "SELECT w.place, HAS_PERMS_BY_NAME(w.name, 'OBJECT', 'SELECT', 'id', 'COLUMN') "
        "FROM (VALUES (0, N'[Shop].[dbo].[A]'), (1, N'b'), (2, N'[Other].[dbo].[o]]dd]'), "
        "(3, N'nothing')) AS w (place, name) ORDER BY w.place"
    )
    assert ask(asked, reader).rows == [(0, 1), (1, None), (2, None), (3, None)]
    assert ask(asked).rows == [(0, 1), (1, 1), (2, 1), (3, None)]


def test_principals_and_grants_are_in_the_catalog(ask, reader):
    ask("CREATE ROLE ferry; ALTER ROLE ferry ADD MEMBER reader; DENY DELETE TO ferry")
    granted = (
        "SELECT p.name, g.permission_name, g.state_desc, g.class_desc "
        "FROM sys.database_permissions AS g JOIN sys.database_principals AS p "
        "ON p.principal_id = g.grantee_principal_id ORDER BY p.name"
    )
    assert ask(granted).rows == [
        ("ferry", "DELETE", "DENY", "DATABASE"),
        ("reader", "SELECT", "GRANT", "OBJECT_OR_COLUMN"),
    ]
    assert len(ask("SELECT * FROM sys.database_role_members").rows) == 1
    assert {"sa", "reader"} <= {n for (n,) in ask("SELECT name FROM sys.server_principals").rows}


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("CREATE LOGIN reader WITH PASSWORD = 'x'", 15025),
        ("CREATE USER x FOR LOGIN nobody", 15007),
        ("CREATE USER dbo WITHOUT LOGIN", 15023),
        ("DROP USER nobody", 15151),
        ("DROP ROLE db_owner", 15150),
        ("GRANT SELECT ON a TO nobody", 15151),
        ("GRANT SELECT ON missing TO public", 15151),
        ("GRANT SELECT ON SCHEMA::missing TO public", 15151),
        ("CREATE LOGIN [d\\u] FROM WINDOWS", 50000),
        ("GRANT", 156),
    ],
)
def test_invalid_statements_about_principals_raise_their_error_numbers(refuse, sql, number):
    assert refuse(sql).number == number


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE SYNONYM s FOR dbo.a",
        "CREATE SEQUENCE q",
        "CREATE FUNCTION dbo.f() RETURNS int AS BEGIN RETURN 1 END",
        "CREATE RULE r AS @x > 1",
        "CREATE DEFAULT d AS 1",
        "CREATE PARTITION FUNCTION p (int) AS RANGE LEFT FOR VALUES (1)",
        "EXEC sp_addtype t, 'int'",
    ],
)
def test_a_reader_may_create_nothing(ask, refuse, reader, statement):
    assert refuse(statement, reader).number == 262
    ask(statement)


def test_a_reader_may_drop_nothing(ask, refuse, reader):
    ask("CREATE SEQUENCE q; CREATE SYNONYM s FOR dbo.a; CREATE TYPE y FROM int")
    ask("CREATE SCHEMA Depot")
    for statement in ("DROP SEQUENCE q", "DROP SYNONYM s", "DROP TYPE y", "DROP SCHEMA Depot"):
        assert refuse(statement, reader).number == 3701
        ask(statement)
        verb, kind, name = statement.split()
        ask(f"{verb} {kind} IF EXISTS {name}", reader)
