"""What a database and a table remember for Change Tracking, besides the changes themselves.

A version is drawn at each commit of a transaction that changed a tracked table, so versions are in
the order of commits (Work with Change Tracking, SQL Server documentation). The changes are in a
table of DuckDB for each tracked table: see ``change_log``.
"""

from dataclasses import dataclass, field

from tableferry_sandbox.engine.database.other_objects import now_ticks


@dataclass(eq=False)
class DatabaseTracking:
    """One database's options and versions. The counter goes on after CHANGE_TRACKING = OFF and ON.

    ``commits`` pairs the number of each transaction that was given a version with that version.
    """

    on: bool = False
    retention: int = 2
    retention_unit: str = "DAYS"
    auto_cleanup: bool = True
    version: int = 0
    cleaned: int | None = None
    commits: list[tuple[int, int]] = field(default_factory=list)

    def commit(self, number: int) -> int:
        """Draw the version of a transaction that commits now."""
        self.version += 1
        self.commits.append((number, self.version))
        return self.version

    def seen_by(self, limit: int, active: frozenset[int]) -> int:
        """Return the last version in a snapshot (see ``versions.Snapshot``)."""
        for number, version in reversed(self.commits):
            if number < limit and number not in active:
                return version
        return self.commits[0][1] - 1 if self.commits else self.version


@dataclass(eq=False)
class TableTracking:
    """A tracked table: the name of its log in DuckDB, and from which version on that is complete.

    ``begin`` is the version at which tracking began or the table was truncated, ``cleaned`` the one
    up to which changes were removed, ``last`` that of the last change. ``sequence`` orders the
    changes of all statements. ``object_id`` and ``created`` are those of the internal table that
    SQL Server keeps the changes in. ``removed`` tells that the log holds changes which only open
    snapshots see, ``contexts`` that some have a context.
    """

    log: str
    object_id: int
    begin: int
    with_columns: bool
    cleaned: int | None = None
    last: int = 0
    sequence: int = 0
    removed: bool = False
    contexts: bool = False
    created: int = field(default_factory=now_ticks)

    @property
    def minimum(self) -> int:
        """The lowest version since which the changes are complete."""
        return max(self.begin, self.cleaned or 0)
