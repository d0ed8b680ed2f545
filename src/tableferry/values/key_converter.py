"""Convert keys that are read without their rows, as the rows they belong to were converted.

Otherwise they would be other keys than those in the target: a trimmed text, one without U+0000.
"""

from collections.abc import Callable, Sequence
from typing import Final

import pyarrow as pa

from tableferry.config import OnInvalid, TableSpec
from tableferry.planning.column_plan import ColumnPlan
from tableferry.values.converter import Converter
from tableferry.values.refused_rows import RefusedRows

_ANY: Final = 2**62
"""How many keys may be left out: a row that the target cannot hold is not in it."""


def key_converter(
    columns: Sequence[ColumnPlan], spec: TableSpec
) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    """Return a converter of batches of these columns; with a quarantine it leaves keys out.

    It raises what ``Converter`` raises.
    """
    if spec.on_invalid is not OnInvalid.QUARANTINE:
        return Converter(columns, spec.on_invalid, spec.trailing_blanks)
    refusals = RefusedRows(spec.primary_key, _ANY)
    convert = Converter(columns, spec.on_invalid, spec.trailing_blanks, refusals)

    def convert_and_forget(batch: pa.RecordBatch) -> pa.RecordBatch:
        converted = convert(batch)
        refusals.rows.clear()
        return converted

    return convert_and_forget
