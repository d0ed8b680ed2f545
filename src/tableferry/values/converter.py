"""Convert the source's batches for the target: text policies first, then exact conversions."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tableferry.config import OnInvalid, TrailingBlanks
from tableferry.errors import DataError, VerificationError
from tableferry.planning.column_plan import ColumnPlan
from tableferry.planning.lost_digits import CUTTING, lost_digit_columns
from tableferry.values import steps, texts, utf16
from tableferry.values.arrow_types import has_expected_type, is_string_type, target_schema
from tableferry.values.checked_steps import cut_values
from tableferry.values.find_invalid import (
    PADDED,
    convert_array,
    first_inconvertible,
    invalid_positions,
)
from tableferry.values.refused_rows import (
    Counts,
    RefusedRow,
    RefusedRows,
    arrived_value,
    converted_value,
    value_bytes,
)

SEVENTH_DIGIT_CUT: Final = "seventh digit cut off"
TRIMMED: Final = f"{texts.BLANKS} trimmed"
DIGITS_CUT: Final = "digits of the second cut off"
"""The reasons under which ``Converter.touched`` counts such values."""


def altered(touched: Counts) -> set[str]:
    """Return the source columns of which values were altered.

    Trimming the blanks that pad a text does not count: SQL Server does not compare them.
    """
    return {column for column, reasons in touched.items() if set(reasons) - {TRIMMED}}


class TextsAlteredError(Exception):
    """Values may have arrived altered: read these columns again, texts as UTF-16 bytes.

    The driver has replaced what it cannot decode, or the server has cut a value off.
    """

    def __init__(self, columns: frozenset[str]) -> None:
        """Take the names of the source columns."""
        super().__init__(", ".join(sorted(columns)))
        self.columns = columns


class Converter:
    """Converts source batches to the target's columns, and counts the values that it alters.

    ``touched`` counts the altered values by source column and reason; only what the specification
    allows is altered. Rows with a value that cannot be stored go to ``refusals``; without it, such
    a value raises DataError, which names the column and the row, never the value.
    TextsAlteredError: the driver may have altered the batch's texts.
    """

    def __init__(
        self,
        columns: Sequence[ColumnPlan],
        on_invalid: OnInvalid = OnInvalid.FAIL,
        trailing_blanks: TrailingBlanks = TrailingBlanks.KEEP,
        refusals: RefusedRows | None = None,
    ) -> None:
        self._columns = columns
        self._on_invalid = OnInvalid.FAIL if on_invalid is OnInvalid.QUARANTINE else on_invalid
        self._trim = trailing_blanks is TrailingBlanks.TRIM
        self._refusals = refusals
        self._lost_digits = lost_digit_columns(columns)
        self._schema = target_schema(columns)
        self._rows = 0
        self._counts: dict[str, Counter[str]] = {}
        self.touched: dict[str, Counter[str]] = {}

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Convert one batch; its columns are in the plan's order, the ``LostDigits`` last."""
        altered = [
            column.source.name
            for column, array in self._paired(batch)
            if is_string_type(array.type) and texts.may_be_altered(array)
        ]
        if altered:
            raise TextsAlteredError(frozenset(altered))
        try:
            converted = self._convert_batch(batch)
        except DataError:
            if self._refusals is None:
                raise
            converted = self._convert_batch(self._without_refused(batch, self._refusals))
        self._rows += batch.num_rows
        for name, reasons in self._counts.items():
            self.touched.setdefault(name, Counter()).update(reasons)
        return converted

    def _convert_batch(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        self._counts = {}
        arrays = [self._convert(array, column) for column, array in self._paired(batch)]
        for extra, flags in zip(
            self._lost_digits, batch.columns[len(self._columns) :], strict=False
        ):
            for column, count in zip(extra.columns, steps.bits_set(flags), strict=False):
                self._count(column, SEVENTH_DIGIT_CUT, count)
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)

    def _paired(self, batch: pa.RecordBatch) -> Iterator[tuple[ColumnPlan, pa.Array]]:
        return zip(self._columns, batch.columns[: len(self._columns)], strict=True)

    def _without_refused(self, batch: pa.RecordBatch, refusals: RefusedRows) -> pa.RecordBatch:
        """Return the rows that can be stored, and add the others to ``refusals``."""
        found: dict[int, tuple[pa.Array, ColumnPlan, str]] = {}
        for column, array in self._paired(batch):
            if not has_expected_type(array, column):
                raise _unexpected_type(array, column)
            try:
                for place, reason in invalid_positions(array, column, trim=self._trim):
                    found.setdefault(place, (array, column, reason))
            except pa.ArrowInvalid:
                raise _unexpected_type(array, column) from None
        refusals.add(
            [
                RefusedRow(
                    refusals.row_key(self._values(batch.slice(place, 1))),
                    column.source.name,
                    reason,
                    value_bytes(arrived_value(array[place])),
                )
                for place, (array, column, reason) in sorted(found.items())
            ]
        )
        kept = np.ones(batch.num_rows, np.bool_)
        kept[list(found)] = False
        return batch.filter(pa.array(kept))

    def _values(self, row: pa.RecordBatch) -> dict[str, Any]:
        """Return a row's values by source column, converted where they can be."""
        found = {}
        for column, array in self._paired(row):
            if not column.companion:
                try:
                    value = converted_value(self._convert(array, column)[0], column)
                except DataError:
                    value = arrived_value(array[0])
                found[column.source.name] = value
        return found

    def _convert(self, array: pa.Array, column: ColumnPlan) -> pa.Array:
        if not has_expected_type(array, column):
            raise _unexpected_type(array, column)
        if column.as_utf16 or is_string_type(array.type):
            array = self._clean(array, column)
        try:
            converted = convert_array(array, column)
        except pa.ArrowInvalid:
            # Arrow's message quotes the value, so it must not stay in the chain.
            raise self._inconvertible(array, column) from None
        except pa.ArrowNotImplementedError:
            raise _unexpected_type(array, column) from None
        if column.convert in CUTTING:
            self._count(column, SEVENTH_DIGIT_CUT, steps.seventh_digits(array))
        self._count(column, DIGITS_CUT, cut_values(array, column.convert, column.target.type))
        return converted

    def _clean(self, array: pa.Array, column: ColumnPlan) -> pa.Array:
        action = texts.ACTIONS.get(self._on_invalid, "")
        try:
            if column.as_utf16:
                found = utf16.decode(array, self._on_invalid)
                array = found.texts
                self._count(column, f"{texts.UNPAIRED_SURROGATE} {action}", found.touched)
            found = texts.without_nul(array, self._on_invalid)
        except texts.InvalidTextError as error:
            raise self._invalid_text(error, column) from None
        except pa.ArrowInvalid:
            raise _unexpected_type(array, column) from None
        self._count(column, f"{texts.NUL} {action}", found.touched)
        if self._trim and column.source.type.name in PADDED:
            found = texts.without_trailing_blanks(found.texts)
            self._count(column, TRIMMED, found.touched)
        return found.texts

    def _count(self, column: ColumnPlan, reason: str, count: int) -> None:
        if count:
            self._counts.setdefault(column.source.name, Counter())[reason] += count

    def _invalid_text(self, error: texts.InvalidTextError, column: ColumnPlan) -> DataError:
        return DataError(
            f"Column {column.source.name!r} holds {error.reason} in row "
            f"{self._rows + error.row + 1:,}, which PostgreSQL cannot store in a text",
            hint="'on_invalid': 'strip' or 'replace' (by U+FFFD) admits and counts such texts. "
            "Rows are numbered in the order in which they were read.",
        )

    def _inconvertible(self, array: pa.Array, column: ColumnPlan) -> DataError:
        row = self._rows + first_inconvertible(array, column) + 1
        return DataError(
            f"The value of column {column.source.name!r} ({column.source.type}) in row {row:,} "
            f"has no exact form in {column.target.name!r} ({column.target.type})"
            + (f"; each value is checked: {column.checks}" if column.checks else ""),
            hint=f"{_way_out(column)} Rows are numbered in the order in which they were read.",
        )


def _way_out(column: ColumnPlan) -> str:
    if not column.checks:
        return "Widen the target column, or let tableferry create the table."
    return (
        "Correct the value in the source, exclude the row with 'where', set it aside with "
        "'on_invalid': 'quarantine', or give the column a type that holds every value."
    )


def _unexpected_type(array: pa.Array, column: ColumnPlan) -> VerificationError:
    return VerificationError(
        f"Column {column.source.name!r} arrived as {array.type}, which is not the form of "
        f"{column.arrives}",
        hint="The source returned something other than the query asked for; please report this.",
    )
