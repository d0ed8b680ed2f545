"""Tables of texts: long ones, and short ones in bounded columns and in (max) columns."""

from tableferry_sandbox.sample import BenchTable, SampleColumn, SampleTable
from tableferry_sandbox.sample.fills import (
    binaries,
    hexadecimal,
    joined,
    key,
    sometimes_null,
    words,
)
from tableferry_sandbox.sample.tables import Fill

_WORDS = words("Größe", "Вантаж", "freight", "貨物", "перевезення вантажів")


def text_heavy(rows: int) -> BenchTable:
    """Return a table of a key and six texts of 30 to 300 characters, about 900 bytes a row."""
    columns = [SampleColumn("ID", "bigint NOT NULL", key("bigint"))]
    for number, (declaration, fill) in enumerate(
        (
            ("nvarchar(100)", joined(_WORDS, hexadecimal(20), separator=" ")),
            ("nvarchar(400)", _long(5)),
            ("nvarchar(400)", sometimes_null(_long(4), 5)),
            ("varchar(400)", hexadecimal(200)),
            ("varchar(100)", sometimes_null(hexadecimal(40), 5)),
            ("nvarchar(400)", _long(3)),
        )
    ):
        columns.append(SampleColumn(f"Text{number}", f"{declaration} NULL", fill))
    return _table("TextHeavy", "bench_text_heavy", 35, columns, rows)


def _long(times: int) -> Fill:
    return joined(*([_WORDS, hexadecimal(24)] * times), separator=" ")


def bounded_texts(rows: int) -> BenchTable:
    """Return a table of a key and five short values in columns of at most 200 characters."""
    return _table("BoundedTexts", "bench_bounded_texts", 36, _short("200"), rows)


def short_max_texts(rows: int) -> BenchTable:
    """Return the same rows in ``(max)`` columns."""
    return _table("ShortMaxTexts", "bench_short_max_texts", 36, _short("max"), rows)


def _short(size: str) -> list[SampleColumn]:
    return [
        SampleColumn("ID", "bigint NOT NULL", key("bigint")),
        SampleColumn(
            "Title", f"nvarchar({size}) NULL", joined(_WORDS, hexadecimal(8), separator=" ")
        ),
        SampleColumn("Code", f"varchar({size}) NOT NULL", joined("CODE-", hexadecimal(10))),
        SampleColumn(
            "Note",
            f"nvarchar({size}) NULL",
            sometimes_null(joined(_WORDS, _WORDS, separator=" "), 4),
        ),
        SampleColumn("Digest", f"varbinary({size}) NOT NULL", binaries(20)),
        SampleColumn("Path", f"varchar({size}) NULL", hexadecimal(48)),
    ]


def _table(
    name: str, pg_table: str, salt: int, columns: list[SampleColumn], rows: int
) -> BenchTable:
    table = SampleTable(
        config_key=pg_table,
        database="Bench",
        name=name,
        description="Benchmark: texts",
        pg_table=pg_table,
        primary_key="ID",
        base_rows=200_000,
        salt=salt,
        columns=tuple(columns),
    )
    return BenchTable(table, rows)
