"""The private table that a load fills, out of readers' sight, in the schema ``tableferry``.

It is filled by one COPY in the transaction that makes it, or in parts, over several connections.
Its name is known beforehand, so that the ledger can write it down: should this process be killed,
the next run drops the table or goes on filling it.
"""

import contextlib
import secrets
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final

import pyarrow as pa

from tableferry.errors import (
    DeadlineError,
    LeaseLostError,
    SchemaError,
    TableferryError,
    TransientError,
    VerificationError,
)
from tableferry.model.counting import counted, verb
from tableferry.model.identifiers import TargetTable
from tableferry.planning.column_plan import ColumnPlan
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.copy_bisection import BisectingCopy, open_copy
from tableferry.postgres.copying import CopyIn
from tableferry.postgres.ledger import SCHEMA
from tableferry.postgres.locks import PATIENCE_SECONDS, retry_brief_locks
from tableferry.postgres.messages import Question, Rows
from tableferry.postgres.publish.part import Part
from tableferry.postgres.publish.target_table import NO_TABLE
from tableferry.values import RefusedRows


def staging_name() -> str:
    """Return a name that no other staging table has."""
    return f"staging_{secrets.token_hex(8)}"


@dataclass(frozen=True, slots=True)
class Staging:
    """Which staging table a load fills, and how.

    With ``parts`` several connections fill it, each part in a transaction of its own. ``resumed``
    is how many rows it holds already, None where it is made anew. ``untried``: no earlier attempt
    has had this name, so that nothing is there.
    """

    name: str = field(default_factory=staging_name)
    parts: bool = False
    resumed: int | None = None
    untried: bool = False


LEAVING_SECONDS: Final = 5.0
"""How long a load that is left tries to drop its staging table: the next run would find it."""


def keys_of(staging: str) -> str:
    """Return the name of the table for keys that were deleted at the source, of this load."""
    return f"{staging}_keys"


def drop_staging(
    connection: TargetConnection, name: str, patience: float = PATIENCE_SECONDS
) -> None:
    """Drop a staging table, and what was made for it, where it is there; raises TableferryError.

    A foreign key of it is on the other table as well, whose readers must not queue behind this.
    """
    what = f"the staging table {name}, or a table that it points to,"
    with connection.transaction():
        retry_brief_locks(connection, [dropping(name)], what, patience=patience)


def dropping(name: str) -> str:
    """Return the statement that drops a staging table, and what was made for it."""
    # Only tableferry has rights in this schema: whatever depends on the table was made by it.
    tables = ", ".join(TargetTable(SCHEMA, one).sql for one in (name, keys_of(name)))
    return f"DROP TABLE IF EXISTS {tables} CASCADE"


def was_cut_off(error: BaseException | None) -> bool:
    """Whether the next attempt, or the next run, may use what a load has stored before this."""
    return isinstance(error, TransientError | DeadlineError | KeyboardInterrupt)


_KEY: Final = "SELECT FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'p'"


class StagingTable:
    """One load's staging table: made, filled, counted, dropped.

    ``make`` makes the table in the open transaction, in one of its own with ``made_first``.
    ``rows`` counts those that are stored, or on their way in the one COPY.
    """

    def __init__(
        self,
        connection: TargetConnection,
        wanted: Staging,
        columns: Sequence[ColumnPlan],
        schema: pa.Schema,
        make: Callable[[], None],
        *,
        refusals: RefusedRows | None = None,
        made_first: bool = False,
    ) -> None:
        self.name = wanted.name
        self.sql = TargetTable(SCHEMA, wanted.name).sql
        self._connection = connection
        self._wanted = wanted
        self._columns = columns
        self._schema = schema
        self._make = make
        self._refusals = refusals
        self._made_first = made_first
        self._copy: CopyIn | BisectingCopy | None = None
        self._stored = wanted.resumed or 0
        self._counting = threading.Lock()

    @property
    def rows(self) -> int:
        """Rows written so far."""
        return self._stored + (self._copy.rows if self._copy else 0)

    @property
    def has_key(self) -> bool:
        """Whether the table has a primary key."""
        return bool(self._connection.rows(_KEY, (self.sql,)))

    def open(self) -> None:
        """Make the table, or see that it is there; without parts its COPY is begun."""
        if self._wanted.resumed is not None:
            self.require_all_rows()
            return
        if not self._wanted.untried:
            # An earlier attempt of this run may have lost its connection.
            drop_staging(self._connection, self.name)
        self._connection.begin()
        self._make()
        if self._wanted.parts or self._made_first:
            self._connection.commit_staged()
        if self._wanted.parts:
            return
        self._connection.begin()
        # Frozen: visible to everybody who can see the table, also to transactions begun before.
        copy = open_copy(
            self._connection,
            self.sql,
            self._columns,
            self._schema,
            freeze=True,
            refusals=self._refusals,
        )
        self._copy = copy.__enter__()

    def write(self, batch: pa.RecordBatch) -> None:
        """Send one batch through the one COPY."""
        if self._copy is None:
            raise RuntimeError("a load in parts is written to by its parts")
        self._copy.write(batch)

    def part(self, connection: TargetConnection, refusals: RefusedRows | None = None) -> Part:
        """Begin one part, on any connection; its refused rows go into its own ``refusals``."""
        return Part(
            connection, self.sql, self._columns, self._schema, refusals=refusals, add=self.add
        )

    def add(self, rows: int) -> None:
        """Count the rows of a part that is stored; from any thread."""
        with self._counting:
            self._stored += rows

    @property
    def is_new(self) -> bool:
        """Whether the COPY that fills the table has not ended: nobody else knows the table."""
        return self._copy is not None

    def close(self, *also: Question) -> Sequence[Rows]:
        """End the COPY and commit, so that the table is there for what is done to it next.

        That may be done ``also``, in a transaction of its own; returns the rows of each statement
        that returns any.
        """
        if self._copy is None:
            self.require_all_rows()
            return self._connection.rows_and_commit(*also) if also else ()
        copy, self._copy = self._copy, None
        copy.finish()
        self._stored = copy.rows
        if also:
            return self._connection.commit_staged_and_ask(*also)
        self._connection.commit_staged()
        return ()

    @property
    def counting(self) -> Question:
        """What asks how many rows the table holds."""
        return (f"SELECT count(*) FROM {self.sql}", ())

    def require_all_rows(self) -> None:
        """Compare what the table holds with what was stored; raises VerificationError.

        An unlogged table is empty after the server has crashed, and so may one be that another
        run has filled in part; somebody may have dropped it.
        """
        try:
            (found,) = self._connection.ask(self.counting)
        except SchemaError as error:
            if error.code != NO_TABLE:
                raise
            raise self._incomplete("is gone with") from error
        self.require_counted(found)

    def require_counted(self, rows: Rows) -> None:
        """See the same for the answer to ``counting``."""
        ((found,),) = rows
        if found != self._stored:
            raise self._incomplete(f"holds {found:,} of")

    def _incomplete(self, has: str) -> VerificationError:
        return VerificationError(
            f"The staging table {self.name} {has} {counted(self._stored, 'row')} that "
            f"{verb(self._stored, 'was', 'were')} stored in it",
            hint="The server may have been restarted. The old rows stay; run it again.",
        )

    def undo(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        *,
        keep: bool,
    ) -> None:
        """Roll back what is open, and drop the table unless a later attempt or run goes on with it.

        It is kept with ``keep``, where a load in parts was only cut off, and where another run has
        taken over: that one may be filling it, and drops it otherwise.
        """
        keep = keep or isinstance(error, LeaseLostError)
        keep = keep or (self._wanted.parts and self.rows > 0 and was_cut_off(error))
        if self._copy:
            self._copy.__exit__(kind, error, trace)
            self._copy = None
        self._connection.rollback()
        if not keep and not self._connection.raw.closed:
            # A table that cannot be dropped now is found by its name later, by the next run.
            with contextlib.suppress(TableferryError):
                drop_staging(self._connection, self.name, LEAVING_SECONDS)


@contextlib.contextmanager
def ended_on_failure(undo: Callable[..., None]) -> Iterator[None]:
    """Undo what was begun when the block fails: ``__exit__`` is not called after ``__enter__``."""
    try:
        yield
    except BaseException:
        undo(*sys.exc_info())
        raise
