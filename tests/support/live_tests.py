"""The tests that need nothing of their source but what any SQL Server offers.

A list, and no marks in the files: what runs on somebody's server is seen in one place.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import pytest

LIVE: Final[Mapping[str, frozenset[str]]] = {
    "tests/contract/change_tracking/test_what_the_server_says.py": frozenset(),
    "tests/contract/types/test_checked_conversions.py": frozenset(),
    "tests/contract/types/test_policies.py": frozenset(),
    "tests/contract/types/test_round_trips.py": frozenset(),
    "tests/faults/test_target.py": frozenset(
        {"test_a_sync_that_is_stopped_by_a_signal_leaves_the_old_rows"}
    ),
    "tests/integration/incremental/test_change_tracking.py": frozenset(
        {
            "test_a_database_without_snapshot_isolation_is_refused_before_anything_is_read",
            "test_what_change_tracking_lacks_is_refused_with_the_statement_for_the_dba",
        }
    ),
    "tests/integration/incremental/test_rowversion_runs.py": frozenset(
        {
            "test_a_lower_rowversion_that_is_committed_later_is_read_by_the_next_run",
            "test_a_row_that_changes_while_the_first_load_reads_is_read_again",
            "test_a_table_without_a_rowversion_column_is_refused_before_anything_is_read",
            "test_a_view_is_followed_by_its_rowversion_column_and_says_so",
            "test_an_open_transaction_keeps_rows_that_are_committed_after_it_for_a_later_run",
            "test_another_database_than_the_connections_counts_by_itself",
            "test_every_outcome_says_that_deletes_are_not_followed",
        }
    ),
    "tests/integration/incremental/test_watermark_runs.py": frozenset(
        {"test_a_table_of_another_database_and_a_view_are_followed_as_well"}
    ),
    "tests/integration/incremental/test_what_is_tracked.py": frozenset(
        {"test_a_key_that_is_not_the_tables_primary_key_is_refused", "test_a_view_is_refused"}
    ),
    "tests/integration/test_creation.py": frozenset(),
    "tests/integration/test_drift.py": frozenset(),
    "tests/integration/test_evolve.py": frozenset(),
    "tests/integration/test_publish_ways.py": frozenset(),
    "tests/integration/verify/test_repair.py": frozenset(),
}
"""The files, and what of each is left out: tests that look into the sandbox, make it fail, or
expect the names of its databases."""


def live_tests(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return those of the list."""
    return [item for item in items if _is_live(item)]


def _is_live(item: pytest.Item) -> bool:
    file, _, name = item.nodeid.partition("::")
    return file in LIVE and name.partition("[")[0] not in LIVE[file]
