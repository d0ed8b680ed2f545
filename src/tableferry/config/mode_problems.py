"""What of an entry does not fit to its ``mode``, or to what becomes of deleted rows.

A key that the mode ignores is refused, too: whoever sets it expects it to have an effect.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from tableferry.config.choices import Consistency, LedgerUse, Publish, ReadMode
from tableferry.config.deletes import HARD, DeleteHandling, Deletes
from tableferry.config.entry_types import as_names
from tableferry.model.identifiers import shown
from tableferry.model.naming import SYSTEM_COLUMNS, pg_name

KEYS_OF_MODES: Final = {
    "watermark": ReadMode.WATERMARK,
    "overlap": ReadMode.WATERMARK,
    "on_expired": ReadMode.CHANGE_TRACKING,
}
"""The keys that only one mode looks at."""

RECONCILE_KEYS: Final = ("reconcile_every", "max_delete_share")
"""The keys that only ``deletes: reconcile`` looks at."""

DELETES_OF_MODES: Final = {
    ReadMode.FULL: (DeleteHandling.HARD, DeleteHandling.SOFT),
    ReadMode.CHANGE_TRACKING: (DeleteHandling.HARD, DeleteHandling.SOFT, DeleteHandling.IGNORE),
    ReadMode.ROWVERSION: (DeleteHandling.RECONCILE, DeleteHandling.IGNORE),
    ReadMode.WATERMARK: (DeleteHandling.RECONCILE, DeleteHandling.IGNORE),
}
"""How each mode can handle deleted rows. Where ``hard``, the default, is not among them, the entry
has to choose: rows that stay in the target although they are deleted should surprise nobody."""

_WRITTEN: Final = {
    DeleteHandling.HARD: "'hard', which deletes them",
    DeleteHandling.SOFT: "'soft:<column>', which marks them",
    DeleteHandling.RECONCILE: (
        "'reconcile', which compares the keys of both sides from time to time"
    ),
    DeleteHandling.IGNORE: "'ignore', which leaves them in the target",
}


def mode_problems(entry: Mapping[str, Any], wrong: Collection[str]) -> list[str]:
    """Return what does not fit; nothing where ``mode`` or ``deletes`` itself is among the wrong.

    ``wrong`` are the keys with values of a wrong kind, which are reported already.
    """
    if "mode" in wrong or "deletes" in wrong:
        return []
    mode = ReadMode(entry.get("mode", ReadMode.FULL))
    deletes = Deletes.parse(entry["deletes"]) if "deletes" in entry else HARD
    found = [
        f"{key!r} is for 'mode': {of.value!r}"
        for key, of in KEYS_OF_MODES.items()
        if key in entry and mode is not of
    ]
    if mode is ReadMode.WATERMARK and "watermark" not in entry:
        found.append(
            "'mode': 'watermark' needs 'watermark', the column whose value rises with every change"
        )
    if mode is not ReadMode.FULL:
        found += _untrustworthy(mode, entry)
    return found + _delete_problems(mode, deletes, entry)


def _untrustworthy(mode: ReadMode, entry: Mapping[str, Any]) -> list[str]:
    """Return what keeps a watermark from being stored, or from being true."""
    found = []
    if entry.get("ledger") == LedgerUse.OFF:
        found.append(
            f"'mode': {mode.value!r} needs the ledger, which keeps how far the table has been "
            "read: omit 'ledger': 'off'"
        )
    if entry.get("consistency") == Consistency.NOLOCK:
        found.append(
            f"'mode': {mode.value!r} does not fit 'consistency': 'nolock': a row that it misses "
            "would not be read again"
        )
    return found


def _delete_problems(mode: ReadMode, deletes: Deletes, entry: Mapping[str, Any]) -> list[str]:
    found = []
    if deletes.how not in DELETES_OF_MODES[mode]:
        choices = " or ".join(_WRITTEN[one] for one in DELETES_OF_MODES[mode])
        if "deletes" in entry:
            found.append(
                f"'deletes': {str(deletes)!r} does not fit 'mode': {mode.value!r}: use {choices}"
            )
        else:
            found.append(
                f"'mode': {mode.value!r} does not see deleted rows: set 'deletes' to {choices}"
            )
    if deletes.how is not DeleteHandling.RECONCILE:
        found += [
            f"{key!r} is for 'deletes': 'reconcile'" for key in RECONCILE_KEYS if key in entry
        ]
    if deletes.keeps_rows and entry.get("publish") in (Publish.SWAP, Publish.TRUNCATE):
        found.append(
            f"'deletes': {str(deletes)!r} needs rows that stay in place, and 'publish': "
            f"{str(entry['publish'])!r} replaces all of them: use 'merge' or 'auto'"
        )
    if deletes.how is DeleteHandling.SOFT:
        found += _soft_problems(deletes, entry)
    return found


def _soft_problems(deletes: Deletes, entry: Mapping[str, Any]) -> list[str]:
    """Return why deleted rows cannot be marked."""
    found = []
    named = f"'deletes': {str(deletes)!r}"
    publish = entry.get("publish")
    if entry.get("ledger") == LedgerUse.OFF and publish != Publish.MERGE:
        found.append(
            f"{named} needs the ledger, which tracks the staging table: omit 'ledger': 'off'"
        )
    carried = as_names(entry.get("pg_columns")) or map(pg_name, as_names(entry.get("columns")))
    if deletes.column in carried:
        found.append(f"{named} names {shown(deletes.column)}, which is filled from the source")
    if deletes.column in SYSTEM_COLUMNS:
        found.append(f"{named} names a column that PostgreSQL itself keeps in every table")
    return found
