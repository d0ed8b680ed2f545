"""Where an error of PostgreSQL's happened: names and numbers, never the text around them."""

import re
from dataclasses import dataclass
from typing import Final

import psycopg

FINDS_A_PAGE: Final = "RelationGetBufferForTuple"
"""The PostgreSQL function that finds no page for a row that is too large."""

LIMIT_EXCEEDED: Final = "54000"
"""PostgreSQL names the index that a row is too long for as if it were a constraint."""

BUFFERED: Final = 1000
"""Rows that COPY buffers before it looks for a page (MAX_BUFFERED_TUPLES); the line in its error is
the last one that it read."""

_STAGING_NAME: Final = re.compile(r"staging_[0-9a-f]{16}")
"""How the names of staging tables, their keys and indexes begin: no use in an error message."""

_COPY_LINE: Final = r"(?m)^COPY .*?, line (\d+)(?:, column ([^:\n]+))?"


def is_staging_name(name: str) -> bool:
    """Whether this is the name of a staging table, or of a key or an index of one."""
    return bool(_STAGING_NAME.match(name))


@dataclass(frozen=True, slots=True)
class ErrorLocation:
    """The objects that PostgreSQL names; empty where it does not say."""

    table: str
    column: str
    constraint: str
    constraint_kind: str
    data_type: str
    row: str
    is_in_buffer: bool

    @classmethod
    def of(cls, error: psycopg.Error) -> "ErrorLocation":
        """Read it from the error; COPY names the column in CONTEXT only, ahead of the value."""
        diag = error.diag
        row, column = (re.findall(_COPY_LINE, diag.context or "") or [("", "")])[-1]
        table = diag.table_name or ""
        return cls(
            table="" if row and is_staging_name(table) else table,
            column=diag.column_name or column,
            constraint=diag.constraint_name or "",
            constraint_kind="index" if error.sqlstate == LIMIT_EXCEEDED else "constraint",
            data_type=diag.datatype_name or "",
            row=row,
            is_in_buffer=diag.source_function == FINDS_A_PAGE,
        )

    def __str__(self) -> str:
        named = (
            ("table", self.table),
            ("column", self.column),
            (self.constraint_kind, self.constraint),
            ("type", self.data_type),
        )
        parts = [f", {kind} {name!r}" for kind, name in named if name]
        if self.row:
            before = f" or one of the {BUFFERED:,} before it" if self.is_in_buffer else ""
            parts.append(f", row {self.row} of the load{before}")
        return "".join(parts)
