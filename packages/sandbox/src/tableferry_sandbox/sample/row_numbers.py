"""A run of row numbers, and the numbers a column draws for them.

What a row holds follows from its number and its column's salt alone (splitmix64, a fixed public
formula), not from a generator's state: any slice of a table can be made by itself, in any order,
and stays the same under every release of numpy.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint64]

# Constants of splitmix64 (Steele, Lea and Flood, 2014).
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True, slots=True)
class RowRange:
    """``count`` rows from the 0-based row number ``first`` on, as the column ``salt`` sees them."""

    first: int
    count: int
    salt: int = 0

    def salted(self, salt: int) -> "RowRange":
        """Return the same rows for another column, or another draw of the same column."""
        return replace(self, salt=self.salt * 1_000_003 + salt)

    def numbers(self) -> npt.NDArray[np.int64]:
        """Return the row numbers themselves."""
        return np.arange(self.first, self.first + self.count, dtype=np.int64)

    def bits(self) -> Bits:
        """Return 64 well-mixed bits a row."""
        start = np.uint64((self.salt * 0xD1342543DE82EF95 + 1) & 0xFFFFFFFFFFFFFFFF)
        with np.errstate(over="ignore"):
            mixed = (self.numbers().astype(np.uint64) + start) * _GOLDEN
            mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX_1
            mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
        return np.asarray(mixed ^ (mixed >> np.uint64(31)), dtype=np.uint64)

    def between(self, low: int, high: int) -> npt.NDArray[np.int64]:
        """Return whole numbers from ``low`` to ``high``, both included; the span fits 63 bits."""
        span = np.uint64(high - low + 1)
        return (self.bits() % span).astype(np.int64) + low

    def one_in(self, number: int) -> npt.NDArray[np.bool_]:
        """Return a mask that is true for about one row in ``number``."""
        return np.asarray(self.bits() % np.uint64(number) == 0, dtype=np.bool_)
