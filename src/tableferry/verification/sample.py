"""The depth ``sample``: every value of the rows of some key ranges, chosen at random.

The source cuts the table into many ranges of about equally many rows, as for a load in chunks. The
chosen ones are compared like whole tables where the target can be asked for the same range;
otherwise the source is asked for the range and the target for the keys that it has: a row that only
the target has is not seen then.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from tableferry import sqlserver
from tableferry.errors import SchemaError
from tableferry.model.counting import counted, verb
from tableferry.model.identifiers import quote_mssql
from tableferry.model.key_range import KeyRange, key_problems
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.key_texts import has_key_sql
from tableferry.verification.binary_values import text_of
from tableferry.verification.by_key import pair_rows, rows_by_key
from tableferry.verification.compare_table import can_compare_ranges, compare_table
from tableferry.verification.compared import Compared
from tableferry.verification.copy_rows import Fields
from tableferry.verification.differences import Differences, Key
from tableferry.verification.row_pairs import RowPairs
from tableferry.verification.sides import Sides
from tableferry.verification.source_stream import SourceStream
from tableferry.verification.target_stream import TargetStream

ROWS_EACH: Final = 1_000
"""Rows of a range: few enough that the rows of a sample lie far apart, many enough that a range
costs more to read than to ask for."""

MOST_RANGES: Final = 10_000
"""Ranges of a table; beyond ten million rows they grow. The source compares the bounds, 200 in one
statement."""

KEYS_AT_ONCE: Final = 2_000
"""Keys that the target is asked for at once; the rows of both sides are in memory."""

DAMAGED: Final = 0.01
"""The share of the ranges for which the confidence says how likely it is to hit one."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What differs within the ranges that were compared, and in words what that shows.

    The numbers of rows in ``differences`` are those of these ranges.
    """

    differences: Differences
    confidence: str
    ranges: tuple[KeyRange, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """Key ranges of a table, some ``of`` all; ``rows`` is how many rows all have, or nearly."""

    ranges: tuple[KeyRange, ...]
    of: int
    rows: int

    @property
    def are_all(self) -> bool:
        """Whether the ranges hold the whole table."""
        return len(self.ranges) == self.of


def choose_ranges(plan: SyncPlan, sides: Sides, ranges: int, rng: Random) -> Chosen:
    """Cut a table, and choose so many of its ranges, all of a smaller table's.

    Raises SchemaError where the table cannot be cut, and other TableferryErrors.
    """
    _require_cuttable(plan)
    with sides.open_source() as connection:
        rows = plan.estimated_rows
        if rows is None:
            [(rows,)] = connection.rows(plan.count_where("1 = 1"), ["changes"])
        wanted = min(MOST_RANGES, max(1, math.ceil(int(rows) / ROWS_EACH)))
        found = sqlserver.split_table(connection, plan, wanted).ranges
    places = sorted(rng.sample(range(len(found)), min(ranges, len(found))))
    return Chosen(tuple(found[place] for place in places), len(found), int(rows))


def compare_sample(
    plan: SyncPlan, sides: Sides, ranges: int, rng: Random, *, show_values: bool = False
) -> Sample:
    """Compare so many ranges of a table, all of a smaller one.

    Raises SchemaError where the table cannot be cut, VerificationError and other TableferryErrors
    of reading, and values.TextsAlteredError like a load.
    """
    chosen = choose_ranges(plan, sides, ranges, rng)
    if chosen.are_all:
        differences = compare_table(plan, sides, show_values=show_values)
        return Sample(differences, "all rows were compared", chosen.ranges)
    differences, sees_extra = compare_ranges(plan, sides, chosen.ranges, show_values=show_values)
    words = confidence(ranges, chosen.of, differences.source_rows, chosen.rows)
    if not sees_extra:
        words += "; rows that only the target has were not looked for: it sorts its keys otherwise"
    return Sample(differences, words, chosen.ranges)


def compare_ranges(
    plan: SyncPlan, sides: Sides, ranges: Sequence[KeyRange], *, show_values: bool = False
) -> tuple[Differences, bool]:
    """Compare the rows of ascending ranges; also returns whether extra rows were looked for."""
    if can_compare_ranges(plan, ranges):
        return compare_table(plan, sides, ranges, show_values=show_values), True
    return _compare_by_keys(plan, sides, ranges, show_values=show_values), False


def confidence(compared: int, ranges: int, rows: int, of_rows: int) -> str:
    """Say in words what it shows that so many of the ranges were compared."""
    share = f" ({_percent(rows / of_rows)} of the rows)" if of_rows else ""
    chance = chance_to_hit(compared, ranges, math.ceil(ranges * DAMAGED))
    return (
        f"{compared:,} of {counted(ranges, 'range')}{share} {verb(compared, 'was', 'were')} "
        f"compared; damage in {_percent(DAMAGED)} of the ranges would have been found with a "
        f"probability of {_percent(chance)}"
    )


def chance_to_hit(compared: int, ranges: int, damaged: int) -> float:
    """Return how likely one of ``damaged`` ranges is among those ``compared``, chosen at random."""
    if compared + damaged > ranges:
        return 1.0
    missed = 1.0
    for place in range(compared):
        missed *= (ranges - damaged - place) / (ranges - place)
    return 1.0 - missed


def _percent(share: float) -> str:
    """Return a share in percent, rounded down: never as more than it is."""
    percent = min(100.0, 100 * share)
    digits = 0 if percent >= 10 else 1 if percent >= 1 else 2
    scale = 10**digits
    text = f"{math.floor(percent * scale + 1e-9) / scale:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if digits else text} %"


def _require_cuttable(plan: SyncPlan) -> None:
    """See that the table has a key along which it can be cut; raises SchemaError."""
    if not plan.key or not plan.target_key:
        problem = "it has no key"
    elif key_problems(plan.key):
        problem = "a column of its key has no exact literal"
    else:
        return
    raise SchemaError(
        f"{plan.spec.source} has no key ranges of which some could be compared: {problem}",
        hint="Compare all of its rows instead of a sample.",
    )


def _compare_by_keys(
    plan: SyncPlan, sides: Sides, ranges: Sequence[KeyRange], *, show_values: bool
) -> Differences:
    """Compare the source's rows of the ranges with the target's rows of the same keys."""
    compared = Compared.of(plan)
    found = Differences(not_compared=dict(compared.not_compared))
    pairs = RowPairs(compared, found, show_values=show_values)
    order = [f"t.{quote_mssql(column.name)}" for column in plan.key]
    with SourceStream(compared, sides, ranges, order_by=order) as source:
        rows = (row for block in source for row in block.row_list())
        for some in _groups(pairs, rows):
            wanted = rows_by_key(pairs, some)
            keys = [pairs.key_fields(row) for row in some]
            theirs = rows_by_key(pairs, _target_rows(compared, sides, keys))
            for key, ours in wanted.items():
                same_key = theirs.get(key, [])
                found.target_rows += len(same_key)
                pair_rows(pairs, ours, same_key)
    source.tell(found)
    return found


def _groups(pairs: RowPairs, rows: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield rows in the order of their key, those of one key together: it need not be unique."""
    some: list[bytes] = []
    for row in rows:
        if len(some) >= KEYS_AT_ONCE and pairs.key(row) != pairs.key(some[-1]):
            yield some
            some = []
        some.append(row)
    if some:
        yield some


def _target_rows(compared: Compared, sides: Sides, keys: Sequence[Fields]) -> Iterator[bytes]:
    columns = [compared.columns[place].plan.target for place in compared.key]
    texts: list[Key] = [
        tuple(text_of(column.type, sent) for column, sent in zip(columns, key, strict=True))
        for key in keys
    ]
    condition = has_key_sql(sides.into, compared.plan.spec.target, columns, texts)
    with TargetStream(compared, sides, (condition,)) as blocks:
        for block in blocks:
            yield from block.row_list()
