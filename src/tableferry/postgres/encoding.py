"""Encodes Arrow batches in COPY BINARY, with the version of pgpq that is installed.

pgpq 0.12 supports every type of ``values.target_schema``. The last version with a wheel for Linux
on aarch64 is 0.9, which writes the same bytes but supports neither decimals nor fixed-size binary.
COPY BINARY has no types, only lengths and bytes, so such columns are converted to bytes first.
"""

import contextlib
from collections.abc import Iterator
from typing import Final

import pgpq
import pgpq.encoders
import pyarrow as pa

from tableferry.postgres.numerics import numeric_bytes

SUPPORTS_DECIMALS: Final = hasattr(pgpq.encoders, "Decimal128EncoderBuilder")
"""By feature, since the imported package has no version number."""

HEADER_BYTES: Final = 19
"""COPY's signature of 11 bytes, its flags, and the length of an extension (COPY, "File Header")."""

TRAILER: Final = b"\xff\xff"
"""What follows the last tuple: -1 in place of a number of fields."""


class Encoder:
    """Encodes one COPY, from ``header`` to ``finish``; batches have the Arrow schema given.

    Part of a batch's bytes may be returned with a later batch, or by ``finish``.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._prepares = not SUPPORTS_DECIMALS
        if self._prepares:
            schema = pa.schema([field.with_type(_prepared_type(field.type)) for field in schema])
        self._schema = schema
        with _without_panics():
            self._encoder = pgpq.ArrowToPostgresBinaryEncoder(schema)

    def header(self) -> bytes:
        """Return the header of a COPY."""
        with _without_panics():
            header: bytes = self._encoder.write_header()
        return header

    def batch(self, batch: pa.RecordBatch) -> bytes:
        """Return the bytes of this batch, and of earlier ones not returned yet."""
        if self._prepares:
            columns = [_prepared(column) for column in batch.columns]
            batch = pa.RecordBatch.from_arrays(columns, schema=self._schema)
        with _without_panics():
            encoded: bytes = self._encoder.write_batch(batch)
        return encoded

    def finish(self) -> bytes:
        """Return the remaining bytes and the trailer of a COPY."""
        with _without_panics():
            rest: bytes = self._encoder.finish()
        return rest


def encode_rows(batch: pa.RecordBatch) -> bytes:
    """Return the tuples of a batch, end to end, without COPY's header and trailer."""
    encoder = Encoder(batch.schema)
    encoded = b"".join((encoder.header(), encoder.batch(batch), encoder.finish()))
    return encoded[HEADER_BYTES : -len(TRAILER)]


@contextlib.contextmanager
def _without_panics() -> Iterator[None]:
    """Raise RuntimeError for a panic of pgpq's Rust, which is no ``Exception`` and may quote."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the class has no importable name
            raise
        raise RuntimeError(type(error).__name__) from None


def _becomes_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_decimal(kind) or pa.types.is_fixed_size_binary(kind))


def _prepared_type(kind: pa.DataType) -> pa.DataType:
    return pa.large_binary() if _becomes_bytes(kind) else kind


def _prepared(column: pa.Array) -> pa.Array:
    if pa.types.is_decimal(column.type):
        return numeric_bytes(column)
    return column.cast(_prepared_type(column.type))
