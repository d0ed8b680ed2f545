"""A source table that random steps change, and all that it has ever been, by version.

A step is a kind and two small numbers, so that a failing history shrinks to a short list. While a
transaction is held open, every write belongs to it: the stand-in locks whole tables, and another
writer would wait for its end.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from tableferry_sandbox.engine.database.backups import Backup
from tableferry_sandbox.engine.session import Session
from tests.integration.conftest import Sandbox

KEYS: Final = 12
"""Few, so that a key is deleted, used again and moved to within a short history."""

Row = tuple[Any, ...]


class Step(NamedTuple):
    """One step of a history: what is done, and two numbers that say to which rows."""

    kind: str
    a: int = 0
    b: int = 0


WRITES: Final = (
    "insert", "insert", "update", "update", "touch", "move", "delete", "delete", "exchange",
    "several", "replace",
)  # fmt: skip
"""What a transaction can do to the rows; ``touch`` writes what is there already."""

UNDER_LOCK: Final = ("begin", "commit", "commit", "rollback", "undone")
"""Transactions: one that stays open, its end, and one that is rolled back at once."""

WHOLE_TABLE: Final = ("truncate", "alter", "retype", "off_and_on")
"""What Change Tracking does not list as changes."""

WHOLE_DATABASE: Final = ("backup", "restore", "expire")
"""A restore goes back to the last backup; changes expire as though their retention were over."""


@dataclass
class TrackedSource:
    """The table dbo.``name`` (ID, Name, Extra, Rev); ``seen`` has its committed rows by version.

    One version may have had several contents: TRUNCATE and ALTER TABLE have none of their own. Rev
    rises with each write of a row.
    """

    sandbox: Sandbox
    name: str
    seen: dict[int, list[set[Row]]] = field(default_factory=lambda: defaultdict(list))
    _held: Session | None = None
    _writes: int = 0
    _backup: tuple[Backup, dict[int, list[set[Row]]]] | None = None

    def create(self) -> None:
        """Create the table with some rows."""
        self._run(
            f"CREATE TABLE dbo.{self.name} (ID int NOT NULL PRIMARY KEY, Name nvarchar(20) NULL, "
            "Extra int NULL, Rev int NOT NULL, RV rowversion)",
            f"ALTER TABLE dbo.{self.name} ENABLE CHANGE_TRACKING",
            f"INSERT INTO dbo.{self.name} (ID, Name, Extra, Rev) "
            f"SELECT value, CONCAT(N'name ', value), value, 1 FROM GENERATE_SERIES(1, {KEYS}, 2)",
        )
        self._note()
        self._back_up()

    def drop(self) -> None:
        """Drop the table, after the end of its transaction."""
        self.settle(rolled_back=True)
        self._run(f"DROP TABLE dbo.{self.name}")

    def rows(self) -> set[Row]:
        """The committed rows, by another driver."""
        return set(self.sandbox.rows(f"SELECT ID, Name, Extra FROM dbo.{self.name}"))

    def take(self, step: Step) -> None:
        """Do one step at the source; after it, all that is committed is noted by its version."""
        if step.kind in WRITES:
            self._write(self._statements(step))
        elif step.kind in WHOLE_TABLE:
            self.settle(rolled_back=step.b % 2 == 1)
            self._run(*self._on_the_whole(step))
        elif step.kind in WHOLE_DATABASE:
            self._take_with_the_database(step)
        elif step.kind == "begin" and self._held is None:
            self._held = self._open()
        elif step.kind == "undone" and self._held is None:
            self._held = self._open()
            self._write(self._statements(Step(WRITES[step.a % len(WRITES)], step.a, step.b)))
            self.settle(rolled_back=True)
        elif step.kind in ("commit", "rollback"):
            self.settle(rolled_back=step.kind == "rollback")
        if self._held is None:
            self._note()

    def settle(self, *, rolled_back: bool = False) -> None:
        """End the transaction that is held open, if there is one."""
        held, self._held = self._held, None
        if held is not None:
            run(held, "ROLLBACK" if rolled_back else "COMMIT")
            held.close()
            self._note()

    @property
    def is_held(self) -> bool:
        """Whether a transaction is open."""
        return self._held is not None

    def _take_with_the_database(self, step: Step) -> None:
        if step.kind == "backup":
            self._back_up()
        elif step.kind == "expire":
            self.sandbox.engine.database("McTM").expire_changes()
        elif self._backup is not None:
            self.settle(rolled_back=True)
            backup, seen = self._backup
            self.sandbox.engine.database("McTM").restore(backup)
            self.seen = _copied(seen)

    def _back_up(self) -> None:
        if self._held is None:
            backup = self.sandbox.engine.database("McTM").backup()
            self._backup = (backup, _copied(self.seen))

    def _open(self) -> Session:
        engine = self.sandbox.engine
        session = engine.trusted(engine.database("McTM").database)
        run(session, "BEGIN TRANSACTION")
        return session

    def _write(self, statements: Sequence[str]) -> None:
        if self._held is None:
            self._run("BEGIN TRANSACTION; " + "; ".join(statements) + "; COMMIT")
            return
        for statement in statements:
            run(self._held, statement)

    def _run(self, *statements: str) -> None:
        for statement in statements:
            self.sandbox.run(statement)

    def _note(self) -> None:
        """Note what is committed now."""
        asked = self.sandbox.engine.database("McTM").query
        (version,) = asked("SELECT CHANGE_TRACKING_CURRENT_VERSION() AS v")["v"].to_pylist()
        found = asked(f"SELECT ID, Name, Extra FROM dbo.{self.name}")
        rows = set(zip(*(column.to_pylist() for column in found.columns), strict=True))
        contents = self.seen[version]
        if rows not in contents:
            contents.append(rows)

    def _statements(self, step: Step) -> list[str]:
        self._writes += 1
        table, rev = f"dbo.{self.name}", self._writes + 1
        one, other = step.a % KEYS, step.b % KEYS
        text = f"N'write {rev}'"
        insert = (
            f"INSERT INTO {table} (ID, Name, Extra, Rev) SELECT {one}, {text}, {step.b}, {rev} "
            f"WHERE NOT EXISTS (SELECT 1 AS x FROM {table} AS o WHERE o.ID = {one})"
        )
        changes: dict[str, Callable[[], list[str]]] = {
            "insert": lambda: [insert],
            "update": lambda: [
                f"UPDATE {table} SET Name = {text}, Extra = {step.b}, Rev = {rev} WHERE ID = {one}"
            ],
            "touch": lambda: [f"UPDATE {table} SET Rev = {rev} WHERE ID = {one}"],
            "move": lambda: [
                (
                    f"UPDATE {table} SET ID = {other}, Rev = {rev} WHERE ID = {one} AND NOT EXISTS "
                    f"(SELECT 1 AS x FROM {table} AS o WHERE o.ID = {other})"
                )
            ],
            "delete": lambda: [f"DELETE FROM {table} WHERE ID = {one}"],
            "exchange": lambda: [
                (
                    f"UPDATE {table} SET ID = CASE ID WHEN {one} THEN {other} ELSE {one} END, "
                    f"Rev = {rev} WHERE ID IN ({one}, {other}) AND "
                    f"(SELECT COUNT(*) AS n FROM {table} AS o WHERE o.ID IN ({one}, {other})) = 2"
                )
            ],
            "several": lambda: [f"UPDATE {table} SET Name = {text}, Rev = {rev} WHERE ID >= {one}"],
            "replace": lambda: [f"DELETE FROM {table} WHERE ID = {one}", insert],
        }
        return changes[step.kind]()

    def _on_the_whole(self, step: Step) -> list[str]:
        table = f"dbo.{self.name}"
        if step.kind == "truncate":
            return [f"TRUNCATE TABLE {table}"]
        if step.kind == "alter":
            return [
                f"ALTER TABLE {table} DROP COLUMN Extra",
                f"ALTER TABLE {table} ADD Extra int NULL",
            ]
        if step.kind == "retype":
            return [f"ALTER TABLE {table} ALTER COLUMN Name nvarchar({20 + step.a}) NULL"]
        unseen = f"DELETE FROM {table} WHERE ID = {step.a % KEYS}"
        return [
            f"ALTER TABLE {table} DISABLE CHANGE_TRACKING",
            unseen,
            f"ALTER TABLE {table} ENABLE CHANGE_TRACKING",
        ]


def _copied(seen: dict[int, list[set[Row]]]) -> dict[int, list[set[Row]]]:
    return defaultdict(list, {version: list(contents) for version, contents in seen.items()})


def run(session: Session, sql: str) -> None:
    """Run a batch in an engine's session to its end."""
    for _ in session.execute(sql):
        pass
