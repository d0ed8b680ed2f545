"""How many statements a run sends to both sides, counted on the wire as the benchmark does."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bench.proxy import Proxy, counted, postgres_meter, tds_meter
from tableferry.config import Settings, TableSpec, parse_table_configs
from tableferry.postgres.ledger import LeaseTiming, Ledger
from tableferry.runs.outcome import RunOutcome
from tableferry.runs.run import sync_tables
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

IN_ALL = 12
"""What a table in a run of many may cost at the most, both sides together."""

UNCHANGED = 20
"""What a run may cost in which nothing has changed, with its beginning and its end."""

SHOP = "WireShop"


@pytest.fixture(autouse=True)
def no_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine's run may be long enough for a beat, which the count is not about."""
    defaults = {**Ledger.__init__.__kwdefaults__, "timing": LeaseTiming(3600.0, 7200.0)}
    monkeypatch.setattr(Ledger.__init__, "__kwdefaults__", defaults)


@dataclass(frozen=True, slots=True)
class Wire:
    """Both sides behind proxies that count."""

    settings: Settings
    source: Proxy
    target: Proxy

    def sent(self, specs: Sequence[TableSpec]) -> tuple[RunOutcome, int, int]:
        """Run once; how many statements the source and the target got."""
        before = (self.source.requests.total(), self.target.requests.total())
        outcome = sync_tables(specs, self.settings)
        assert outcome.ok
        assert self.source.requests["unreadable"] == 0
        return (
            outcome,
            self.source.requests.total() - before[0],
            self.target.requests.total() - before[1],
        )


@pytest.fixture
def wire(sandbox: Sandbox, pg_database: PgDatabase) -> Iterator[Wire]:
    settings = sandbox.settings(pg_database)
    to_source = {"host": sandbox.server.host, "port": sandbox.server.port}
    to_target = {"host": pg_database.host, "port": pg_database.port}
    with (
        counted(to_source, tds_meter) as (source, from_),
        counted(to_target, postgres_meter) as (target, into),
    ):
        sources = {
            "mctm": sandbox.source(SHOP, host=source["host"], port=source["port"]),
        }
        at = settings.target.model_copy(update={"host": target["host"], "port": target["port"]})
        yield Wire(replace(settings, sources=sources, target=at), from_, into)


@contextlib.contextmanager
def a_shop(sandbox: Sandbox, tables: int, *, tracked: bool) -> Iterator[None]:
    sandbox.run(f"CREATE DATABASE {SHOP}")
    if tracked:
        sandbox.run(f"ALTER DATABASE {SHOP} SET ALLOW_SNAPSHOT_ISOLATION ON")
        sandbox.run(f"ALTER DATABASE {SHOP} SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS)")
    for number in range(tables):
        track = f"ALTER TABLE dbo.T{number} ENABLE CHANGE_TRACKING;" if tracked else ""
        sandbox.run(
            f"CREATE TABLE dbo.T{number} (ID int PRIMARY KEY, Name nvarchar(20)); {track} "
            f"INSERT INTO dbo.T{number} VALUES (1, N'one'), (2, N'two')",
            SHOP,
        )
    yield
    sandbox.run(f"DROP DATABASE {SHOP}")


def specs_of(tables: int, **changes: Any) -> list[TableSpec]:
    """Entries whose targets' schema is the search path's, as those of the benchmark."""
    given = {
        f"t{number}": entry(
            **{
                "sql_server_db": SHOP,
                "sql_table": f"dbo.T{number}",
                "pg_table": f"wire{number}",
                **changes,
            }
        )
        for number in range(tables)
    }
    return list(parse_table_configs(given).values())


@pytest.mark.parametrize("publish", ["create", "auto", "truncate", "merge"])
def test_a_small_table_of_many_costs_both_sides_together_no_more_than(
    sandbox: Sandbox, wire: Wire, pg_database: PgDatabase, publish: str
) -> None:
    few, many = 10, 30
    sent = {}
    with a_shop(sandbox, many, tracked=False):
        specs = specs_of(many, publish="auto" if publish == "create" else publish)
        for count in (few, many):
            for number in range(many):
                pg_database.run(f"DROP TABLE IF EXISTS wire{number}")
            if publish != "create":
                wire.sent(specs[:count])
            _, source, target = wire.sent(specs[:count])
            sent[count] = source + target
    assert (sent[many] - sent[few]) / (many - few) <= IN_ALL


def idle(outcome: RunOutcome) -> set[bool]:
    return {table.idle for table in outcome.tables}


def test_a_run_in_which_nothing_has_changed_costs_the_same_however_many_tables_it_has(
    sandbox: Sandbox, wire: Wire
) -> None:
    few, many = 1, 60
    sent = {}
    with a_shop(sandbox, many, tracked=True):
        every = specs_of(many, mode="change_tracking", publish="auto", order_by=None)
        sandbox.run("UPDATE dbo.T0 SET Name = N'uno' WHERE ID = 1", SHOP)
        for _ in range(2):
            wire.sent(every)
        for count in (few, many):
            outcome, source, target = wire.sent(every[:count])
            assert idle(outcome) == {True}
            sent[count] = (source, target)
    assert sent[few] == sent[many]
    assert sum(sent[many]) <= UNCHANGED
