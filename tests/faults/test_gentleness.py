"""The source is neither hurried nor waited for without end (FAULTS rows 2, 5, 11)."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from tableferry import sqlserver
from tableferry.config import parse_table_configs
from tableferry.errors import TableferryError, TransientError
from tableferry.planning.plan import SyncPlan
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES
from tableferry.sqlserver import rate_limit as pacing
from tableferry_sandbox.faults import Stall
from tests.faults.support import FROM_T, ROWS
from tests.integration.conftest import Sandbox
from tests.support.proxy import Direction, TcpProxy
from tests.support.specs import entry


@pytest.fixture
def from_t(source: Sandbox) -> Sandbox:
    return source  # by a name that is not the module's


def plan_of(connection: sqlserver.SourceConnection, **changes: Any) -> SyncPlan:
    spec = parse_table_configs({"t": entry(sql_table="dbo.T", **changes)})["t"]
    schema = sqlserver.read_schema(connection, spec.source)
    return plan_table(
        spec,
        schema,
        None,
        strategies=STRATEGIES,
        isolation=sqlserver.read_isolation(connection, "McTM"),
    )


def rows_of(reader: sqlserver.TableReader) -> int:
    return sum(batch.num_rows for batch in reader.batches())


def test_a_table_that_others_have_locked_is_waited_for_as_long_as_is_said(
    from_t: Sandbox,
) -> None:
    """SQL Server's own clock ends the wait, with 1222: to be tried again, later."""
    with (
        sqlserver.connect(from_t.source()) as writer,
        sqlserver.connect(from_t.source(), lock_timeout=1) as connection,
    ):
        plan = plan_of(connection, consistency="read_committed")
        assert connection.rows("SELECT @@LOCK_TIMEOUT AS wait", ["wait"]) == [(1000,)]
        writer.execute("BEGIN TRANSACTION; UPDATE dbo.T SET Name = N'held' WHERE ID = 1")
        with pytest.raises(TransientError) as raised:
            rows_of(sqlserver.TableReader(connection, plan))
        writer.execute("ROLLBACK TRANSACTION")
        assert raised.value.code == "1222"
        assert rows_of(sqlserver.TableReader(connection, plan)) == ROWS


def test_without_a_word_a_lock_is_waited_for_30_seconds(from_t: Sandbox) -> None:
    with sqlserver.connect(from_t.source()) as connection:
        assert connection.rows("SELECT @@LOCK_TIMEOUT AS wait", ["wait"]) == [(30_000,)]


def test_a_question_that_is_not_answered_is_given_up_and_the_connection_goes_on(
    from_t: Sandbox,
) -> None:
    with sqlserver.connect(from_t.source(), statement_timeout=1) as connection:
        from_t.server.faults.on_statement("SELECT 1 AS one", Stall(30.0))
        with pytest.raises(TransientError) as raised:
            connection.rows("SELECT 1 AS one", ["one"])
        assert raised.value.code == "HYT00"
        assert connection.rows("SELECT 2 AS two", ["two"]) == [(2,)]


SLOW_STREAM = """
import sys
from tableferry import sqlserver
from tests.faults.test_gentleness import plan_of, rows_of
from tests.support.specs import source_settings

settings = source_settings(port=int(sys.argv[1]), user=sys.argv[2], password=sys.argv[3])
with sqlserver.connect(settings, statement_timeout=1) as connection:
    print(rows_of(sqlserver.TableReader(connection, plan_of(connection))))
"""


def test_a_stream_may_last_longer_than_the_source_may_say_nothing(
    from_t: Sandbox, proxy_to: Callable[[str, int], TcpProxy], provider: str
) -> None:
    """Each piece of 16 KB comes 10 ms late: some 4 MB take more than two seconds."""
    proxy = proxy_to(from_t.server.host, from_t.server.port)
    proxy.faults.delay(0.01, Direction.TO_CLIENT)
    arguments = [str(proxy.port), "sa", from_t.source().password.get_secret_value()]
    result = subprocess.run(
        [sys.executable, "-c", SLOW_STREAM, *arguments],
        env={**os.environ, "MSSQL_PYTHON_NATIVE_PROVIDER": provider},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == str(ROWS)


def test_how_long_the_source_has_said_nothing_is_known_while_it_is_asked_only(
    from_t: Sandbox,
) -> None:
    with sqlserver.connect(from_t.source()) as connection:
        assert connection.silent_for() == 0.0
        from_t.server.faults.on_statement("SELECT 1 AS one", Stall(1.0))
        asking = threading.Thread(target=connection.rows, args=("SELECT 1 AS one", ["one"]))
        asking.start()
        silences = []
        while asking.is_alive():
            silences.append(connection.silent_for())
            asking.join(0.02)
        assert max(silences) > 0.5
        assert connection.silent_for() == 0.0


def test_a_question_in_the_midst_of_a_stream_is_refused_and_the_stream_goes_on(
    from_t: Sandbox,
) -> None:
    with sqlserver.connect(from_t.source()) as connection:
        stream = sqlserver.TableReader(connection, plan_of(connection, batch_size=500)).batches()
        found = next(stream).column(0).to_pylist()
        with pytest.raises(TableferryError, match="the driver failed: OperationalError"):
            connection.rows("SELECT 7 AS seven", ["seven"])
        found += [number for batch in stream for number in batch.column(0).to_pylist()]
        assert sorted(found) == list(range(ROWS))
        assert connection.rows("SELECT 7 AS seven", ["seven"]) == [(7,)]


def test_rows_are_asked_for_no_faster_than_is_allowed(from_t: Sandbox) -> None:
    waits: list[float] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    rate_limit = sqlserver.RateLimit(5000, clock=lambda: now[0], sleep=sleep)
    with sqlserver.connect(from_t.source()) as connection:
        plan = plan_of(connection, max_rows_per_second=5000, batch_size=10_000)
        assert sqlserver.TableReader(connection, plan).rate_limit.most == 5000
        reader = sqlserver.TableReader(connection, plan, rate_limit)
        largest = max(batch.num_rows for batch in reader.batches())
    assert reader.rows == ROWS
    assert sum(waits) == pytest.approx(ROWS / 5000)
    assert rate_limit.held_back == pytest.approx(ROWS / 5000)
    assert len(waits) >= ROWS // 500
    assert largest <= 10_000


def test_few_values_of_any_length_are_fetched_before_it_is_known_how_long_they_are(
    from_t: Sandbox,
) -> None:
    """Memory holds this many of the largest values, for each connection."""
    from_t.run("CREATE TABLE dbo.Wide (ID int NOT NULL PRIMARY KEY, Name varbinary(max) NULL)")
    wide = pa.array([b"x" * 1_500_000] * 7, pa.large_binary())
    rows = pa.table({"ID": pa.array(range(7), pa.int32()), "Name": wide})
    from_t.engine.database("McTM").load("dbo", "Wide", rows)
    fetched: list[int] = []

    class Noting(sqlserver.RateLimit):
        def fetched(self, rows: int, took: float, *, first: bool) -> None:
            fetched.append(rows)

    try:
        with sqlserver.connect(from_t.source()) as connection:
            spec = parse_table_configs({"t": entry(sql_table="dbo.Wide")})["t"]
            schema = sqlserver.read_schema(connection, spec.source)
            isolation = sqlserver.read_isolation(connection, "McTM")
            plan = plan_table(spec, schema, None, strategies=STRATEGIES, isolation=isolation)
            assert rows_of(sqlserver.TableReader(connection, plan, Noting())) == 7
    finally:
        from_t.run("DROP TABLE dbo.Wide")
    assert fetched == [2, 1, 1, 1, 1, 1]


def test_a_batch_of_a_slow_source_is_handed_on_after_a_second(from_t: Sandbox) -> None:
    now = iter(range(10**6))
    with sqlserver.connect(from_t.source()) as connection:
        plan = plan_of(connection, batch_size=10_000, max_rows_per_second=1000)
        rate_limit = sqlserver.RateLimit(1000, sleep=lambda _seconds: None)
        reader = sqlserver.TableReader(connection, plan, rate_limit, clock=lambda: float(next(now)))
        assert max(batch.num_rows for batch in reader.batches()) == 100


def test_a_source_that_answers_slowly_is_given_a_pause_which_is_told(
    from_t: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "WINDOW_SECONDS", 0.0)
    monkeypatch.setattr(pacing, "SLOW_FACTOR", 50.0)
    waits: list[float] = []
    rate_limit = sqlserver.RateLimit(sleep=waits.append)
    from_t.server.faults.on_statement(FROM_T, Stall(1.0, after_rows=ROWS // 2))
    with sqlserver.connect(from_t.source()) as connection:
        reader = sqlserver.TableReader(connection, plan_of(connection), rate_limit)
        assert rows_of(reader) == ROWS
    assert rate_limit.pauses >= 1
    assert max(waits) > 0.2
    assert "the source was slow" in rate_limit.warnings[0]


@pytest.mark.parametrize("wanted", ["yes", "no"])
def test_the_intent_to_read_only_is_told_at_login(
    from_t: Sandbox, provider: str, wanted: str
) -> None:
    script = (
        "import sys; from tableferry import sqlserver; from tableferry.config import load_source\n"
        "with sqlserver.connect(load_source('mctm')): input()"
    )
    settings = from_t.source()
    before = set(from_t.engine.sessions)
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env={
            **os.environ,
            "MSSQL_PYTHON_NATIVE_PROVIDER": provider,
            "SQL_SERVER_MCTM_HOST": settings.host,
            "SQL_SERVER_MCTM_PORT": str(settings.port),
            "SQL_SERVER_MCTM_DB": settings.db,
            "SQL_SERVER_MCTM_USER": settings.user,
            "SQL_SERVER_MCTM_PASSWORD": settings.password.get_secret_value(),
            "SQL_SERVER_MCTM_READ_ONLY_INTENT": wanted,
        },
        stdin=subprocess.PIPE,
    )
    try:
        while not (sessions := set(from_t.engine.sessions) - before):
            assert process.poll() is None
            time.sleep(0.01)
        assert [session.read_only_intent for session in sessions] == [wanted == "yes"]
    finally:
        process.communicate(b"\n")
    assert process.returncode == 0
