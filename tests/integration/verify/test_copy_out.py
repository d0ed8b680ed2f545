"""Rows are read with COPY in blocks, whose ends are those of rows."""

from collections.abc import Iterator

import pytest

from tableferry import postgres
from tableferry.errors import TableferryError, VerificationError
from tableferry.postgres.copy_out import copy_out
from tableferry.verification.copy_rows import fields_of
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger


@pytest.fixture
def connection(pg_database: PgDatabase) -> Iterator[postgres.TargetConnection]:
    with postgres.connect(settings_of(pg_database)) as opened:
        yield opened


@pytest.mark.parametrize("rows", [0, 1, 2, 1000])
@pytest.mark.parametrize("block_bytes", [1, 100, 10**6])
def test_every_row_comes_once_whatever_a_block_holds(
    connection: postgres.TargetConnection, rows: int, block_bytes: int
) -> None:
    select = f"SELECT n, repeat('x', n) FROM generate_series(1, {rows}) AS n"
    found = []
    with connection.transaction():
        for sent in copy_out(connection, select, 2, block_bytes):
            starts = [0, *sent.ends]
            assert starts[-1] == len(sent.data)
            found += [
                fields_of(sent.data[start:end])
                for start, end in zip(starts, sent.ends, strict=False)
            ]
    assert found == [(n.to_bytes(4, "big"), b"x" * n) for n in range(1, rows + 1)]


def test_a_copy_that_is_left_early_leaves_the_transaction_as_it_was(
    connection: postgres.TargetConnection,
) -> None:
    with connection.transaction():
        connection.execute("CREATE TEMP TABLE kept (n int)")
        with pytest.raises(ZeroDivisionError), connection.transaction():
            for _ in copy_out(connection, "SELECT generate_series(1, 1000000)", 1, 100):
                raise ZeroDivisionError
        assert connection.rows("SELECT count(*) FROM kept") == [(0,)]


def test_rows_of_another_form_are_no_rows(connection: postgres.TargetConnection) -> None:
    with connection.transaction(), pytest.raises(VerificationError, match="another form"):
        list(copy_out(connection, "SELECT 1, 2", 3, 100))


def test_an_error_of_the_query_is_ours(connection: postgres.TargetConnection) -> None:
    with pytest.raises(TableferryError, match="nowhere"), connection.transaction():
        list(copy_out(connection, "SELECT * FROM nowhere", 1, 100))
