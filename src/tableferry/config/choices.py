"""The enumerated values of an entry's keys: what each choice means."""

from enum import StrEnum


class Consistency(StrEnum):
    """The isolation under which the source is read; ``auto`` lets the plan choose."""

    AUTO = "auto"
    SNAPSHOT = "snapshot"
    READ_COMMITTED = "read_committed"
    NOLOCK = "nolock"


class OnInvalid(StrEnum):
    """What to do with values that PostgreSQL cannot store.

    ``strip`` and ``replace`` apply to texts with U+0000 or unpaired surrogates. ``quarantine``
    stores every row apart that has no exact form in the target, or that PostgreSQL refuses.
    """

    FAIL = "fail"
    STRIP = "strip"
    REPLACE = "replace"
    QUARANTINE = "quarantine"


class TrailingBlanks(StrEnum):
    """What to do with the blanks that pad a ``char`` or ``nchar``."""

    KEEP = "keep"
    TRIM = "trim"


class DriftPolicy(StrEnum):
    """What to do where the columns of source and existing target table differ.

    ``add_columns`` adds those that the target lacks; ``evolve`` does as well, widens types, and
    lets columns be NULL that may be in the source.
    """

    STOP = "stop"
    ADD_COLUMNS = "add_columns"
    EVOLVE = "evolve"
    IGNORE = "ignore"

    @property
    def evolves(self) -> bool:
        """Whether existing columns follow those of the source."""
        return self is DriftPolicy.EVOLVE

    @property
    def adds(self) -> bool:
        """Whether columns that the target lacks are added."""
        return self in {DriftPolicy.ADD_COLUMNS, DriftPolicy.EVOLVE}


class Publish(StrEnum):
    """The publishing strategy: how a load becomes visible, in one transaction.

    ``truncate`` replaces the rows in place, ``swap`` replaces the table with one that was loaded
    apart, ``merge`` changes only the rows that differ; ``auto`` lets the plan choose.
    """

    AUTO = "auto"
    TRUNCATE = "truncate"
    SWAP = "swap"
    MERGE = "merge"


class ReadMode(StrEnum):
    """What a run reads: ``full`` is every row, each time; the others are incremental.

    ``change_tracking`` reads what SQL Server's Change Tracking lists, ``rowversion`` the rows whose
    rowversion has risen, ``watermark`` those with a higher value of a column that the entry names.
    """

    FULL = "full"
    CHANGE_TRACKING = "change_tracking"
    ROWVERSION = "rowversion"
    WATERMARK = "watermark"


class OnExpired(StrEnum):
    """What to do where Change Tracking no longer has all changes since the watermark.

    ``reload`` reads every row and publishes them like a first load, ``stop`` refuses the table.
    """

    RELOAD = "reload"
    STOP = "stop"


class LedgerUse(StrEnum):
    """Whether runs are recorded in the target's schema ``tableferry``."""

    ON = "on"
    OFF = "off"


class NewTables(StrEnum):
    """What to do with a table that a pattern matches since a later run than its first one.

    ``tell`` names it in a warning and leaves it alone, ``include`` carries it, with a warning.
    """

    TELL = "tell"
    INCLUDE = "include"
