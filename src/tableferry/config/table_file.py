"""The tables of a file that is read again when it has changed.

A file that cannot be used leaves the tables as they were read last: a program that runs for weeks
must not stop over a typing error, or over a file that an editor is just replacing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tableferry.config import TableSpec
from tableferry.config.config_file import read_tables
from tableferry.errors import ConfigError, ErrorReport


@dataclass(frozen=True, slots=True)
class FileChange:
    """What a changed file means: which tables are others now, by key, or why it cannot be used."""

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
    """A file that defines ``TABLE_CONFIGS``, and the tables that are in use."""

    def __init__(self, path: Path, names: Sequence[str] | None = None) -> None:
        """Read the tables of these names, all where None; raises ConfigError."""
        self.path = path
        self._names = names
        self._version = self._look()
        self.tables: list[TableSpec] = read_tables(path, names)
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
            tables = read_tables(self.path, self._names)
        except ConfigError as error:
            self.error = ErrorReport.of(error)
            return FileChange(self.path, error=self.error)
        self.error = None
        before = {spec.key: spec for spec in self.tables}
        after = {spec.key: spec for spec in tables}
        self.tables = tables
        return FileChange(
            self.path,
            added=tuple(key for key in after if key not in before),
            removed=tuple(key for key in before if key not in after),
            altered=tuple(key for key in after if key in before and after[key] != before[key]),
        )

    def _look(self) -> tuple[int, ...] | None:
        """Return what changes with the file, None where there is none.

        The time of the inode's change is among it: ``cp -p`` keeps the time of the content's.
        """
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
