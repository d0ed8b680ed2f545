"""Faults of the source that happen for real: each has its outcome, and the old rows stay."""

import threading
from collections.abc import Callable

import pytest

from tableferry.runs.outcome import Status
from tableferry_sandbox.faults import CutConnection, EndEarly, RefuseLogin, SendError
from tests.faults.support import FROM_T, OLD, ROWS, fill_target, seen, sync
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.proxy import Direction, TcpProxy

pytestmark = pytest.mark.with_ledger

DEADLOCK = (
    "Transaction (Process ID 55) was deadlocked on lock resources with another process and has "
    "been chosen as the deadlock victim. Rerun the transaction."
)


def reader_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name == "tableferry-reader"]


def test_after_any_fault_the_next_sync_carries_everything(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    source.server.faults.on_statement(FROM_T, CutConnection(after_rows=ROWS // 2))
    assert sync(source, old_rows).status is Status.FAILED
    outcome = sync(source, old_rows)
    assert outcome.error is None
    assert old_rows.rows("SELECT count(*), min(id), max(id) FROM t") == [(ROWS, 0, ROWS - 1)]


@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize("after", [None, 1, ROWS // 2, ROWS - 1])
def test_a_connection_cut_by_the_server_keeps_the_old_rows(
    source: Sandbox, old_rows: PgDatabase, after: int | None, reset: bool
) -> None:
    source.server.faults.on_statement(FROM_T, CutConnection(after_rows=after, reset=reset))
    outcome = sync(source, old_rows)
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.code) == ("TransientError", "08S01")
    assert outcome.error.hint
    assert seen(old_rows) == OLD
    assert reader_threads() == []


@pytest.mark.parametrize("reset", [True, False])
def test_a_wire_that_is_cut_in_mid_stream_keeps_the_old_rows(
    source: Sandbox,
    old_rows: PgDatabase,
    proxy_to: Callable[[str, int], TcpProxy],
    reset: bool,
) -> None:
    proxy = proxy_to(source.server.host, source.server.port)
    through = {"host": proxy.host, "port": proxy.port}
    proxy.faults.cut_after(1_500_000, Direction.TO_CLIENT, reset=reset)
    told: list[int] = []
    outcome = sync(
        source,
        old_rows,
        source=through,
        on_progress=lambda progress: told.append(progress.rows),
        batch_size=500,
    )
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.code) == ("TransientError", "08S01")
    assert told, "rows were already on their way into the target"
    assert (outcome.rows_read, outcome.rows_written) == (told[-1], 0)
    assert seen(old_rows) == OLD
    proxy.faults.heal()
    assert sync(source, old_rows, source=through).error is None


@pytest.mark.parametrize("honest", [True, False])
@pytest.mark.parametrize("after", [0, ROWS // 2, ROWS - 1])
def test_a_stream_that_ends_early_without_an_error_is_noticed(
    source: Sandbox, old_rows: PgDatabase, after: int, honest: bool
) -> None:
    source.server.faults.on_statement(FROM_T, EndEarly(after_rows=after, honest=honest))
    outcome = sync(source, old_rows)
    assert outcome.error is not None
    assert outcome.error.kind == "VerificationError"
    assert f"{after:,}" in outcome.error.message
    assert seen(old_rows) == OLD


ERRORS = [
    (1205, DEADLOCK, "TransientError"),
    (601, "Could not continue scan with NOLOCK due to data movement.", "TransientError"),
    (8134, "Divide by zero error encountered.", "DataError"),
    (245, "Conversion failed when converting the varchar value 'canary' to int.", "DataError"),
    (40197, "The service has encountered an error processing it.", "TransientError"),
]  # fmt: skip


@pytest.mark.parametrize("after", [None, 0, ROWS // 2, ROWS])
@pytest.mark.parametrize(("number", "text", "kind"), ERRORS)
def test_an_error_of_the_server_in_mid_stream_is_told_and_keeps_the_old_rows(
    source: Sandbox, old_rows: PgDatabase, number: int, text: str, kind: str, after: int | None
) -> None:
    source.server.faults.on_statement(FROM_T, SendError(number, text, after_rows=after))
    outcome = sync(source, old_rows)
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.code) == (kind, str(number))
    assert "canary" not in str(outcome.to_dict())
    assert seen(old_rows) == OLD


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (18456, "Login failed for user 'sa'."),
        (18486, "Login failed for user 'sa' because the account is currently locked out."),
        (18487, "Login failed for user 'sa'.  Reason: The password of the account has expired."),
        (
            18488,
            "Login failed for user 'sa'.  Reason: The password of the account must be changed.",
        ),
    ],
)
def test_a_refused_login_is_not_tried_again(
    source: Sandbox, old_rows: PgDatabase, number: int, text: str
) -> None:
    source.server.faults.on_login(RefuseLogin(number, text))
    outcome = sync(source, old_rows)
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.code) == ("ConfigError", str(number))
    assert seen(old_rows) == OLD


def test_a_server_that_loses_its_tls_is_not_spoken_to_in_the_clear(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    source.server.faults.refuse_tls()
    outcome = sync(source, old_rows, source={"encrypt": "yes"})
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.code) == ("ConfigError", "TLS")
    assert "SQL_SERVER_MCTM_ENCRYPT" in outcome.error.hint
    assert seen(old_rows) == OLD


def test_a_certificate_of_an_unknown_authority_is_refused(
    source: Sandbox, old_rows: PgDatabase
) -> None:
    outcome = sync(source, old_rows, source={"encrypt": "yes", "trust_certificate": False})
    assert outcome.error is not None
    assert outcome.error.code == "TLS"
    assert seen(old_rows) == OLD


@pytest.mark.parametrize("value", ["NCHAR(0)", "N'a' + NCHAR(0) + N'b'"])
def test_a_text_that_postgresql_cannot_hold_is_refused_by_column(
    sandbox: Sandbox, pg_database: PgDatabase, value: str
) -> None:
    fill_target(pg_database)
    sandbox.run("CREATE TABLE dbo.Odd (ID int NOT NULL PRIMARY KEY, Name nvarchar(20) NULL)")
    try:
        sandbox.run(f"INSERT INTO dbo.Odd VALUES (1, N'fine'), (2, N'canary' + {value})")
        outcome = sync(sandbox, pg_database, sql_table="dbo.Odd")
    finally:
        sandbox.run("DROP TABLE dbo.Odd")
    assert outcome.error is not None
    assert outcome.error.kind == "DataError"
    assert "name" in outcome.error.message.lower()
    assert "canary" not in str(outcome.to_dict())
    assert seen(pg_database) == OLD


@pytest.mark.parametrize(
    ("policy", "kept"), [("strip", "a"), ("replace", "a\ufffd"), ("fail", None)]
)
def test_an_unpaired_surrogate_is_treated_as_the_specification_says_and_counted(
    sandbox: Sandbox, pg_database: PgDatabase, policy: str, kept: str | None
) -> None:
    """The driver sends U+FFFD for it; a genuine U+FFFD is no matter of policy."""
    fill_target(pg_database)
    sandbox.run("CREATE TABLE dbo.Odd (ID int NOT NULL PRIMARY KEY, Name nvarchar(20) NULL)")
    try:
        sandbox.run(
            "INSERT INTO dbo.Odd VALUES (1, N'fine'), (2, N'a' + NCHAR(0xD800)), (3, NULL), "
            "(4, N'\ufffd' + NCHAR(0xD83D) + NCHAR(0xDE00))"
        )
        outcome = sync(sandbox, pg_database, sql_table="dbo.Odd", on_invalid=policy)
    finally:
        sandbox.run("DROP TABLE dbo.Odd")
    if kept is None:
        assert outcome.error is not None
        assert "'Name' holds an unpaired surrogate in row 2" in outcome.error.message
        assert seen(pg_database) == OLD
    else:
        assert outcome.error is None
        counts = outcome.to_dict()["touched"]["Name"]
        assert list(counts.values()) == [1]
        assert next(iter(counts)).startswith("an unpaired surrogate")
        assert seen(pg_database) == [(1, "fine"), (2, kept), (3, None), (4, "\ufffd😀")]
