"""Generate CREATE INDEX for the source's indexes, or a warning that says why not.

An index provides speed and uniqueness; neither is worth a failed load. So an index that values
could violate (too long for a btree, no longer unique without a seventh digit) is omitted or created
without UNIQUE, with a warning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.model.identifiers import TargetTable, quote_pg, shown
from tableferry.model.naming import pg_name, shortened, unique_name
from tableferry.model.schema import SourceColumn, TargetColumn
from tableferry.model.table_details import HIDDEN_CONDITION, SourceIndex, TableDetails
from tableferry.model.target_database import TargetDatabase
from tableferry.planning.ddl.filters import Columns, translated_condition
from tableferry.planning.ddl.index_row import MAX_INDEX_ROW_BYTES, fits_btree
from tableferry.planning.mark import Mark
from tableferry.typemap import stays_distinct

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
    database: TargetDatabase,
    *,
    mark: Mark | None = None,
) -> IndexPlan:
    """Plan every index but the one that is the target's primary key.

    ``columns`` are the carried ones, by source name; ``key`` holds the source names of the target's
    primary key. A unique index leaves out the rows with a ``mark``: others may take their values.
    """
    statements, warnings = [], []
    taken: set[str] = {target.name, shortened(f"{target.name}_pkey"), *database.names}
    for index in details.indexes:
        if _is_key(index, key) and index.primary:
            warnings += _order_warning(index)
            continue
        if reason := _skip_reason(index, columns, key, details):
            warnings.append(f"the index {shown(index.name)} is not created: {reason}")
            continue
        made = _Index(index, columns, details, database.version, mark)
        name = unique_name(shortened(f"{target.name}_{pg_name(index.name)}", index.name), taken)
        statement = made.statement(target, name)
        if not database.can_encode(statement):
            warnings.append(
                f"the index {shown(index.name)} is not created: its name or its condition has a "
                f"character that {database.encoding}, the target database's encoding, lacks"
            )
            continue
        statements.append(statement)
        warnings += made.warnings()
    return IndexPlan(tuple(statements), tuple(warnings))


def _is_key(index: SourceIndex, key: tuple[str, ...]) -> bool:
    """Whether the target's primary key is an index on the same columns in the same order."""
    same = tuple(column.name for column in index.columns) == key
    return same and index.unique and not index.condition


def _order_warning(primary: SourceIndex) -> list[str]:
    """Warn of a primary key whose order PostgreSQL's, which is ascending, has in no direction."""
    down = [column.name for column in primary.columns if column.descending]
    if len(down) in {0, len(primary.columns)}:
        return []  # PostgreSQL reads a btree in both directions
    warning = (
        f"the primary key sorts {', '.join(map(shown, down))} in descending order in the source, "
        "in ascending order in PostgreSQL: a query that sorts as the source does needs an index "
        "of its own"
    )
    return [warning]


def _skip_reason(
    index: SourceIndex, columns: Columns, key: tuple[str, ...], details: TableDetails
) -> str:
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
    one_way = len({column.descending for column in index.columns}) == 1
    if _is_key(index, key) and one_way and not index.included:
        return "the primary key is the same"
    pairs = [columns[column.name] for column in index.columns]
    if unordered := [source.name for source, into in pairs if into.type.name in UNORDERED]:
        return f"PostgreSQL cannot sort {', '.join(map(shown, unordered))}"
    if not fits_btree(pairs, details.collations):
        return (
            f"a row of it can be longer than the {MAX_INDEX_ROW_BYTES:,} bytes that a btree of "
            "PostgreSQL takes"
        )
    if index.condition == HIDDEN_CONDITION:
        return "its condition is not shown to a login without VIEW DEFINITION"
    condition = translated_condition(index.condition, columns, details.code_pages)
    if index.condition and condition is None:
        return "its condition has no certain translation"
    return ""


@dataclass(frozen=True, slots=True)
class _Index:
    index: SourceIndex
    columns: Columns
    details: TableDetails
    pg_version: int
    mark: Mark | None = None

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
        pages = self.details.code_pages
        return bool(text) and not translated_condition(text, self.columns, pages, narrow=True)

    @property
    def _unique(self) -> bool:
        return self.index.unique and not self._merging and not self._is_wider

    @property
    def _has_nulls(self) -> bool:
        return any(into.nullable for _, into in self._key)

    @property
    def _included(self) -> list[str]:
        """The included columns that are carried and, with the key, fit into a btree."""
        omitted = self._omitted
        return [name for name in self.index.included if name not in omitted]

    @property
    def _omitted(self) -> dict[str, str]:
        """The included columns that the target's index does not have, and why."""
        pairs, omitted = self._key, dict[str, str]()
        for name in self.index.included:
            if name not in self.columns:
                omitted[name] = "not carried"
            elif len(pairs) == MAX_INDEX_COLUMNS:
                omitted[name] = f"beyond the {MAX_INDEX_COLUMNS} columns of an index"
            elif not fits_btree([*pairs, self.columns[name]], self.details.collations):
                omitted[name] = (
                    f"too long for the {MAX_INDEX_ROW_BYTES:,} bytes of a row of a btree"
                )
            else:
                pairs.append(self.columns[name])
        return omitted

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
        conditions = []
        if self.index.condition:
            pages = self.details.code_pages
            conditions.append(translated_condition(self.index.condition, self.columns, pages))
        if self.mark and self._unique:
            conditions.append(self.mark.condition)
        return sql + (f" WHERE {_all_of(conditions)}" if conditions else "")

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
        omitted = self._omitted
        for reason in dict.fromkeys(omitted.values()):
            names = ", ".join(shown(name) for name, why in omitted.items() if why == reason)
            warnings.append(f"{index} does not include {names}: {reason}")
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


def _all_of(conditions: Sequence[str | None]) -> str:
    """Return the condition that all of these hold."""
    if len(conditions) == 1:
        return str(conditions[0])
    return " AND ".join(f"({condition})" for condition in conditions)


def is_insensitive(collation: str) -> bool:
    """Whether a collation ignores case or accents, by its name (``..._CI_AS``)."""
    return not {"CI", "AI"}.isdisjoint(collation.upper().split("_"))
