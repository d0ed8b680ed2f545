"""What differs between the source's columns and an existing target table, and what follows.

Pure. The policy of the specification decides: ``stop`` refuses, ``add_columns`` adds what the
target lacks and keeps what the source lacks, ``ignore`` leaves the former out and keeps the
latter. A type that cannot hold every value is refused by ``matching``, under every policy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tableferry.config import DriftPolicy, TableSpec
from tableferry.model.identifiers import TargetTable, quote_pg, shown
from tableferry.model.naming import pg_name, shortened
from tableferry.model.schema import (
    UNLIMITED,
    PgType,
    SourceColumn,
    SourceSchema,
    TargetColumn,
    TargetSchema,
)
from tableferry.typemap import OFFSET_KEPT, RULES, parse_pg_type, pg_type_holds


@dataclass(frozen=True, slots=True)
class Drift:
    """What differs, in sentences: ``told`` are all of them, ``warnings`` those to act on.

    ``problems`` are refused, ``renames`` are guesses that explain them; ``added`` are the columns
    that the target is to get, ``alter`` is the DDL for it, run in the load's transaction. ``kept``
    names the target's other columns, whose values ``settled`` knows.
    """

    told: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    alter: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    renames: tuple[str, ...] = ()
    added: tuple[TargetColumn, ...] = ()
    kept: tuple[str, ...] = ()

    def settled(self, *, in_place: bool) -> "Drift":
        """Return the drift of a load that keeps rows ``in_place``, or replaces all of them."""
        rows = KEPT_IN_PLACE if in_place else KEPT_ANEW
        kept = tuple(f"{column}: it is kept, {rows}" for column in self.kept)
        return replace(self, told=kept + self.told, warnings=kept + self.warnings, kept=())


@dataclass(frozen=True, slots=True)
class Planned:
    """A source column and where it goes; ``companion`` where another column of it goes before."""

    source: SourceColumn
    target: TargetColumn
    companion: bool = False


MAY_NOT_ALTER: Final = "only the owner adds them, and not to a partition or a typed table"

KEPT_ANEW: Final = "each row with its default or NULL"
KEPT_IN_PLACE: Final = "rows that stay keep their values, new ones get its default or NULL"
"""What is in a column that only the target has, when all rows are new, and after a merge."""

Found = Sequence[tuple[SourceColumn, str]]
"""The source's columns that are to be carried, each with the name of its target column."""


def find_drift(
    spec: TableSpec,
    found: Found,
    planned: Sequence[Planned],
    target: TargetSchema,
    left_out: Sequence[SourceColumn] | None,
) -> Drift:
    """Compare both sides. ``planned`` are the columns that could be planned.

    ``left_out`` are the source's columns that ``exclude`` takes out; None where the configuration
    names the columns, so that those it does not name are nobody's loss.
    """
    there = {column.name for column in target.columns}
    lacking = [(column, name) for column, name in found if name not in there]
    surplus = [] if left_out is None else _surplus(found, planned, target, left_out)
    added = [column for column in planned if column.target.name not in there]
    new = tuple(column.target for column in added)
    kept: tuple[str, ...] = ()
    renames = _renames(spec, lacking, surplus)
    # A column without a default that must have a value is refused by its own sentence.
    unexpected = [column for column in surplus if not column.needs_value]
    if spec.drift is DriftPolicy.STOP:
        problems = [_lacking(spec, column, name) for column, name in lacking]
        problems += [_unexpected(spec, column) for column in unexpected]
        sentences = []
    else:
        problems = _obstacles(spec, found, lacking, added, target)
        sentences = _followed(spec, lacking, added)
        kept = tuple(_unexpected(spec, column) for column in unexpected)
        sentences += renames
    return Drift(
        told=(*sentences, *_differences(spec, planned, there)),
        warnings=tuple(sentences),
        alter=(adding(spec.target, new),) if new else (),
        problems=tuple(problems),
        renames=tuple(renames),
        added=new,
        kept=kept,
    )


def type_change(spec: TableSpec, column: SourceColumn, into: TargetColumn) -> str:
    """Return how the source's type differs from the target's, empty where it does not.

    ``widened``: it has values that the target's cannot hold, and the target's has none that it
    lacks. ``narrowed``: the other way round. ``changed``: neither. What ``type_overrides`` asks
    for is somebody's choice, no change.
    """
    if _wished(spec, column):
        return ""
    made = _needed(column, into.type)
    if pg_type_holds(into.type, made):
        return "" if pg_type_holds(made, into.type) else "narrowed"
    return "widened" if pg_type_holds(made, into.type) else "changed"


def likely_new_name(
    name: str, spec: TableSpec, source: SourceSchema, target: TargetSchema | None
) -> str:
    """Return what a configured column that the source lacks may be called now, empty for unknown.

    That is the only column which the configuration does not name, if it is of the type which the
    target's column would have for it.
    """
    into = next((c for c in target.columns if c.name == name), None) if target else None
    known = {configured.lower() for configured, _ in spec.columns}
    strange = [column for column in source.columns if column.name.lower() not in known]
    if into is None or len(strange) != 1 or strange[0].type.name not in RULES:
        return ""
    same = RULES[strange[0].type.name].create(strange[0].type) == into.type
    return strange[0].name if same else ""


def _wished(spec: TableSpec, column: SourceColumn) -> PgType | None:
    for name, written in spec.type_overrides:
        if name.lower() == column.name.lower():
            return parse_pg_type(written.partition(OFFSET_KEPT[0])[0])
    return None


def _made(spec: TableSpec, column: SourceColumn) -> PgType:
    """Return the type of the column that would be created."""
    return _wished(spec, column) or RULES[column.type.name].create(column.type)


_SHORT_TEXTS: Final = frozenset({"char", "varchar", "nchar", "nvarchar"})


def _needed(column: SourceColumn, into: PgType) -> PgType:
    """Return the type that is just wide enough: of a text into varchar(n), by its length.

    A text is created as ``text``, whatever its length; somebody's own varchar(n) is compared by
    the source's units, as the rules of the types do it.
    """
    kind = column.type
    bounded = kind.name in _SHORT_TEXTS and kind.length != UNLIMITED
    if into.name == "varchar" and into.modifier and bounded:
        units = kind.length // 2 if kind.name.startswith("n") else kind.length
        return PgType("varchar", (units,))
    if into.name == "varchar" and into.modifier and kind.name == "hierarchyid":
        return PgType("varchar", (MOST_OF_A_PATH,))
    return RULES[kind.name].create(kind)


MOST_OF_A_PATH: Final = 4000
"""Characters of a hierarchyid as ``ToString()`` writes it, nvarchar(4000)."""


def _surplus(
    found: Found,
    planned: Sequence[Planned],
    target: TargetSchema,
    left_out: Sequence[SourceColumn],
) -> list[TargetColumn]:
    """Return what the source has no column for; what PostgreSQL generates aside."""
    expected = {name for _, name in found} | {column.target.name for column in planned}
    for column in left_out:
        name = pg_name(column.name)
        ways = RULES[column.type.name].ways if column.type.name in RULES else ()
        expected |= {name, *(name + way.companion.suffix for way in ways if way.companion)}
    return [c for c in target.columns if c.name not in expected and not c.generated]


def _renames(spec: TableSpec, lacking: Found, surplus: Sequence[TargetColumn]) -> list[str]:
    """Pair a column gone here and a column new there that are the only ones of their type."""
    by_type: dict[PgType, list[tuple[SourceColumn, str]]] = {}
    for column, name in lacking:
        by_type.setdefault(_made(spec, column), []).append((column, name))
    found = []
    for kind, new in by_type.items():
        gone = [column for column in surplus if column.type == kind]
        if len(new) == len(gone) == 1:
            (column, name), old = new[0], gone[0]
            found.append(
                f"{shown(column.name)} of {spec.source} looks like {shown(old.name)} of "
                f"{spec.target} renamed: both are {kind}; ALTER TABLE {spec.target.sql} RENAME "
                f"COLUMN {quote_pg(old.name)} TO {quote_pg(name)} would follow it"
            )
    return found


def _lacking(spec: TableSpec, column: SourceColumn, name: str) -> str:
    return f"{spec.target} has no column {shown(name)} for {shown(column.name)}"


def _unexpected(spec: TableSpec, column: TargetColumn) -> str:
    return f"{spec.source} has no column for {shown(column.name)} of {spec.target}"


def _followed(spec: TableSpec, lacking: Found, added: Sequence[Planned]) -> list[str]:
    if spec.drift is DriftPolicy.ADD_COLUMNS:
        return [
            f"{_lacking(spec, column.source, column.target.name)}: "
            f"it is added, of type {column.target.type}"
            for column in added
        ]
    return [f"{_lacking(spec, column, name)}: it is left out" for column, name in lacking]


def _obstacles(
    spec: TableSpec,
    found: Found,
    lacking: Found,
    added: Sequence[Planned],
    target: TargetSchema,
) -> list[str]:
    if added and not target.may_alter:
        names = ", ".join(shown(column.target.name) for column in added)
        return [f"{spec.target} takes no new columns ({names}) from this login: {MAY_NOT_ALTER}"]
    if spec.drift is DriftPolicy.IGNORE and len(lacking) == len(found):
        return [f"{spec.target} has none of the columns that are to be carried"]
    return []


def _differences(spec: TableSpec, planned: Sequence[Planned], there: set[str]) -> list[str]:
    """Tell what differs in columns that both sides have, where that keeps no row from crossing."""
    told = []
    for column in planned:
        source, into = column.source, column.target
        if column.companion or into.name not in there:
            continue
        if change := type_change(spec, source, into):
            told.append(
                f"{change}: {shown(source.name)} is of type {source.type}, column "
                f"{shown(into.name)} of type {into.type}, which holds every value"
            )
        if source.nullable and not into.nullable:
            told.append(
                f"{shown(source.name)} may be NULL, column {shown(into.name)} may not: a NULL "
                "would end the load"
            )
    return told


def adding(
    table: TargetTable,
    columns: Sequence[TargetColumn],
    *,
    nullable: bool = False,
    known_as: TargetTable | None = None,
) -> str:
    """Return the statement that adds the columns; with ``nullable`` all of them may be NULL.

    ``known_as`` is what the table will be called: constraints have their names after it.
    """

    def added(column: TargetColumn) -> str:
        text = f"ADD COLUMN {quote_pg(column.name)} {column.type}"
        if column.nullable or nullable:
            return text
        if known_as is None:
            return f"{text} NOT NULL"
        constraint = shortened(f"{known_as.name}_{column.name}_not_null")
        return f"{text} CONSTRAINT {quote_pg(constraint)} NOT NULL"

    return f"ALTER TABLE {table.sql} {', '.join(map(added, columns))}"
