"""The two kinds of load that strategies are made of: one COPY into a table, or a staging table."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final, Self

import pyarrow as pa

from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.copy_bisection import open_copy
from tableferry.postgres.locks import LockStep
from tableferry.postgres.publish.amend import Amending
from tableferry.postgres.publish.merge_sql import Changes
from tableferry.postgres.publish.part import Part
from tableferry.postgres.publish.staging import StagingTable, ended_on_failure
from tableferry.postgres.publish.strategy import Opening
from tableferry.values import RefusedRows

AT_ONCE: Final = 10_000
"""Rows of a load that is prepared in one message. With more, what takes long is sent by itself: it
can be seen in ``pg_stat_activity``, and is not done in vain where the guard refuses the load."""

Record = Callable[[TargetConnection, int], None]
"""Writes down how many rows changes have added to a load, in the transaction that adds them."""


class _Common:
    """What a load does unless its strategy says otherwise (see ``Load``)."""

    can_publish_again = False

    def __init__(self, opening: Opening) -> None:
        self.keep = False
        self._connection = opening.connection
        self._plan = opening.plan
        self._complete = opening.complete
        self._sifts = opening.refusals is not None
        self._built = 0
        self._changes: Changes | None = None

    @property
    def target(self) -> str:
        """The target's name, for messages."""
        return str(self._plan.spec.target)

    @property
    def built(self) -> int:
        """How many indexes are ready for a later run, if the staging table is kept."""
        return self._built

    @property
    def changes(self) -> Changes | None:
        """What publishing did to single rows; None where every row is a new one."""
        return self._changes

    def locks(self) -> Sequence[LockStep]:
        """Return nothing: publishing locks no reader out that is not locked out already."""
        return ()

    def expose(self) -> None:
        """Do nothing: COMMIT alone makes the rows visible."""


class OneStream(_Common):
    """A load whose rows go straight into the target, by one COPY in one transaction."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self._copy = open_copy(
            opening.connection,
            opening.plan.spec.target.sql,
            opening.plan.columns,
            opening.schema,
            freeze=opening.plan.can_freeze,
            refusals=opening.refusals,
        )

    @property
    def rows(self) -> int:
        """Rows written so far."""
        return self._copy.rows

    def write(self, batch: pa.RecordBatch) -> None:
        """Send one batch; raises DataError, TransientError ... when PostgreSQL refused."""
        self._copy.write(batch)

    def part(self, connection: TargetConnection, refusals: RefusedRows | None = None) -> Part:  # noqa: ARG002 - those of ``Load``
        """Refuse: one COPY takes no chunks from other connections."""
        raise TypeError(f"{self.target} is loaded in one stream, not in chunks")

    def amend(self, record: Record) -> AbstractContextManager[Amending]:  # noqa: ARG002 - likewise
        """Refuse: the rows of one stream are of one moment."""
        raise TypeError(f"{self.target} is loaded in one stream, not in chunks")

    def publish(self) -> None:
        """Leave the transaction as it is: everything is done but COMMIT."""

    def __enter__(self) -> Self:
        with ended_on_failure(self.__exit__):
            self._begin()
            self._copy.__enter__()
        return self

    def _begin(self) -> None:
        """Begin the transaction, and prepare the target for the COPY."""
        self._connection.begin()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._copy.__exit__(kind, error, trace)
        self._connection.rollback()


class Staged(_Common):
    """A load whose rows come into a staging table first; ``make`` creates that table."""

    can_publish_again = True

    def __init__(
        self, opening: Opening, make: Callable[[], None], *, made_first: bool = False
    ) -> None:
        super().__init__(opening)
        self._is_published = False
        self._staged = StagingTable(
            opening.connection,
            opening.staging,
            opening.plan.columns,
            opening.schema,
            make,
            refusals=opening.refusals,
            made_first=made_first,
        )

    @property
    def rows(self) -> int:
        """Rows written so far."""
        return self._staged.rows

    def write(self, batch: pa.RecordBatch) -> None:
        """Send one batch; raises DataError, TransientError ... when PostgreSQL refused."""
        self._staged.write(batch)

    def part(self, connection: TargetConnection, refusals: RefusedRows | None = None) -> Part:
        """Begin one chunk of the load, on any connection."""
        return self._staged.part(connection, refusals)

    @contextlib.contextmanager
    def amend(self, record: Record) -> Iterator[Amending]:
        """Replace rows that have changed since they were read, in one transaction."""
        columns = self._plan.columns
        with Amending(self._connection, self._staged.name, columns) as amending:
            yield amending
            amending.apply(self._plan.target_key, self._plan.spellings, record)
        self._staged.add(amending.inserted - amending.deleted)

    def __enter__(self) -> Self:
        with ended_on_failure(self.__exit__):
            self._staged.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What was published is no staging table any more, or was dropped in the same transaction.
        gone = self._is_published and error is None
        self._staged.undo(kind, error, trace, keep=self.keep or gone)
