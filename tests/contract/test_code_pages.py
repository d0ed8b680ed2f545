"""Which code pages Microsoft's driver decodes as Windows, and so SQL Server, does."""

import contextlib
from collections.abc import Iterator

import pyarrow as pa
import pytest

from sandbox_support.fake_engine import FakeEngine
from tableferry import sqlserver
from tableferry.config import SourceSettings
from tableferry.sqlserver.code_pages import misreads
from tableferry.sqlserver.provider import PROVIDER
from tableferry_sandbox.code_pages import decode
from tableferry_sandbox.collations import collation
from tableferry_sandbox.events import ResultSet, StatementDone
from tableferry_sandbox.sqltypes import MAX, Column, SqlType
from tableferry_sandbox.tds_server import SandboxServer

COLLATIONS = [
    "SQL_Latin1_General_CP1_CI_AS", "SQL_Latin1_General_CP437_CI_AS", "Latin1_General_100_BIN2",
    "SQL_Latin1_General_CP850_CI_AS", "Polish_CI_AS", "Cyrillic_General_CI_AS", "Greek_CI_AS",
    "Turkish_CI_AS", "Hebrew_CI_AS", "Arabic_CI_AS", "Estonian_CI_AS", "Vietnamese_CI_AS",
    "Thai_CI_AS", "Latin1_General_100_CI_AS_SC_UTF8", "Japanese_CI_AS", "Chinese_PRC_CI_AS",
    "Korean_Wansung_CI_AS", "Chinese_Taiwan_Stroke_CI_AS",
    *(f"SQL_Latin1_General_CP{page}_CI_AS" for page in (1250, 1251, 1253, 1254, 1255, 1256, 1257)),
]  # fmt: skip


def characters(codec: str) -> list[str]:
    """Return every character of a code page, by Python's tables."""
    if codec == "utf-8":
        return [chr(n) for n in [*range(1, 0x3000), 0x1F600, 0x10D800, 0x10FFFD]]
    if codec not in {"gbk", "cp932", "cp949", "cp950"}:
        return list(decode(bytes(range(1, 256)), codec))
    found = []
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            with contextlib.suppress(UnicodeDecodeError):
                found.append(bytes([lead, trail]).decode(codec))
    return [text for text in found if len(text) == 1]


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def connection(engine) -> Iterator[sqlserver.SourceConnection]:
    with SandboxServer(engine) as server:
        settings = SourceSettings(
            prefix="SQL_SERVER_WIRE_", host="127.0.0.1", port=server.port, db="McTM",
            user="reader", password="pässwörd 1",
        )  # fmt: skip
        with sqlserver.connect(settings) as opened:
            yield opened


@pytest.mark.parametrize("name", COLLATIONS)
@pytest.mark.parametrize("length", [300, MAX])
def test_the_driver_decodes_every_code_page_that_the_engine_lets_it_read(
    connection, engine, name, length
):
    codec = collation(name).codec
    sent = characters(codec)

    def answer(_session, _match, _parameters):
        array = pa.array(sent, pa.large_string())
        column = Column("a", SqlType("varchar", length, collation=name))
        yield ResultSet([column], iter([pa.RecordBatch.from_arrays([array], ["a"])]))
        yield StatementDone(len(sent), "SELECT")

    engine.extra = [(r"SELECT CHARACTERS", answer)]
    cursor = connection.stream("SELECT CHARACTERS")
    found = []
    while (batch := cursor.arrow_batch(50_000)).num_rows:
        found += batch.column(0).to_pylist()
    assert len(found) == len(sent)
    misread = {
        (was, read) for was, read in zip(sent, found, strict=True) if read not in {was, "\ufffd"}
    }
    page = {"utf-8": 65001, "gbk": 936}.get(codec) or int(codec.removeprefix("cp"))
    assert misread == set() or misreads(page, PROVIDER)
    assert (codec == "cp950") == bool(misread)
