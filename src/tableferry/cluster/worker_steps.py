"""The steps that a worker runs, each with the settings of the worker's own environment.

A task holds a specification and an id, never a connection or a password, so a scheduler's task
graphs and its network traffic show no secret. Failures are returned, not raised: Dask logs the text
of exceptions, and would retry every one of them, whatever its class.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from tableferry import __version__, fanout
from tableferry.aws.vault import AwsVault
from tableferry.config import Settings, TableSpec, find_env_file, load_settings
from tableferry.errors import ErrorReport
from tableferry.fanout import (
    Begun,
    ChunkToVerify,
    ChunkVerified,
    RoutedTable,
    Stored,
    VerificationBegun,
    assign,
)
from tableferry.runs.deadline import NEVER
from tableferry.runs.outcome import TableOutcome
from tableferry.runs.retry import Retries, retried
from tableferry.runs.run import sync_table
from tableferry.runs.run_options import RunOptions
from tableferry.runs.verify_tables import verify_tables
from tableferry.verification.options import VerifyOptions
from tableferry.verification.result import TableVerification

T = TypeVar("T")

RETRIES: Final = Retries(attempts=5)
"""Of one step; Dask retries a step only when its worker is lost."""


def version() -> str:
    """Return the version of the worker's tableferry."""
    return __version__


def plan(specs: Sequence[TableSpec], folder: str) -> tuple[RoutedTable, ...] | ErrorReport:
    """Return each table's route through the fan-out, having tried each login once."""
    return _reported(lambda: fanout.plan_fanout(specs, _settings(specs, folder)))


def begin(
    spec: TableSpec, fanout_id: UUID, folder: str, fingerprint: str | None
) -> Begun | ErrorReport:
    """Begin a table: lease, plan, chunks, staging table."""
    return _with_retries(
        lambda: fanout.begin(
            spec, _settings([spec], folder), assign(spec, fanout_id), fingerprint=fingerprint
        )
    )


def load_chunk(spec: TableSpec, fanout_id: UUID, folder: str, number: int) -> Stored | ErrorReport:
    """Load one chunk into the staging table."""
    return _with_retries(
        lambda: fanout.load_chunk(spec, _settings([spec], folder), assign(spec, fanout_id), number)
    )


def publish(spec: TableSpec, fanout_id: UUID, folder: str) -> TableOutcome | ErrorReport:
    """Publish a table whose chunks are all stored."""
    return _with_retries(
        lambda: fanout.publish(spec, _settings([spec], folder), assign(spec, fanout_id))
    )


def give_up(
    spec: TableSpec, fanout_id: UUID, folder: str, error: ErrorReport
) -> TableOutcome | ErrorReport:
    """Record the outcome of a table that will not be published."""
    return _with_retries(
        lambda: fanout.give_up(spec, _settings([spec], folder), assign(spec, fanout_id), error)
    )


def load_whole(spec: TableSpec, folder: str, fingerprint: str | None) -> TableOutcome | ErrorReport:
    """Sync a table that cannot be fanned out in chunks."""
    return _reported(lambda: sync_table(spec, _settings([spec], folder), fingerprint=fingerprint))


def plan_verification(
    specs: Sequence[TableSpec], folder: str, wanted: VerifyOptions
) -> tuple[RoutedTable, ...] | ErrorReport:
    """Return how each table is verified, having tried each login once."""
    return _reported(lambda: fanout.plan_verification(specs, _settings(specs, folder), wanted))


def begin_verification(
    spec: TableSpec, folder: str, verification_id: UUID
) -> VerificationBegun | ErrorReport:
    """Plan and cut a table that is to be verified."""
    return _with_retries(
        lambda: fanout.begin_verification(spec, _settings([spec], folder), verification_id)
    )


def verify_chunk(
    spec: TableSpec, folder: str, wanted: VerifyOptions, chunk: ChunkToVerify
) -> ChunkVerified | ErrorReport:
    """Compare one chunk of a table."""
    return _with_retries(
        lambda: fanout.verify_chunk(spec, _settings([spec], folder), chunk, wanted)
    )


def end_verification(
    spec: TableSpec,
    folder: str,
    wanted: VerifyOptions,
    begun: VerificationBegun,
    results: Sequence[ChunkVerified],
) -> TableVerification | ErrorReport:
    """Add up what the chunks of a table have shown, and record it."""
    return _reported(
        lambda: fanout.end_verification(spec, _settings([spec], folder), begun, results, wanted)
    )


def verify_whole(
    spec: TableSpec, folder: str, wanted: VerifyOptions, verification_id: UUID
) -> TableVerification | ErrorReport:
    """Verify a table that is not verified chunk by chunk."""
    options = RunOptions(run_id=verification_id)
    return _reported(
        lambda: verify_tables([spec], _settings([spec], folder), wanted, options=options).tables[0]
    )


def _settings(specs: Sequence[TableSpec], folder: str) -> Settings:
    """Read the worker's environment, and a ``.env`` in its working directory or in ``folder``."""
    db_types = dict.fromkeys(spec.db_type for spec in specs)
    return load_settings(db_types, find_env_file(Path(), Path(folder)), AwsVault())


def _with_retries(step: Callable[[], T]) -> T | ErrorReport:
    return _reported(lambda: retried(step, RETRIES, NEVER))


def _reported(step: Callable[[], T]) -> T | ErrorReport:
    """Run a step; its failure is returned."""
    try:
        return step()
    except Exception as error:  # noqa: BLE001 - every failure is reported to the coordinator
        return ErrorReport.of(error)
