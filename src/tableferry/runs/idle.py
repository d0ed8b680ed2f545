"""Find the tables of a run that have not changed: all of them with a few statements.

For a table in mode change_tracking whose entry, target and source are what they were at its last
run, whether there are changes is one row of one query. Without any its watermark is advanced, so
that a quiet table never expires, and it is done: no lease, no plan, no connection of its own. All
other tables go the ordinary way; so does everything where a step fails here, and the ordinary way
then meets the error, retries it or reports it.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tableferry import sqlserver
from tableferry.config import LedgerUse, ReadMode, Settings, TableSpec
from tableferry.errors import TableferryError
from tableferry.model.identifiers import SourceTable
from tableferry.modes import tracked_changes, tracking
from tableferry.modes.changed_rows import not_followed
from tableferry.modes.tracking_watermark import judge, may_be_truncated, parse, saved
from tableferry.postgres.ledger import LeftWatermark
from tableferry.runs.claim import settings_of
from tableferry.runs.history import History
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run_options import RunOptions

MODE: Final = ReadMode.CHANGE_TRACKING


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A table that is idle unless its source has changes: as its last run has left it."""

    spec: TableSpec
    source: SourceTable
    left: LeftWatermark


def idle_tables(
    specs: Sequence[TableSpec],
    settings: Settings,
    history: History,
    options: RunOptions,
) -> dict[str, TableOutcome]:
    """Return the outcomes of the tables that have no changes, by key; their watermarks advance.

    Raises nothing that the ordinary way would not meet as well.
    """
    asked = [spec for spec in specs if spec.mode is MODE and spec.ledger is LedgerUse.ON]
    if not asked or options.deadline.is_over:
        return {}
    try:
        candidates = _candidates(asked, settings, history)
    except TableferryError:
        return {}
    idle: dict[str, TableOutcome] = {}
    for group in _by_database(candidates):
        started = options.clock()
        try:
            values = _unchanged(group, settings, options)
            at = history.advance(MODE, values, options.clock() - started)
        except TableferryError:
            continue
        seconds = options.clock() - started
        for candidate in group:
            if (as_of := at.get(candidate.left.target)) is not None:
                idle[candidate.spec.key] = _outcome(candidate.spec, seconds, as_of)
    return idle


def _candidates(
    specs: Sequence[TableSpec], settings: Settings, history: History
) -> list[_Candidate]:
    """Return the tables whose last run has left a watermark that still belongs to the entry."""
    watermarks = history.watermarks(MODE, [spec.target for spec in specs])
    candidates = []
    for spec, left in zip(specs, watermarks, strict=True):
        if left is not None and left.settings == settings_of(spec, settings):
            source = spec.located_in(settings.sources[spec.db_type].db).source
            candidates.append(_Candidate(spec, source, left))
    return candidates


def _by_database(candidates: Sequence[_Candidate]) -> list[list[_Candidate]]:
    groups: dict[tuple[str, str], list[_Candidate]] = {}
    for candidate in candidates:
        place = (candidate.spec.db_type, candidate.source.database)
        groups.setdefault(place, []).append(candidate)
    return list(groups.values())


def _unchanged(
    group: Sequence[_Candidate], settings: Settings, options: RunOptions
) -> dict[LeftWatermark, str]:
    """Ask one source database; return the new watermarks of the tables that have no changes."""
    specs = [candidate.spec for candidate in group]
    timeout = min(spec.statement_timeout for spec in specs)
    if (remaining := options.deadline.remaining) is not None:
        timeout = max(1, min(timeout, int(remaining)))
    with sqlserver.connect(
        settings.sources[specs[0].db_type],
        lock_timeout=min(spec.lock_timeout for spec in specs),
        statement_timeout=timeout,
    ) as connection:
        connection.begin_snapshot()
        found = _ask(connection, group)
        connection.require_snapshot()
    return found


def _ask(
    connection: sqlserver.SourceConnection, group: Sequence[_Candidate]
) -> dict[LeftWatermark, str]:
    database = tracking.read_database(connection.rows, group[0].source.database)
    tables = tracking.read_tables(connection.rows, dict.fromkeys(one.source for one in group))
    # A table that is truncated from here on has changed after the snapshot; the next run finds it,
    # for what is saved is from before.
    usable = [one for one in group if _is_usable(one.left, database, tables[one.source])]
    if not usable:
        return {}
    # Several entries may read one table, each up to a version of its own: the oldest is asked for.
    since: dict[SourceTable, int] = {}
    for one in usable:
        version = parse(one.left.value).version
        since[one.source] = min(version, since.get(one.source, version))
    # No table has changes after the version of the database's last change.
    older = {source: version for source, version in since.items() if version != database.version}
    changed = tracked_changes.changed_tables(connection.rows, older)
    return {
        one.left: saved(database, tables[one.source]) for one in usable if one.source not in changed
    }


def _is_usable(
    left: LeftWatermark, database: tracking.TrackedDatabase, table: tracking.TrackedTable
) -> bool:
    """Whether the changes since the watermark can be asked for, in good time.

    Where they cannot for one table, the others are asked all the same. The ordinary way warns of
    one whose last run was half of the retention ago.
    """
    if database.retention is not None and left.age > database.retention / 2:
        return False
    try:
        if may_be_truncated(left.value, database, table):
            return False
        return judge(left.value, database, table) is None
    except TableferryError:
        return False


def _outcome(spec: TableSpec, seconds: float, as_of: dt.datetime) -> TableOutcome:
    return TableOutcome(
        table=spec.key,
        target=str(spec.target),
        status=Status.OK,
        seconds=seconds,
        consistency="snapshot",
        lag=seconds,
        as_of=as_of,
        warnings=not_followed(spec),
        idle=True,
    )
