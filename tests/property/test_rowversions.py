"""Whatever transactions are open when it reads, ``mode: rowversion`` misses no committed row."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tableferry.config import Consistency, DeleteHandling, Deletes
from tableferry.model.identifiers import SourceTable
from tableferry.model.key_range import WHOLE_TABLE
from tableferry.model.schema import SourceColumn, SourceType
from tableferry.model.watermark import Watermark
from tableferry.modes.rowversion import ROWVERSION
from tableferry.planning.plan import SyncPlan
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.engine.session import Session
from tableferry_sandbox.events import LoginRequest, ResultSet
from tests.support.specs import planned, sync_plan

INT = SourceType("int", 4, 10)
TABLES = range(3)
IDS = 4

STEP = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(TABLES), st.integers(1, IDS)),
    st.tuples(st.sampled_from(["commit", "rollback", "read"]), st.sampled_from(TABLES)),
)


def rows(session: Session, sql: str) -> list[tuple[Any, ...]]:
    """Run a batch; the rows of its last result."""
    found: list[tuple[Any, ...]] = []
    for event in session.execute(sql):
        if isinstance(event, ResultSet):
            batches = [batch.to_pydict().values() for batch in event.batches]
            found = [row for columns in batches for row in zip(*columns, strict=True)]
    return found


class Copy:
    """A table and what was carried of it; it is written to in a session of its own."""

    def __init__(self, number: int, connect: Callable[[], Session]) -> None:
        table = SourceTable("Shop", "dbo", f"T{number}")
        self.writer, self.reader = connect(), connect()
        self.is_open = False
        self.name = table.sql
        made = sync_plan(
            planned("ID", INT), planned("V", INT),
            source=table, primary_key=("ID",), deletes=Deletes(DeleteHandling.IGNORE),
        )  # fmt: skip
        self.plan: SyncPlan = replace(
            made,
            consistency=Consistency.READ_COMMITTED,
            source_columns=(SourceColumn("RV", SourceType("timestamp", 8), nullable=False),),
        )
        self.watermark: Watermark | None = None
        self.carried: dict[int, int] = {}

    def write(self, row: int, value: int) -> None:
        if not self.is_open:
            rows(self.writer, "BEGIN TRANSACTION")
            self.is_open = True
        found = f"SELECT 1 FROM {self.name} WHERE ID = {row}"
        update = f"UPDATE {self.name} SET V = {value} WHERE ID = {row}"
        insert = f"INSERT INTO {self.name} (ID, V) VALUES ({row}, {value})"
        rows(self.writer, f"IF EXISTS ({found}) {update} ELSE {insert}")

    def end(self, how: str) -> None:
        if self.is_open:
            rows(self.writer, f"{how} TRANSACTION")
            self.is_open = False

    def read(self) -> None:
        def ask(sql: str, _columns: Sequence[str]) -> list[tuple[Any, ...]]:
            return rows(self.reader, sql)

        extract = ROWVERSION.extract(self.plan, self.watermark, ask)
        self.carried |= dict(rows(self.reader, extract.select(WHOLE_TABLE)))
        self.watermark = Watermark(extract.next_watermark or "")


@pytest.fixture(scope="module")
def server() -> Any:
    made = Server()
    made.add_login("sa", "secret-1")
    made.create_database("Shop")
    made.database("Shop").run("ALTER DATABASE Shop SET READ_COMMITTED_SNAPSHOT ON")
    yield made
    made.close()


@settings(deadline=None, max_examples=15)
@given(steps=st.lists(STEP, min_size=5, max_size=40))
def test_when_all_transactions_have_ended_one_more_run_has_every_row(
    server: Server, steps: list[tuple[Any, ...]]
) -> None:
    shop = server.database("Shop")
    for number in TABLES:
        shop.run(f"DROP TABLE IF EXISTS T{number}")
        shop.run(f"CREATE TABLE T{number} (ID int PRIMARY KEY, V int, RV rowversion)")
    copies = [Copy(n, lambda: server.login(LoginRequest("sa", "secret-1", "Shop"))) for n in TABLES]
    for value, (kind, number, *row) in enumerate(steps):
        copy = copies[number]
        match kind:
            case "write":
                copy.write(*row, value)
            case "read":
                copy.read()
            case _:
                copy.end(kind.upper())
    for copy in copies:
        copy.end("COMMIT")
    for copy in copies:
        copy.read()
        assert copy.carried == dict(rows(copy.reader, f"SELECT ID, V FROM {copy.name}"))
