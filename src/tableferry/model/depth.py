"""How much of a table is compared when it is verified."""

from enum import StrEnum


class Depth(StrEnum):
    """How much of a table is compared when it is verified.

    ``rows``: every value of every row. ``sample``: every value of some key ranges, chosen at
    random. ``count``: the numbers of rows.
    """

    COUNT = "count"
    SAMPLE = "sample"
    ROWS = "rows"
