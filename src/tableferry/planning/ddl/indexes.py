"""Generate CREATE INDEX for the source's indexes, or a warning that says why not.

An index provides speed and uniqueness; neither is worth a failed load. So an index that values
could violate (too long for a btree, no longer unique without a seventh digit) is omitted or created
without UNIQUE, with a warning.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.model.identifiers import TargetTable, quote_pg, shown
from tableferry.model.naming import pg_name, shortened, unique_name
from tableferry.model.schema import UNLIMITED, SourceColumn, TargetColumn
from tableferry.model.table_details import HIDDEN_CONDITION, SourceIndex, TableDetails
from tableferry.planning.ddl.filters import Columns, translated_condition
from tableferry.planning.ddl.tsql_constants import TEXT_TYPES
from tableferry.typemap import stays_distinct

BTREE_BYTES: Final = 2704
"""BTMaxItemSize, a third of a page: a larger entry would fail the load."""

MAX_INDEX_COLUMNS: Final = 32
"""INDEX_MAX_KEYS, which counts included columns; SQL Server includes up to 1,023."""

BTREE_KINDS: Final = frozenset({"CLUSTERED", "NONCLUSTERED", "NONCLUSTERED HASH"})
"""``sys.indexes.type_desc`` of indexes that a btree replaces; others: columnstore, XML, spatial."""

NULLS_NOT_DISTINCT: Final = 150000
"""From PostgreSQL 15, a unique index can treat NULLs as equal, as SQL Server's do."""

UNORDERED: Final = frozenset({"json", "xml", "point", "geometry", "geography"})
"""PostgreSQL types without a btree operator class."""


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """The CREATE INDEX statements, and warnings for what differs from the source."""

    statements: tuple[str, ...]
    warnings: tuple[str, ...]


def plan_indexes(
    target: TargetTable,
    columns: Columns,
    key: tuple[str, ...],
    details: TableDetails,
    pg_version: int,
    *,
    names: Collection[str] = (),
) -> IndexPlan:
    """Plan every index but the one that is the target's primary key.

    ``columns`` are the carried ones, by source name; ``key`` holds the source names of the target's
    primary key; ``pg_version`` is ``server_version_num``; ``names`` are those already in use in the
    target's schema.
    """
    statements, warnings = [], []
    taken: set[str] = {target.name, shortened(f"{target.name}_pkey"), *names}
    for index in details.indexes:
        key_columns = {column.name for column in index.columns}
        if index.unique and not index.condition and key and key_columns == set(key):
            continue  # it is the primary key, or equivalent to it
        if reason := _skip_reason(index, columns):
            warnings.append(f"the index {shown(index.name)} is not created: {reason}")
            continue
        made = _Index(index, columns, details, pg_version)
        name = unique_name(shortened(f"{target.name}_{pg_name(index.name)}", index.name), taken)
        statements.append(made.statement(target, name))
        warnings += made.warnings()
    return IndexPlan(tuple(statements), tuple(warnings))


def _skip_reason(index: SourceIndex, columns: Columns) -> str:
    """Return why an index is skipped, empty where it is created."""
    if index.kind not in BTREE_KINDS:
        return f"PostgreSQL has no {index.kind.lower()} index"
    if index.disabled:
        return "it is disabled in the source"
    if not index.columns:
        return "it has no key columns"
    missing = [column.name for column in index.columns if column.name not in columns]
    if missing:
        return f"{', '.join(map(shown, missing))} is not carried"
    key = [columns[column.name] for column in index.columns]
    if unordered := [source.name for source, into in key if into.type.name in UNORDERED]:
        return f"PostgreSQL cannot sort {', '.join(map(shown, unordered))}"
    if key_bytes(key) > BTREE_BYTES:
        return f"its values can be longer than the {BTREE_BYTES:,} bytes PostgreSQL indexes"
    if index.condition == HIDDEN_CONDITION:
        return "its condition is not shown to a login without VIEW DEFINITION"
    if index.condition and translated_condition(index.condition, columns) is None:
        return "its condition has no certain translation"
    return ""


@dataclass(frozen=True, slots=True)
class _Index:
    index: SourceIndex
    columns: Columns
    details: TableDetails
    pg_version: int

    @property
    def _key(self) -> list[tuple[SourceColumn, TargetColumn]]:
        return [self.columns[column.name] for column in self.index.columns]

    @property
    def _merging(self) -> list[str]:
        """Columns in which two values may become equal, by a declared loss."""
        return [s.name for s, into in self._key if not stays_distinct(s.type, into.type)]

    @property
    def _is_wider(self) -> bool:
        """Whether the target's condition may hold for rows for which the source's does not."""
        text = self.index.condition
        return bool(text) and not translated_condition(text, self.columns, narrow=True)

    @property
    def _unique(self) -> bool:
        return self.index.unique and not self._merging and not self._is_wider

    @property
    def _has_nulls(self) -> bool:
        return any(into.nullable for _, into in self._key)

    @property
    def _included(self) -> list[str]:
        """The included columns that are carried and fit into a btree entry."""
        room = BTREE_BYTES - key_bytes(self._key)
        most = MAX_INDEX_COLUMNS - len(self._key)
        found: list[str] = []
        for name in self.index.included:
            fits = name in self.columns and _longest(self.columns[name]) <= room
            if fits and len(found) < most:
                room -= _longest(self.columns[name])
                found.append(name)
        return found

    def statement(self, target: TargetTable, name: str) -> str:
        key = ", ".join(
            quote_pg(into.name) + (" DESC" if column.descending else "")
            for column, (_, into) in zip(self.index.columns, self._key, strict=True)
        )
        unique = "UNIQUE " if self._unique else ""
        sql = f"CREATE {unique}INDEX {quote_pg(name)} ON {target.sql} ({key})"
        if included := self._included:
            names = (quote_pg(self.columns[name][1].name) for name in included)
            sql += f" INCLUDE ({', '.join(names)})"
        if self._unique and self._has_nulls and self.pg_version >= NULLS_NOT_DISTINCT:
            sql += " NULLS NOT DISTINCT"
        if self.index.condition:
            sql += f" WHERE {translated_condition(self.index.condition, self.columns)}"
        return sql

    def warnings(self) -> list[str]:
        index = f"the index {shown(self.index.name)}"
        warnings = []
        if self.index.unique and self._merging:
            names = ", ".join(map(shown, self._merging))
            warnings.append(
                f"{index} is not unique in the target: values of {names} may become equal"
            )
        if self.index.unique and self._is_wider:
            warnings.append(
                f"{index} is not unique in the target: its condition may hold for more rows there"
            )
        if self._unique and self._has_nulls and self.pg_version < NULLS_NOT_DISTINCT:
            warnings.append(
                f"{index} admits several NULLs: only PostgreSQL 15 and later can refuse them"
            )
        if omitted := [name for name in self.index.included if name not in self._included]:
            warnings.append(
                f"{index} does not include {', '.join(map(shown, omitted))}: not carried, too long "
                f"for a btree, or beyond the {MAX_INDEX_COLUMNS} columns of an index"
            )
        if self._unique and (insensitive := self._insensitive):
            warnings.append(
                f"{index} is less strict in PostgreSQL, where values of "
                f"{', '.join(map(shown, insensitive))} differ that are equal in SQL Server (case, "
                "accents, trailing blanks)"
            )
        return warnings

    @property
    def _insensitive(self) -> list[str]:
        """Key columns whose collation ignores case or accents."""
        collations = self.details.collations
        names = (column.name for column in self.index.columns)
        return [name for name in names if is_insensitive(collations.get(name, ""))]


def is_insensitive(collation: str) -> bool:
    """Whether a collation ignores case or accents, by its name (``..._CI_AS``)."""
    return not {"CI", "AI"}.isdisjoint(collation.upper().split("_"))


def key_bytes(key: Sequence[tuple[SourceColumn, TargetColumn]]) -> int:
    """Return the total bytes of a key's longest values."""
    return sum(map(_longest, key))


def _longest(column: tuple[SourceColumn, TargetColumn]) -> int:
    """Return the bytes of the longest value, in UTF-8 three for each code unit or byte."""
    source, _ = column
    if source.type.length == UNLIMITED or source.type.name in {"text", "ntext", "xml", "image"}:
        return BTREE_BYTES + 1
    if source.type.name in TEXT_TYPES:
        units = source.type.length // 2 if source.type.name.startswith("n") else source.type.length
        return 3 * units
    return source.type.length
