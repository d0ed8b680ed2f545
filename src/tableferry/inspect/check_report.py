"""What a check has found: each database, each table, and the whole."""

from dataclasses import dataclass
from typing import Any, Final, Self

from tableferry.errors import ErrorReport, raise_any
from tableferry.model.html_table import html_table

TARGET: Final = "postgresql"
"""The target's name among the databases; a source is named by its ``db_type``."""


@dataclass(frozen=True, slots=True)
class DatabaseCheck:
    """One database: what it is like, or the error that kept us from it.

    ``encoding`` is the target's; ``warnings`` tell of settings that matter to every load.
    """

    name: str
    where: str
    reachable: bool
    logged_in: bool
    seconds: float
    version: str = ""
    encryption: str = ""
    isolation: tuple[str, ...] = ()
    encoding: str = ""
    warnings: tuple[str, ...] = ()
    error: ErrorReport | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "database": self.name,
            "where": self.where,
            "reachable": self.reachable,
            "logged_in": self.logged_in,
            "seconds": round(self.seconds, 3),
            **({"version": self.version} if self.version else {}),
            **({"encryption": self.encryption} if self.encryption else {}),
            **({"isolation_levels": list(self.isolation)} if self.isolation else {}),
            **({"encoding": self.encoding} if self.encoding else {}),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            **({"error": self.error.to_dict()} if self.error else {}),
        }


@dataclass(frozen=True, slots=True)
class TableCheck:
    """Whether one table could be synced now; a ``missing`` one would be created.

    ``readable`` and ``writable`` are None where that could not be tried.
    """

    table: str
    source: str
    target: str
    readable: bool | None
    writable: bool | None
    missing: bool = False
    warnings: tuple[str, ...] = ()
    error: ErrorReport | None = None

    @property
    def ok(self) -> bool:
        """Whether a sync would get as far as reading rows."""
        return bool(self.readable and self.writable) and self.error is None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "table": self.table,
            "source": self.source,
            "target": self.target,
            "status": "ok" if self.ok else "failed",
            "readable": self.readable,
            "writable": self.writable,
            **({"will_be_created": True} if self.missing else {}),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            **({"error": self.error.to_dict()} if self.error else {}),
        }


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Every database and every table that was checked, with warnings of the configuration."""

    databases: tuple[DatabaseCheck, ...]
    tables: tuple[TableCheck, ...]
    seconds: float
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every database and every table is ok."""
        return all(d.error is None for d in self.databases) and all(t.ok for t in self.tables)

    @property
    def any_ok(self) -> bool:
        """Whether at least one table could be synced."""
        return any(table.ok for table in self.tables)

    def raise_for_failure(self) -> Self:
        """Return the report if it is ok; else raise, as a run's outcome does.

        A database that cannot be used counts once, not for each of its tables.
        """
        down = {one.name: one.error for one in self.databases if one.error}
        known = list(down.values())
        tables = {one.table: one.error for one in self.tables if one.error not in (None, *known)}
        raise_any({name: error for name, error in (down | tables).items() if error is not None})
        return self

    def _repr_html_(self) -> str:
        """Return both sides as tables, for notebooks."""
        databases = html_table(
            ("database", "where", "logged in", "version", "remarks"),
            [
                (one.name, one.where, one.logged_in, one.version, one.error and one.error.message)
                for one in self.databases
            ],
        )
        tables = html_table(
            ("table", "source", "target", "ok", "remarks"),
            [
                (one.table, one.source, one.target, one.ok, one.error and one.error.message)
                for one in self.tables
            ],
        )
        return databases + tables

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            "databases": [database.to_dict() for database in self.databases],
            "tables": [table.to_dict() for table in self.tables],
            "totals": {
                "tables": len(self.tables),
                "ok": sum(table.ok for table in self.tables),
                "failed": sum(not table.ok for table in self.tables),
                "seconds": round(self.seconds, 3),
            },
        }
