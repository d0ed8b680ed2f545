"""A table is equal only if the numbers of its rows say so, too: a net for mistakes of our own."""

from collections.abc import Callable
from typing import Any

import pytest

from tableferry.runs.verify_tables import verify_tables
from tableferry.verification import again, by_key, unordered
from tableferry.verification.options import VerifyOptions
from tableferry.verification.result import TableVerification, Verdict
from tableferry.verification.row_pairs import RowPairs
from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import source, target
from tests.integration.verify.conftest import Pair
from tests.integration.verify.test_confirm import MODES, Table
from tests.support.databases import PgDatabase

__all__ = ["source", "target"]

pytestmark = pytest.mark.with_ledger


@pytest.fixture
def table(source: Sandbox, target: PgDatabase) -> Table:
    source.run("ALTER TABLE dbo.T ADD Rev int NOT NULL DEFAULT 1, RV rowversion")
    return Table(source, target)


def verified(table: Table, *, repair: bool = False, **changes: Any) -> TableVerification:
    wanted = VerifyOptions(settle=0.0, repair=repair)
    return verify_tables([table.spec(**changes)], table.settings, wanted).tables[0]


def while_it_settles(monkeypatch: pytest.MonkeyPatch, todo: Callable[[], object]) -> None:
    monkeypatch.setattr(again, "_wait", lambda _sides, _seconds: todo())


def test_missing_rows_that_a_comparison_does_not_see_make_it_none(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.sync()
    table.target.run("DELETE FROM t WHERE id IN (5, 6)")
    monkeypatch.setattr(RowPairs, "only_in_source", lambda *_given: None)
    found = verified(table)
    assert (found.verdict, found.source_rows, found.target_rows) == (Verdict.NOT_VERIFIED, 50, 48)
    assert "has 50 and t 48" in found.reason.replace('"', "").replace("public.", "")
    assert "does not account for 2 rows" in found.reason
    assert "report this" in found.reason


@pytest.mark.parametrize(
    "damage", ["DELETE FROM t WHERE id = 5", "INSERT INTO t VALUES (1000, 'extra')"]
)
def test_differences_that_are_lost_when_they_are_read_again_make_it_none(
    table: Table, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    table.sync()
    table.target.run(damage)
    monkeypatch.setattr(by_key, "pair_rows", lambda *_given: None)
    assert verified(table).verdict is Verdict.NOT_VERIFIED


def test_rows_that_move_while_it_settles_are_accounted_for(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is deleted at the source and then kept, one comes, one goes, one is inserted there."""
    table.sync(**MODES["rowversion"])
    table.target.run(
        "UPDATE t SET name = 'damaged' WHERE id IN (3, 4)", "DELETE FROM t WHERE id IN (5, 6)",
    )  # fmt: skip

    def move() -> None:
        table.source.run("DELETE FROM dbo.T WHERE ID IN (3, 6)")
        table.target.run(
            "UPDATE t SET name = 'name 4' WHERE id = 4", "INSERT INTO t VALUES (5, 'name 5')"
        )

    while_it_settles(monkeypatch, move)
    found = verified(table, **MODES["rowversion"])
    assert (found.verdict, found.kept, found.reason) == (Verdict.EQUAL, 1, "")


def test_everything_that_is_no_difference_accounts_for_its_rows(table: Table) -> None:
    changes = {**MODES["rowversion"], "on_invalid": "quarantine", "max_invalid": 5}
    table.target.run("ALTER TABLE t ADD CHECK (name <> 'name 7')")
    table.source.run("UPDATE dbo.T SET Name = N'a' + NCHAR(0) WHERE ID = 8")
    table.sync(**changes)
    table.source.run("INSERT INTO dbo.T (ID, Name) VALUES (1000, N'later'), (1001, N'later')")
    table.source.run("DELETE FROM dbo.T WHERE ID = 9")
    found = verified(table, **changes)
    assert (found.verdict, found.reason) == (Verdict.EQUAL, "")
    assert (found.explained, found.quarantined, found.kept) == (2, 2, 1)
    assert (found.source_rows, found.target_rows) == (51, 48)


def test_a_repair_accounts_for_the_rows_that_it_adds_and_takes_away(table: Table) -> None:
    table.sync()
    table.target.run(
        "DELETE FROM t WHERE id IN (5, 6, 7)", "INSERT INTO t VALUES (1000, 'extra')",
        "UPDATE t SET name = 'damaged' WHERE id = 9",
    )  # fmt: skip
    found = verified(table, repair=True)
    assert (found.verdict, found.source_rows, found.target_rows) == (Verdict.EQUAL, 50, 50)


def test_rows_that_move_between_two_reads_of_a_set_are_accounted_for(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.source.run("CREATE TABLE dbo.T (K nvarchar(20) NOT NULL PRIMARY KEY, V int, N int)")
    pair.source.run(
        "INSERT INTO dbo.T SELECT CONCAT(N'k', value), value, 1 FROM GENERATE_SERIES(1, 50)"
    )
    changes: dict[str, Any] = {"mode": "watermark", "watermark": "N", "deletes": "ignore"}
    pair.load(**changes)
    pair.target.run("UPDATE t SET v = -1 WHERE k = 'k7'")
    read = unordered._Reads.__call__
    reads = []

    def then_delete(self: Any) -> Any:
        reads.append(1)
        if len(reads) == 2:
            pair.source.run("DELETE FROM dbo.T WHERE K = N'k7'")
        return read(self)

    monkeypatch.setattr(unordered._Reads, "__call__", then_delete)
    wanted = VerifyOptions(settle=0.0)
    settings = pair.source.settings(pair.target)
    found = verify_tables([pair.spec(**changes)], settings, wanted).tables[0]
    assert len(reads) == 2
    assert (found.verdict, found.kept, found.reason) == (Verdict.EQUAL, 1, "")
