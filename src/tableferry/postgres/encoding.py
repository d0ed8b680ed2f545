"""Arrow batches -> COPY BINARY, by the pgpq that this machine has.

Its 0.12 takes every type of ``values.target_schema``. The last with a wheel for Linux on aarch64
is 0.9, which writes the same bytes but knows neither decimals nor bytes of one length. COPY has no
types, only a length and as many bytes: such columns become bytes first there.
"""

from typing import Final

import pgpq
import pgpq.encoders
import pyarrow as pa

from tableferry.postgres.numerics import numeric_bytes

KNOWS_DECIMALS: Final = hasattr(pgpq.encoders, "Decimal128EncoderBuilder")
"""By what it has: a version's number is not in the package that is imported."""


class Encoder:
    """Encodes one COPY, from ``header`` to ``finish``; batches have the Arrow schema given.

    A batch's bytes may come with a later one's, or with the end's.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._prepares = not KNOWS_DECIMALS
        if self._prepares:
            schema = pa.schema([field.with_type(_prepared_type(field.type)) for field in schema])
        self._schema = schema
        self._encoder = pgpq.ArrowToPostgresBinaryEncoder(schema)

    def header(self) -> bytes:
        """Return what a COPY begins with."""
        header: bytes = self._encoder.write_header()
        return header

    def batch(self, batch: pa.RecordBatch) -> bytes:
        """Return bytes of this batch and of those before."""
        if self._prepares:
            columns = [_prepared(column) for column in batch.columns]
            batch = pa.RecordBatch.from_arrays(columns, schema=self._schema)
        encoded: bytes = self._encoder.write_batch(batch)
        return encoded

    def finish(self) -> bytes:
        """Return the rest, and what a COPY ends with."""
        rest: bytes = self._encoder.finish()
        return rest


def _becomes_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_decimal(kind) or pa.types.is_fixed_size_binary(kind))


def _prepared_type(kind: pa.DataType) -> pa.DataType:
    return pa.large_binary() if _becomes_bytes(kind) else kind


def _prepared(column: pa.Array) -> pa.Array:
    if pa.types.is_decimal(column.type):
        return numeric_bytes(column)
    return column.cast(_prepared_type(column.type))
