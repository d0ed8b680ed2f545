"""What goes wrong while both sides are compared: tried again, or said; never a wrong verdict."""

import pytest

from tableferry.config import parse_table_configs
from tableferry.runs.run import sync_table
from tableferry.runs.run_options import RunOptions
from tableferry.runs.verify_tables import verify_tables
from tableferry.verification.options import VerifyOptions
from tableferry.verification.result import TableVerification, Verdict
from tableferry_sandbox.faults import CutConnection
from tests.faults.support import FROM_T, ONCE, QUICK, ROWS
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.proxy import Direction, TcpProxy
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

SPEC = parse_table_configs({"t": entry(sql_table="dbo.T", pg_table="t", publish="swap")})["t"]


def verify(source: Sandbox, database: PgDatabase, options: RunOptions) -> TableVerification:
    settings = source.settings(database)
    wanted = VerifyOptions(settle=0.0)
    return verify_tables([SPEC], settings, wanted, options=options).tables[0]


@pytest.fixture
def loaded(source: Sandbox, pg_database: PgDatabase) -> PgDatabase:
    outcome = sync_table(SPEC, source.settings(pg_database))
    assert outcome.ok, outcome.error
    return pg_database


@pytest.mark.parametrize("after_rows", [None, 1, ROWS // 2])
def test_a_source_that_is_lost_while_it_is_compared_is_read_again(
    after_rows: int | None, source: Sandbox, loaded: PgDatabase
) -> None:
    source.server.faults.on_statement(FROM_T, CutConnection(after_rows=after_rows))
    found = verify(source, loaded, QUICK)
    assert (found.verdict, found.source_rows) == (Verdict.EQUAL, ROWS)


def test_a_source_that_stays_lost_leaves_the_table_unverified_with_its_error(
    source: Sandbox, loaded: PgDatabase
) -> None:
    source.server.faults.on_statement(FROM_T, CutConnection(after_rows=ROWS // 2))
    found = verify(source, loaded, ONCE)
    assert found.verdict is Verdict.NOT_VERIFIED
    assert found.error is not None
    assert found.error.kind == "TransientError"
    assert found.counts == {}
    assert loaded.rows("SELECT verdict FROM tableferry.verifications") == [("not verified",)]


@pytest.mark.parametrize("size", [100_000, 2_000_000])
def test_a_target_that_is_lost_while_it_is_compared_is_no_verdict(
    size: int, source: Sandbox, loaded: PgDatabase
) -> None:
    with TcpProxy(loaded.host, loaded.port) as proxy:
        proxy.faults.cut_after(size, Direction.TO_CLIENT)
        found = verify(source, loaded.through(proxy.host, proxy.port), ONCE)
    assert found.verdict is Verdict.NOT_VERIFIED
    assert found.error is not None
    assert found.error.kind == "TransientError"
    assert found.counts == {}
