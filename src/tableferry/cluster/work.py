"""What a worker does: one step, with the settings of its own environment.

A task holds a specification and an id, never a connection nor a password: those who look at a
scheduler's task graphs, or at its wire, see no secret. Failures are answers, not exceptions: Dask
logs the text of exceptions, and would try them all again alike.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from tableferry import __version__, fanout
from tableferry.aws.vault import AwsVault
from tableferry.config import Settings, TableSpec, find_env_file, load_settings
from tableferry.errors import ErrorReport
from tableferry.fanout import Begun, RoutedTable, Stored, assign
from tableferry.sync.deadline import NEVER
from tableferry.sync.outcome import TableOutcome
from tableferry.sync.retry import Retries, retried
from tableferry.sync.run import sync_table

T = TypeVar("T")

RETRIES: Final = Retries(attempts=5)
"""One step's: nobody else tries again, but where the worker itself is gone."""


def version() -> str:
    """Return the worker's tableferry."""
    return __version__


def plan(specs: Sequence[TableSpec], folder: str) -> tuple[RoutedTable, ...] | ErrorReport:
    """Say how each table is carried, and try each login once."""
    return _answered(lambda: fanout.plan_fanout(specs, _settings(specs, folder)))


def begin(
    spec: TableSpec, fanout_id: UUID, folder: str, fingerprint: str | None
) -> Begun | ErrorReport:
    """Begin a table."""
    return _tried(
        lambda: fanout.begin(
            spec, _settings([spec], folder), assign(spec, fanout_id), fingerprint=fingerprint
        )
    )


def load_chunk(spec: TableSpec, fanout_id: UUID, folder: str, number: int) -> Stored | ErrorReport:
    """Store one chunk."""
    return _tried(
        lambda: fanout.load_chunk(spec, _settings([spec], folder), assign(spec, fanout_id), number)
    )


def publish(spec: TableSpec, fanout_id: UUID, folder: str) -> TableOutcome | ErrorReport:
    """Make a table's chunks visible."""
    return _tried(lambda: fanout.publish(spec, _settings([spec], folder), assign(spec, fanout_id)))


def give_up(
    spec: TableSpec, fanout_id: UUID, folder: str, error: ErrorReport
) -> TableOutcome | ErrorReport:
    """End a table that will not be published."""
    return _tried(
        lambda: fanout.give_up(spec, _settings([spec], folder), assign(spec, fanout_id), error)
    )


def load_whole(spec: TableSpec, folder: str, fingerprint: str | None) -> TableOutcome | ErrorReport:
    """Carry a table that cannot be carried in chunks."""
    return _answered(lambda: sync_table(spec, _settings([spec], folder), fingerprint=fingerprint))


def _settings(specs: Sequence[TableSpec], folder: str) -> Settings:
    """Read the worker's own environment, and a ``.env`` where it runs or in ``folder``."""
    db_types = dict.fromkeys(spec.db_type for spec in specs)
    return load_settings(db_types, find_env_file(Path.cwd(), Path(folder)), AwsVault())


def _tried(work: Callable[[], T]) -> T | ErrorReport:
    return _answered(lambda: retried(work, RETRIES, NEVER))


def _answered(work: Callable[[], T]) -> T | ErrorReport:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - an answer like any other
        return ErrorReport.of(error)
