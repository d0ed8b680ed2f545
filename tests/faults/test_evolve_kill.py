"""kill -9 of a load that evolves its table: it is as it was, or evolved with all of its rows."""

import signal
from collections.abc import Callable

import pytest

from tests.faults.test_incremental_kill import Runs, start, time_passes
from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import rows, source, source_rows, target
from tests.support.databases import PgDatabase

__all__ = ["source", "start", "target"]

FEW = 20
"""Every twentieth moment: where a session ends between ALTER and COMMIT has a test of its own."""

LENGTH = (
    "SELECT atttypmod - 4 FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'name'"
)


@pytest.mark.parametrize("publish", ["merge", "swap", "truncate"])
def test_a_killed_load_leaves_the_table_as_it_was_or_evolved_with_its_rows(
    source: Sandbox, target: PgDatabase, start: Callable[..., Runs], publish: str
) -> None:
    target.run("ALTER TABLE t ALTER name TYPE varchar(5)", "INSERT INTO t VALUES (1, 'old')")
    run = start(publish=publish, drift="evolve", mode=None)
    code, number = -signal.SIGKILL, 14 - FEW
    while code == -signal.SIGKILL:
        number += FEW
        code = run(number)
        time_passes(target)
        state = target.rows(LENGTH), rows(target)
        assert state in (([(5,)], [(1, "old")]), ([(20,)], source_rows(source))), number
    assert (code, rows(target)) == (0, source_rows(source))
    assert target.rows(LENGTH) == [(20,)]
