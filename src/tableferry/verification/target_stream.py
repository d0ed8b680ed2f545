"""The target's rows as PostgreSQL sends them, read ahead by a thread, a bounded number of bytes."""

import math
from collections.abc import Generator, Sequence
from functools import partial
from types import TracebackType
from typing import Final, Self

import numpy as np

from tableferry.postgres.copy_out import copy_out
from tableferry.postgres.publish.target_table import find
from tableferry.transfer.prefetch import Prefetch
from tableferry.transfer.silence import SilenceLimit
from tableferry.verification.block import BLOCK_BYTES, Block
from tableferry.verification.compared import Compared
from tableferry.verification.sides import Sides

WITHOUT_LIMIT: Final = SilenceLimit(math.inf)
"""PostgreSQL may have to sort a large table before it sends the first row. A lost connection is
noticed by its keepalives, and ``check`` says when it is time to stop."""


class TargetStream:
    """The target's rows, condition after condition; a context manager and an iterator of blocks.

    Each of the ``conditions`` is SQL, empty for all rows, and so are the terms of ``order_by``. The
    rows are read within a savepoint of the open transaction: left early, the statement is cancelled
    and the transaction lives on. ``rows`` counts the rows. Raises TableferryError.
    """

    def __init__(
        self,
        compared: Compared,
        sides: Sides,
        conditions: Sequence[str] = ("",),
        *,
        order_by: Sequence[str] = (),
    ) -> None:
        self._compared = compared
        self._into = sides.into
        self._conditions = conditions
        self._order_by = order_by
        self._ahead = Prefetch(self._blocks(), limit=lambda: WITHOUT_LIMIT, check=sides.check)
        self.rows = 0

    def __enter__(self) -> Self:
        self._ahead.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:  # the thread may wait for rows that nobody wants
            self._into.cancel()
        self._ahead.__exit__(kind, error, trace)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Block:
        block = next(self._ahead)
        self.rows += block.rows
        return block

    def _blocks(self) -> Generator[Block, None, None]:
        """Yield the rows; the connection is this thread's until it has ended."""
        with self._into.transaction():
            table = find(self._into, self._compared.plan.spec.target).rows_sql
            for number, condition in enumerate(self._conditions):
                select = self._compared.select(table, condition, self._order_by)
                for sent in copy_out(self._into, select, len(self._compared.columns), BLOCK_BYTES):
                    yield Block(
                        number, sent.data, len(sent.ends), partial(np.array, sent.ends, np.int64)
                    )
