"""What binding a statement needs from its session, and what it records of the statement."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

from tableferry_sandbox.engine.binding.scope import Source, Typed
from tableferry_sandbox.engine.database.catalog_objects import Database, Table, View
from tableferry_sandbox.engine.database.other_objects import SchemaObject, Sequence
from tableferry_sandbox.engine.database.principals import Login, Principal
from tableferry_sandbox.engine.database.rights import NO_COLUMNS
from tableferry_sandbox.engine.tree.syntax import Query
from tableferry_sandbox.sqltypes import SqlType

Row: TypeAlias = tuple[Any, ...]
"""A row of a catalog view."""


def permit_all(_: Table | View) -> frozenset[int]:
    """Permit every read, of all columns."""
    return NO_COLUMNS


def all_objects(_source: str, _column: str) -> frozenset[int] | None:
    """Leave the catalog views with the rows of every object."""
    return None


class SessionInfo(Protocol):
    """What functions and catalog views may read of their session."""

    session_id: int
    login: Login
    login_name: str
    host_name: str
    application: str
    current: Database
    login_time: int
    options: dict[str, str]
    forgiven: frozenset[str]
    row_count: int
    last_error: int
    last_identity: int | None
    transaction_count: int
    caught: list[object]

    @property
    def server(self) -> "ServerInfo":
        """The instance that the session is on."""
        ...

    def find_other(
        self, parts: tuple[str, ...], database: Database | None = None
    ) -> SchemaObject | None:
        """Return a synonym, sequence, function, rule or default by name."""
        ...

    def find_visible(self, parts: tuple[str, ...]) -> Table | View | None:
        """Return a table or view by name, if the session sees it in the catalog."""
        ...

    def catalog_of(self, database: Database) -> Database:
        """Return a database with only the objects that the session may see; raises 916."""
        ...

    def may(self, permission: str, database: Database, item: Table | View | None = None) -> bool:
        """Return whether the session has a permission."""
        ...

    def require_state(self, view: str) -> None:
        """Raise 262 or 300 if the session may not read a view of the server's state."""
        ...

    @property
    def user(self) -> Principal:
        """The session's user in the current database."""
        ...


class ServerInfo(Protocol):
    """What functions and catalog views may read of the instance."""

    name: str

    def logins(self) -> list[Login]:
        """Return all logins."""
        ...

    def databases(self) -> list[Database]:
        """Return all databases."""
        ...

    def find_database(self, name: str) -> Database | None:
        """Return a database by name."""
        ...

    def lowest_open_rowversion(self, database: Database) -> int:
        """Return the lowest rowversion of an open transaction, the next one without any."""
        ...

    def last_value(self, sequence: Sequence) -> int:
        """Return the value a sequence gave last, its start before the first."""
        ...

    def count_rows(self, table: Table) -> int:
        """Return how many rows a table has."""
        ...

    def count_large_pages(self, table: Table) -> int | None:
        """Return how many pages of their own its large values have; None: no column has such."""
        ...


class ChangesInfo(Protocol):
    """What a statement sees of Change Tracking."""

    def version(self, database: Database) -> int | None:
        """Return the version of the last commit seen, None if the database tracks no changes."""
        ...

    def seen(self, table: Table) -> str:
        """Return the condition on a tracked table's log for the changes seen."""
        ...


@dataclass
class Context:
    """What binding one statement needs from its session, and what it records.

    ``tables`` and ``views`` are those that the statement reads, the latter of the catalog.
    ``volatile`` says that the same statement may give other rows later, ``random`` that the same
    SQL may give other rows now. ``owners`` returns the ids of the only objects whose rows of a
    catalog view the SELECT being bound needs, by the source's name and the column with such ids.
    ``home`` is the database of the table whose expression is bound, None for the current one;
    ``local`` are the variables of the user-defined function whose body is bound, None outside of
    one; ``calls`` and ``lets`` count the functions and values with a name that it is inside of.
    ``recursions`` is the MAXRECURSION of the statement, 0 for no limit. ``ordered`` says whether
    tables are read in their clustered order; ``scan_order`` is where FROM leaves that order for a
    SELECT that sorts the rows itself, None where each table is to be sorted.
    ``permit`` raises 229 or returns the ids of the columns that may not be read. ``masked`` says
    that what was bound since it was last reset refers to a masked column; ``filtering`` are the
    tables whose security predicates are being bound.
    """

    session: SessionInfo
    variables: dict[str, tuple[SqlType, object]]
    resolve: Callable[[tuple[str, ...]], Table | View | None]
    read: Callable[[Table, frozenset[str]], str]
    show: Callable[[str, list[Row], Callable[[list[Row]], pa.Table]], str]
    changes: ChangesInfo
    permit: Callable[[Table | View], frozenset[int]] = permit_all
    tables: list[Table] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    volatile: bool = False
    random: bool = False
    owners: Callable[[str, str], frozenset[int] | None] = all_objects
    common: dict[str, tuple[tuple[str, ...], Query]] = field(default_factory=dict)
    recursive: dict[str, Source] = field(default_factory=dict)
    home: Database | None = None
    local: dict[str, Typed] | None = None
    calls: int = 0
    lets: int = 0
    aliases: int = 0
    recursions: int = 100
    ordered: bool = True
    scan_order: list[str] | None = None
    now: int | None = None
    masked: bool = False
    filtering: list[Table] = field(default_factory=list)

    @property
    def database(self) -> Database:
        """The database whose collation names and texts have that come from no table."""
        return self.home or self.session.current

    @property
    def key(self) -> Callable[[str], str]:
        """What maps the spellings of a name that the statement defines to one."""
        return self.database.key

    def alias(self) -> str:
        """Return a new name for a source."""
        self.aliases += 1
        return f"s{self.aliases}"
