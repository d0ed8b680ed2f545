"""``--independent``: the rows of a sample once more, read as Python objects by both drivers.

A mistake that loading and comparing bytes have in common (a conversion, the encoding) would be
invisible to ``compare_table``; here it is none, since the values take other ways (``independent``,
``normalization``). Only rows of both sides are compared: those that one side lacks, bytes find.

Where the source lives, a row may have changed after its bytes were compared. So values that differ
count only where the bytes of the same rows, compared again, do not. Of a range in which bytes
differ, too, nothing is said: it may be the same rows.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tableferry.errors import SchemaError
from tableferry.model.counting import counted, verb
from tableferry.model.key_range import WHOLE_TABLE, KeyRange
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.key_texts import has_key_sql
from tableferry.postgres.publish.target_table import find
from tableferry.sqlserver.connection import set_isolation
from tableferry.verification.differences import DifferenceKind, Differences
from tableferry.verification.independent import Comparison, ObjectRows, Row
from tableferry.verification.sample import compare_ranges
from tableferry.verification.sides import Sides

KEYS_AT_ONCE: Final = 2_000
"""Keys that the target is asked for at once."""

ATTEMPTS: Final = 3
"""How often a range is compared both ways, until both say the same or none of it is chance."""


def compare_independently(
    plan: SyncPlan, sides: Sides, ranges: Sequence[KeyRange], found: Differences
) -> str:
    """Compare the rows of these ranges, which fit into memory one by one; returns what it shows.

    Rows whose values differ though their bytes do not are added to ``found``, with a warning.
    Raises TableferryError.
    """
    try:
        look = _Look(plan, sides)
    except SchemaError:
        return "not compared independently: there is no key to pair rows by"
    for keys in ranges or (WHOLE_TABLE,):
        sides.check()
        look.at(keys)
    return look.record(found)


class _Look:
    def __init__(self, plan: SyncPlan, sides: Sides) -> None:
        self._plan = plan
        self._sides = sides
        self._rows = ObjectRows(plan.spec, plan.columns)
        self._compared = 0
        self._with_damage = 0
        self._alone = 0
        self._differing: Counter[str] = Counter()
        self._most = 0

    def at(self, keys: KeyRange) -> None:
        """Compare the rows of a range."""
        result = self._compare(keys)
        for _ in range(ATTEMPTS - 1):
            if not result.differing:
                break
            bytes_differ, _ = compare_ranges(self._plan, self._sides, [keys])
            if bytes_differ.total:
                self._with_damage += self._rows_of(result)
                break
            result = self._compare(keys)
        else:
            self._differing.update(result.differing)
            self._most += max(result.differing.values(), default=0)
        self._compared += self._rows_of(result)
        self._alone += result.unpaired

    def record(self, found: Differences) -> str:
        """Add what differs to ``found``, and say what it shows."""
        rows = f"{counted(self._compared, 'row')} {verb(self._compared, 'was', 'were')}"
        if self._differing:
            found.counts[DifferenceKind.DIFFERENT] += self._most
            found.by_column.update(self._differing)
            found.warnings.append(
                "values differ in "
                + ", ".join(sorted(self._differing))
                + " though the rows' bytes are as a load writes them; please report this"
            )
            return f"{rows} read once more by other code"
        words = f"{rows} read once more by other code than the loads'"
        if not self._with_damage:
            words += " and have equal values"
        elif self._with_damage == self._compared:
            words += "; all are in ranges in which bytes differ, so that this shows no more"
        else:
            words += (
                f"; {self._with_damage:,} of them are in ranges in which bytes differ, the others "
                "have equal values"
            )
        if self._alone:
            words += f"; {counted(self._alone, 'row')} had no counterpart"
        return words

    def _rows_of(self, result: Comparison) -> int:
        return result.values // len(self._rows.names)

    def _compare(self, keys: KeyRange) -> Comparison:
        with self._sides.open_source() as from_:
            if not from_.in_snapshot:
                set_isolation(from_, self._plan.consistency)
            source = self._rows.of_source(from_, [keys.condition])
        return self._rows.compare(source, list(self._of_target(source)))

    def _of_target(self, source: Sequence[Row]) -> Iterator[Row]:
        """Yield the target's rows with the keys of these rows."""
        into, target = self._sides.into, self._plan.spec.target
        columns = [column.target for column in self._rows.key_columns]
        marked = [self._plan.mark.is_clear] if self._plan.mark else []
        keys = [tuple(map(_text, key)) for key in self._rows.by_key(source)]
        for start in range(0, len(keys), KEYS_AT_ONCE):
            self._sides.check()
            has_key = has_key_sql(into, target, columns, keys[start : start + KEYS_AT_ONCE])
            yield from self._rows.of_target(into, find(into, target).rows_sql, [*marked, has_key])


def _text(value: Any) -> str:
    """Return a key's value in the form of ``planning.key_texts``."""
    match value:
        case bool():
            return str(int(value))
        case bytes():
            return f"0x{value.hex().upper()}"
        case dt.datetime():
            at = value if value.tzinfo is None else value.astimezone(dt.UTC).replace(tzinfo=None)
            return at.isoformat()
    return str(value)
