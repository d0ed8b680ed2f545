"""Refused rows that no later run can have stored: the source has not changed them since.

Later runs of an incremental mode read what lies above the watermark that the refusing run left.
What a run from there would read now holds all that any of them has read; a row that is not among it
was not read again, and so not stored, whatever has become of a check, a type or a unique value.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from tableferry.errors import ConfigError, SchemaError
from tableferry.model.key_range import WHOLE_TABLE
from tableferry.model.watermark import Watermark
from tableferry.modes import mode_of
from tableferry.modes.extract import Ask
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import QuarantinedRow
from tableferry.verification.differences import Key
from tableferry.verification.explained import folding
from tableferry.verification.sides import Sides
from tableferry.verification.source_keys import source_keys

MOST_ASKED: Final = 100
"""Runs whose later changes are asked for: a query each, and of most tables few runs refuse rows."""


class _UnknownError(Exception):
    """The source no longer says what has changed."""


def untouched(
    plan: SyncPlan, sides: Sides, refusals: Mapping[Key, QuarantinedRow]
) -> tuple[set[Key], set[Key]]:
    """Return the keys of those rows that the source has not changed since they were refused.

    The other keys are of those of which it cannot be found out: the refusal has no ``since``, or
    the source no longer says what has changed. Raises values.TextsAlteredError as a load does,
    TableferryError.
    """
    fold = folding(plan)
    since = {row.run_id: row.since for row in refusals.values() if row.since}
    oldest_first = sorted(since.items(), key=lambda one: -one[1].age)[-MOST_ASKED:]
    asked = {run_id for run_id, _ in oldest_first}
    left = {key: row for key, row in refusals.items() if row.run_id in asked and None not in key}
    found: set[Key] = set()
    unknown = refusals.keys() - left.keys()
    for run_id, watermark in oldest_first:
        if not left:
            break
        wanted = {fold(key) for key in left}
        try:
            keys = source_keys(plan, sides, partial(_read_since, plan, watermark))
            read = {folded for key in keys if (folded := fold(key)) in wanted}
        except (ConfigError, SchemaError, _UnknownError):
            unknown |= {key for key, row in left.items() if row.run_id == run_id}
            left = {key: row for key, row in left.items() if row.run_id != run_id}
            continue  # a younger watermark may still hold
        found |= {key for key in left if fold(key) not in read}
        left = {key: row for key, row in left.items() if key not in found and row.run_id != run_id}
    return found, unknown


def _read_since(plan: SyncPlan, watermark: Watermark, ask: Ask) -> str:
    """Return the SELECT of the keys that a run from this watermark on would read."""
    extract = mode_of(plan.spec).extract(plan.of_key(), watermark, ask)
    if extract.complete:
        raise _UnknownError
    return extract.select(WHOLE_TABLE)
