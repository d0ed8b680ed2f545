"""The rows of sys.types."""

from dataclasses import dataclass
from typing import Final

from tableferry_sandbox.sqltypes import SqlType


@dataclass(frozen=True, slots=True)
class SystemType:
    """One system type: its ids, and length, precision and scale as sys.types shows them."""

    name: str
    system_type_id: int
    user_type_id: int
    max_length: int
    precision: int = 0
    scale: int = 0
    text: bool = False


SYSTEM_TYPES: Final = (
    SystemType("image", 34, 34, 16),
    SystemType("text", 35, 35, 16, text=True),
    SystemType("uniqueidentifier", 36, 36, 16),
    SystemType("date", 40, 40, 3, 10),
    SystemType("time", 41, 41, 5, 16, 7),
    SystemType("datetime2", 42, 42, 8, 27, 7),
    SystemType("datetimeoffset", 43, 43, 10, 34, 7),
    SystemType("tinyint", 48, 48, 1, 3),
    SystemType("smallint", 52, 52, 2, 5),
    SystemType("int", 56, 56, 4, 10),
    SystemType("smalldatetime", 58, 58, 4, 16),
    SystemType("real", 59, 59, 4, 24),
    SystemType("money", 60, 60, 8, 19, 4),
    SystemType("datetime", 61, 61, 8, 23, 3),
    SystemType("float", 62, 62, 8, 53),
    SystemType("sql_variant", 98, 98, 8016),
    SystemType("ntext", 99, 99, 16, text=True),
    SystemType("bit", 104, 104, 1, 1),
    SystemType("decimal", 106, 106, 17, 38, 38),
    SystemType("numeric", 108, 108, 17, 38, 38),
    SystemType("smallmoney", 122, 122, 4, 10, 4),
    SystemType("bigint", 127, 127, 8, 19),
    SystemType("hierarchyid", 240, 128, 892),
    SystemType("geometry", 240, 129, -1),
    SystemType("geography", 240, 130, -1),
    SystemType("varbinary", 165, 165, 8000),
    SystemType("varchar", 167, 167, 8000, text=True),
    SystemType("binary", 173, 173, 8000),
    SystemType("char", 175, 175, 8000, text=True),
    SystemType("timestamp", 189, 189, 8),
    SystemType("nvarchar", 231, 231, 8000, text=True),
    SystemType("nchar", 239, 239, 8000, text=True),
    SystemType("xml", 241, 241, -1),
    SystemType("sysname", 231, 256, 256, text=True),
)

_BY_NAME: Final = {item.name: item for item in SYSTEM_TYPES}


def system_type(sql_type: SqlType) -> SystemType:
    """Return the system type of a type."""
    return _BY_NAME[sql_type.name]
