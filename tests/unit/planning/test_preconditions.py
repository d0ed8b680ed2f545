"""The plan refuses what would fail in the load, or warns of it."""

import pytest

from tableferry.config import Consistency, Depth
from tableferry.errors import SchemaError
from tableferry.model.schema import (
    Isolation,
    PgType,
    SourceColumn,
    SourceSchema,
    SourceType,
    TargetColumn,
    TargetSchema,
)
from tableferry.planning.plan import SyncPlan
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES
from tests.support.specs import spec

SOURCE = SourceSchema(
    (SourceColumn("ID", SourceType("int")), SourceColumn("Name", SourceType("text")))
)
COLUMNS = (TargetColumn("id", PgType("int4")), TargetColumn("name", PgType("text")))


def plan(target: TargetSchema, isolation: Isolation = Isolation()) -> SyncPlan:  # noqa: B008 - frozen
    return plan_table(spec(), SOURCE, target, strategies=STRATEGIES, isolation=isolation)


def test_a_target_that_foreign_keys_point_to_is_refused_by_their_tables() -> None:
    with pytest.raises(SchemaError, match=r"orders, invoices point to t") as raised:
        plan(TargetSchema(COLUMNS, referenced_by=("orders", "invoices")))
    assert "Drop these foreign keys" in raised.value.hint


def test_row_level_security_that_binds_the_login_is_refused() -> None:
    with pytest.raises(SchemaError, match="Row-level security of t"):
        plan(TargetSchema(COLUMNS, row_security=True))


def test_child_tables_that_keep_their_rows_are_a_warning() -> None:
    told = plan(TargetSchema(COLUMNS, has_children=True), Isolation(snapshot=True)).warnings
    assert told == ("tables inherit from t and keep their rows, which queries on it show too",)


def test_a_trigger_that_may_change_values_is_a_warning() -> None:
    (warning,) = plan(
        TargetSchema(COLUMNS, row_triggers=("touch",)), Isolation(snapshot=True)
    ).warnings
    assert "'touch'" in warning


@pytest.mark.parametrize(
    ("isolation", "chosen", "warnings"),
    [
        (Isolation(snapshot=True), Consistency.SNAPSHOT, 0),
        (Isolation(snapshot=True, row_versions=True), Consistency.SNAPSHOT, 0),
        (Isolation(row_versions=True), Consistency.READ_COMMITTED, 0),
        (Isolation(), Consistency.NOLOCK, 1),
    ],
)
def test_auto_chooses_the_best_consistency_that_the_database_offers(
    isolation: Isolation, chosen: Consistency, warnings: int
) -> None:
    planned = plan(TargetSchema(COLUMNS), isolation)
    assert planned.consistency is chosen
    assert len(planned.warnings) == warnings


def test_a_hidden_database_may_still_allow_the_configured_consistency() -> None:
    hidden = Isolation(known=False)
    asked = spec(consistency=Consistency.SNAPSHOT)
    assert (
        plan_table(asked, SOURCE, None, strategies=STRATEGIES, isolation=hidden).consistency
        is Consistency.SNAPSHOT
    )
    planned = plan(TargetSchema(COLUMNS), hidden)
    assert planned.consistency is Consistency.NOLOCK
    assert "does not show whether it allows SNAPSHOT" in planned.warnings[0]


def test_the_environments_database_is_read_under_its_own_name() -> None:
    assert spec().located_in("McTM_Test").source.sql == "[McTM_Test].[dbo].[T]"


def test_a_table_named_in_a_third_database_stays_there() -> None:
    assert spec(database="Other").located_in("Other_Test").source.sql == "[McTM].[dbo].[T]"


def test_rows_of_a_table_without_a_key_cannot_be_repaired() -> None:
    keyless = spec(primary_key=(), verify=Depth.ROWS, repair=True)
    with pytest.raises(SchemaError, match=r"McTM\.dbo\.T has no key to repair single rows by"):
        plan_table(
            keyless,
            SOURCE,
            TargetSchema(COLUMNS),
            strategies=STRATEGIES,
            isolation=Isolation(snapshot=True),
        )


@pytest.mark.parametrize(("snapshot", "warned"), [(True, False), (False, True)])
def test_a_verification_that_will_wait_for_writers_is_announced(
    snapshot: bool, warned: bool
) -> None:
    found = plan_table(
        spec(verify=Depth.COUNT),
        SOURCE,
        TargetSchema(COLUMNS),
        strategies=STRATEGIES,
        isolation=Isolation(snapshot=snapshot),
    )
    told = [one for one in found.warnings if "is verified with READ COMMITTED" in one]
    assert bool(told) is warned
