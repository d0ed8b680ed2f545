"""The order in which the test files are begun: those that take longest first.

A process of the suite runs whole files. One that is begun last and takes a minute would let the
others wait for it.
"""

from collections.abc import Sequence
from typing import Final

import pytest

LONGEST: Final = (
    "tests/bench/test_the_groups.py",
    "tests/deployment/test_build.py",
    "tests/integration/verify/test_forms_of_values.py",
    "tests/integration/verify/test_unordered_memory.py",
    "tests/contract/types/test_checked_conversions.py",
    "tests/faults/test_foreign_errors.py",
    "tests/deployment/test_package.py",
    "tests/integration/test_idle_tables.py",
    "tests/faults/test_incremental_kill.py",
    "tests/faults/test_incremental_cuts.py",
    "tests/integration/verify/test_keyed_rows.py",
    "tests/integration/incremental/test_watermark_runs.py",
    "tests/faults/test_incremental.py",
    "tests/integration/verify/test_excused.py",
    "tests/integration/verify/test_confirm.py",
    "tests/integration/verify/test_verify_tables.py",
    "tests/deployment/test_least_privilege.py",
    "tests/deployment/test_statemachine.py",
    "tests/property/test_reconcile.py",
    "tests/property/test_verified_histories.py",
)
"""The files that take more than 20 seconds of CPU, and two that would be begun last. That of the
package comes later than that which builds the package, for which it would wait."""

_PLACES: Final = {file: place for place, file in enumerate(LONGEST)}


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return tests with those of the longest files first, in the order of before otherwise."""
    return sorted(items, key=lambda item: _PLACES.get(_file(item), len(LONGEST)))


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
