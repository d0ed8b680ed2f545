"""The defaults and filters of a created table mean what the source's mean."""

from collections.abc import Callable

import pytest

from tableferry.runs.outcome import Status
from tests.integration.conftest import Sandbox
from tests.integration.test_creation import created, sync
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger

Make = Callable[[str], None]

LATIN = "COLLATE Latin1_General_100_CI_AS"

DEFAULTS = [
    ("varchar(10)", "1"),
    ("varchar(10)", "1.50"),
    ("varchar(10)", "$1.5"),
    ("nvarchar(10)", "-$0.25"),
    ("varchar(10)", "1e0"),
    ("char(5)", "'DE'"),
    (f"char(5) {LATIN}", "'Ä'"),
    (f"varchar(10) {LATIN}", "N'Ж'"),
    (f"varchar(10) {LATIN}", "N'€'"),
    ("nvarchar(10)", "N'Ж'"),
    ("decimal(9,6)", "$1.23456"),
    ("decimal(9,2)", "1.555"),
    ("decimal(9,2)", "-1.5"),
    ("money", "1.23456"),
    ("smallmoney", "$2"),
    ("real", "0.1"),
    ("float", "0.1"),
    ("float", "1e-3"),
    ("bit", "5"),
    ("bit", "$0.5"),
    ("tinyint", "'7'"),
    ("bigint", "5000000000"),
    ("binary(4)", "0x0A"),
    ("varbinary(4)", "0x0A"),
    ("date", "'20240102'"),
    ("datetime", "0"),
    ("datetime2(3)", "'20240102 03:04:05.12'"),
    ("smalldatetime", "'20240102 03:04'"),
    ("time(2)", "'08:30'"),
    ("uniqueidentifier", "'6F9619FF-8B86-D011-B42D-00C04FC964FF'"),
]


def test_a_row_inserted_into_each_side_has_the_same_defaults(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    """What the target's INSERT stores is what the source's INSERT stored and the load carried."""
    columns = ", ".join(
        f"C{place} {kind} DEFAULT ({value})" for place, (kind, value) in enumerate(DEFAULTS)
    )
    table_in(f"CREATE TABLE dbo.T (ID int PRIMARY KEY, {columns})")
    table_in("INSERT INTO dbo.T (ID) VALUES (1)")
    outcome = created(sandbox, pg_database)
    pg_database.run("INSERT INTO t (id) VALUES (2)")
    left_out = {
        place
        for place in range(len(DEFAULTS))
        if any(f"the default of 'C{place}' has no certain" in said for said in outcome.warnings)
    }
    names = ", ".join(f"c{place}" for place in range(len(DEFAULTS)))
    carried, inserted = pg_database.rows(f"SELECT {names} FROM t ORDER BY id")
    for place, kind in enumerate(DEFAULTS):
        expected = None if place in left_out else carried[place]
        assert inserted[place] == expected, kind
    assert [DEFAULTS[place][1] for place in sorted(left_out)] == ["1e0"]


def test_a_unique_index_with_a_condition_on_a_real_is_built(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    """As double precision, every real that is nearest to 0.1 is greater than 0.1."""
    table_in("CREATE TABLE dbo.T (ID int PRIMARY KEY, Code int, R real)")
    table_in("INSERT INTO dbo.T VALUES (1, 7, 0.1), (2, 7, 0.1), (3, 7, 0.2)")
    for sign, name in ((">", "More"), ("<>", "Other"), ("=", "Equal")):
        unique = "" if sign == "=" else "UNIQUE "
        table_in(f"CREATE {unique}INDEX {name} ON dbo.T (Code) WHERE R {sign} 0.1")
    created(sandbox, pg_database)
    for name, rows in (("more", 1), ("other", 1), ("equal", 2)):
        [(condition,)] = pg_database.rows(
            "SELECT pg_get_expr(indpred, indrelid) FROM pg_index "
            f"WHERE indexrelid = 't_{name}'::regclass"
        )
        assert pg_database.rows(f"SELECT count(*) FROM t WHERE {condition}") == [(rows,)]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/St_Johns"])
def test_an_insert_may_leave_out_an_offset_whose_moment_has_a_default(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make, zone: str
) -> None:
    table_in(
        "CREATE TABLE dbo.T (ID int PRIMARY KEY, "
        "At datetimeoffset NOT NULL DEFAULT sysdatetimeoffset(), "
        "Utc datetimeoffset NOT NULL DEFAULT sysutcdatetime(), "
        "Day datetimeoffset NOT NULL DEFAULT '20240102', Bare datetimeoffset NULL)"
    )
    kinds = dict.fromkeys(("At", "Utc", "Day", "Bare"), "timestamptz + offset")
    created(sandbox, pg_database, type_overrides=kinds)
    pg_database.run(f"SET TIME ZONE '{zone}'; INSERT INTO t (id) VALUES (1)")
    [(at, utc, day, bare, expected)] = pg_database.rows(
        "SELECT at_offset, utc_offset, day_offset, bare_offset, (EXTRACT(epoch FROM "
        f"(at AT TIME ZONE '{zone}') - (at AT TIME ZONE 'UTC')) / 60)::int FROM t"
    )
    assert (at, utc, day, bare) == (expected, 0, 0, None)


@pytest.mark.parametrize(
    "default", ["TODATETIMEOFFSET(getdate(), '+02:00')", "'2024-01-02T03:04:05+02:00'"]
)
def test_a_default_without_a_translation_leaves_both_columns_without_one(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make, default: str
) -> None:
    table_in(
        f"CREATE TABLE dbo.T (ID int PRIMARY KEY, At datetimeoffset NOT NULL DEFAULT {default})"
    )
    outcome = sync(sandbox, pg_database, type_overrides={"At": "timestamptz + offset"})
    assert outcome.status is Status.OK, outcome.error
    assert any("the default of 'At' has no certain" in said for said in outcome.warnings)
    found = pg_database.rows("SELECT count(*) FROM pg_attrdef WHERE adrelid = 't'::regclass")
    assert found == [(0,)]
