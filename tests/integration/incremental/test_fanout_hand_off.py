"""A first load by many processes: caught up to one moment by the one that publishes."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tableferry import fanout
from tableferry.config import Settings, TableSpec, parse_table_configs
from tableferry.errors import SchemaError, TransientError
from tableferry.fanout import finish
from tableferry.runs.outcome import Status
from tableferry.runs.retry import Retries
from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import Sync, rows, source_rows
from tests.integration.incremental.test_hand_off import MOVES
from tests.support.databases import PgDatabase
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

CHUNKS = 4


@pytest.fixture
def spec() -> TableSpec:
    given: dict[str, Any] = {
        "sql_table": "dbo.T", "pg_table": "t", "publish": "swap", "order_by": None,
        "mode": "change_tracking", "chunks": CHUNKS,
    }  # fmt: skip
    return parse_table_configs({"t": entry(**given)})["t"]


@pytest.fixture
def settings(source: Sandbox, target: PgDatabase) -> Settings:
    return source.settings(target)


@pytest.fixture
def begun(spec: TableSpec, settings: Settings) -> fanout.Begun:
    return fanout.begin(spec, settings, fanout.assign(spec, uuid4()))


Load = Callable[..., None]


@pytest.fixture
def load(spec: TableSpec, settings: Settings) -> Load:
    def run(begun: fanout.Begun, *numbers: int) -> None:
        for number in numbers:
            fanout.load_chunk(spec, settings, begun.assignment, number)

    return run


def test_what_changes_between_the_steps_is_in_the_table_that_is_published(
    source: Sandbox,
    target: PgDatabase,
    spec: TableSpec,
    settings: Settings,
    begun: fanout.Begun,
    load: Load,
    sync: Sync,
) -> None:
    load(begun, 0, 1)
    for move in MOVES:
        source.run(move)
    load(begun, 2, 3)
    source.run("UPDATE dbo.T SET Name = N'at the end' WHERE ID = 7")
    outcome = fanout.publish(spec, settings, begun.assignment, retries=Retries(attempts=1))
    assert (outcome.status, outcome.reload) == (Status.OK, "first_load"), outcome.error
    assert rows(target) == source_rows(source)
    source.run("DELETE FROM dbo.T WHERE ID = 8")
    assert sync(publish="swap", chunks=CHUNKS).changes["deleted"] == 1
    assert rows(target) == source_rows(source)


def test_after_the_first_load_changes_are_carried_whole(
    source: Sandbox, spec: TableSpec, settings: Settings, sync: Sync
) -> None:
    [planned] = fanout.plan_fanout([spec], settings)
    assert planned.route is fanout.Route.CHUNKS
    sync()
    [planned] = fanout.plan_fanout([spec], settings)
    assert planned.route is fanout.Route.WHOLE
    assert "reads only what changed" in planned.why


def test_chunks_that_cannot_be_caught_up_are_not_published(
    source: Sandbox,
    target: PgDatabase,
    spec: TableSpec,
    settings: Settings,
    begun: fanout.Begun,
    load: Load,
) -> None:
    load(begun, *range(CHUNKS))
    source.run("TRUNCATE TABLE dbo.T")
    with pytest.raises(SchemaError, match="read in vain"):
        fanout.publish(spec, settings, begun.assignment, retries=Retries(attempts=1))
    fanout.give_up(spec, settings, begun.assignment)
    assert rows(target) == []
    assert target.rows("SELECT relname FROM pg_class WHERE relname LIKE 'staging%'") == []


def test_a_later_fan_out_goes_on_only_with_chunks_that_can_be_caught_up(
    source: Sandbox,
    target: PgDatabase,
    spec: TableSpec,
    settings: Settings,
    begun: fanout.Begun,
    load: Load,
) -> None:
    load(begun, 0, 1)
    fanout.give_up(spec, settings, begun.assignment)
    again = fanout.begin(spec, settings, fanout.assign(spec, uuid4()))
    assert again.pending == (2, 3)
    fanout.give_up(spec, settings, again.assignment)
    source.run("TRUNCATE TABLE dbo.T; INSERT INTO dbo.T VALUES (1, N'one'), (2, N'two')")
    third = fanout.begin(spec, settings, fanout.assign(spec, uuid4()))
    load(third, *third.pending)
    outcome = fanout.publish(spec, settings, third.assignment, retries=Retries(attempts=1))
    assert outcome.status is Status.OK, outcome.error
    assert rows(target) == [(1, "one"), (2, "two")]


def test_publishing_again_goes_on_from_rows_that_are_caught_up_already(
    source: Sandbox,
    target: PgDatabase,
    spec: TableSpec,
    settings: Settings,
    begun: fanout.Begun,
    load: Load,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As Step Functions does after a lost connection, or the end of a Lambda's time."""

    def lost(*_: object) -> None:
        raise TransientError("lost")

    load(begun, 0, 1)
    source.run("DELETE FROM dbo.T WHERE ID = 3; INSERT INTO dbo.T VALUES (99, N'x'), (100, N'y')")
    load(begun, 2, 3)
    source.run("DELETE FROM dbo.T WHERE ID = 4")
    with monkeypatch.context() as patched:
        patched.setattr(finish, "commit_together", lost)
        with pytest.raises(TransientError):
            fanout.publish(spec, settings, begun.assignment, retries=Retries(attempts=1))
    source.run("INSERT INTO dbo.T VALUES (101, N'z')")
    outcome = fanout.publish(spec, settings, begun.assignment, retries=Retries(attempts=1))
    assert outcome.status is Status.OK, outcome.error
    assert rows(target) == source_rows(source)
