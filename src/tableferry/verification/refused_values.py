"""Rows whose value is still the one that PostgreSQL has refused, and would be refused now.

For what the source can no longer say of an earlier refusal, as Change Tracking forgets. The rows
are asked for by key, and converted as a load would convert them: what is in quarantine is the value
that would have been stored. A value of the wrong kind for its column stays so, since after an
altered column every row is read; of a check, the target is asked.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Final

import pyarrow as pa

from tableferry.planning.key_texts import unaskable
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.column_checks import is_refused_by_a_check
from tableferry.postgres.ledger import QuarantinedRow
from tableferry.values.refused_rows import MAX_VALUE_BYTES, converted_value, value_bytes
from tableferry.verification.binary_values import text_of
from tableferry.verification.by_key import KEYS_AT_ONCE, asking, converted_rows, encoded_rows
from tableferry.verification.compared import Compared
from tableferry.verification.copy_rows import Fields, fields_of
from tableferry.verification.differences import Key
from tableferry.verification.sides import Sides

MOST_ASKED: Final = 10_000
"""Rows that are asked for, as many as are read again."""

_DATA_EXCEPTION: Final = "22"
"""The class of refusals that hang on the value and its column's type alone."""

_CHECK: Final = "23514"


def still_refused(plan: SyncPlan, sides: Sides, refusals: Mapping[Key, QuarantinedRow]) -> set[Key]:
    """Return the keys of those rows whose refused value is the source's value now.

    A refusal of a NULL or of a row as a whole proves nothing; neither does a value that was not
    kept as a whole, or a check of several columns. Raises values.TextsAlteredError as a load does,
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
                for place, (key, fields) in enumerate(_rows(compared, converted)):
                    refusal = refusals.get(key)
                    if refusal and _is_refused(
                        compared, sides, converted.slice(place, 1), fields, refusal
                    ):
                        found.add(key)
    return found.intersection(asked)


def _is_of_value(row: QuarantinedRow) -> bool:
    by_value = row.sqlstate.startswith(_DATA_EXCEPTION) or row.sqlstate == _CHECK
    return row.since is not None and row.digest is not None and by_value


def _rows(compared: Compared, converted: pa.RecordBatch) -> Iterator[tuple[Key, Fields]]:
    kinds = [(place, compared.columns[place].plan.target.type) for place in compared.key]
    for row in encoded_rows(compared, converted):
        fields = fields_of(row)
        yield tuple(text_of(kind, fields[place]) for place, kind in kinds), fields


def _is_refused(
    compared: Compared,
    sides: Sides,
    row: pa.RecordBatch,
    fields: Fields,
    refusal: QuarantinedRow,
) -> bool:
    """Whether the refused column, or its companion, has the refused value, and may not have it."""
    for column, array, field in zip(compared.columns, row.columns, fields, strict=True):
        if column.name != refusal.column:
            continue
        value = value_bytes(converted_value(array[0], column.plan))
        if value is None or len(value) >= MAX_VALUE_BYTES:
            continue
        if hashlib.sha256(value).digest() != refusal.digest:
            continue
        if refusal.sqlstate != _CHECK:
            return True
        target, text = column.plan.target, text_of(column.plan.target.type, field)
        if is_refused_by_a_check(sides.into, compared.plan.spec.target, target.name, text):
            return True
    return False
