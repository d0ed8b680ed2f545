"""The watermark of Change Tracking: what is saved with a version, and whether it still holds.

A version alone does not say that it can be used. The changes since then may have been cleaned up,
the table truncated or altered, tracking switched off and on; and a restored database passes every
check of versions once its own have grown past the saved one. So what tells these apart is saved
with it, and compared before it is used.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tableferry.errors import ConfigError
from tableferry.model.identifiers import quote_mssql
from tableferry.model.watermark import ReloadReason
from tableferry.modes.tracking import NEVER_RESTORED, TrackedDatabase, TrackedTable

_DELETE: Final = (
    "Nothing was changed. A newer version of tableferry may have written it: use that one. "
    "Otherwise delete the table's row from tableferry.watermarks; the next run reads everything."
)


@dataclass(frozen=True, slots=True)
class TrackedVersion:
    """A saved watermark: up to which version a table has been read, and what it was then."""

    version: int
    begun: int | None
    form: str
    journal: str
    identity: dict[str, str]


def saved(database: TrackedDatabase, table: TrackedTable) -> str:
    """Return the watermark's text, a JSON object, for rows read up to the database's version.

    ``retention`` is for those who look at the ledger; a watermark is used without it.
    """
    return json.dumps(
        {
            "version": database.version,
            "begun": table.begun,
            "form": table.form,
            "journal": table.journal,
            "identity": dict(database.identity),
            **({"retention": database.retention} if database.retention else {}),
        },
        sort_keys=True,
    )


def parse(value: str) -> TrackedVersion:
    """Read a watermark's text; raises ConfigError where this version cannot have written it.

    Never a reason to start over silently: what cannot be read may hold more than is known here.
    """
    try:
        found = json.loads(value)
        whole = TrackedVersion(
            found["version"], found["begun"], found["form"], found["journal"], found["identity"]
        )
    except (ValueError, KeyError, TypeError):
        whole = None
    if whole is None or not _is_whole(whole):
        raise ConfigError(
            "The watermark in the ledger is not one of 'mode': 'change_tracking'", hint=_DELETE
        )
    return whole


def retention_of(value: str) -> float | None:
    """Return for how many seconds the source kept changes when a watermark was saved.

    None where that was not visible, or the text is none of this mode's.
    """
    try:
        kept = json.loads(value)["retention"]
    except (ValueError, KeyError, TypeError):
        return None
    return float(kept) if isinstance(kept, int | float) else None


def _is_whole(found: TrackedVersion) -> bool:
    def is_number(value: Any) -> bool:
        return type(value) is int and value >= 0

    texts = [found.form, found.journal]
    if not isinstance(found.identity, dict):
        return False
    texts += [*found.identity.values()]
    return (
        is_number(found.version)
        and (found.begun is None or is_number(found.begun))
        and all(isinstance(text, str) for text in texts)
    )


def judge(value: str, database: TrackedDatabase, table: TrackedTable) -> ReloadReason | None:
    """Return why the changes since a saved watermark cannot be used, None where they can.

    Raises ConfigError where they cannot be asked for at all (see ``require_tracked``), or where the
    watermark cannot be read.
    """
    version, minimum = require_tracked(database, table)
    left = parse(value)
    if is_another(left.identity, database.identity):
        return ReloadReason.OTHER_DATABASE
    if version < left.version:
        return ReloadReason.RESET
    if table.form != left.form:
        return ReloadReason.ALTERED
    if left.journal and table.journal and table.journal != left.journal:
        return ReloadReason.TRACKING_OFF_AND_ON
    if table.begun != left.begun:
        return ReloadReason.TRUNCATED
    if table.begun == left.version < version:
        # A truncation begins tracking anew at the current version, which is this one until the next
        # change to any table. The documentation leaves open whether a truncation has its own.
        return ReloadReason.TRACKING_BEGAN
    if minimum > left.version:
        return ReloadReason.EXPIRED
    return None


def may_be_truncated(value: str, database: TrackedDatabase, table: TrackedTable) -> bool:
    """Whether a truncation since the saved watermark would have left no trace.

    It begins tracking anew at the current version: where tracking began at that one already, and
    nothing in the database has changed since, all is as it was. The table has no rows then.
    """
    return parse(value).version == table.begun == database.version


def is_same_journal(value: str, table: TrackedTable) -> bool:
    """Whether tracking is known to have been on since a watermark was saved."""
    return bool(table.journal) and parse(value).journal == table.journal


def require_tracked(database: TrackedDatabase, table: TrackedTable) -> tuple[int, int]:
    """Return the current version and the oldest valid one.

    Raises ConfigError, with the statement that helps, where Change Tracking is off, the login may
    not see it, or the database does not allow SNAPSHOT: without that a version, the changes and the
    rows are of different moments.
    """
    name = quote_mssql(database.name)
    if database.version is None:
        raise ConfigError(
            f"Change Tracking is off in the database {database.name}",
            hint=f"ALTER DATABASE {name} SET CHANGE_TRACKING = ON "
            f"(CHANGE_RETENTION = 7 DAYS, AUTO_CLEANUP = ON); then, in it: {_enable(table)}",
        )
    if database.snapshot is False:
        raise ConfigError(
            f"The database {database.name} does not allow SNAPSHOT isolation, without which "
            "changes and rows would be of different moments",
            hint=f"ALTER DATABASE {name} SET ALLOW_SNAPSHOT_ISOLATION ON, or choose another "
            "'mode'.",
        )
    if table.minimum is None and table.begun is None:
        raise ConfigError(
            f"Change Tracking is off for {table.source}",
            hint=f"In the database {database.name}: {_enable(table)}. The table needs a primary "
            "key.",
        )
    if table.minimum is None:
        user = quote_mssql(database.user) if database.user else "the login's user"
        raise ConfigError(
            f"The login may not see the changes of {table.source}",
            hint=f"In the database {database.name}: GRANT VIEW CHANGE TRACKING ON "
            f"{_two_parts(table)} TO {user}",
        )
    return database.version, table.minimum


def is_another(left: Mapping[str, str], identity: Mapping[str, str]) -> bool:
    """Whether the database is not the one that was left: something visible both times differs.

    A history of restores that was deleted since is no restore.
    """
    now = dict(identity)
    if now.get("restored") == NEVER_RESTORED:
        del now["restored"]
    return any(left[key] != now[key] for key in left.keys() & now.keys())


def _enable(table: TrackedTable) -> str:
    return f"ALTER TABLE {_two_parts(table)} ENABLE CHANGE_TRACKING"


def _two_parts(table: TrackedTable) -> str:
    return f"{quote_mssql(table.source.schema)}.{quote_mssql(table.source.name)}"
