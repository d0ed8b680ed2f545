"""How far a table has been read: what the ledger keeps of it, and why it may not be used. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


@dataclass(frozen=True, slots=True)
class Watermark:
    """What the last published run has left.

    ``value`` is the mode's own text. ``age`` says how many seconds ago it was written,
    ``reconciled`` how many seconds ago the keys of both sides were last compared (None: never),
    both by the target's clock. ``is_of_this_load``: it is from before the first chunk of the load
    that is under way, and not a published run's.
    """

    value: str
    age: float = 0.0
    reconciled: float | None = None
    is_of_this_load: bool = False


class ReloadReason(StrEnum):
    """Why every row is read where only the changes would have been asked for."""

    FIRST_LOAD = "first_load"
    ENTRY_CHANGED = "entry_changed"
    TARGET_CHANGED = "target_changed"
    TRACKING_OFF_AND_ON = "tracking_off_and_on"
    TRACKING_BEGAN = "tracking_began"
    EXPIRED = "expired"
    TRUNCATED = "truncated"
    RESET = "reset"
    ALTERED = "altered"
    OTHER_DATABASE = "other_database"
    MANY_CHANGES = "many_changes"

    @property
    def text(self) -> str:
        """The reason in words, as the end of a sentence that begins with 'since'."""
        return _TEXTS[self]

    @property
    def is_lost(self) -> bool:
        """Whether the source can no longer say what has changed, which ``on_expired`` is about."""
        return self in _LOST


_TEXTS: Final = {
    ReloadReason.FIRST_LOAD: "no earlier run has left a watermark",
    ReloadReason.ENTRY_CHANGED: "its mode, its columns, its key or its source have changed",
    ReloadReason.TARGET_CHANGED: "the target table is another one, or was altered",
    ReloadReason.TRACKING_OFF_AND_ON: "change tracking was off for a while",
    ReloadReason.TRACKING_BEGAN: "tracking began at the very version of the last run, so that a "
    "truncation since then would not show",
    ReloadReason.EXPIRED: "the source no longer keeps the changes since the last run",
    ReloadReason.TRUNCATED: "the source table was truncated",
    ReloadReason.RESET: "the source's version is lower than at the last run",
    ReloadReason.ALTERED: "the source table was altered",
    ReloadReason.OTHER_DATABASE: "the source is another database, or was restored from a backup",
    ReloadReason.MANY_CHANGES: "so many rows have changed that reading all of them is faster",
}

_LOST: Final = frozenset(
    {
        ReloadReason.TRACKING_OFF_AND_ON,
        ReloadReason.EXPIRED,
        ReloadReason.TRUNCATED,
        ReloadReason.RESET,
        ReloadReason.ALTERED,
        ReloadReason.OTHER_DATABASE,
    }
)
