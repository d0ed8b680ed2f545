"""The tables of both databases as their catalogs describe them. Pure data, input of the plan.

``sqlserver.catalog`` and ``postgres.catalog`` fill these in; neither knows the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tableferry.model.naming import find_name

UNLIMITED: Final = -1
"""``SourceType.length`` of the ``(max)`` types, as ``sys.columns.max_length`` has it."""

CHARACTER_TYPES: Final = frozenset({"char", "varchar", "nchar", "nvarchar"})
"""The text types with a length; ``text``, ``ntext`` and ``xml`` are read as one of these."""


@dataclass(frozen=True, slots=True)
class SourceType:
    """A SQL Server type. ``length`` is in bytes, ``UNLIMITED`` for ``(max)``."""

    name: str
    length: int = 0
    precision: int = 0
    scale: int = 0

    @property
    def is_unbounded(self) -> bool:
        """Whether values have no size limit; ``sys.columns`` says 16 bytes for the legacy types."""
        return self.length == UNLIMITED or self.name in {"text", "ntext", "image"}

    def __str__(self) -> str:
        match self.name:
            case "decimal" | "numeric":
                return f"{self.name}({self.precision},{self.scale})"
            case "time" | "datetime2" | "datetimeoffset":
                return f"{self.name}({self.scale})"
            case "char" | "varchar" | "binary" | "varbinary":
                return f"{self.name}({'max' if self.length == UNLIMITED else self.length})"
            case "nchar" | "nvarchar":
                return f"{self.name}({'max' if self.length == UNLIMITED else self.length // 2})"
            case "float":
                return f"float({self.precision or 53})"
        return self.name


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """One column of a source table. ``protection`` says why its values would arrive altered.

    ``convert_on_server``: the driver may misread its texts, so the server casts them to nvarchar.
    """

    name: str
    type: SourceType
    nullable: bool = True
    protection: str = ""
    convert_on_server: bool = False


def find_column(name: str, columns: Sequence[SourceColumn]) -> SourceColumn | None:
    """Return the column of this name, else the only one that differs just in case, else None."""
    found = find_name(name, (column.name for column in columns))
    return next((column for column in columns if column.name == found), None)


@dataclass(frozen=True, slots=True)
class SourceSchema:
    """A source table's columns, in order, and its estimated number of rows (None: unknown).

    ``rows_filtered``: a security policy hides rows from some logins, perhaps from this one.
    ``in_memory``: the table is memory-optimized. ``is_view``: it is a view.
    """

    columns: tuple[SourceColumn, ...]
    estimated_rows: int | None = None
    rows_filtered: bool = False
    in_memory: bool = False
    is_view: bool = False


@dataclass(frozen=True, slots=True)
class Isolation:
    """Whether a source database allows SNAPSHOT isolation, and versions rows for READ COMMITTED.

    ``known`` is False where the login may not see the database's settings (VIEW ANY DATABASE).
    """

    snapshot: bool = False
    row_versions: bool = False
    known: bool = True


@dataclass(frozen=True, slots=True)
class PgType:
    """A PostgreSQL type: its ``pg_type.typname`` and the numbers of its modifier.

    An enumerated type has the name ``enum``, and its own in ``enum``.
    """

    name: str
    modifier: tuple[int, ...] = ()
    enum: str = ""

    def __str__(self) -> str:
        if self.enum:
            return f"{self.enum} (enum)"
        name = SQL_NAMES.get(self.name, self.name)
        if not self.modifier:
            return name
        return f"{name}({','.join(map(str, self.modifier))})"


SQL_NAMES: Final = {
    "bool": "boolean",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "bpchar": "char",
    "_float4": "real[]",
}
"""The SQL names of the types whose ``typname`` differs from it."""


@dataclass(frozen=True, slots=True)
class TargetColumn:
    """One column of an existing target table.

    ``needs_value``: PostgreSQL refuses a row without a value for it. ``generated``: PostgreSQL
    computes it and accepts no value. ``identity``: its own sequence numbers the rows, and this
    login may advance that sequence.
    """

    name: str
    type: PgType
    nullable: bool = True
    needs_value: bool = False
    generated: bool = False
    identity: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Obstacle:
    """Something attached to a target table that a publishing strategy has to know.

    ``kind`` is defined by the strategy, ``name`` is the object's name in PostgreSQL.
    """

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class TargetIndex:
    """A btree of an existing target table: its columns, with the included ones, by name."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """Something beside a column that its type, or its being NOT NULL, matters to.

    ``kind`` is one of those in ``planning.evolve``, ``name`` the object's. ``before`` and ``after``
    are the statements that take it away while the type is changed, empty where it may stay.
    """

    kind: str
    name: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class TargetSchema:
    """An existing target table: ``kind`` is ``pg_class.relkind``.

    ``referenced_by`` names the other tables whose foreign keys point to it, ``row_triggers`` its
    enabled triggers that run before a row is inserted. ``row_security``: row-level security applies
    to this login. ``may_alter``: this login may add columns. ``has_children``: other tables inherit
    from it and keep their rows when it is emptied. ``obstacles`` are keyed by the name of the
    publishing strategy, for the strategies that may be used. ``bytes`` is the table's size on disk
    without its indexes. ``btrees`` are its indexes that have no expression among their columns.
    ``uses`` is what uses each column, by its name, where that was asked for. ``oid`` is
    ``pg_class.oid``.
    """

    columns: tuple[TargetColumn, ...]
    kind: str = "r"
    referenced_by: tuple[str, ...] = ()
    row_triggers: tuple[str, ...] = ()
    row_security: bool = False
    may_alter: bool = True
    has_children: bool = False
    obstacles: Mapping[str, tuple[Obstacle, ...]] = field(default_factory=dict)
    bytes: int = 0
    btrees: tuple[TargetIndex, ...] = ()
    uses: Mapping[str, tuple[ColumnUse, ...]] = field(default_factory=dict)
    oid: int = 0
