"""SQL Server's types in the sandbox, and the Arrow form of each.

The SQL engine and the wire meet here: the engine answers a query with Arrow batches in the
*physical* form below, and the wire turns exactly that form into TDS. The forms lose nothing.

==================================  ==========================================================
SQL Server                          physical Arrow type
==================================  ==========================================================
bit                                 bool
tinyint / smallint / int / bigint   uint8 / int16 / int32 / int64
decimal(p,s), numeric(p,s)          decimal128(p, s)
money / smallmoney                  decimal128(19, 4) / decimal128(10, 4)
real / float                        float32 / float64
date                                date32
time(n)                             int64, units of 100 ns since midnight
smalldatetime, datetime, datetime2  int64, units of 100 ns since 0001-01-01 00:00
datetimeoffset(n)                   struct<utc: int64 (as datetime2), offset: int16 (minutes)>
char varchar text                   large_string
nchar nvarchar ntext xml            large_string; a lone UTF-16 surrogate U+D8xx..U+DFFF is carried
                                    as the private-use code point U+10D8xx..U+10DFFF
                                    (see ``surrogates``)
binary varbinary image rowversion   large_binary
uniqueidentifier                    fixed_size_binary(16), bytes in wire (mixed-endian) order
sql_variant                         large_binary: the TDS sql_variant payload (MS-TDS 2.2.5.5.4),
                                    from the base type byte on
hierarchyid geography geometry      large_binary: the CLR UDT's serialised bytes
==================================  ==========================================================
"""

from dataclasses import dataclass
from typing import Final

MAX: Final = -1
"""Length of the ``(max)`` types, as in ``sys.columns.max_length``."""

DEFAULT_COLLATION: Final = "SQL_Latin1_General_CP1_CI_AS"


@dataclass(frozen=True, slots=True)
class SqlType:
    """One SQL Server type with its parameters.

    ``name`` is the lower-case base type name as in ``sys.types`` (``timestamp`` for rowversion).
    ``length`` counts characters for the character types and bytes for the binary ones, ``MAX`` for
    ``(max)``; ``precision`` and ``scale`` are those of ``sys.columns``.
    """

    name: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    collation: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a result set, as COLMETADATA describes it."""

    name: str
    type: SqlType
    nullable: bool = True
    identity: bool = False
    computed: bool = False
