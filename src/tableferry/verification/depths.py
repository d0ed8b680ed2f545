"""The comparison for each depth: all rows, a sample of them, or their number."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tableferry.errors import SchemaError
from tableferry.model.key_range import WHOLE_TABLE, KeyRange
from tableferry.planning.plan import SyncPlan
from tableferry.verification.compare_table import compare_table
from tableferry.verification.counting import count_table
from tableferry.verification.differences import Differences
from tableferry.verification.independent_sample import compare_independently
from tableferry.verification.options import Depth, VerifyOptions
from tableferry.verification.sample import choose_ranges, compare_sample
from tableferry.verification.sides import Sides


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs, and in words what a sample shows of the rows that were not compared.

    ``ranges`` are those of the sample.
    """

    differences: Differences
    confidence: str = ""
    ranges: Sequence[KeyRange] = ()


def compare(
    plan: SyncPlan,
    sides: Sides,
    wanted: VerifyOptions,
    rng: Random,
    ranges: Sequence[KeyRange] = (WHOLE_TABLE,),
) -> Comparison:
    """Compare one table; raises TableferryError, and values.TextsAlteredError like a load.

    ``ranges`` are those whose rows are compared, where no sample is asked for and no count.
    """
    if wanted.depth is Depth.COUNT:
        return Comparison(count_table(plan, sides))
    shows = wanted.show_values
    if wanted.depth is Depth.SAMPLE:
        found = compare_sample(plan, sides, wanted.ranges, rng, show_values=shows)
        return Comparison(found.differences, found.confidence, found.ranges)
    return Comparison(compare_table(plan, sides, ranges, show_values=shows))


def look_independently(
    plan: SyncPlan, sides: Sides, wanted: VerifyOptions, found: Comparison, rng: Random
) -> str:
    """Read a sample once more by other paths, the one that was compared where there is one.

    Returns in words what that shows; what differs is added to the differences. Raises
    TableferryError.
    """
    ranges = found.ranges
    if not ranges:
        try:
            ranges = choose_ranges(plan, sides, wanted.ranges, rng).ranges
        except SchemaError as error:
            return f"no sample was read independently: {error.message}"
    return compare_independently(plan, sides, ranges, found.differences)
