"""Rows are found by their keys on both sides, and repaired by them, whatever the key's type."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tableferry import postgres, sqlserver
from tableferry.config import TableSpec
from tableferry.model.watermark import Watermark
from tableferry.planning.key_texts import unaskable
from tableferry.postgres.key_texts import has_key_sql
from tableferry.postgres.ledger import QuarantinedRow
from tableferry.runs.outcome import TableOutcome
from tableferry.runs.repair import repair_table
from tableferry.verification.again import read_again
from tableferry.verification.by_key import compare_keys
from tableferry.verification.differences import Difference, DifferenceKind, Differences, Key
from tableferry.verification.independent import Comparison, compare_rows
from tableferry.verification.quarantined import quarantined
from tableferry.verification.refused_values import still_refused
from tests.integration.conftest import Sandbox
from tests.integration.verify.conftest import Pair
from tests.support.comparing import both_sides, summary
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger


@dataclass(frozen=True)
class Kind:
    """A key's type, three T-SQL values, the texts of the first two in the target.

    And a value that only the target will have, in PostgreSQL's SQL and as such a text.
    """

    type: str
    values: tuple[str, str, str]
    texts: tuple[str, str]
    extra: tuple[str, str]


KINDS = {
    "int": Kind("int", ("1", "-2", "3"), ("1", "-2"), ("9", "9")),
    "tinyint, extra beyond it": Kind("tinyint", ("1", "2", "3"), ("1", "2"), ("1000", "1000")),
    "bigint": Kind("bigint", ("1", "9007199254740993", "3"), ("1", "9007199254740993"), ("9", "9")),
    "decimal": Kind("decimal(9,2)", ("1.5", "-2.25", "3"), ("1.50", "-2.25"), ("7.1", "7.10")),
    "money": Kind("money", ("1.5", "-2.25", "3"), ("1.5000", "-2.2500"), ("7.1", "7.1000")),
    "date": Kind(
        "date", ("'2024-02-29'", "'0001-01-01'", "'9999-12-31'"), ("2024-02-29", "0001-01-01"),
        ("'2031-01-01'", "2031-01-01"),
    ),
    "datetime, extra before it": Kind(
        "datetime",
        ("'2024-02-29T01:02:03.003'", "'1753-01-01T00:00:00'", "'2024-01-01T00:00:00'"),
        ("2024-02-29T01:02:03.003000", "1753-01-01T00:00:00.000000"),
        ("'1700-01-01'", "1700-01-01T00:00:00.000000"),
    ),
    "datetime2(6)": Kind(
        "datetime2(6)",
        ("'2024-02-29T01:02:03.123456'", "'0001-01-01T00:00:00'", "'2024-01-01T00:00:00'"),
        ("2024-02-29T01:02:03.123456", "0001-01-01T00:00:00.000000"),
        ("'1700-01-01'", "1700-01-01T00:00:00.000000"),
    ),
    "datetimeoffset(3)": Kind(
        "datetimeoffset(3)",
        (
            "'2024-02-29T01:02:03.123+05:30'", "'2024-01-01T00:00:00-08:00'",
            "'2024-01-01T00:00:00+00:00'",
        ),
        ("2024-02-28T19:32:03.123000", "2024-01-01T08:00:00.000000"),
        ("'2024-05-01 00:00:00+00'", "2024-05-01T00:00:00.000000"),
    ),
    "time(3)": Kind(
        "time(3)", ("'01:02:03.123'", "'00:00:00'", "'23:59:59.999'"), ("01:02:03.123", "00:00:00"),
        ("'04:00'", "04:00:00"),
    ),
    "uniqueidentifier": Kind(
        "uniqueidentifier",
        tuple(f"'{digit * 8}-0000-4000-8000-00000000000{digit}'" for digit in "123"),  # type: ignore[arg-type]
        ("11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002"),
        ("'a0000000-0000-4000-8000-000000000009'", "a0000000-0000-4000-8000-000000000009"),
    ),
    "nvarchar without case": Kind(
        "nvarchar(20) COLLATE Latin1_General_CI_AS", ("N'abc'", "N'É ☃ it''s'", "N'x'"),
        ("abc", "É ☃ it's"), ("'X'", "X"),
    ),
    "varchar that looks like an array": Kind(
        "varchar(20) COLLATE Latin1_General_CS_AS", (r"""'a,b\{}"'""", "'null'", "'%s {}'"),
        (r'a,b\{}"', "null"), (r"E'\\N'", r"\N"),
    ),
    "char": Kind("char(5)", ("'ab'", "'c'", "'d'"), ("ab   ", "c    "), ("'e'", "e")),
    "binary": Kind(
        "binary(4)", ("0x00FF00AA", "0x01020304", "0x02"), ("0x00FF00AA", "0x01020304"),
        (r"'\xffffffff'", "0xFFFFFFFF"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Keyed:
    """A table with one kind of key, loaded; ``keys`` are those of its damaged rows."""

    pair: Pair
    keys: Sequence[Key]
    name: str = "T"

    @property
    def spec(self) -> TableSpec:
        return self.pair.spec(**self.tables)

    @property
    def tables(self) -> dict[str, str]:
        return {"sql_table": f"dbo.{self.name}", "pg_table": self.name.lower()}

    def compare(self) -> list[Difference]:
        with both_sides(self.spec, self.pair.source.settings(self.pair.target)) as both:
            return compare_keys(*both, self.keys).kept

    def repair(self) -> TableOutcome:
        settings = self.pair.source.settings(self.pair.target)
        return repair_table(self.spec, settings, self.keys).tables[0]

    def compare_otherwise(self) -> Comparison:
        settings = self.pair.source.settings(self.pair.target)
        with (
            sqlserver.connect(settings.sources["mctm"]) as from_,
            postgres.connect(settings.target) as into,
        ):
            return compare_rows(self.spec, from_, into)


def damaged_table(pair: Pair, kind: Kind, name: str = "T") -> Keyed:
    """Load three rows with keys of this kind, then alter one, delete one and add one."""
    keyed = Keyed(pair, [*((text,) for text in kind.texts), (kind.extra[1],)], name)
    pair.source.run(
        f"CREATE TABLE dbo.{name} (K {kind.type} NOT NULL PRIMARY KEY, Name nvarchar(20) NOT NULL)"
    )
    for number, value in enumerate(kind.values):
        pair.source.run(f"INSERT INTO dbo.{name} VALUES ({value}, N'row {number}')")
    pair.load(**keyed.tables)
    pair.target.run(
        f"UPDATE {name} SET name = 'damaged' WHERE name = 'row 0'",
        f"DELETE FROM {name} WHERE name = 'row 1'",
        f"INSERT INTO {name} VALUES ({kind.extra[0]}, 'extra')",
    )
    return keyed


@pytest.fixture(params=KINDS)
def keyed(pair: Pair, request: pytest.FixtureRequest) -> Keyed:
    return damaged_table(pair, KINDS[request.param])


@pytest.fixture(scope="module", params=KINDS)
def looked_at(
    verify_source: Sandbox, module_pg_database: PgDatabase, request: pytest.FixtureRequest
) -> Iterator[Keyed]:
    """The same, for tests that alter nothing."""
    yield damaged_table(Pair(verify_source, module_pg_database), KINDS[request.param], "Seen")
    verify_source.run("DROP TABLE dbo.Seen")
    module_pg_database.run("DROP TABLE seen")


def test_rows_with_certain_keys_are_compared_and_no_others(looked_at: Keyed) -> None:
    found = Differences()
    for one in looked_at.compare():
        found.add(one)
    different, missing, extra = looked_at.keys
    assert summary(found) == sorted(
        [("different", different, ("Name",)), ("missing", missing, ()), ("extra", extra, ())],
        key=repr,
    )


def test_the_keys_that_a_comparison_finds_are_those_that_both_sides_are_asked_for(
    looked_at: Keyed,
) -> None:
    found = looked_at.pair.compare(show_values=False, **looked_at.tables)
    assert {one.key for one in found.kept} == set(looked_at.keys)
    assert sorted(map(repr, found.kept)) == sorted(map(repr, looked_at.compare()))


def test_a_repair_makes_rows_with_any_kind_of_key_equal(keyed: Keyed) -> None:
    outcome = keyed.repair()
    assert outcome.ok, outcome.error
    done = {kind: outcome.changes[kind] for kind in ("inserted", "updated", "deleted")}
    assert done == {"inserted": 1, "updated": 1, "deleted": 1}
    assert keyed.compare() == []
    assert keyed.compare_otherwise().equal


def test_a_row_with_any_kind_of_key_is_recognised_in_quarantine(keyed: Keyed) -> None:
    pair = keyed.pair
    pair.target.run("DELETE FROM t", "ALTER TABLE t ADD CHECK (name <> 'row 1')")
    changes: dict[str, Any] = {"on_invalid": "quarantine", "max_invalid": 1, "publish": "merge"}
    pair.load(**changes)
    found = Differences()
    for key in keyed.keys:
        found.add(Difference(DifferenceKind.MISSING, key))
    with both_sides(pair.spec(**changes), pair.source.settings(pair.target)) as (plan, sides):
        assert quarantined(plan, sides, found, None) == (1, 0)
    assert [one.key for one in found.kept] == [keyed.keys[0], keyed.keys[2]]


def test_a_row_with_any_kind_of_key_is_recognised_by_the_value_that_was_refused(
    looked_at: Keyed,
) -> None:
    pair, refused = looked_at.pair, looked_at.keys[1]
    digest = hashlib.sha256("row 1".encode("utf-16-le")).digest()
    row = QuarantinedRow({}, "Name", "22001", digest, since=Watermark(""))
    with both_sides(looked_at.spec, pair.source.settings(pair.target)) as (plan, sides):
        assert still_refused(plan, sides, dict.fromkeys(looked_at.keys, row)) == {refused}


def test_a_key_with_a_digit_that_the_target_lost_is_none_to_repair_by(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (K datetime2(7) NOT NULL PRIMARY KEY, Name nvarchar(20))")
    pair.source.run("INSERT INTO dbo.T VALUES ('2024-01-01T00:00:00.1234567', N'r1')")
    pair.load()
    pair.target.run("UPDATE t SET name = 'damaged'")
    error = Keyed(pair, [("2024-01-01T00:00:00.123456",)]).repair().error
    assert error
    assert "cannot be told apart: 'K'" in error.message
    assert pair.target.rows("SELECT name FROM t") == [("damaged",)]


def test_rows_are_found_in_the_target_by_an_index(pair: Pair) -> None:
    pair.target.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "INSERT INTO t SELECT i, 'x' FROM generate_series(1, 50000) i", "ANALYZE t",
    )  # fmt: skip
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20))")
    with both_sides(pair.spec(), pair.source.settings(pair.target)) as (plan, sides):
        keys = [(str(number),) for number in range(1, 2001, 50)]
        condition = has_key_sql(sides.into, plan.spec.target, [plan.columns[0].target], keys)
        found = sides.into.rows(f"EXPLAIN SELECT * FROM ONLY t AS t WHERE {condition}")
    assert "Index Scan using t_pkey" in str(found)


def test_rows_with_a_key_of_several_columns_are_repaired(pair: Pair) -> None:
    pair.source.run(
        "CREATE TABLE dbo.T (Name nvarchar(20), B varchar(10) NOT NULL, A int NOT NULL, "
        "PRIMARY KEY (A, B))"
    )
    pair.source.run("INSERT INTO dbo.T VALUES (N'r1', 'x', 1), (N'r2', 'y', 1), (N'r3', 'x', 2)")
    pair.load()
    pair.target.run(
        "UPDATE t SET name = 'damaged' WHERE name = 'r1'",
        "UPDATE t SET a = 7 WHERE name = 'r3'",
    )
    keyed = Keyed(pair, [("1", "x"), ("2", "x"), ("7", "x")])
    assert {(one.kind.value, one.key) for one in keyed.compare()} == {
        ("different", ("1", "x")), ("missing", ("2", "x")), ("extra", ("7", "x")),
    }  # fmt: skip
    assert keyed.repair().ok
    assert keyed.compare_otherwise().equal


def test_rows_are_found_by_a_key_that_postgresql_pads_with_blanks(pair: Pair) -> None:
    pair.target.run("CREATE TABLE t (k char(5) PRIMARY KEY, name text NOT NULL)")
    pair.source.run("CREATE TABLE dbo.T (K char(5) NOT NULL PRIMARY KEY, Name nvarchar(20))")
    pair.source.run("INSERT INTO dbo.T VALUES ('ab', N'r1'), ('c', N'r2')")
    pair.load()
    pair.target.run("UPDATE t SET name = 'damaged' WHERE k = 'ab'", "DELETE FROM t WHERE k = 'c'")
    keyed = Keyed(pair, [("ab",), ("c",)])
    assert {(one.kind.value, one.key) for one in keyed.compare()} == {
        ("different", ("ab",)), ("missing", ("c",)),
    }  # fmt: skip
    assert keyed.repair().changes["unchanged"] == 0
    assert keyed.compare_otherwise().equal


def test_of_a_doubled_row_the_copy_is_extra_and_a_repair_removes_it(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20))")
    pair.source.run("INSERT INTO dbo.T VALUES (1, N'r1'), (2, N'r2')")
    pair.load()
    pair.target.run(
        "ALTER TABLE t DROP CONSTRAINT t_pkey",
        "INSERT INTO t VALUES (1, 'copy')",
        "INSERT INTO t SELECT * FROM t WHERE id = 2",
    )
    keyed = Keyed(pair, [("1",), ("2",)])
    assert {(one.kind, one.key) for one in keyed.compare()} == {
        (DifferenceKind.EXTRA, ("1",)), (DifferenceKind.EXTRA, ("2",)),
    }  # fmt: skip
    outcome = keyed.repair()
    assert outcome.ok, outcome.error
    assert keyed.compare_otherwise().equal


def test_a_key_that_the_source_holds_for_another_spelling_is_replaced_by_its_own(
    pair: Pair,
) -> None:
    pair.source.run(
        "CREATE TABLE dbo.T (K nvarchar(20) COLLATE Latin1_General_CI_AI NOT NULL PRIMARY KEY, "
        "Name nvarchar(20))"
    )
    pair.source.run("INSERT INTO dbo.T VALUES (N'abc', N'r1'), (N'e', N'r2'), (N'z', N'r3')")
    pair.load()
    pair.target.run("UPDATE t SET k = 'ABC' WHERE k = 'abc'", "UPDATE t SET k = 'é' WHERE k = 'e'")
    keyed = Keyed(pair, [("abc",), ("ABC",), ("e",), ("é",)])
    assert len(keyed.compare()) == 4
    assert keyed.repair().ok
    assert keyed.compare_otherwise().equal


def test_a_row_whose_text_the_driver_may_have_altered_is_read_again_as_bytes(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20))")
    pair.source.run("INSERT INTO dbo.T VALUES (1, N'a' + NCHAR(0xFFFD) + N'b')")
    pair.load()
    pair.target.run("UPDATE t SET name = 'damaged'")
    outcome = Keyed(pair, [("1",)]).repair()
    assert outcome.ok, outcome.error
    assert pair.target.rows("SELECT name FROM t") == [("a\ufffdb",)]


def test_keys_that_a_policy_has_altered_name_no_row_so_nothing_is_repaired_or_read_again(
    pair: Pair,
) -> None:
    changes: dict[str, Any] = {"on_invalid": "strip"}
    pair.source.run("CREATE TABLE dbo.T (K nvarchar(20) NOT NULL PRIMARY KEY, Name nvarchar(20))")
    pair.source.run("INSERT INTO dbo.T VALUES (N'a', N'r1')")
    pair.load(**changes)
    pair.target.run("UPDATE t SET name = 'damaged'")
    spec, settings = pair.spec(**changes), pair.source.settings(pair.target)
    found = Differences()
    found.add(Difference(DifferenceKind.DIFFERENT, ("a",), ("Name",)))
    with both_sides(spec, settings) as (plan, sides):
        assert unaskable(plan)
        [warning] = read_again(plan, sides, found, 0.0)
    assert "cannot be asked" in warning
    assert found.total == 1
    error = repair_table(spec, settings, [("a",)]).tables[0].error
    assert error
    assert "cannot be asked for single rows" in error.message


def test_a_repair_in_policies_writes_the_rows_as_a_load_does(pair: Pair) -> None:
    changes: dict[str, Any] = {
        "on_invalid": "quarantine",
        "max_invalid": 3,
        "trailing_blanks": "trim",
    }
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nchar(5))")
    pair.source.run("INSERT INTO dbo.T VALUES (1, N'a'), (2, NCHAR(0) + N'b'), (3, N'c')")
    pair.load(**changes)
    pair.target.run("UPDATE t SET name = 'x'", "INSERT INTO t VALUES (2, 'stale')")
    outcome = repair_table(
        pair.spec(**changes), pair.source.settings(pair.target), [("1",), ("2",), ("3",)]
    ).tables[0]
    assert outcome.ok, outcome.error
    assert sum(outcome.quarantined["Name"].values()) == 1
    assert pair.target.rows("SELECT id, name FROM t ORDER BY id") == [(1, "a"), (3, "c")]
