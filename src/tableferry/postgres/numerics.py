"""Encodes columns of decimals in the binary format of PostgreSQL's ``numeric``.

The format (``numeric_send`` in PostgreSQL's numeric.c) is big-endian 16-bit words: the number of
digits, the first digit's power of 10,000, the sign, the number of decimal places shown, and the
digits in base 10,000, aligned at the decimal point, without leading or trailing zeros.
"""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

PLACES: Final = 4
"""Decimal places of one digit of base 10,000."""

BASE: Final = 10**PLACES
NEGATIVE: Final = 0x4000
HEAD: Final = 4
"""Words before the digits."""

Limbs = list[np.ndarray]
"""A column of numbers of up to 128 bits: the highest limb has up to 64 bits, the others 32."""


def numeric_bytes(array: pa.Array) -> pa.Array:
    """Return a column of ``decimal128`` with a scale of 0 or more as ``large_binary``."""
    if not len(array):  # an empty array may have no buffers
        return pa.nulls(0, pa.large_binary())
    scale = array.type.scale
    valid = pc.is_valid(array).to_numpy(zero_copy_only=False)
    limbs, negative = _magnitudes(array, valid)
    digits = _digits(limbs, scale)
    filled = digits != 0
    begun = np.logical_or.accumulate(filled, axis=0)
    kept = begun & np.logical_or.accumulate(filled[::-1], axis=0)[::-1]
    counts = kept.sum(axis=0)
    highest = begun.sum(axis=0) - 1 - -(-scale // PLACES)
    words = np.empty((len(array), HEAD + len(digits)), ">i2")
    words[:, 0] = counts
    words[:, 1] = np.where(counts, highest, 0)
    words[:, 2] = np.where(negative, NEGATIVE, 0)
    words[:, 3] = scale
    words[:, HEAD:] = digits.T
    wanted = np.empty(words.shape, np.bool_)
    wanted[:, :HEAD] = valid[:, None]
    wanted[:, HEAD:] = kept.T
    lengths = np.where(valid, HEAD + counts, 0)
    offsets = np.zeros(len(array) + 1, np.int64)
    np.cumsum(lengths * words.itemsize, out=offsets[1:])
    validity = pc.is_valid(array).buffers()[1] if array.null_count else None
    buffers = [validity, pa.py_buffer(offsets), pa.py_buffer(words[wanted])]
    return pa.Array.from_buffers(pa.large_binary(), len(array), buffers)


def _magnitudes(array: pa.Array, valid: np.ndarray) -> tuple[Limbs, np.ndarray]:
    """Return the absolute values, 0 for NULL, and which of them are negative."""
    count, start = 2 * len(array), 16 * array.offset
    halves = np.frombuffer(array.buffers()[1], "<u8", count=count, offset=start)
    low, high = np.where(valid, halves.reshape(-1, 2).T, 0)
    negative = high >> 63 != 0
    if negative.any():  # two's complement: all bits inverted, plus 1
        high = np.where(negative, ~high + (low == 0), high)
        low = np.where(negative, -low, low)
    return _joined([high, low >> 32, low & 0xFFFFFFFF]), negative


def _joined(limbs: Limbs) -> Limbs:
    """Return the same numbers in one limb if all of them fit into 64 bits."""
    if len(limbs) > 1 and not limbs[0].any():
        return [limbs[1] << 32 | limbs[2]]
    return limbs


def _digits(limbs: Limbs, scale: int) -> np.ndarray:
    """Return the digits in base 10,000, one row for each power, the highest first."""
    found: Limbs = []
    if uneven := scale % PLACES:
        limbs, part = _divided(limbs, 10**uneven)
        found.append(part * 10 ** (PLACES - uneven))
    while any(limb.any() for limb in limbs):
        limbs, part = _divided(limbs, BASE**2)  # two digits for one long division
        found += [part % BASE, part // BASE]
    digits = np.zeros((len(found), len(limbs[0])), np.uint16)
    for place, digit in enumerate(reversed(found)):
        digits[place] = digit
    return digits


def _divided(limbs: Limbs, divisor: int) -> tuple[Limbs, np.ndarray]:
    """Divide by a number of up to 32 bits; return the quotients and the remainders."""
    rest = np.zeros_like(limbs[0])
    quotients = []
    for limb in limbs:
        rest = rest << 32 | limb
        quotients.append(rest // divisor)
        rest = rest - quotients[-1] * divisor
    return _joined(quotients), rest
