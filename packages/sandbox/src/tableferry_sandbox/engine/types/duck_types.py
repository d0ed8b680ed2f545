"""How DuckDB stores each SQL Server type, and how its Arrow becomes the physical form.

DuckDB holds the physical forms of ``tableferry_sandbox.sqltypes`` unchanged, so that a SELECT of
plain columns copies nothing. A uniqueidentifier is kept as its 16 wire bytes; a macro permutes them
for ordering.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from tableferry_sandbox.engine.types.type_rules import family
from tableferry_sandbox.physical import physical_type
from tableferry_sandbox.sqltypes import Column, SqlType

_DUCK: Final = {
    "bit": "BOOLEAN", "tinyint": "UTINYINT", "smallint": "SMALLINT", "int": "INTEGER",
    "bigint": "BIGINT", "money": "DECIMAL(19,4)", "smallmoney": "DECIMAL(10,4)", "real": "FLOAT",
    "float": "DOUBLE", "date": "DATE", "null": "INTEGER",
}  # fmt: skip


def duck_type(sql_type: SqlType) -> str:
    """Return the DuckDB type that holds a SQL Server type."""
    if sql_type.name in _DUCK:
        return _DUCK[sql_type.name]
    kind = family(sql_type)
    if kind == "decimal":
        return f"DECIMAL({sql_type.precision},{sql_type.scale})"
    if kind in ("datetime", "time"):
        return "BIGINT"
    if kind == "offset":
        return 'STRUCT(utc BIGINT, "offset" SMALLINT)'
    if kind in ("string", "xml"):
        return "VARCHAR"
    return "BLOB"


def arrow_type(sql_type: SqlType) -> pa.DataType:
    """Return the physical Arrow type of a SQL Server type; that of an untyped NULL is int32."""
    return pa.int32() if sql_type.name == "null" else physical_type(sql_type)


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the physical schema of a result set; names may repeat."""
    return pa.schema([pa.field(c.name, arrow_type(c.type)) for c in columns])


def to_physical(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Give DuckDB's batches the schema of the result, casting where types differ."""
    for batch in batches:
        arrays = [
            array if array.type == field.type else array.cast(field.type)
            for array, field in zip(batch.columns, schema, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def quote_text(text: str) -> str:
    """Return a DuckDB string literal; U+0000 cannot be inside one and becomes chr(0)."""
    pieces = ["'" + piece.replace("'", "''") + "'" for piece in text.split("\0")]
    return pieces[0] if len(pieces) == 1 else "(" + " || chr(0) || ".join(pieces) + ")"


def literal(value: Any, sql_type: SqlType) -> str:
    """Return DuckDB SQL for a value in the physical form of its type."""
    duck = duck_type(sql_type)
    if value is None:
        return f"CAST(NULL AS {duck})"
    kind = family(sql_type)
    if sql_type.name == "bit":
        return "TRUE" if value else "FALSE"
    if kind in ("int", "datetime", "time", "null"):
        return f"CAST({int(value)} AS {duck})"
    if kind in ("decimal", "money"):
        return f"CAST('{Decimal(value):f}' AS {duck})"
    if kind == "float":
        return f"CAST('{float(value)!r}' AS {duck})"
    if kind == "date":
        day = value if isinstance(value, date) else date.fromordinal(719163 + int(value))
        return f"DATE '{day.isoformat()}'"
    if kind == "offset":
        utc, offset = (value["utc"], value["offset"]) if isinstance(value, dict) else value
        return f"{{'utc': CAST({utc} AS BIGINT), 'offset': CAST({offset} AS SMALLINT)}}"
    if kind in ("string", "xml"):
        return quote_text(value)
    return f"from_hex('{bytes(value).hex()}')"
