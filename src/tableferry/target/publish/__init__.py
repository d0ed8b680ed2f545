"""Making a load visible, all of it at once: one module a way.

A ``Load`` is written to, prepared and published; then whoever began it commits. Until that COMMIT
nobody sees a row of it.
"""

from contextlib import AbstractContextManager
from typing import Protocol

import pyarrow as pa

from tableferry.plan import SyncPlan
from tableferry.target.connection import TargetConnection
from tableferry.target.publish.truncate import TruncateLoad

__all__ = ["Load", "open_load"]


class Load(AbstractContextManager["Load"], Protocol):
    """One table being loaded. Leaving it before COMMIT undoes everything it did.

    ``rows`` are those written so far. ``write`` takes batches of the target's Arrow schema;
    ``prepare`` does what can be done without a lock on the target, where the way has such things;
    ``publish`` leaves a transaction open on the connection (it joins one that is open already) in
    which everything is done but COMMIT. Every method raises TableferryError.
    """

    @property
    def rows(self) -> int: ...  # noqa: D102 - told above, like the others

    def write(self, batch: pa.RecordBatch) -> None: ...  # noqa: D102

    def prepare(self) -> None: ...  # noqa: D102

    def publish(self) -> None: ...  # noqa: D102


def open_load(connection: TargetConnection, plan: SyncPlan, schema: pa.Schema) -> Load:
    """Return the load that the plan asks for; entering it begins."""
    return TruncateLoad(connection, plan, schema)
