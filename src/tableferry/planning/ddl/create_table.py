"""Generate the DDL of a missing target table from the source's catalog. Pure.

Names are quoted by ``identifiers`` only. What has no certain translation becomes a warning, never
a guess. Keys and indexes are created after the load, which is faster than maintaining them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.errors import ConfigError
from tableferry.model.identifiers import TargetTable, quote_pg, shown, text_pg
from tableferry.model.schema import SourceColumn, TargetColumn
from tableferry.model.table_details import Identity, TableDetails
from tableferry.model.target_database import TargetDatabase
from tableferry.planning.ddl.column_defaults import plan_defaults
from tableferry.planning.ddl.filters import Columns
from tableferry.planning.ddl.index_row import MAX_INDEX_ROW_BYTES, fits_btree
from tableferry.planning.ddl.indexes import plan_indexes
from tableferry.planning.ddl.table_name import name_warnings, schema_statements
from tableferry.planning.ddl.tsql_constants import INTEGER_RANGES
from tableferry.planning.mark import Mark
from tableferry.typemap import stays_distinct

PG_INTEGERS: Mapping[str, str] = {"int2": "smallint", "int4": "int", "int8": "bigint"}
"""PostgreSQL's types of identity columns, with SQL Server's type of the same range."""

FILLFACTOR: Final = 90
"""How full a load leaves the pages of a table whose rows are updated in place, in percent: a new
version that finds room in its row's page needs no entry in any index (heap-only tuples, decision
53)."""


@dataclass(frozen=True, slots=True)
class Creation:
    """The statements of the load's transaction, ``before`` its rows are copied and ``after``.

    ``keys`` are those of ``after`` that enforce uniqueness; where rows may be refused, they run
    before the rows are copied.
    """

    before: tuple[str, ...]
    after: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


def plan_creation(
    target: TargetTable,
    planned: Sequence[tuple[SourceColumn, TargetColumn]],
    key: Sequence[str],
    details: TableDetails,
    database: TargetDatabase,
    *,
    mark: Mark | None = None,
    updated: bool = False,
) -> Creation:
    """Plan the table: columns, key, indexes, identity, defaults, comments.

    ``planned`` pairs each source column with the column to create, in order; ``key`` holds the
    source names of the primary key's columns and may be empty. ``mark`` is the last column.
    ``updated``: later runs update rows in place, for which the pages keep some room.
    """
    columns: dict[str, tuple[SourceColumn, TargetColumn]] = {}
    for source, into in planned:
        columns.setdefault(source.name, (source, into))
    identity = _IdentityClause.of(details.identity, columns)
    defaults, default_warnings = plan_defaults(planned, columns, details, database)
    comments, comment_warnings = _comments(target, columns, details, database)
    indexes = plan_indexes(target, columns, tuple(key), details, database, mark=mark)
    lines = [
        f"  {quote_pg(into.name)} {into.type}"
        + ("" if into.nullable else " NOT NULL")
        + (identity.clause if identity and into is identity.into else "")
        + (f" DEFAULT {defaults[into.name]}" if into.name in defaults else "")
        for _, into in planned
    ]
    if mark:
        lines.append(f"  {mark.name} {mark.column.type}")
    primary_key = _primary_key(target, columns, key)
    options = f" WITH (fillfactor = {FILLFACTOR})" if updated else ""
    create = f"CREATE TABLE {target.sql} (\n" + ",\n".join(lines) + f"\n){options}"
    return Creation(
        before=(*schema_statements(target, database), create, *comments),
        after=(
            *primary_key,
            *indexes.statements,
            *([advance_identity(target, identity.into)] if identity else []),
        ),
        warnings=(
            *details.warnings,
            *name_warnings(target, database),
            *_key_warnings(target, columns, key, details),
            *_identity_warnings(details, columns, identity),
            *default_warnings,
            *_computed_warnings(columns, details),
            *indexes.warnings,
            *comment_warnings,
        ),
        keys=(
            *primary_key,
            *(sql for sql in indexes.statements if sql.startswith("CREATE UNIQUE INDEX")),
        ),
    )


def advance_identity(
    target: TargetTable, column: TargetColumn, rows: TargetTable | None = None
) -> str:
    """Return the statement that advances an identity column's sequence past its largest value.

    A descending sequence continues below the smallest value. The sequence never moves back, nor
    out of its bounds. ``rows`` is the table that holds the values, if not ``target``.
    """
    name = quote_pg(column.name)
    return f"""\
SELECT setval(s.seqrelid::regclass, m.last)
FROM pg_sequence AS s, LATERAL (
  SELECT CASE WHEN s.seqincrement > 0 THEN max({name}) ELSE min({name}) END AS last
  FROM {(rows or target).sql}
) AS m
WHERE s.seqrelid = pg_get_serial_sequence({text_pg(target.sql)}, {text_pg(column.name)})::regclass
  AND m.last BETWEEN s.seqmin AND s.seqmax
  AND CASE WHEN s.seqincrement > 0
    THEN m.last >= s.seqstart AND coalesce(m.last > pg_sequence_last_value(s.seqrelid), true)
    ELSE m.last <= s.seqstart AND coalesce(m.last < pg_sequence_last_value(s.seqrelid), true)
  END"""


def _primary_key(target: TargetTable, columns: Columns, key: Sequence[str]) -> list[str]:
    if not key:
        return []
    names = ", ".join(quote_pg(columns[name][1].name) for name in key)
    return [f"ALTER TABLE {target.sql} ADD PRIMARY KEY ({names})"]


def _key_warnings(
    target: TargetTable, columns: Columns, key: Sequence[str], details: TableDetails
) -> list[str]:
    if not key:
        missing = [name for name in details.primary_key if name not in columns]
        why = (
            f"{', '.join(map(shown, missing))} of the source's key is not carried"
            if missing
            else "the source has none that this login can see"
        )
        return [f"{target} gets no primary key: {why}"]
    warnings = [
        f"the primary key holds {shown(name)}, whose values may become equal in the target, "
        "which would fail the load"
        for name in key
        if not stays_distinct(columns[name][0].type, columns[name][1].type)
    ]
    warnings += [
        f"the primary key holds {shown(name)}, which may be NULL in the source: a NULL would "
        "fail the load"
        for name in key
        if columns[name][0].nullable
    ]
    if not fits_btree([columns[name] for name in key], details.collations):
        warnings.append(
            f"a row of the primary key can be longer than the {MAX_INDEX_ROW_BYTES:,} bytes that "
            "a btree of PostgreSQL takes: a longer one would fail the load"
        )
    return warnings


@dataclass(frozen=True, slots=True)
class _IdentityClause:
    """The identity column, of an integer type as PostgreSQL requires."""

    identity: Identity
    into: TargetColumn

    @classmethod
    def of(cls, identity: Identity | None, columns: Columns) -> "_IdentityClause | None":
        if identity is None or identity.column not in columns:
            return None
        _, into = columns[identity.column]
        return cls(identity, into) if into.type.name in PG_INTEGERS else None

    @property
    def clause(self) -> str:
        """``GENERATED BY DEFAULT AS IDENTITY``, with the options that differ from the defaults."""
        seed, step = self.identity.seed, self.identity.increment
        options = []
        if (seed, step) != (1, 1):
            options = [f"START WITH {seed} INCREMENT BY {step}"]
        low, high = INTEGER_RANGES[PG_INTEGERS[self.into.type.name]]
        if step > 0 and seed < 1:
            options.append(f"MINVALUE {low}")
        if step < 0 and seed > -1:
            options.append(f"MAXVALUE {high}")
        return " GENERATED BY DEFAULT AS IDENTITY" + (f" ({' '.join(options)})" if options else "")


def _identity_warnings(
    details: TableDetails, columns: Columns, made: _IdentityClause | None
) -> list[str]:
    if made or details.identity is None or details.identity.column not in columns:
        return []
    _, into = columns[details.identity.column]
    warning = (
        f"{shown(details.identity.column)} is an identity column of type {into.type}, which "
        "PostgreSQL does not number: every INSERT must supply its value"
    )
    return [warning]


def _computed_warnings(columns: Columns, details: TableDetails) -> list[str]:
    return [
        f"{shown(name)} is computed in the source; its values are carried, but PostgreSQL "
        "does not compute it"
        for name in details.computed
        if name in columns
    ]


def _comments(
    target: TargetTable, columns: Columns, details: TableDetails, database: TargetDatabase
) -> tuple[list[str], list[str]]:
    """Return the COMMENT statements, and warnings for texts that PostgreSQL cannot store."""
    subjects = [(f"TABLE {target.sql}", details.comment)] if details.comment else []
    subjects += [
        (f"COLUMN {target.sql}.{quote_pg(columns[name][1].name)}", text)
        for name, text in details.column_comments.items()
        if name in columns
    ]
    statements, warnings = [], []
    for subject, text in subjects:
        if not database.can_encode(text):
            warnings.append(
                f"the comment on {subject} is not created: it has a character that "
                f"{database.encoding}, the target database's encoding, lacks"
            )
            continue
        try:
            statements.append(f"COMMENT ON {subject} IS {text_pg(text)}")
        except ConfigError as error:
            warnings.append(f"the comment on {subject} is not created: {error.message}")
    return statements, warnings
