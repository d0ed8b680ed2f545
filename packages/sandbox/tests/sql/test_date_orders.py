"""In which order dates are read, and on which day weeks begin.

The pages of learn.microsoft.com: "SET DATEFORMAT (Transact-SQL)", "SET LANGUAGE (Transact-SQL)",
"SET DATEFIRST (Transact-SQL)", "sys.syslanguages (Transact-SQL)".
"""

import pytest

from tableferry_sandbox.events import LanguageChanged, LoginRequest, SqlError

READ = "SELECT CONVERT(varchar(10), TRY_CAST('{}' AS {}), 23)"


@pytest.mark.parametrize(
    ("order", "text", "type_name", "day"),
    [
        ("mdy", "01/02/2024", "datetime", "2024-01-02"),
        ("dmy", "01/02/2024", "datetime", "2024-02-01"),
        ("dmy", "01/02/2024", "date", "2024-02-01"),
        ("dmy", "12/31/2024", "datetime2", None),
        ("dmy", "24-12-11", "date", "2011-12-24"),
        ("dmy", "1/2/3", "datetimeoffset", "2003-02-01"),
        ("ymd", "12.11.24", "date", "2012-11-24"),
        ("ymd", "12/11/2024", "smalldatetime", "2024-12-11"),
        ("dym", "24-12-11", "date", "2012-11-24"),
        ("myd", "11-12-24", "datetime", "2012-11-24"),
    ],
)
def test_numbers_are_read_in_the_order_of_dateformat(ask, order, text, type_name, day):
    """ "SET DATEFORMAT (Transact-SQL)": it interprets strings of all types with a date."""
    ask(f"SET DATEFORMAT {order}")
    assert ask(READ.format(text, type_name)).value == day


@pytest.mark.parametrize(
    ("text", "type_name", "day"),
    [
        ("2024-01-02", "date", "2024-01-02"),
        ("2024-01-02", "datetime2", "2024-01-02"),
        ("2024-31-12", "datetime2", None),
        ("2024-01-02T00:00:00", "datetime", "2024-01-02"),
        ("20240102", "smalldatetime", "2024-01-02"),
        ("Jan 2 2024", "datetime", "2024-01-02"),
        ("2024-01-02", "datetime", "2024-02-01"),
        ("2024-01-02 03:04", "smalldatetime", "2024-02-01"),
    ],
)
def test_a_year_in_front_is_iso_8601_but_for_datetime_without_a_t(ask, text, type_name, day):
    """ "date (Transact-SQL)" and "SET DATEFORMAT": only the older types follow it then."""
    ask("SET DATEFORMAT dmy")
    assert ask(READ.format(text, type_name)).value == day


def test_the_newer_types_do_not_know_ydm(ask, refuse):
    """ "SET DATEFORMAT": ydm is not supported for date, datetime2 and datetimeoffset."""
    ask("SET DATEFORMAT ydm")
    assert ask(READ.format("24-12-11", "datetime")).value == "2024-11-12"
    assert refuse("SELECT CAST('24-12-11' AS date)").number == 241


def test_a_style_of_convert_wins_over_dateformat(ask):
    """ "CAST and CONVERT (Transact-SQL)": 101 is mm/dd/yyyy, 103 dd/mm/yyyy."""
    ask("SET DATEFORMAT dmy")
    read = "SELECT CONVERT(varchar(10), CONVERT(datetime, '{}', {}), 23)"
    assert ask(read.format("01/02/2024", 101)).value == "2024-01-02"
    assert ask(read.format("2024-01-02 00:00:00", 120)).value == "2024-01-02"
    ask("SET DATEFORMAT mdy")
    assert ask(read.format("01/02/2024", 103)).value == "2024-02-01"


def test_the_same_statement_is_read_anew_after_dateformat(ask):
    """Its answer is not taken from those that are kept: of tables' rows, or of the catalog's."""
    ask("CREATE TABLE t (s varchar(10)); INSERT t VALUES ('01/02/2024')")
    for read in (
        "SELECT CONVERT(char(10), CAST(s AS datetime), 23) FROM t",
        "SELECT CONVERT(char(10), CAST('01/02/2024' AS datetime), 23) FROM sys.tables",
    ):
        ask("SET DATEFORMAT mdy")
        assert ask(read).value == "2024-01-02"
        ask("SET DATEFORMAT dmy")
        assert ask(read).value == "2024-02-01"


def test_dateformat_takes_a_name_a_text_or_a_variable(ask, refuse):
    shown = "SELECT date_format FROM sys.dm_exec_sessions WHERE session_id = @@SPID"
    assert ask(f"SET DATEFORMAT DMY; {shown}").value == "dmy"
    assert ask(f"SET DATEFORMAT 'ymd'; {shown}").value == "ymd"
    assert ask(f"DECLARE @f char(3) = 'myd'; SET DATEFORMAT @f; {shown}").value == "myd"
    assert refuse("SET DATEFORMAT xyz").number == 2741


def test_a_language_brings_its_order_and_its_first_day(ask, session):
    """ "SET LANGUAGE": it implicitly sets DATEFORMAT; "@@DATEFIRST": the first day as well."""
    events = list(session.execute("SET LANGUAGE British"))
    assert events[0] == LanguageChanged("British")
    found = ask(
        "SELECT @@LANGUAGE, @@LANGID, @@DATEFIRST, language, date_format, date_first "
        "FROM sys.dm_exec_sessions WHERE session_id = @@SPID"
    )
    assert found.rows == [("British", 23, 1, "British", "dmy", 1)]
    assert ask(READ.format("01/02/2024", "datetime")).value == "2024-02-01"
    assert ask("SET LANGUAGE us_english; SELECT @@LANGUAGE, @@LANGID, @@DATEFIRST").rows == [
        ("us_english", 0, 7)
    ]


@pytest.mark.parametrize("name", ["British", "[British English]", "N'british english'", "@l"])
def test_a_language_has_a_name_and_an_alias(ask, name):
    """ "SET LANGUAGE": the name as stored in sys.syslanguages."""
    found = ask(f"DECLARE @l sysname = N'British'; SET LANGUAGE {name}; SELECT @@LANGUAGE")
    assert found.value == "British"


def test_dateformat_overrides_that_of_the_language(ask):
    """ "SET DATEFORMAT": it overrides the implicit setting of SET LANGUAGE."""
    shown = "SELECT date_format FROM sys.dm_exec_sessions WHERE session_id = @@SPID"
    assert ask(f"SET DATEFORMAT ymd; SET LANGUAGE British; {shown}").value == "ymd"
    assert ask(f"SET LANGUAGE British; SET DATEFORMAT myd; {shown}").value == "myd"
    assert ask(f"SET LANGUAGE British; {shown}").value == "dmy"


def test_a_language_that_is_not_english_is_refused(refuse):
    assert refuse("SET LANGUAGE German").number == 50000
    error = refuse("SET LANGUAGE Klingon")
    assert error.number == 2740
    assert error.message == (
        "SET LANGUAGE failed because 'Klingon' is not an official language name or a language "
        "alias on this SQL Server."
    )


def test_the_languages_are_listed(ask):
    found = ask("SELECT name, alias, dateformat, datefirst, lcid, msglangid FROM sys.syslanguages")
    assert found.rows == [
        ("us_english", "English", "mdy", 7, 1033, 1033),
        ("British", "British English", "dmy", 1, 2057, 1033),
    ]


def test_datefirst_moves_weekday_and_week(ask, refuse):
    """ "SET DATEFIRST": with 7, 1999-01-01 is the sixth day of its week, with 3 the third."""
    weekday = "SELECT DATEPART(dw, '1999-1-1')"
    assert ask(weekday).value == 6
    assert ask(f"SET DATEFIRST 3; {weekday}").value == 3
    assert ask("SELECT @@DATEFIRST").value == 3
    week = "SELECT DATEPART(week, '2024-01-07')"
    assert ask(f"SET DATEFIRST 1; {week}").value == 1
    assert ask(f"SET DATEFIRST 7; {week}").value == 2
    for number in (0, 8):
        assert refuse(f"SET DATEFIRST {number}").number == 2742


def test_a_new_session_and_a_reset_one_read_as_us_english(ask, connect, session):
    ask("SET LANGUAGE British")
    read = READ.format("01/02/2024", "datetime")
    assert ask(read, connect()).value == "2024-01-02"
    session.reset()
    assert ask(read).value == "2024-01-02"


def test_a_login_may_choose_the_language(ask, server):
    request = LoginRequest("sa", "secret-1", "Shop", language="British English")
    session = server.login(request)
    shown = "SELECT @@LANGUAGE, date_format FROM sys.dm_exec_sessions WHERE session_id = @@SPID"
    assert ask(shown, session).rows == [("British", "dmy")]
    ask("SET LANGUAGE us_english", session)
    session.reset()
    assert ask(shown, session).rows == [("British", "dmy")]
    with pytest.raises(SqlError):
        server.login(LoginRequest("sa", "secret-1", "Shop", language="Klingon"))
