"""Indexes of the source as indexes of the target: CREATE INDEX, or a warning that says why not.

An index is there for speed and for uniqueness; neither is worth a load that fails. So an index
that values could break (too long for a btree, no longer unique once digits are cut) is not made
as it was, and said so.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.model.identifiers import TargetTable, quote_pg, shown
from tableferry.model.naming import pg_name, shortened, unique_name
from tableferry.model.schema import UNLIMITED, SourceColumn, TargetColumn
from tableferry.model.table_details import HIDDEN_CONDITION, SourceIndex, TableDetails
from tableferry.planning.ddl.filters import translated_condition
from tableferry.planning.ddl.tsql_constants import TEXTS
from tableferry.typemap import stays_distinct

BTREE_BYTES: Final = 2704
"""A larger entry is an error (BTMaxItemSize: a third of a page), which would end the load."""

MOST_COLUMNS: Final = 32
"""Of an index, included columns and all (INDEX_MAX_KEYS); SQL Server includes up to 1,023."""

KINDS: Final = frozenset({"CLUSTERED", "NONCLUSTERED", "NONCLUSTERED HASH"})
"""``sys.indexes.type_desc`` of what a btree stands for; others are columnstore, XML, spatial."""

NULLS_NOT_DISTINCT: Final = 150000
"""Since PostgreSQL 15 NULLs can be equal in a unique index, as they are in SQL Server's."""

UNORDERED: Final = frozenset({"json", "xml", "point", "geometry", "geography"})
"""Types of PostgreSQL that no btree takes."""

Columns = Mapping[str, tuple[SourceColumn, TargetColumn]]


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """The statements that make the indexes, and what is not as it was."""

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

    ``columns`` are those carried, by source name; ``key`` holds the source names of the target's
    primary key; ``pg_version`` is ``server_version_num``; ``names`` are those that tables and
    indexes of the target's schema have already.
    """
    statements, warnings = [], []
    taken: set[str] = {target.name, shortened(f"{target.name}_pkey"), *names}
    for index in details.indexes:
        about = {column.name for column in index.columns}
        if index.unique and not index.condition and key and about == set(key):
            continue  # the primary key is this one, or says the same
        if reason := _why_not(index, columns):
            warnings.append(f"the index {shown(index.name)} is not created: {reason}")
            continue
        made = _Index(index, columns, details, pg_version)
        name = unique_name(shortened(f"{target.name}_{pg_name(index.name)}", index.name), taken)
        statements.append(made.statement(target, name))
        warnings += made.warnings()
    return IndexPlan(tuple(statements), tuple(warnings))


def _why_not(index: SourceIndex, columns: Columns) -> str:
    """Return the reason that an index cannot be made, empty for none."""
    if index.kind not in KINDS:
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
        return "its condition has no sure translation"
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
    def _cut(self) -> list[str]:
        """Columns of which two values may become one, by a declared loss."""
        return [s.name for s, into in self._key if not stays_distinct(s.type, into.type)]

    @property
    def _holds_for_more(self) -> bool:
        """Whether the target's condition may hold for rows that the source's does not hold for."""
        text = self.index.condition
        return bool(text) and not translated_condition(text, self.columns, for_no_more=True)

    @property
    def _unique(self) -> bool:
        return self.index.unique and not self._cut and not self._holds_for_more

    @property
    def _has_nulls(self) -> bool:
        return any(into.nullable for _, into in self._key)

    @property
    def _included(self) -> list[str]:
        """The included columns that are carried and that a btree's entry has room for."""
        room = BTREE_BYTES - key_bytes(self._key)
        most = MOST_COLUMNS - len(self._key)
        found: list[str] = []
        for name in self.index.included:
            fits = name in self.columns and _widest(self.columns[name]) <= room
            if fits and len(found) < most:
                room -= _widest(self.columns[name])
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
        index, said = f"the index {shown(self.index.name)}", []
        if self.index.unique and self._cut:
            cut = ", ".join(map(shown, self._cut))
            said.append(f"{index} is not unique in the target: values of {cut} may become equal")
        if self.index.unique and self._holds_for_more:
            said.append(
                f"{index} is not unique in the target: its condition may hold for more rows there"
            )
        if self._unique and self._has_nulls and self.pg_version < NULLS_NOT_DISTINCT:
            said.append(f"{index} admits several NULLs: only PostgreSQL 15 and later can refuse")
        left_out = [name for name in self.index.included if name not in self._included]
        if left_out:
            named = ", ".join(map(shown, left_out))
            said.append(
                f"{index} does not include {named}: not carried, too long for a btree, or more "
                f"than the {MOST_COLUMNS} columns that one has"
            )
        blind = [
            column.name
            for column in self.index.columns
            if is_insensitive(self.details.collations.get(column.name, ""))
        ]
        if self._unique and blind:
            said.append(
                f"{index} tells apart in PostgreSQL what {', '.join(map(shown, blind))} holds as "
                "equal in SQL Server (case, accents, trailing blanks): it refuses less there"
            )
        return said


def is_insensitive(collation: str) -> bool:
    """Whether a collation's name says that case or accents are nothing to it (``..._CI_AS``)."""
    return not {"CI", "AI"}.isdisjoint(collation.upper().split("_"))


def key_bytes(key: Sequence[tuple[SourceColumn, TargetColumn]]) -> int:
    """Return the bytes that the longest values of a key take together."""
    return sum(map(_widest, key))


def _widest(column: tuple[SourceColumn, TargetColumn]) -> int:
    """Return the bytes that the longest value takes in UTF-8: three for each unit or byte."""
    source, _ = column
    if source.type.length == UNLIMITED or source.type.name in {"text", "ntext", "xml", "image"}:
        return BTREE_BYTES + 1
    if source.type.name in TEXTS:
        units = source.type.length // 2 if source.type.name.startswith("n") else source.type.length
        return 3 * units
    return source.type.length
