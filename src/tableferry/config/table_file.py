"""A table file that is read again when it has changed.

A file that cannot be used leaves the tables as they were read last: a program that runs for weeks
must not stop over a typing error, or over a file that an editor is just replacing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tableferry.config.config_file import read_table_set
from tableferry.config.resolve import resolve_tables
from tableferry.config.table_set import TableSet
from tableferry.errors import ConfigError, ErrorReport


@dataclass(frozen=True, slots=True)
class FileChange:
    """What a changed file means: which entries are others now, by key, or why it cannot be used."""

    path: Path
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    error: ErrorReport | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        if self.error is not None:
            return {"path": str(self.path), "error": self.error.to_dict()}
        return {
            "path": str(self.path),
            "added": list(self.added),
            "removed": list(self.removed),
            "altered": list(self.altered),
        }


class TableFile:
    """A table file, and what it said when it was read last."""

    def __init__(self, path: Path, names: Sequence[str] | None = None) -> None:
        """Read the file, of which the tables of these names are used, all where None.

        Raises ConfigError.
        """
        self.path = path
        self.names = names
        self._version = self._look()
        self.tables: TableSet = self._read()
        self.error: ErrorReport | None = None

    def refresh(self) -> FileChange | None:
        """Read the file again if it has changed since it was read last; None where it has not.

        ``error`` stays set until the file can be used again. Modules that the file imports are not
        looked at: Python keeps them.
        """
        # Looked at before it is read: what is written meanwhile makes it another one next time.
        version = self._look()
        if version == self._version:
            return None
        self._version = version
        try:
            tables = self._read()
        except ConfigError as error:
            self.error = ErrorReport.of(error)
            return FileChange(self.path, error=self.error)
        self.error = None
        before, after = self._entries(self.tables), self._entries(tables)
        self.tables = tables
        return FileChange(
            self.path,
            added=tuple(key for key in after if key not in before),
            removed=tuple(key for key in before if key not in after),
            altered=tuple(key for key in after if key in before and after[key] != before[key]),
        )

    def _read(self) -> TableSet:
        """Read the file; without patterns, everything in it can be checked at once."""
        found = read_table_set(self.path)
        if not found.patterns:
            resolve_tables(found).selected(self.names)
        return found

    def _entries(self, tables: TableSet) -> dict[str, object]:
        """Return what each entry in use says: its specification, or the keys of a pattern."""
        if not tables.patterns:
            return {spec.key: spec for spec in resolve_tables(tables).selected(self.names)}
        return {
            key: (tables.own(key), tables.pattern(key), tables.schemas)
            for key in tables.keys
            if self.names is None or key in self.names
        }

    def _look(self) -> tuple[int, ...] | None:
        """Return what changes with the file, None where there is none.

        The time of the inode's change is among it: ``cp -p`` keeps the time of the content's.
        """
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
