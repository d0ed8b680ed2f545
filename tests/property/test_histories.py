"""Random histories of a source table, with syncs in between: the target is what the source was.

After every sync in mode change_tracking the target's rows are the source's as of the version in its
watermark; in every mode both are equal after the last one, by drivers other than the engine's.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tableferry import sqlserver
from tableferry.config import parse_table_configs
from tableferry.model.key_range import KeyRange
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.retry import Retries
from tableferry.runs.run import sync_table
from tableferry.runs.run_options import RunOptions
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.tds_server import SandboxServer
from tableferry_sandbox.testing import WHOLE_RESPONSES
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.support.databases import PgDatabase
from tests.support.tracked_source import (
    UNDER_LOCK,
    WHOLE_DATABASE,
    WHOLE_TABLE,
    WRITES,
    Step,
    TrackedSource,
)

FEW = settings(
    deadline=None,
    max_examples=4,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
"""A sync takes some 0.1 s, and a history has up to ten; script/chaos plays longer ones."""

AT_ONCE = RunOptions(retries=Retries(first=0.0, longest=0.0))

NUMBERS = count(1)
"""Each history has a table of its own."""


@dataclass(frozen=True)
class Sync:
    """One sync; before its chunk number ``at`` is read, the source takes ``during``.

    ``cut``: the run is cut off there as well, as by Ctrl-C.
    """

    publish: str
    chunks: int
    at: int
    during: tuple[Step, ...]
    cut: bool


NUMBER = st.integers(0, 11)
WRITE = st.builds(Step, st.sampled_from(WRITES), NUMBER, NUMBER)
STEP = st.one_of(
    WRITE,
    WRITE,
    st.builds(Step, st.sampled_from(UNDER_LOCK), NUMBER, NUMBER),
    st.builds(Step, st.sampled_from(WHOLE_TABLE + WHOLE_DATABASE), NUMBER, NUMBER),
)
SYNC = st.builds(
    Sync,
    st.sampled_from(["auto", "swap", "merge", "truncate"]),
    st.sampled_from([1, 3]),
    st.integers(0, 2),
    st.lists(st.one_of(WRITE, WRITE, STEP), max_size=3).map(tuple),
    st.booleans(),
)
HISTORY = st.lists(st.one_of(STEP, STEP, SYNC), min_size=8, max_size=24)

SEEN = st.one_of(WRITE, WRITE, st.builds(Step, st.sampled_from(UNDER_LOCK), NUMBER, NUMBER))
"""What a column of the row tells of, and, where keys are compared, what became of its rows."""

SEEN_HISTORY = st.lists(
    st.one_of(SEEN, SEEN, SEEN, SYNC, st.just(Step("truncate"))), min_size=8, max_size=20
)

RECONCILED = {"deletes": "reconcile", "reconcile_every": 0, "max_delete_share": 100}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    engine = Server()
    engine.add_login(USER, PASSWORD)
    for name in ("McTM", "VoipDB"):
        engine.create_database(name)
    with SandboxServer(engine, flush_bytes=WHOLE_RESPONSES) as server:
        found = Sandbox(engine, server)
        found.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")
        found.run("ALTER DATABASE McTM SET CHANGE_TRACKING = ON")
        yield found


class Ferry:
    """Syncs one source table in one mode, and knows what the target shows."""

    def __init__(self, source: TrackedSource, target: PgDatabase, **entry: Any) -> None:
        self.source = source
        self.target = target
        self._entry = entry

    def sync(self, wanted: Sync) -> TableOutcome:
        """Sync as wanted; raises AssertionError where it does not end as it has to."""
        found = parse_table_configs(
            {
                "t": {
                    "db_type": "mctm",
                    "sql_server_db": "McTM",
                    "sql_table": f"dbo.{self.source.name}",
                    "pg_table": self.source.name,
                    "columns": ["ID", "Name", "Extra"],
                    "pg_columns": ["id", "name", "extra"],
                    "publish": wanted.publish,
                    "chunks": wanted.chunks,
                    "parallel": 1,
                    "max_shrink": 100,
                    **self._entry,
                }
            }
        )
        with pytest.MonkeyPatch.context() as patch:
            cut = _disturb(patch, self.source, wanted)
            outcome = sync_table(
                found["t"], self.source.sandbox.settings(self.target), options=AT_ONCE
            )
        ends = {Status.CANCELLED} if cut else {Status.OK}
        assert outcome.status in ends, (wanted, outcome.error)
        return outcome

    def shown(self) -> tuple[dict[str, Any], set[tuple[Any, ...]]]:
        """The watermark and the rows, of one moment."""
        ((value, rows),) = self.target.rows(
            "SELECT (SELECT value FROM tableferry.watermarks "
            f"WHERE target = 'public.{self.source.name}'), "
            f"(SELECT array_agg(array[id::text, name, extra::text]) FROM {self.source.name})"
        )
        return json.loads(str(value)), {
            (int(id_), name, None if extra is None else int(extra))
            for id_, name, extra in rows or []
        }


def _disturb(patch: pytest.MonkeyPatch, source: TrackedSource, wanted: Sync) -> list[bool]:
    """Let the source change while it is read; the list has an item once the run is cut off."""
    cut: list[bool] = []
    reads = count()
    batches = sqlserver.TableReader.batches

    def disturbed(reader: sqlserver.TableReader, *keys: KeyRange) -> Iterator[Any]:
        if next(reads) == wanted.at:
            for step in wanted.during:
                source.take(step)
            if wanted.cut:
                cut.append(True)
                raise KeyboardInterrupt
        return batches(reader, *keys)

    patch.setattr(sqlserver.TableReader, "batches", disturbed)
    return cut


LAST = Sync("auto", 1, 0, (), cut=False)


def play(ferry: Ferry, history: list[Step | Sync], *, by_version: bool) -> None:
    """Play a history; where ``by_version``, the target is compared after every sync."""
    source = ferry.source
    source.create()
    try:
        _play(ferry, history, by_version=by_version)
    finally:
        source.drop()


def _play(ferry: Ferry, history: list[Step | Sync], *, by_version: bool) -> None:
    source = ferry.source
    for step in [*history, LAST]:
        if isinstance(step, Step):
            source.take(step)
            continue
        if step is LAST:
            source.settle()
        if ferry.sync(step).status is Status.OK and by_version:
            watermark, rows = ferry.shown()
            assert rows in source.seen[watermark["version"]], (step, watermark)
    assert ferry.shown()[1] == source.rows()


@FEW
@given(history=HISTORY)
def test_after_every_sync_the_target_is_the_source_as_of_its_version(
    sandbox: Sandbox, module_pg_database: PgDatabase, history: list[Step | Sync]
) -> None:
    source = TrackedSource(sandbox, f"h{next(NUMBERS)}")
    play(Ferry(source, module_pg_database, mode="change_tracking"), history, by_version=True)


@pytest.mark.parametrize(
    "entry",
    [
        {"mode": "rowversion", **RECONCILED},
        # No transaction is open for so long that more numbers are drawn meanwhile.
        {"mode": "watermark", "watermark": "Rev", "overlap": 1000, **RECONCILED},
    ],
    ids=["rowversion", "watermark"],
)
@settings(FEW, max_examples=2)
@given(history=SEEN_HISTORY)
def test_after_the_last_sync_both_tables_are_equal(
    sandbox: Sandbox,
    module_pg_database: PgDatabase,
    entry: dict[str, Any],
    history: list[Step | Sync],
) -> None:
    source = TrackedSource(sandbox, f"h{next(NUMBERS)}")
    play(Ferry(source, module_pg_database, **entry), history, by_version=False)
