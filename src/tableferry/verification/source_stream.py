"""The source's rows as they would be loaded: read, converted and encoded as a load does it."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Final, Self

import pyarrow as pa

from tableferry import sqlserver
from tableferry.config import OnInvalid
from tableferry.errors import VerificationError
from tableferry.model.key_range import WHOLE_TABLE, KeyRange
from tableferry.postgres.encoding import encode_rows
from tableferry.postgres.row_sizes import row_ends
from tableferry.transfer.prefetch import Prefetch
from tableferry.transfer.readers import Piece, Readers, Reading, numbered
from tableferry.values import NO_COLUMN, Converter, RefusedRows
from tableferry.verification.block import Block
from tableferry.verification.compared import Compared
from tableferry.verification.differences import Differences, LeftOut
from tableferry.verification.left_out import collect
from tableferry.verification.sides import Sides

ENCODED_BYTES: Final = 2 * 2**20
"""About how much is encoded at once: usual batches whole, those with huge values in parts."""

_ANY: Final = 2**62
"""How many rows may be left out: a row that the target cannot hold is not in it."""

Watch = Callable[[int, pa.RecordBatch], None]
"""Sees each batch of converted rows, with the number of its range."""


class SourceStream:
    """The source's rows, range after range; a context manager and an iterator of blocks.

    Begins to read when it is first asked. ``order_by`` are terms of T-SQL. ``rows`` counts all rows
    that were read, those that a policy leaves out too; ``touched`` and ``refused`` count what
    policies altered and left out, by source column and reason. Raises values.TextsAlteredError like
    a load, and TableferryError.
    """

    def __init__(
        self,
        compared: Compared,
        sides: Sides,
        ranges: Sequence[KeyRange] = (WHOLE_TABLE,),
        *,
        order_by: Sequence[str] = (),
        watch: Watch = lambda _number, _batch: None,
    ) -> None:
        self._compared = compared
        self._sides = sides
        self._ranges = ranges
        self._watch = watch
        self._plan = replace(compared.plan, order_by=tuple(order_by))
        self._stack = contextlib.ExitStack()
        self._blocks: Iterator[Block] | None = None
        self._guard = sqlserver.StallGuard(self._plan, sides.remaining)
        self._refusals: RefusedRows | None = None
        spec = self._plan.spec
        if spec.on_invalid is OnInvalid.QUARANTINE:
            self._refusals = RefusedRows(spec.primary_key, _ANY)
        self._convert = Converter(
            self._plan.columns, spec.on_invalid, spec.trailing_blanks, self._refusals
        )
        self.rows = 0
        self.refused: dict[str, Counter[str]] = {}
        self._left_out: list[LeftOut] = []

    @property
    def touched(self) -> dict[str, Counter[str]]:
        """The values that a policy altered, by source column and reason."""
        return self._convert.touched

    def tell(self, found: Differences) -> None:
        """Say in ``found`` how many rows were read and how, and what policies did with them."""
        found.source_rows = self.rows
        found.touched, found.refused = self.touched, self.refused
        found.warnings += self._guard.warnings
        found.left_out = self._left_out
        found.left_out_rows = sum(reasons.total() for reasons in self.refused.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Block:
        if self._blocks is None:
            self._blocks = self._encoded(self._stack.enter_context(self._read_ahead()))
        return next(self._blocks)

    def _read_ahead(self) -> Prefetch[Piece]:
        guard = self._stack.enter_context(self._guard)
        reading = Reading(
            self._plan,
            numbered(self._ranges),
            open_source=guard.guarded(self._sides.open_source),
            rate_limit=sqlserver.RateLimit(self._plan.spec.max_rows_per_second),
            budget=self._sides.budget,
            check=self._sides.check,
        )
        return Readers(reading).ahead()

    def _encoded(self, pieces: Iterator[Piece]) -> Iterator[Block]:
        read = ended = 0
        for piece in pieces:
            if piece.batch is None:
                if read != piece.rows:
                    raise _incomplete()
                read = 0
                ended += 1
                continue
            read += piece.rows
            self.rows += piece.rows
            converted = self._convert(piece.batch)
            self._count_refused()
            self._watch(piece.chunk.number, converted)
            yield from self._in_blocks(piece.chunk.number, self._compared.formed(converted))
        if ended != len(self._ranges):
            raise _incomplete()

    def _in_blocks(self, number: int, batch: pa.RecordBatch) -> Iterator[Block]:
        rows = max(1, batch.num_rows * ENCODED_BYTES // max(1, batch.nbytes))
        for start in range(0, batch.num_rows, rows):
            part = batch.slice(start, rows)
            yield Block(number, encode_rows(part), part.num_rows, partial(row_ends, part))

    def _count_refused(self) -> None:
        if self._refusals is None or not self._refusals.rows:
            return
        for row in self._refusals.rows:
            self.refused.setdefault(row.column or NO_COLUMN, Counter())[row.reason] += 1
        collect(self._plan, self._refusals.rows, self._left_out)
        self._refusals.rows.clear()


def _incomplete() -> VerificationError:
    return VerificationError(
        "A part of the source was not read whole",
        hint="Nothing was changed. Please report this.",
    )
