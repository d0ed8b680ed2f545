"""Whatever the key's type, and whatever keys a read misses: exactly the deleted rows are found.

One table has a column of every type that a key may have, and each is taken for its key in turn.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tableferry import postgres, sqlserver
from tableferry.config import Consistency, TableSpec, parse_table_configs
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.publish.staging import keys_of
from tableferry.runs.make_plan import make_plan
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_table
from tableferry.transfer import reconcile
from tableferry.transfer.readers import no_check
from tableferry.values import TextsAlteredError
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.tds_server import SandboxServer
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.property.test_chunks import KEYS, fill
from tests.support.databases import PgDatabase
from tests.support.specs import entry

COLUMNS = {f"k{place}": kind for place, kind in enumerate(KEYS)}
WHOLE = [name for name, kind in COLUMNS.items() if kind in {"tinyint", "smallint", "int", "bigint"}]
MOST = 12
"""Rows of the table."""

TAKE_A_WHILE = settings(deadline=None, max_examples=4, phases=[Phase.explicit, Phase.generate])


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with an empty McTM, for all tests of this module."""
    engine = Server()
    engine.add_login(USER, PASSWORD)
    engine.create_database("McTM")
    with SandboxServer(engine) as server:
        yield Sandbox(engine, server)


@dataclass(frozen=True)
class Sides:
    """The table on both sides, of which some rows were deleted in the source after the load."""

    sandbox: Sandbox
    target: PgDatabase
    from_: sqlserver.SourceConnection
    into: postgres.TargetConnection

    def load(self, rows: Sequence[tuple[str, ...]], blanks: str) -> None:
        """Fill the source with the rows that have a form in PostgreSQL, and carry them."""
        fill(self.sandbox, COLUMNS, list(rows))
        self.target.run("DROP TABLE IF EXISTS t")
        outcome = sync_table(_spec(["n"], blanks), self.sandbox.settings(self.target))
        assert outcome.status is Status.OK, outcome.error
        carried = [str(number) for (number,) in self.into.rows("SELECT n FROM t")]
        self.sandbox.run(f"DELETE FROM dbo.T WHERE n NOT IN ({', '.join(carried or ['-1'])})")

    def plan(self, key: Sequence[str], blanks: str) -> SyncPlan:
        planned = make_plan(_spec(key, blanks), self.from_, self.into)
        return replace(planned, consistency=Consistency.READ_COMMITTED, at_one_moment=False)

    def absent(self, plan: SyncPlan) -> set[Any]:
        """Return the numbers of the rows whose keys the source is found not to have."""
        staging = postgres.Staging()
        keys = f"tableferry.{keys_of(staging.name)}"
        names = ", ".join(plan.target_key)
        try:
            reconcile.Reconciliation(plan, staging, self._connect, self.into, no_check).run()
            rows = self.into.rows(f"SELECT DISTINCT t.n FROM t JOIN {keys} k USING ({names})")
            left = self.into.rows("SELECT relname FROM pg_class WHERE relname LIKE 'staging%'")
            assert left == [(keys_of(staging.name),)]
        finally:
            self.into.execute(f"DROP TABLE {keys}")
        return {number for (number,) in rows}

    def only_of(self, gone: set[int], key: Sequence[str]) -> set[Any]:
        """Return the numbers of rows whose key no row has that is not ``gone``."""
        same = " AND ".join(f"o.{name} = t.{name}" for name in key)
        numbers = ", ".join(map(str, gone)) or "-1"
        rows = self.into.rows(
            "SELECT t.n FROM t WHERE NOT EXISTS "
            f"(SELECT FROM t AS o WHERE {same} AND o.n NOT IN ({numbers}))"
        )
        return {number for (number,) in rows}

    def _connect(self) -> sqlserver.SourceConnection:
        return sqlserver.connect(self.sandbox.source())


def _spec(key: Sequence[str], blanks: str) -> TableSpec:
    configured = entry(
        sql_table="dbo.T",
        pg_table="t",
        columns=None,
        pg_columns=None,
        primary_key=list(key),
        order_by=None,
        publish="merge",
        on_invalid="quarantine",
        max_invalid=1000,
        trailing_blanks=blanks,
    )
    return replace(parse_table_configs({"t": configured})["t"], max_delete_share=100)


@pytest.fixture(scope="module")
def sides(sandbox: Sandbox, module_pg_database: PgDatabase) -> Iterator[Sides]:
    target = sandbox.settings(module_pg_database).target
    with sqlserver.connect(sandbox.source()) as from_, postgres.connect(target) as into:
        yield Sides(sandbox, module_pg_database, from_, into)


@contextlib.contextmanager
def missing(places: set[int]) -> Iterator[None]:
    """Let the read of all keys miss those in these places, as one does when rows move."""
    read = reconcile.read_chunks

    class Missing:
        def __init__(self, gathered: Any) -> None:
            self._gathered = gathered
            self.rows = 0

        def __iter__(self) -> Iterator[pa.RecordBatch]:
            for batch in self._gathered:
                kept = [self.rows + at not in places for at in range(batch.num_rows)]
                self.rows += batch.num_rows
                yield batch.filter(pa.array(kept, pa.bool_()))

    @contextlib.contextmanager
    def missing_some(reading: Any) -> Iterator[Missing]:
        with read(reading) as gathered:
            yield Missing(gathered)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reconcile, "read_chunks", missing_some)
        yield


@TAKE_A_WHILE
@given(data=st.data())
def test_exactly_the_deleted_rows_are_found_whatever_the_read_has_missed(
    sides: Sides, data: st.DataObject
) -> None:
    # Few distinct values, so that keys meet; and keys of several columns, of any types.
    pools = [data.draw(st.lists(KEYS[kind], min_size=1, max_size=MOST)) for kind in KEYS]
    rows = data.draw(st.lists(st.tuples(*map(st.sampled_from, pools)), max_size=MOST))
    gone = data.draw(st.sets(st.integers(0, MOST - 1)))
    blanks = data.draw(st.sampled_from(["keep", "trim"]))
    several = data.draw(
        st.lists(
            st.lists(st.sampled_from(list(COLUMNS)), min_size=2, max_size=3, unique=True),
            min_size=3,
            max_size=3,
        )
    )
    whole = data.draw(st.permutations(WHOLE))[:2]
    keys = [*([name] for name in COLUMNS), *several, whole]
    places = st.sets(st.integers(0, MOST - 1))
    missed = data.draw(st.lists(places, min_size=len(keys), max_size=len(keys)))
    sides.load(rows, blanks)
    for key in (*([name] for name in WHOLE), whole):  # read in order, if there is an index
        sides.into.execute(f"CREATE INDEX ON t ({', '.join(key)})")
    for number in gone:
        sides.sandbox.run(f"DELETE FROM dbo.T WHERE n = {number}")
    for key, some in zip(keys, missed, strict=True):
        plan = sides.plan(key, blanks)
        with missing(some):
            try:
                found = sides.absent(plan)
            except TextsAlteredError:
                found = sides.absent(plan.reading_as_utf16(None))
        kinds = [COLUMNS[name] for name in key]
        assert found == sides.only_of(gone, plan.target_key), f"key of {kinds}"
