"""The tests that need nothing of their source but what any SQL Server offers.

A list, and no marks in the files: what runs on somebody's server is seen in one place.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import pytest

LIVE: Final[Mapping[str, frozenset[str]]] = {
    "tests/contract/types/test_checked_conversions.py": frozenset(),
    "tests/contract/types/test_policies.py": frozenset(),
    "tests/contract/types/test_round_trips.py": frozenset(),
    "tests/contract/change_tracking/test_what_the_server_says.py": frozenset(),
    "tests/faults/test_target.py": frozenset(),
    "tests/integration/test_creation.py": frozenset(),
    "tests/integration/test_created_defaults.py": frozenset(),
    "tests/integration/test_drift.py": frozenset(),
    "tests/integration/test_evolve.py": frozenset(),
    "tests/integration/test_types_cross.py": frozenset(),
    "tests/integration/test_checked_columns.py": frozenset(),
    "tests/integration/test_publish_ways.py": frozenset(),
    "tests/integration/test_odd_sources.py": frozenset(),
    "tests/integration/test_collations.py": frozenset(),
    "tests/integration/test_quarantine.py": frozenset(),
    "tests/integration/test_reconcile.py": frozenset(),
    "tests/integration/test_soft_deletes.py": frozenset(),
    "tests/integration/test_idle_tables.py": frozenset(),
    "tests/integration/test_target_rights.py": frozenset(),
    "tests/integration/test_target_names.py": frozenset(),
    "tests/integration/test_shared_targets.py": frozenset(),
    "tests/integration/test_event_triggers.py": frozenset(),
    "tests/integration/incremental/test_change_tracking.py": frozenset(),
    "tests/integration/incremental/test_deleted_rows.py": frozenset(),
    "tests/integration/incremental/test_fanout_hand_off.py": frozenset(),
    "tests/integration/incremental/test_hand_off.py": frozenset(),
    "tests/integration/incremental/test_keys_of_deleted_rows.py": frozenset(),
    "tests/integration/incremental/test_plan_and_check.py": frozenset(),
    "tests/integration/incremental/test_reconcile_every.py": frozenset(),
    "tests/integration/incremental/test_respelled_keys.py": frozenset(),
    "tests/integration/incremental/test_rowversion_runs.py": frozenset(),
    "tests/integration/incremental/test_silent_losses.py": frozenset(),
    "tests/integration/incremental/test_together.py": frozenset(),
    "tests/integration/incremental/test_watermark_runs.py": frozenset(),
    "tests/integration/incremental/test_what_is_tracked.py": frozenset(),
    "tests/integration/verify/test_after_publish.py": frozenset(),
    "tests/integration/verify/test_columns.py": frozenset(),
    "tests/integration/verify/test_command.py": frozenset(),
    "tests/integration/verify/test_confirm.py": frozenset(),
    "tests/integration/verify/test_doubled_keys.py": frozenset(),
    "tests/integration/verify/test_excused.py": frozenset(),
    "tests/integration/verify/test_forms_of_values.py": frozenset(),
    "tests/integration/verify/test_held.py": frozenset(),
    "tests/integration/verify/test_keyed_rows.py": frozenset(),
    "tests/integration/verify/test_keys.py": frozenset(),
    "tests/integration/verify/test_numbers_of_rows.py": frozenset(),
    "tests/integration/verify/test_ordered.py": frozenset(),
    "tests/integration/verify/test_planned.py": frozenset(),
    "tests/integration/verify/test_repair.py": frozenset(),
    "tests/integration/verify/test_respelled.py": frozenset(),
    "tests/integration/verify/test_sample.py": frozenset(),
    "tests/integration/verify/test_unordered.py": frozenset(),
    "tests/integration/verify/test_unseen.py": frozenset(),
    "tests/integration/verify/test_verify_tables.py": frozenset(),
}
"""The files, and what of each is left out: tests that look into the sandbox, or make it fail."""


def live_tests(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return those of the list."""
    return [item for item in items if _is_live(item)]


def _is_live(item: pytest.Item) -> bool:
    file, _, name = item.nodeid.partition("::")
    return file in LIVE and name.partition("[")[0] not in LIVE[file]
