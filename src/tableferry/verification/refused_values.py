"""Rows whose value is still the one that PostgreSQL has refused: they cannot have been stored.

The source is asked for them by key, and they are converted as a load would convert them: what is in
quarantine is the value that would have been stored.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Final

import pyarrow as pa

from tableferry.planning.key_texts import unaskable
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import QuarantinedRow
from tableferry.values.refused_rows import MAX_VALUE_BYTES, converted_value, value_bytes
from tableferry.verification.binary_values import text_of
from tableferry.verification.by_key import KEYS_AT_ONCE, asking, converted_rows, encoded_rows
from tableferry.verification.compared import Compared
from tableferry.verification.copy_rows import fields_of
from tableferry.verification.differences import Key
from tableferry.verification.sides import Sides

MOST_ASKED: Final = 10_000
"""Rows that are asked for, as many as are read again."""

_BY_VALUE: Final = ("22", "23514")
"""How SQLSTATEs of refusals begin that hang on the value alone (data exceptions, checks): another
row may have taken a unique value, or be the one that a foreign key needs."""


def still_refused(plan: SyncPlan, sides: Sides, refusals: Mapping[Key, QuarantinedRow]) -> set[Key]:
    """Return the keys of those rows whose refused value is the source's value now.

    A refusal by another entry, of a NULL, or of a row as a whole proves nothing; neither does a
    value that was not kept as a whole. Raises values.TextsAlteredError as a load does,
    TableferryError.
    """
    asked = [key for key, row in refusals.items() if _is_of_value(row) and None not in key]
    if not asked or unaskable(plan):
        return set()
    compared = Compared.of(plan)
    found = set()
    with asking(compared, sides) as source:
        for start in range(0, min(len(asked), MOST_ASKED), KEYS_AT_ONCE):
            some = asked[start : start + KEYS_AT_ONCE]
            for converted in converted_rows(compared, source, some):
                for place, key in enumerate(_keys(compared, converted)):
                    refusal = refusals.get(key)
                    if refusal and refusal.digest in _digests(compared, converted, place, refusal):
                        found.add(key)
    return found.intersection(asked)


def _is_of_value(row: QuarantinedRow) -> bool:
    return row.is_own and row.digest is not None and row.sqlstate.startswith(_BY_VALUE)


def _keys(compared: Compared, converted: pa.RecordBatch) -> Iterator[Key]:
    kinds = [(place, compared.columns[place].plan.target.type) for place in compared.key]
    for row in encoded_rows(compared, converted):
        fields = fields_of(row)
        yield tuple(text_of(kind, fields[place]) for place, kind in kinds)


def _digests(
    compared: Compared, converted: pa.RecordBatch, place: int, refusal: QuarantinedRow
) -> set[bytes]:
    """Return the digests of a row's values of the refused column, and of its companion."""
    found = set()
    for column, array in zip(compared.columns, converted.columns, strict=True):
        if column.name != refusal.column:
            continue
        value = value_bytes(converted_value(array[place], column.plan))
        if value is not None and len(value) < MAX_VALUE_BYTES:
            found.add(hashlib.sha256(value).digest())
    return found
