"""The isolation that the plan chooses: what an incremental mode reads must not miss a row."""

import pytest

from tableferry.config import Consistency, ReadMode
from tableferry.errors import SchemaError
from tableferry.model.schema import Isolation
from tableferry.planning.consistency import choose_consistency, fallbacks_after
from tests.support.specs import spec

INCREMENTAL = [mode for mode in ReadMode if mode is not ReadMode.FULL]
NONE, HIDDEN = Isolation(), Isolation(known=False)
VERSIONS, SNAPSHOT = Isolation(row_versions=True), Isolation(snapshot=True)


@pytest.mark.parametrize("mode", [ReadMode.ROWVERSION, ReadMode.WATERMARK])
@pytest.mark.parametrize(
    ("isolation", "taken", "warning"),
    [
        (SNAPSHOT, Consistency.SNAPSHOT, ""),
        (VERSIONS, Consistency.READ_COMMITTED, ""),
        (NONE, Consistency.READ_COMMITTED, "McTM does not allow SNAPSHOT isolation"),
        (HIDDEN, Consistency.READ_COMMITTED, "McTM does not show whether it allows SNAPSHOT"),
    ],
)
def test_auto_never_chooses_nolock_for_an_incremental_mode(
    mode: ReadMode, isolation: Isolation, taken: Consistency, warning: str
) -> None:
    found, warnings = choose_consistency(spec(mode=mode), isolation, in_memory=False)
    assert found is taken
    assert len(warnings) == bool(warning)
    assert all(one.startswith(warning) and "waits for" in one for one in warnings)


@pytest.mark.parametrize("isolation", [SNAPSHOT, VERSIONS, NONE, HIDDEN])
@pytest.mark.parametrize("mode", INCREMENTAL)
def test_what_the_server_refuses_is_never_replaced_by_nolock_in_an_incremental_mode(
    mode: ReadMode, isolation: Isolation
) -> None:
    table = spec(mode=mode)
    assert fallbacks_after(table, Consistency.SNAPSHOT, isolation) == (Consistency.READ_COMMITTED,)
    assert fallbacks_after(table, Consistency.READ_COMMITTED, isolation) == ()


@pytest.mark.parametrize("isolation", [VERSIONS, NONE])
@pytest.mark.parametrize("consistency", [Consistency.AUTO, Consistency.READ_COMMITTED])
def test_change_tracking_is_refused_without_snapshot_isolation_with_the_statement(
    consistency: Consistency, isolation: Isolation
) -> None:
    table = spec(mode=ReadMode.CHANGE_TRACKING, consistency=consistency)
    with pytest.raises(SchemaError, match="'change_tracking' needs") as raised:
        choose_consistency(table, isolation, in_memory=False)
    assert "ALTER DATABASE [McTM] SET ALLOW_SNAPSHOT_ISOLATION ON" in raised.value.hint


@pytest.mark.parametrize("isolation", [SNAPSHOT, HIDDEN])
def test_change_tracking_is_not_refused_where_the_database_may_allow_snapshots(
    isolation: Isolation,
) -> None:
    found, _ = choose_consistency(spec(mode=ReadMode.CHANGE_TRACKING), isolation, in_memory=False)
    assert found is (Consistency.SNAPSHOT if isolation.snapshot else Consistency.READ_COMMITTED)


def test_a_full_refresh_may_be_read_with_nolock() -> None:
    found, warnings = choose_consistency(spec(), NONE, in_memory=False)
    assert found is Consistency.NOLOCK
    assert "may be missing" in warnings[0]
