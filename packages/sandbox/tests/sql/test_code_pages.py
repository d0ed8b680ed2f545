"""varchar in every code page: what is stored, how many bytes it takes, which collation it has."""

# ruff: noqa: RUF001 - texts of other alphabets

import hashlib

import pytest

from tableferry_sandbox.collations import collation, name_of

TEXTS = {
    # collation: (text, its bytes)
    "Latin1_General_CI_AS": ("Größe €", "Größe €".encode("cp1252")),
    "SQL_Latin1_General_CP437_CI_AS": ("Größe ╬ αß", "Größe ╬ αß".encode("cp437")),
    "SQL_Latin1_General_CP850_CI_AS": ("Größe Ð ¾", "Größe Ð ¾".encode("cp850")),
    "Polish_CI_AS": ("Zażółć gęślą jaźń", "Zażółć gęślą jaźń".encode("cp1250")),
    "Czech_CS_AS": ("Příliš žluťoučký", "Příliš žluťoučký".encode("cp1250")),
    "Cyrillic_General_CI_AS": ("Съешь ещё №5", "Съешь ещё №5".encode("cp1251")),
    "Greek_CI_AI": ("Ξεσκεπάζω", "Ξεσκεπάζω".encode("cp1253")),
    "Turkish_CI_AS": ("Işık İzmir ğ", "Işık İzmir ğ".encode("cp1254")),
    "Hebrew_CI_AS": ("שלום ₪", "שלום ₪".encode("cp1255")),
    "Arabic_CI_AS": ("مرحبا", "مرحبا".encode("cp1256")),
    "Lithuanian_CI_AS": ("Įlinkdama", "Įlinkdama".encode("cp1257")),
    "Vietnamese_CI_AS": ("Đồng ₫".replace("ồ", "ô\u0300"), "Đô\u0300ng ₫".encode("cp1258")),
    "Thai_CI_AS": ("สวัสดี", "สวัสดี".encode("cp874")),
    "Japanese_CI_AS": ("日本語ｱ表", "日本語ｱ表".encode("cp932")),
    "Chinese_PRC_CI_AS": ("中文€丂", "中文".encode("gbk") + b"\x80" + "丂".encode("gbk")),
    "Korean_Wansung_CI_AS": ("한국어뷁", "한국어뷁".encode("cp949")),
    "Chinese_Taiwan_Stroke_CI_AS": ("繁體中文", "繁體中文".encode("cp950")),
    "Latin1_General_100_CI_AS_SC_UTF8": ("Aя日😀", "Aя日😀".encode()),
    "Japanese_XJIS_140_BIN2": ("日本", "日本".encode("cp932")),
}


@pytest.mark.parametrize(("name", "text", "raw"), [(n, *v) for n, v in TEXTS.items()])
def test_a_text_is_stored_as_the_bytes_of_its_code_page(ask, name, text, raw):
    ask(
        f"CREATE TABLE dbo.t (a varchar(40) COLLATE {name}, b char(40) COLLATE {name}, "
        f"c varchar(max) COLLATE {name})"
    )
    ask(f"INSERT INTO dbo.t VALUES (N'{text}', N'{text}', N'{text}')")
    assert ask("SELECT a, RTRIM(b), c FROM dbo.t").rows == [(text,) * 3]
    sizes = ask("SELECT DATALENGTH(a), DATALENGTH(b), DATALENGTH(c) FROM dbo.t").rows
    assert sizes == [(len(raw), 40, len(raw))]
    bytes_of = "CAST(a AS varbinary(99)), CAST(CAST(a AS nvarchar(99)) AS varbinary(99))"
    assert ask(f"SELECT {bytes_of} FROM dbo.t").rows == [(raw, text.encode("utf-16-le"))]
    assert ask(f"SELECT ASCII(a) FROM dbo.t WHERE a = N'{text}'").rows == [(raw[0],)]


def test_what_a_code_page_lacks_becomes_a_question_mark(ask):
    ask("CREATE TABLE dbo.t (a varchar(40) COLLATE Greek_CI_AS, b varchar(40) COLLATE Thai_CI_AS)")
    ask("INSERT INTO dbo.t VALUES (N'aя日😀λ', N'ßส')")
    assert ask("SELECT a, b FROM dbo.t").rows == [("a????λ", "?ส")]


def test_bytes_are_read_in_the_code_page_of_the_database(ask):
    ask("CREATE DATABASE Kyiv COLLATE Ukrainian_CI_AS")
    assert ask("USE Kyiv; SELECT CAST(0xC1B3E7 AS varchar(9)), CHAR(0xB3), ASCII(N'Ї')").rows == [
        ("Біз", "і", 0xAF)
    ]
    ask("CREATE DATABASE Osaka COLLATE Japanese_CI_AS")
    assert ask("USE Osaka; SELECT CAST(0x93FA967B AS varchar(9)), CHAR(0xB1), CHAR(0x93)").rows == [
        ("日本", "ｱ", None)
    ]


@pytest.mark.parametrize(
    ("name", "length", "fits", "over"),
    [
        ("Japanese_CI_AS", 4, "日本", "日本語"),
        ("Japanese_CI_AS", 3, "日ｱ", "日本"),
        ("Latin1_General_100_CI_AS_SC_UTF8", 4, "😀", "日本"),
        ("Cyrillic_General_CI_AS", 2, "яж", "яжь"),
    ],
)
def test_a_length_counts_bytes(ask, refuse, name, length, fits, over):
    ask(f"CREATE TABLE dbo.t (a varchar({length}) COLLATE {name})")
    ask(f"INSERT INTO dbo.t VALUES (N'{fits}'), (N'{fits}    ')")
    assert ask("SELECT DISTINCT RTRIM(a) FROM dbo.t").rows == [(fits,)]
    assert refuse(f"INSERT INTO dbo.t VALUES (N'{over}')").number == 2628
    cut = over[:-1] if name != "Latin1_General_100_CI_AS_SC_UTF8" else "日"
    cast = f"CAST(N'{over}' COLLATE {name} AS varchar({length}))"
    assert ask(f"SELECT {cast}").rows == [(cut,)]


def test_fixed_lengths_are_padded_to_bytes(ask):
    ask("CREATE TABLE dbo.t (a char(6) COLLATE Korean_Wansung_CI_AS)")
    ask("INSERT INTO dbo.t VALUES (N'한')")
    assert ask("SELECT a, LEN(a), DATALENGTH(a) FROM dbo.t").rows == [("한    ", 1, 6)]


def test_a_literal_without_n_has_the_code_page_of_the_database(ask):
    assert ask("SELECT 'aя', N'aя', 'é'").rows == [("a?", "aя", "é")]
    ask("CREATE DATABASE Sofia COLLATE Cyrillic_General_CI_AS")
    ask("USE Sofia; CREATE TABLE dbo.t (a varchar(9), b nvarchar(9)); SELECT * INTO u FROM dbo.t")
    ask("USE Sofia; INSERT INTO dbo.t VALUES ('яé', 'яé'); DECLARE @a varchar(5) = N'жé'; "
        "INSERT INTO u VALUES (@a, @a)")  # fmt: skip
    assert ask("SELECT * FROM Sofia.dbo.t").rows == [("я?", "я?")]
    assert ask("SELECT * FROM Sofia.dbo.u").rows == [("ж?", "ж?")]
    names = ask("SELECT DISTINCT collation_name FROM Sofia.sys.columns WHERE object_id > 100").rows
    assert ("Cyrillic_General_CI_AS",) in names


def test_a_result_has_its_collation(ask):
    ask("CREATE DATABASE Sofia COLLATE Cyrillic_General_CI_AS")
    found = ask("USE Sofia; SELECT 'я' AS a, 'я' COLLATE Greek_CI_AS AS b, CAST(1 AS char(1)) AS c")
    assert [column.type.collation for column in found.columns] == [
        "Cyrillic_General_CI_AS", "Greek_CI_AS", "Cyrillic_General_CI_AS",
    ]  # fmt: skip
    assert found.rows == [("я", "?", "1")]


def test_collations_meet_by_precedence(ask, refuse):
    ask("CREATE TABLE dbo.t (a varchar(9) COLLATE Greek_CI_AS, b varchar(9) COLLATE Thai_CI_AS)")
    ask("INSERT INTO dbo.t VALUES (N'λ', N'ส')")
    assert ask("SELECT a + '!', COALESCE(a, 'x'), CONCAT('<', a, 1) FROM dbo.t").rows == [
        ("λ!", "λ", "<λ1")
    ]
    assert ask("SELECT a + b COLLATE Greek_CI_AS FROM dbo.t").rows == [("λ?",)]
    assert ask("SELECT CAST(a AS nvarchar(9)) + N'日' FROM dbo.t").rows == [("λ日",)]
    for conflict in ("a + b", "COALESCE(a, b)", "CASE WHEN a = 'x' THEN a ELSE b END",
                     "CONCAT(a, b)", "REPLACE(a, b, '')"):  # fmt: skip
        assert refuse(f"SELECT {conflict} FROM dbo.t").number == 468
    assert refuse("SELECT 1 FROM dbo.t WHERE a = b").number == 468
    assert refuse("SELECT a FROM dbo.t UNION SELECT b FROM dbo.t").number == 468


def test_binary_collations_of_varchar_sort_by_bytes(ask):
    ask("CREATE TABLE dbo.t (a varchar(9) COLLATE Latin1_General_BIN2)")
    ask("INSERT INTO dbo.t VALUES (N'é'), (N'€'), (N'z'), (N'š')")
    assert [row[0] for row in ask("SELECT a FROM dbo.t ORDER BY a").rows] == ["z", "€", "š", "é"]


def test_a_variant_keeps_its_collation(ask):
    value = "CAST(N'日' COLLATE Japanese_CI_AS AS varchar(9))"
    asked = f"CAST(SQL_VARIANT_PROPERTY({value}, 'Collation') AS nvarchar(99))"
    back = f"CAST(CAST({value} AS sql_variant) AS nvarchar(9))"
    assert ask(f"SELECT {asked}, {back}").rows == [("Japanese_CI_AS", "日")]


def test_a_literals_length_counts_bytes(ask):
    ask("CREATE DATABASE Osaka COLLATE Japanese_CI_AS")
    found = ask("USE Osaka; SELECT '日本', N'日本', '日' + 'a'")
    assert found.types == ["varchar(4)", "nvarchar(2)", "varchar(3)"]
    assert ask("SELECT 'é' COLLATE Latin1_General_100_CI_AS_SC_UTF8").types == ["varchar(3)"]


def test_values_without_a_collation_are_converted_in_that_of_the_database(ask):
    ask("CREATE DATABASE Osaka COLLATE Japanese_CI_AS")
    ask("USE Osaka; CREATE TABLE dbo.t (a sql_variant, b varchar(9) DEFAULT '日')")
    ask("INSERT INTO dbo.t (a) VALUES ('本')")
    asked = "CAST(a AS nvarchar(9)), b, CONVERT(varbinary(9), '日'), HASHBYTES('MD5', '日')"
    expected = ("本", "日", b"\x93\xfa", hashlib.md5(b"\x93\xfa").digest())
    assert ask(f"SELECT {asked} FROM dbo.t").rows == [expected]
    asked = "DECLARE @a varchar(3) = '日本', @b char(5) = N'日', @c varchar(9); SELECT @c = N'é日'"
    assert ask(f"{asked}; SELECT @a, @b, DATALENGTH(@b), @c").rows == [("日", "日   ", 5, "?日")]


def test_a_view_has_the_code_page_of_its_database(ask):
    ask("CREATE DATABASE Osaka COLLATE Japanese_CI_AS")
    ask("USE Osaka; EXEC('CREATE VIEW dbo.v AS SELECT ''日'' AS a, CAST(N''本'' AS varchar(4)) b')")
    found = ask("SELECT a, b FROM Osaka.dbo.v")
    assert found.rows == [("日", "本")]
    assert {column.type.collation for column in found.columns} == {"Japanese_CI_AS"}


def test_temporary_tables_have_the_servers_collation_unless_they_name_the_databases(ask):
    ask("CREATE DATABASE Osaka COLLATE Japanese_CI_AS")
    ask("USE Osaka; CREATE TABLE #t (a varchar(9), b varchar(9) COLLATE DATABASE_DEFAULT)")
    ask("INSERT INTO #t VALUES (N'日', N'日')")
    assert ask("SELECT a, b FROM #t").rows == [("?", "日")]


def test_the_catalog_tells_code_pages(ask):
    asked = ", ".join(
        f"CAST(COLLATIONPROPERTY('Japanese_XJIS_100_CI_AS_KS', '{wanted}') AS int)"
        for wanted in ("CodePage", "LCID", "ComparisonStyle", "Version")
    )
    assert ask(f"SELECT {asked}").rows == [(932, 1041, 131073, 2)]
    ask("CREATE TABLE dbo.t (a char(9) COLLATE Greek_CI_AS, b varchar(9), c nchar(9))")
    asked = "SELECT CHARACTER_SET_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 't'"
    assert ask(f"{asked} ORDER BY ORDINAL_POSITION").rows == [("cp1253",), ("iso_1",), ("UNICODE",)]


def test_unknown_collations_are_refused(refuse):
    for statement in (
        "CREATE TABLE dbo.t (a varchar(9) COLLATE Klingon_CI_AS)",
        "CREATE DATABASE Qo COLLATE Klingon_CI_AS",
        "SELECT 'a' COLLATE Klingon_CI_AS",
    ):
        assert refuse(statement).number == 448


@pytest.mark.parametrize("name", TEXTS)
def test_a_collation_is_known_by_its_five_bytes(name):
    assert collation(name_of(collation(name).wire)) == collation(name)
