"""Compare the rows with certain keys: each side is asked for them by key.

Both are asked for the same keys, and only these count: a collation of the source may find other
spellings of them, whose rows are no answer. An entry's key need not be unique: each row of a key
counts, on both sides.
"""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import pyarrow as pa

from tableferry import sqlserver, values
from tableferry.config import OnInvalid
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.encoding import encode_rows
from tableferry.postgres.key_texts import has_key_sql
from tableferry.postgres.row_sizes import row_ends
from tableferry.transfer.keyed_rows import KeyedRows
from tableferry.verification.binary_values import text_of
from tableferry.verification.block import Block
from tableferry.verification.compared import Compared
from tableferry.verification.copy_rows import fields_of
from tableferry.verification.differences import Difference, Differences, Key
from tableferry.verification.left_out import add_left_out, collect
from tableferry.verification.quarantine_keys import key_forms
from tableferry.verification.row_pairs import RowPairs
from tableferry.verification.sides import Sides
from tableferry.verification.target_stream import TargetStream

KEYS_AT_ONCE: Final = 2_000
"""Keys whose rows of both sides are in memory at the same time."""

_ANY: Final = 2**62
"""How many rows may be left out: a row that the target cannot hold is not in it."""


def compare_keys(
    plan: SyncPlan, sides: Sides, keys: Sequence[Key], *, show_values: bool = False
) -> Differences:
    """Return the differences between the rows with these keys, none of which has a None.

    The numbers of rows are those of rows with these keys, whose values have to name rows of the
    source (``key_texts.unaskable``). Raises values.TextsAlteredError as a load does, and
    TableferryError.
    """
    compared = Compared.of(plan)
    found = Differences()
    with asking(compared, sides) as source:
        for start in range(0, len(keys), KEYS_AT_ONCE):
            some = keys[start : start + KEYS_AT_ONCE]
            differences = Differences()
            pairs = RowPairs(compared, differences, show_values=show_values)
            refused: list[values.RefusedRow] = []
            ours = rows_by_key(pairs, _source_rows(compared, source, some, refused))
            theirs = rows_by_key(pairs, target_rows(compared, sides, some))
            asked = set(some)
            for key in ours.keys() | theirs.keys():
                source_rows, rows = ours.get(key, []), theirs.get(key, [])
                pair_rows(pairs, source_rows, rows)
                if any(texts_of_key(compared, row) in asked for row in source_rows[:1] + rows[:1]):
                    found.source_rows += len(source_rows)
                    found.target_rows += len(rows)
            collect(compared.plan, refused, differences.left_out)
            add_left_out(compared.plan, differences)
            found.source_rows += _asked_for(compared.plan, refused, some)
            found.not_compared |= differences.not_compared
            for one in _as_asked(compared.plan, differences, some):
                found.add(one)
    return found


def _asked_for(plan: SyncPlan, refused: Sequence[values.RefusedRow], keys: Sequence[Key]) -> int:
    """Return how many rows that were left out have one of these keys."""
    if not refused:
        return 0
    of_quarantine, canonical = key_forms(plan)
    asked = set(map(canonical, keys))
    return sum(of_quarantine(row.row_key) in asked for row in refused)


def _as_asked(
    plan: SyncPlan, differences: Differences, keys: Sequence[Key]
) -> Iterator[Difference]:
    """Yield the differences of these keys, by their texts.

    A row that is left out has its key from quarantine's form of it, and so perhaps another text.
    """
    _, canonical = key_forms(plan)
    asked, texts = set(keys), {canonical(key): key for key in keys}
    for one in differences.kept:
        if one.key in asked:
            yield one
        elif one.left_out and (key := texts.get(canonical(one.key))):
            yield replace(one, key=key)


def texts_of_key(compared: Compared, row: bytes) -> Key:
    """Return the key of a row in COPY BINARY as a difference has it."""
    fields = fields_of(row)
    return tuple(
        text_of(compared.columns[place].plan.target.type, fields[place]) for place in compared.key
    )


def pair_rows(pairs: RowPairs, source: Sequence[bytes], target: Sequence[bytes]) -> None:
    """Record what the rows with one key are: equal ones are paired first, then any others."""
    ours, theirs = _without_equal(pairs, source, target)
    for one, other in zip(ours, theirs, strict=False):
        pairs.pair(one, other)
    for row in ours[len(theirs) :]:
        pairs.only_in_source(row)
    for row in theirs[len(ours) :]:
        pairs.only_in_target(row)


def _without_equal(
    pairs: RowPairs, source: Sequence[bytes], target: Sequence[bytes]
) -> tuple[list[bytes], list[bytes]]:
    """Return the rows of both sides that have no equal on the other, by bytes or by value."""
    same = Counter(source) & Counter(target)
    theirs = list((Counter(target) - same).elements())
    ours = []
    for row in (Counter(source) - same).elements():
        place = pairs.closest(row, theirs) if theirs else 0
        if theirs and pairs.may_be_equal(row, theirs[place]):
            pairs.pair(row, theirs.pop(place))  # which says what could not be compared
        else:
            ours.append(row)
    return ours, theirs


def rows_by_key(pairs: RowPairs, rows: Iterable[bytes]) -> dict[Hashable, list[bytes]]:
    """Return the rows of each key; there may be several."""
    found = defaultdict(list)
    for row in rows:
        found[pairs.key(row)].append(row)
    return found


@contextlib.contextmanager
def asking(compared: Compared, sides: Sides) -> Iterator[KeyedRows]:
    """Ask the source for rows by key in the block; a connection that stalls is closed."""
    plan = compared.plan
    with sqlserver.StallGuard(plan, sides.remaining) as guard:
        yield KeyedRows(
            plan,
            guard.guarded(sides.open_source),
            sqlserver.RateLimit(plan.spec.max_rows_per_second),
            sides.check,
        )


def converted_rows(
    compared: Compared,
    source: KeyedRows,
    keys: Sequence[Key],
    refused: list[values.RefusedRow] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows with these keys as a load would store them.

    Those that it would refuse are left out, and added to ``refused``.
    """
    spec = compared.plan.spec
    refusals = None
    if spec.on_invalid is OnInvalid.QUARANTINE:
        refusals = values.RefusedRows(spec.primary_key, _ANY)
    convert = values.Converter(
        compared.plan.columns, spec.on_invalid, spec.trailing_blanks, refusals
    )
    with source.read(keys) as batches:
        for batch in batches:
            yield convert(batch)
    if refusals and refused is not None:
        refused += refusals.rows


def _source_rows(
    compared: Compared, source: KeyedRows, keys: Sequence[Key], refused: list[values.RefusedRow]
) -> Iterator[bytes]:
    for converted in converted_rows(compared, source, keys, refused):
        yield from encoded_rows(compared, converted)


def encoded_rows(compared: Compared, converted: pa.RecordBatch) -> list[bytes]:
    """Return the rows of a converted batch as tuples of COPY BINARY, in the form compared."""
    formed = compared.formed(converted)
    block = Block(0, encode_rows(formed), formed.num_rows, partial(row_ends, formed))
    return block.row_list()


def target_rows(compared: Compared, sides: Sides, keys: Sequence[Key]) -> Iterator[bytes]:
    """Yield the target's rows with these keys as tuples of COPY BINARY; raises TableferryError."""
    plan = compared.plan
    columns = [compared.columns[place].plan.target for place in compared.key]
    condition = has_key_sql(sides.into, plan.spec.target, columns, keys)
    with TargetStream(compared, sides, (condition,)) as blocks:
        for block in blocks:
            yield from block.row_list()
