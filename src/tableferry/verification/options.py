"""What a verification is asked for."""

from dataclasses import dataclass
from typing import Final

from tableferry.model.depth import Depth

__all__ = [
    "DEFAULT_LIMIT",
    "DEFAULT_OPTIONS",
    "DEFAULT_RANGES",
    "DEFAULT_SETTLE",
    "Depth",
    "VerifyOptions",
]

DEFAULT_LIMIT: Final = 20
DEFAULT_SETTLE: Final = 5.0

DEFAULT_RANGES: Final = 20
"""Key ranges of a sample: damage in every tenth of them is found with 88 %."""


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """What applies to all tables of a verification.

    ``ranges`` is how many key ranges a sample has. With ``independent`` the values of a sample are
    compared once more, read by other drivers' paths than the loads'. Rows that differ are read
    again after ``settle`` seconds, and count only if they still do. ``limit`` is how many of them
    are listed for each table, with their values where ``show_values``; all are counted. With
    ``repair`` the rows that differ are made equal in the target. ``seed`` chooses the sample, a new
    one where it is None.
    """

    depth: Depth = Depth.ROWS
    ranges: int = DEFAULT_RANGES
    independent: bool = False
    settle: float = DEFAULT_SETTLE
    limit: int = DEFAULT_LIMIT
    show_values: bool = False
    repair: bool = False
    seed: int | None = None


DEFAULT_OPTIONS: Final = VerifyOptions()
