"""What every publishing strategy offers to the code that carries the rows."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import pyarrow as pa

from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.locks import LockStep
from tableferry.postgres.publish.amend import Amending
from tableferry.postgres.publish.merge_sql import Changes
from tableferry.postgres.publish.part import Part
from tableferry.values import RefusedRows


class Load(AbstractContextManager["Load"], Protocol):
    """One table being loaded. Leaving it before COMMIT undoes everything it did.

    ``rows`` counts those written so far. Rows come by ``write``, in batches of the target's Arrow
    schema, or, where the load was opened in chunks, by ``part``: one chunk on any connection, from
    any thread. ``amend`` then replaces rows of such chunks that have changed since they were read;
    ``record`` is called in its transaction with how many rows there are more.
    ``prepare`` refuses a load that takes away more rows than is allowed (GuardError),
    and does what needs no lock on the target. ``publish`` leaves a transaction open on the
    connection (it joins one that is open already) in which everything is done that does not lock
    readers out; ``locks`` are the statements that do lock them out, run next, all or none; then
    ``expose`` has the rows made visible by the COMMIT, with statements that may be sent with it.
    ``changes`` says afterwards what was done, where the strategy knows. Every method raises
    TableferryError.

    ``can_publish_again``: after a failure in ``publish`` the transaction may be rolled back and
    ``publish`` called again, for the rows are in a staging table. With ``keep`` that table stays
    when the load is left, for another run to go on with; ``built`` of its indexes are ready.
    """

    keep: bool
    can_publish_again: bool

    @property
    def target(self) -> str: ...  # noqa: D102 - described above, like the others

    @property
    def rows(self) -> int: ...  # noqa: D102

    @property
    def built(self) -> int: ...  # noqa: D102

    @property
    def changes(self) -> Changes | None: ...  # noqa: D102

    def write(self, batch: pa.RecordBatch) -> None: ...  # noqa: D102

    def part(  # noqa: D102
        self, connection: TargetConnection, refusals: RefusedRows | None = None
    ) -> Part: ...

    def amend(  # noqa: D102
        self, record: Callable[[TargetConnection, int], None]
    ) -> AbstractContextManager[Amending]: ...

    def prepare(self) -> None: ...  # noqa: D102

    def publish(self) -> None: ...  # noqa: D102

    def locks(self) -> Sequence[LockStep]: ...  # noqa: D102

    def expose(self) -> None: ...  # noqa: D102
