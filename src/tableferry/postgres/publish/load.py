"""What every way of publishing offers to whoever carries the rows."""

from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

import pyarrow as pa

from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.publish.merge_sql import Changes
from tableferry.postgres.publish.staging import Part
from tableferry.values import RefusedRows


class Load(AbstractContextManager["Load"], Protocol):
    """One table being loaded. Leaving it before COMMIT undoes everything it did.

    ``rows`` are those written so far. ``write`` takes batches of the target's Arrow schema;
    ``prepare`` refuses a load that takes away more rows than is allowed (GuardError), and does
    what can be done without a lock on the target; ``publish`` leaves a transaction open on the
    connection (it joins one that is open already) in which everything is done but COMMIT, and
    ``changes`` says afterwards what it did, where the way knows. Every method raises
    TableferryError.
    """

    @property
    def rows(self) -> int: ...  # noqa: D102 - told above, like the others

    @property
    def changes(self) -> Changes | None: ...  # noqa: D102

    def write(self, batch: pa.RecordBatch) -> None: ...  # noqa: D102

    def prepare(self) -> None: ...  # noqa: D102

    def publish(self) -> None: ...  # noqa: D102


@runtime_checkable
class StagedLoad(Load, Protocol):
    """A load by way of a staging table, of the name ``staging``.

    After a failure in ``publish`` the transaction is rolled back and ``publish`` called again.
    ``part`` begins one part, on any connection and from any thread, where the load was opened with
    ``parts``. With ``keep`` the staging table stays when the load is left, for another run to go
    on; ``built`` of its indexes are ready.
    """

    keep: bool
    built: int

    @property
    def staging(self) -> str: ...  # noqa: D102 - told above, like the others

    def part(  # noqa: D102
        self, connection: TargetConnection, refusals: RefusedRows | None = None
    ) -> Part: ...
