"""Whoever reads the target while it is synced sees the old table or the new one."""

import threading
from collections.abc import Callable

import pyarrow as pa
import pytest

from tableferry.config import Publish, parse_table_configs
from tableferry.postgres import STRATEGIES
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_table
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

OLD, NEW = 5, 20_000


@pytest.mark.parametrize("publish", [Publish(name) for name in STRATEGIES])
def test_a_reader_that_never_stops_sees_old_or_new_and_nothing_between(
    sandbox: Sandbox, table_in: Callable[[str], None], pg_database: PgDatabase, publish: Publish
) -> None:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(50) NULL)")
    rows = pa.table({"ID": pa.array(range(NEW), pa.int32()), "Name": ["row"] * NEW})
    sandbox.engine.database("McTM").load("dbo", "T", rows)
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        f"INSERT INTO t SELECT n, 'old' FROM generate_series(1, {OLD}) n",
    )
    seen: list[int] = []
    ready, done = threading.Event(), threading.Event()

    def read() -> None:
        with pg_database.connect() as reader:
            while not done.is_set():
                found = reader.execute("SELECT count(*) FROM t").fetchone()
                assert found is not None
                seen.append(found[0])
                ready.set()

    thread = threading.Thread(target=read)
    thread.start()
    try:
        assert ready.wait(30)
        spec = parse_table_configs({"t": entry(sql_table="dbo.T", pg_table="t", publish=publish)})[
            "t"
        ]
        outcome = sync_table(spec, sandbox.settings(pg_database))
    finally:
        done.set()
        thread.join()
    assert outcome.status is Status.OK, outcome.error
    assert outcome.rows_written == NEW
    assert set(seen) <= {OLD, NEW}
    assert seen == sorted(seen)
    assert pg_database.rows("SELECT count(*) FROM t") == [(NEW,)]
