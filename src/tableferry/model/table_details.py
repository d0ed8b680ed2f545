"""What SQL Server's catalog knows of a table beyond its columns: keys, defaults, comments.

Pure data, read by ``sqlserver.details`` for a target table that will be created.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class IndexColumn:
    """One column of an index's key, in its order."""

    name: str
    descending: bool = False


HIDDEN_CONDITION: Final = "?"
"""The ``condition`` of an index whose filter the login may not see; not valid T-SQL."""


@dataclass(frozen=True, slots=True)
class SourceIndex:
    """An index, or the index of a PRIMARY KEY or UNIQUE constraint.

    ``kind`` is ``sys.indexes.type_desc``; ``condition`` a filtered index's ``filter_definition``,
    empty for none.
    """

    name: str
    columns: tuple[IndexColumn, ...]
    included: tuple[str, ...] = ()
    unique: bool = False
    primary: bool = False
    disabled: bool = False
    kind: str = "NONCLUSTERED"
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity column: its first value and its step, which may be negative."""

    column: str
    seed: int
    increment: int


@dataclass(frozen=True, slots=True)
class TableDetails:
    """Everything beyond the columns; the mappings are keyed by column name.

    ``defaults`` holds ``sys.default_constraints.definition``, empty for a default that this login
    may not see. ``collations`` has the text columns only, ``code_pages`` those whose code page is
    known, by its number in Windows. ``warnings`` says what could not be read.
    """

    indexes: tuple[SourceIndex, ...] = ()
    identity: Identity | None = None
    computed: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    collations: Mapping[str, str] = field(default_factory=dict)
    code_pages: Mapping[str, int] = field(default_factory=dict)
    comment: str = ""
    column_comments: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The columns of the primary key, empty where there is none or the login cannot see it."""
        for index in self.indexes:
            if index.primary:
                return tuple(column.name for column in index.columns)
        return ()


NO_DETAILS: Final = TableDetails()
"""For a table whose target exists already, or that has nothing but columns."""
