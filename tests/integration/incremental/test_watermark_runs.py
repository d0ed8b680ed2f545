"""``mode: watermark`` from the stand-in into PostgreSQL, run after run."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tableferry.config import parse_table_configs
from tableferry.model.identifiers import SourceTable
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

FILL = "INSERT INTO dbo.T (ID, Name, W) VALUES (1, N'one', {}), (2, N'two', {}), (3, N'three', {})"


@pytest.fixture
def source(sandbox: Sandbox) -> Iterator[Sandbox]:
    yield sandbox
    sandbox.run("DROP VIEW IF EXISTS dbo.V; DROP TABLE IF EXISTS dbo.T")


@pytest.fixture
def table(source: Sandbox) -> Callable[..., None]:
    """Makes the table T whose column W has this type, with three rows."""

    def make(kind: str, *values: str, db: str = "McTM") -> None:
        source.run(f"CREATE TABLE dbo.T (ID int PRIMARY KEY, Name nvarchar(20), W {kind})", db)
        if values:
            source.run(FILL.format(*values), db)

    return make


@pytest.fixture
def carry(source: Sandbox, pg_database: PgDatabase) -> Callable[..., TableOutcome]:
    def carrying(table: SourceTable | None = None, **changes: Any) -> TableOutcome:
        given = {
            "sql_table": "dbo.T", "pg_table": "t", "publish": "auto", "order_by": None,
            "mode": "watermark", "watermark": "W", "deletes": "ignore",
            "columns": ["ID", "Name"], "pg_columns": ["id", "name"],
        }  # fmt: skip
        spec = parse_table_configs({"t": entry(**{**given, **changes})})["t"]
        spec = replace(spec, source=table or spec.source)
        outcome = sync_table(spec, source.settings(pg_database))
        assert outcome.status is Status.OK, outcome.error
        return outcome

    return carrying


def mark(target: PgDatabase) -> dict[str, Any]:
    [(value,)] = target.rows("SELECT value FROM tableferry.watermarks WHERE kind = 'watermark'")
    found: dict[str, Any] = json.loads(str(value))
    return found


def change_mark(target: PgDatabase, **changes: Any) -> None:
    text = json.dumps({**mark(target), **changes})
    target.run(f"UPDATE tableferry.watermarks SET value = '{text}'")


def names(target: PgDatabase) -> dict[object, object]:
    return dict(target.rows("SELECT id, name FROM t ORDER BY id"))


TYPES = [
    ("tinyint", "253", "254", "255"),
    ("smallint", "-3", "32766", "32767"),
    ("int", "1", "2147483646", "2147483647"),
    ("bigint", "9007199254740993", "9223372036854775806", "9223372036854775807"),
    ("decimal(38,0)", "1", f"{10**37 + 1}", f"{10**38 - 1}"),
    ("numeric(20,0)", "1", f"{10**19 + 1}", f"{10**20 - 1}"),
    ("date", "'2024-02-28'", "'2024-02-29'", "'2024-03-01'"),
    ("smalldatetime", "'2024-02-29 23:58'", "'2024-02-29 23:59'", "'2024-03-01 00:00'"),
    ("datetime", "'2024-02-29 23:59:59.990'", "'2024-02-29 23:59:59.993'",
     "'2024-02-29 23:59:59.997'"),
    ("datetime2(0)", "'2024-02-29 23:59:58'", "'2024-02-29 23:59:59'", "'2024-03-01'"),
    ("datetime2(3)", "'2024-02-29 23:59:59.997'", "'2024-02-29 23:59:59.998'",
     "'2024-02-29 23:59:59.999'"),
    ("datetime2(7)", "'2024-02-29 23:59:59.9999997'", "'2024-02-29 23:59:59.9999998'",
     "'2024-02-29 23:59:59.9999999'"),
    ("datetimeoffset(7)", "'2024-02-29 23:59:59.9999998 -01:00'",
     "'2024-03-01 02:59:59.9999999 +02:00'", "'2024-03-01 00:59:59.9999999 -00:01'"),
    ("datetimeoffset(0)", "'2024-02-29 23:59:58 +14:00'", "'2024-02-29 23:59:59 +14:00'",
     "'2024-02-29 23:59:59 -14:00'"),
]  # fmt: skip
"""Of each type three values in their order, next to each other and to the type's limits."""


@pytest.mark.parametrize(("kind", "low", "middle", "high"), TYPES)
def test_every_type_is_followed_to_its_last_digit(
    pg_database: PgDatabase,
    source: Sandbox,
    table: Callable[..., None],
    carry: Callable[..., TableOutcome],
    kind: str,
    low: str,
    middle: str,
    high: str,
) -> None:
    table(f"{kind} NOT NULL", low, middle, low)
    assert carry(overlap=0).rows_read == 3
    source.run(f"UPDATE dbo.T SET Name = N'below' WHERE ID = 1; "
               f"UPDATE dbo.T SET Name = N'newer', W = {high} WHERE ID = 3")  # fmt: skip
    outcome = carry(overlap=0)
    assert outcome.changes == {"inserted": 0, "updated": 1, "deleted": 0, "unchanged": 1}
    assert names(pg_database) == {1: "one", 2: "two", 3: "newer"}
    assert carry(overlap=0).changes == {
        "inserted": 0, "updated": 0, "deleted": 0, "unchanged": 1,
    }  # fmt: skip
    [(there,)] = source.rows(f"SELECT COUNT(*) FROM dbo.T WHERE W = '{mark(pg_database)['value']}'")
    assert there == 1


def test_a_rowversion_may_be_followed_as_a_number_with_an_overlap(
    pg_database: PgDatabase,
    source: Sandbox,
    table: Callable[..., None],
    carry: Callable[..., TableOutcome],
) -> None:
    table("rowversion")
    source.run("INSERT INTO dbo.T (ID, Name) VALUES (1, N'one'), (2, N'two'), (3, N'three')")
    assert carry().rows_read == 3
    assert carry().rows_read == 1
    assert carry(overlap=1).rows_read == 2
    outcome = carry(overlap=10**9)
    assert outcome.rows_read == 3
    assert any("'W' is a rowversion: 'mode': 'rowversion'" in one for one in outcome.warnings)


@pytest.mark.parametrize(
    ("kind", "value", "within", "outside", "overlap"),
    [
        ("int", "100", "90", "89", 10),
        ("decimal(38,0)", f"{10**38 - 1}", f"{10**38 - 11}", f"{10**38 - 12}", 10),
        ("datetime2(7)", "'2024-03-01'", "'2024-02-29 23:50:00'", "'2024-02-29 23:49:59'", None),
        ("datetime", "'2024-03-01'", "'2024-02-29 23:50:00'", "'2024-02-29 23:49:59'", None),
        ("datetimeoffset(0)", "'2024-03-01 00:00 +01:00'", "'2024-02-29 22:50:00 +00:00'",
         "'2024-02-29 22:49:59 +00:00'", None),
        ("smalldatetime", "'2024-03-01'", "'2024-02-29 23:58'", "'2024-02-29 23:57'", 61),
        ("date", "'2024-03-01'", "'2024-02-29'", "'2024-02-28'", None),
    ],
)  # fmt: skip
def test_what_is_within_the_overlap_is_read_again(
    pg_database: PgDatabase,
    source: Sandbox,
    table: Callable[..., None],
    carry: Callable[..., TableOutcome],
    kind: str,
    value: str,
    within: str,
    outside: str,
    overlap: int | None,
) -> None:
    table(f"{kind} NOT NULL", value, within, outside)
    assert carry(overlap=overlap).rows_read == 3
    assert carry(overlap=overlap).rows_read == 2


def test_a_row_that_is_committed_late_is_read_within_the_overlap_and_missed_below_it(
    pg_database: PgDatabase,
    source: Sandbox,
    table: Callable[..., None],
    carry: Callable[..., TableOutcome],
) -> None:
    table("int NOT NULL", "1", "2", "3")
    carry(overlap=2)
    source.run("INSERT INTO dbo.T VALUES (7, N'seven', 7)")
    carry(overlap=2)
    source.run("INSERT INTO dbo.T VALUES (4, N'missed', 4), (5, N'late', 5)")
    outcome = carry(overlap=2)
    assert names(pg_database) == {1: "one", 2: "two", 3: "three", 5: "late", 7: "seven"}
    assert outcome.warnings[0] == (
        "only changes that raise 'W' are seen, and rows that are committed late, with a value more "
        "than 2 below the newest one of an earlier run, are missed"
    )


def test_rows_without_a_value_are_read_in_every_run_and_the_plan_says_so(
    pg_database: PgDatabase,
    source: Sandbox,
    table: Callable[..., None],
    carry: Callable[..., TableOutcome],
) -> None:
    table("int NULL", "NULL", "NULL", "7")
    carry()
    source.run("UPDATE dbo.T SET Name = N'changed' WHERE ID = 1")
    outcome = carry()
    assert outcome.rows_read == 3
    assert "rows whose 'W' is NULL are read in every run" in outcome.warnings
    assert names(pg_database)[1] == "changed"


def test_a_table_without_rows_is_read_whole_until_it_has_some(
    pg_database: PgDatabase,
    source: Sandbox,
    table: Callable[..., None],
    carry: Callable[..., TableOutcome],
) -> None:
    table("int NOT NULL")
    assert carry().rows_read == 0
    assert mark(pg_database)["value"] is None
    source.run(FILL.format(1, 2, 3))
    assert carry().rows_read == 3
    assert carry().rows_read == 1


def test_a_table_that_was_emptied_keeps_its_watermark(
    pg_database: PgDatabase,
    source: Sandbox,
    table: Callable[..., None],
    carry: Callable[..., TableOutcome],
) -> None:
    table("int NOT NULL", "1", "2", "3")
    carry()
    source.run("DELETE FROM dbo.T")
    assert carry().rows_read == 0
    assert mark(pg_database)["value"] == "3"
    assert len(names(pg_database)) == 3


def test_only_the_rows_that_where_leaves_count_for_the_newest_value(
    pg_database: PgDatabase,
    source: Sandbox,
    table: Callable[..., None],
    carry: Callable[..., TableOutcome],
) -> None:
    table("int NOT NULL", "1", "2", "999999999")
    where = {"where": "W < 1000 -- the others are templates"}
    assert carry(**where).rows_read == 2
    assert mark(pg_database)["value"] == "2"
    source.run("INSERT INTO dbo.T VALUES (4, N'four', 3)")
    carry(**where)
    assert names(pg_database) == {1: "one", 2: "two", 4: "four"}


def test_a_time_in_the_future_does_not_hide_the_rows_that_are_written_before_it(
    pg_database: PgDatabase,
    source: Sandbox,
    table: Callable[..., None],
    carry: Callable[..., TableOutcome],
) -> None:
    table("datetime2(7) NOT NULL", "SYSDATETIME()", "'9999-12-31 23:59:59.9999999'", "'2024-01-01'")
    outcome = carry()
    assert any("later than the source's clock" in warning for warning in outcome.warnings)
    source.run("UPDATE dbo.T SET Name = N'now', W = SYSDATETIME() WHERE ID = 3")
    carry()
    assert names(pg_database)[3] == "now"


@pytest.mark.parametrize("kind", ["date", "smalldatetime", "datetime", "datetimeoffset(0)"])
def test_the_clock_in_place_of_a_future_time_has_the_form_of_the_columns_type(
    pg_database: PgDatabase,
    source: Sandbox,
    table: Callable[..., None],
    carry: Callable[..., TableOutcome],
    kind: str,
) -> None:
    table(f"{kind} NOT NULL", "'2079-01-01'", "'2024-01-01'", "'2024-01-01'")
    carry(overlap=0)
    source.run("UPDATE dbo.T SET Name = N'now', W = SYSDATETIMEOFFSET() WHERE ID = 3")
    assert carry(overlap=0).rows_read == 2
    assert names(pg_database)[3] == "now"


def test_a_clock_that_was_set_back_has_as_much_read_again_until_it_has_caught_up(
    pg_database: PgDatabase,
    source: Sandbox,
    table: Callable[..., None],
    carry: Callable[..., TableOutcome],
) -> None:
    recent = "DATEADD(second, {}, SYSDATETIME())"
    table("datetime2(7) NOT NULL", recent.format(-1), recent.format(-1800), recent.format(-9000))
    assert carry().rows_read == 3
    assert carry().rows_read == 1
    # The clock of the last run was an hour ahead of today's.
    [(clock, utc)] = source.rows(
        "SELECT CONVERT(varchar(27), DATEADD(hour, 1, SYSDATETIME()), 126), "
        "CONVERT(varchar(27), SYSUTCDATETIME(), 126)"
    )
    change_mark(pg_database, clock=clock, utc=utc)
    outcome = carry()
    assert outcome.rows_read == 2
    [warning] = [one for one in outcome.warnings if "was set back" in one]
    assert "by 3,60" in warning
    assert 3600 <= mark(pg_database)["ahead"] <= 3610
    outcome = carry()
    assert outcome.rows_read == 2
    assert not [one for one in outcome.warnings if "was set back" in one]
    change_mark(pg_database, ahead=0)
    assert carry().rows_read == 1


def test_numbers_that_begin_anew_are_read_whole_where_deletes_are_followed(
    pg_database: PgDatabase,
    source: Sandbox,
    table: Callable[..., None],
    carry: Callable[..., TableOutcome],
) -> None:
    table("int NOT NULL", "100", "200", "300")
    carry(deletes="reconcile")
    source.run("TRUNCATE TABLE dbo.T")
    source.run(FILL.format(1, 2, 3).replace("three", "new"))
    outcome = carry(deletes="reconcile")
    assert (outcome.rows_read, outcome.reload) == (3, "reset")
    assert names(pg_database)[3] == "new"
    assert mark(pg_database)["value"] == "3"


def test_numbers_that_begin_anew_have_a_warning_where_deletes_are_ignored(
    pg_database: PgDatabase,
    source: Sandbox,
    table: Callable[..., None],
    carry: Callable[..., TableOutcome],
) -> None:
    table("int NOT NULL", "100", "200", "300")
    carry()
    source.run("TRUNCATE TABLE dbo.T; INSERT INTO dbo.T VALUES (4, N'four', 1)")
    outcome = carry()
    assert outcome.rows_read == 0
    assert any("the newest 'W' is below the watermark" in one for one in outcome.warnings)
    assert mark(pg_database)["value"] == "1"
    source.run("INSERT INTO dbo.T VALUES (5, N'five', 2)")
    carry()
    assert names(pg_database) == {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}


def test_another_column_is_read_whole_first(
    source: Sandbox, table: Callable[..., None], carry: Callable[..., TableOutcome]
) -> None:
    table("int NOT NULL", "1", "2", "3")
    source.run("ALTER TABLE dbo.T ADD X int NOT NULL DEFAULT 5")
    carry()
    assert carry(watermark="X").rows_read == 3
    assert carry(watermark="x").rows_read == 3
    assert carry().rows_read == 3
    assert carry().rows_read == 1


def test_a_column_of_another_type_is_read_whole_first(
    source: Sandbox, table: Callable[..., None], carry: Callable[..., TableOutcome]
) -> None:
    table("int NOT NULL", "1", "2", "3")
    carry()
    source.run("ALTER TABLE dbo.T ALTER COLUMN W bigint NOT NULL")
    outcome = carry()
    assert (outcome.rows_read, outcome.reload) == (3, "entry_changed")


def test_a_table_of_another_database_and_a_view_are_followed_as_well(
    pg_database: PgDatabase,
    source: Sandbox,
    table: Callable[..., None],
    carry: Callable[..., TableOutcome],
) -> None:
    table("int NOT NULL", "1", "2", "3", db="VoipDB")
    source.run("CREATE VIEW dbo.V AS SELECT ID, Name, W AS X FROM dbo.T", "VoipDB")
    try:
        view = {"table": SourceTable("VoipDB", "dbo", "V"), "watermark": "X", "primary_key": "ID"}
        assert carry(**view).rows_read == 3
        source.run("UPDATE dbo.T SET Name = N'changed', W = 9 WHERE ID = 1", "VoipDB")
        assert carry(**view).rows_read == 2
        assert names(pg_database)[1] == "changed"
    finally:
        source.run("DROP VIEW dbo.V; DROP TABLE dbo.T", "VoipDB")
