"""Extended properties of tables and columns; properties of collations and databases."""

import pytest

from tableferry_sandbox.events import LanguageChanged

ON_TABLE = "N'SCHEMA', N'dbo', N'TABLE', N'T'"
LIST = (
    "SELECT p.minor_id, p.name, p.value, p.class_desc FROM sys.extended_properties p "
    "WHERE p.major_id = OBJECT_ID('dbo.T') ORDER BY p.minor_id"
)


@pytest.fixture
def table(ask):
    ask("CREATE TABLE dbo.T (A int, B int)")


def test_a_property_is_added_changed_and_dropped(ask, table):
    ask(f"EXEC sys.sp_addextendedproperty N'MS_Description', N'a table', {ON_TABLE}")
    ask(f"EXEC sp_addextendedproperty 'MS_Description', 'a column', {ON_TABLE}, 'COLUMN', 'b'")
    assert ask(LIST).rows == [
        (0, "MS_Description", "a table", "OBJECT_OR_COLUMN"),
        (2, "MS_Description", "a column", "OBJECT_OR_COLUMN"),
    ]
    ask(f"EXEC sp_updateextendedproperty N'ms_description', N'new', {ON_TABLE}")
    ask(f"EXEC sp_dropextendedproperty N'MS_Description', {ON_TABLE}, 'COLUMN', 'B'")
    assert [row[:3] for row in ask(LIST).rows] == [(0, "MS_Description", "new")]


def test_a_property_is_rolled_back_with_its_transaction(ask, table):
    ask(
        "BEGIN TRANSACTION; "
        f"EXEC sp_addextendedproperty N'MS_Description', N'x', {ON_TABLE}; ROLLBACK"
    )
    assert ask(LIST).rows == []


@pytest.mark.parametrize(
    ("call", "number"),
    [
        (f"sp_addextendedproperty N'Known', N'y', {ON_TABLE}", 15233),
        (f"sp_updateextendedproperty N'Unknown', N'y', {ON_TABLE}", 15217),
        (f"sp_dropextendedproperty N'Unknown', {ON_TABLE}", 15217),
        ("sp_addextendedproperty N'P', N'y', 'SCHEMA', 'dbo', 'TABLE', 'Nope'", 15135),
        (f"sp_addextendedproperty N'P', N'y', {ON_TABLE}, 'COLUMN', 'Nope'", 15135),
        ("sp_addextendedproperty N'P', N'y', 'SCHEMA', 'dbo', 'VIEW', 'V'", 15135),
        ("sp_addextendedproperty N'P', N'y', 'ASSEMBLY', 'a'", 50000),
        (f"sp_addextendedproperty N'P', 5, {ON_TABLE}", 50000),
        ("sp_addextendedproperty N'P', @nope = 'y'", 8145),
        (f"sp_addextendedproperty N'P', N'y', {ON_TABLE}, 'COLUMN', 'A', 'more'", 8144),
    ],
)
def test_an_invalid_property_change_raises_its_error_number(ask, refuse, table, call, number):
    ask(f"EXEC sp_addextendedproperty N'Known', N'x', {ON_TABLE}")
    assert refuse(f"EXEC {call}").number == number


def test_a_collation_reports_its_code_page(ask):
    pages = {
        "SQL_Latin1_General_CP1_CI_AS": 1252, "Chinese_Taiwan_Stroke_CI_AS": 950,
        "Chinese_PRC_CI_AS": 936, "Latin1_General_100_CI_AS_SC_UTF8": 65001, "None_such": None,
    }  # fmt: skip
    for name, page in pages.items():
        found = ask(f"SELECT CAST(COLLATIONPROPERTY('{name}', 'CodePage') AS int)").value
        assert found == page


def test_a_database_without_other_sessions_may_be_set_to_single_user(ask, refuse, connect):
    single = "ALTER DATABASE [{}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE"
    ask("CREATE DATABASE lonely")
    ask(single.format("lonely"))
    ask("DROP DATABASE lonely")
    connect()
    assert refuse(single.format(ask("SELECT DB_NAME()").value)).number == 50000


def test_setting_the_language_is_announced(session):
    assert LanguageChanged("us_english") in list(session.execute("SET LANGUAGE us_english"))


PARTS = {
    "NULL, NULL": ("DATABASE", 0),
    "'SCHEMA', 'dbo'": ("SCHEMA", 0),
    "'SCHEMA', 'dbo', 'TABLE', 'Parts'": ("OBJECT_OR_COLUMN", 0),
    "'SCHEMA', 'dbo', 'TABLE', 'Parts', 'COLUMN', 'n'": ("OBJECT_OR_COLUMN", 2),
    "'SCHEMA', 'dbo', 'TABLE', 'Parts', 'INDEX', 'i'": ("INDEX", 2),
    "'SCHEMA', 'dbo', 'TABLE', 'Parts', 'CONSTRAINT', 'pk'": ("OBJECT_OR_COLUMN", 0),
    "'SCHEMA', 'dbo', 'VIEW', 'V'": ("OBJECT_OR_COLUMN", 0),
    "'SCHEMA', 'dbo', 'VIEW', 'V', 'COLUMN', 'id'": ("OBJECT_OR_COLUMN", 1),
    "'SCHEMA', 'dbo', 'SEQUENCE', 'q'": ("OBJECT_OR_COLUMN", 0),
    "'SCHEMA', 'dbo', 'TYPE', 'Code'": ("TYPE", 0),
}


@pytest.mark.parametrize("part", PARTS)
def test_every_kind_of_object_may_have_properties(ask, part):
    ask("CREATE TABLE Parts (id int CONSTRAINT pk PRIMARY KEY, n int, INDEX i (n))")
    ask("CREATE SEQUENCE q; CREATE TYPE Code FROM int")
    ask("CREATE VIEW V AS SELECT id FROM Parts")
    ask(f"EXEC sp_addextendedproperty N'MS_Description', N'a part', {part}")
    kind, minor = PARTS[part]
    shown = "SELECT class_desc, minor_id, name, value FROM sys.extended_properties"
    assert ask(shown).rows == [(kind, minor, "MS_Description", "a part")]
    ask(f"EXEC sp_dropextendedproperty N'MS_Description', {part}")
    assert ask(shown).rows == []
