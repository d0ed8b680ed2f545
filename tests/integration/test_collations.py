"""Texts of every code page cross exactly, as values and as keys."""

# ruff: noqa: RUF001 - texts of other alphabets

from collections.abc import Iterator
from typing import Any

import pytest

from tableferry.config import Settings, parse_table_configs
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.specs import entry

TEXTS = {
    "SQL_Latin1_General_CP1_CI_AS": ["Größe", "naïve", "€uro", "œuvre"],
    "SQL_Latin1_General_CP437_CI_AS": ["Größe", "╬═╬", "αΓπ", "½¼"],
    "SQL_Latin1_General_CP850_CI_AS": ["Größe", "Ðþ", "¾", "ñandú"],
    "Polish_CI_AS": ["Zażółć", "gęślą", "jaźń", "Łódź"],
    "Czech_CI_AS": ["Příliš", "žluťoučký", "kůň", "ďábelské"],
    "Cyrillic_General_CI_AS": ["Съешь", "ещё", "№5", "їжак"],
    "Greek_CI_AS": ["Ξεσκεπάζω", "την", "ψυχοφθόρα", "βδελυγμία"],
    "Turkish_CI_AS": ["Işık", "İzmir", "ağaç", "şeker"],
    "Hebrew_CI_AS": ["שלום", "עולם", "₪5", "תודה"],
    "Arabic_CI_AS": ["مرحبا", "بالعالم", "پنج", "شكرا"],
    "Lithuanian_CI_AS": ["Įlinkdama", "fechtuotojo", "špaga", "žvilgėjo"],
    "Vietnamese_CI_AS": ["Đo\u0323c", "₫100", "nươ\u0301c", "sông"],
    "Thai_CI_AS": ["สวัสดี", "ชาวโลก", "฿5", "ขอบคุณ"],
    "Japanese_CI_AS": ["日本語", "ｶﾀｶﾅ", "表示", "①～"],
    "Chinese_PRC_CI_AS": ["中文", "€5", "漢字", "丂丄"],
    "Korean_Wansung_CI_AS": ["한국어", "뷁", "漢字", "안녕"],
    "Chinese_Taiwan_Stroke_CI_AS": ["繁體", "中文", "€5", "許功蓋"],
    "Latin1_General_100_CI_AS_SC_UTF8": ["Größe", "Съешь", "日本語", "😀"],
    "Latin1_General_100_BIN2_UTF8": ["Größe", "Съешь", "日本語", "😀"],
}


@pytest.fixture
def database(sandbox: Sandbox, module_pg_database: PgDatabase) -> Iterator[PgDatabase]:
    module_pg_database.run("DROP TABLE IF EXISTS t")
    yield module_pg_database
    sandbox.run("DROP TABLE IF EXISTS dbo.T")


def sync(
    sandbox: Sandbox, database: PgDatabase, source: str = "McTM", **changes: Any
) -> TableOutcome:
    names = ["Code", "ID", "Fixed", "Long"]
    configured = entry(**{
        "sql_server_db": source, "sql_table": f"[{source}].[dbo].[T]", "pg_table": "t",
        "columns": names, "pg_columns": [n.lower() for n in names], "order_by": "Code", **changes,
    })  # fmt: skip
    settings = Settings({"mctm": sandbox.source(source)}, settings_of(database))
    return sync_table(parse_table_configs({"t": configured})["t"], settings)


def fill(sandbox: Sandbox, name: str) -> list[tuple[str, int, str, str]]:
    sandbox.run(
        f"CREATE TABLE dbo.T (Code varchar(40) COLLATE {name} NOT NULL PRIMARY KEY, "
        f"ID int NOT NULL, Fixed char(30) COLLATE {name} NOT NULL, "
        f"Long varchar(max) COLLATE {name} NULL)"
    )
    texts = [f"{text}{n}" for text in TEXTS[name] for n in range(5)]
    rows = ", ".join(
        f"(N'{text}', {n}, N'{text}', REPLICATE(CAST(N'{text}' AS nvarchar(max)), 2000))"
        for n, text in enumerate(texts)
    )
    sandbox.run(f"INSERT INTO dbo.T VALUES {rows}")
    return [(text, n, text, text * 2000) for n, text in enumerate(texts)]


@pytest.mark.parametrize("chunks", [1, 4])
@pytest.mark.parametrize("name", TEXTS)
def test_texts_of_every_code_page_cross_exactly(
    sandbox: Sandbox, database: PgDatabase, name: str, chunks: int
) -> None:
    expected = fill(sandbox, name)
    outcome = sync(sandbox, database, chunks=chunks)
    assert outcome.status is Status.OK, outcome.error
    found = database.rows("SELECT code, id, rtrim(fixed), long FROM t ORDER BY id")
    assert found == expected


@pytest.mark.parametrize("name", ["Japanese_CI_AS", "Greek_CI_AS", "Latin1_General_100_BIN2_UTF8"])
def test_texts_of_a_code_page_are_keys_to_cut_and_to_merge_by(
    sandbox: Sandbox, database: PgDatabase, name: str
) -> None:
    fill(sandbox, name)
    merge = {"publish": "merge", "chunks": 4}
    assert sync(sandbox, database, **merge).status is Status.OK
    gone, changed = TEXTS[name][0] + "0", TEXTS[name][1] + "3"
    sandbox.run(f"DELETE FROM dbo.T WHERE Code = N'{gone}'")
    sandbox.run(f"UPDATE dbo.T SET ID = 100, Long = NULL WHERE Code = N'{changed}'")
    outcome = sync(sandbox, database, **merge)
    assert outcome.status is Status.OK, outcome.error
    found = database.rows("SELECT code, id FROM t")
    # python-tds does not know UTF-8 collations.
    expected = sandbox.rows("SELECT CAST(Code AS nvarchar(40)), ID FROM dbo.T")
    assert sorted(found) == sorted(expected)
    assert (changed, 100) in found
    assert gone not in dict(found)


@pytest.mark.parametrize("name", ["Cyrillic_General_CI_AS", "Chinese_PRC_CI_AS"])
def test_a_database_of_another_code_page_is_a_source(
    sandbox: Sandbox, database: PgDatabase, name: str
) -> None:
    sandbox.run(f"CREATE DATABASE Other COLLATE {name}")
    try:
        texts = TEXTS[name]
        sandbox.run(
            "USE Other; CREATE TABLE dbo.T (Code varchar(20) NOT NULL PRIMARY KEY, ID int NOT NULL)"
        )
        rows = ", ".join(f"('{text}', {n})" for n, text in enumerate(texts))
        sandbox.run(f"USE Other; "
                    f"INSERT INTO dbo.T VALUES {rows}")  # fmt: skip
        outcome = sync(
            sandbox, database, "Other", columns=["Code", "ID"],
            pg_columns=["code", "id"], where=f"Code <> N'{texts[0]}'",
        )  # fmt: skip
        assert outcome.status is Status.OK, outcome.error
        found = database.rows("SELECT code, id FROM t ORDER BY id")
        assert found == [(text, n) for n, text in enumerate(texts)][1:]
    finally:
        sandbox.run("USE master; DROP DATABASE Other")
