"""A missing table is created like the source's, according to PostgreSQL's own catalog."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from tableferry.config import parse_table_configs
from tableferry.model.naming import pg_name
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase

Make = Callable[[str], None]

RICH = """\
CREATE TABLE dbo.T (
  OrderID int IDENTITY(100,5) NOT NULL CONSTRAINT PK_T PRIMARY KEY,
  CustomerName nvarchar(50) NOT NULL CONSTRAINT DF_Name DEFAULT N'it''s \\ new',
  CountryCode char(5) NOT NULL DEFAULT 'DE',
  Amount decimal(12,2) DEFAULT ((-1.50)),
  IsActive bit NOT NULL DEFAULT ((1)),
  Kind tinyint DEFAULT 7,
  CreatedAt datetime NOT NULL DEFAULT GETDATE(),
  ChangedAt datetime2(7) DEFAULT SYSUTCDATETIME(),
  SeenAt datetimeoffset(3) DEFAULT SYSDATETIMEOFFSET(),
  RowGuid uniqueidentifier NOT NULL DEFAULT NEWID(),
  Guess varchar(20) DEFAULT (LEFT('abcdef', 3)),
  Twice AS (OrderID * 2),
  CONSTRAINT UQ_T UNIQUE (CustomerName, Kind)
)"""

UTC_NOW = "(now() AT TIME ZONE 'UTC'::text)"


def sync(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> TableOutcome:
    configured = {
        "db_type": "mctm",
        "sql_server_db": "McTM",
        "sql_table": "dbo.T",
        "pg_table": "t",
        **changes,
    }
    spec = parse_table_configs({"t": configured})["t"]
    return sync_table(spec, sandbox.settings(database))


def created(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> TableOutcome:
    outcome = sync(sandbox, database, **changes)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.created
    return outcome


def columns_of(database: PgDatabase, table: str = "t") -> list[tuple[object, ...]]:
    return database.rows(
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, "
        "pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a "
        "LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
        f"WHERE a.attrelid = '{table}'::regclass AND a.attnum > 0 ORDER BY a.attnum"
    )


def indexes_of(database: PgDatabase, table: str = "t") -> list[str]:
    found = database.rows(f"SELECT indexdef FROM pg_indexes WHERE tablename = '{table}' ORDER BY 1")
    return [str(row[0]) for row in found]


def test_columns_names_key_identity_and_defaults_are_those_of_the_source(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    table_in(RICH)
    table_in("INSERT INTO dbo.T (CustomerName) VALUES (N'a'), (N'b'), (N'c')")
    outcome = created(sandbox, pg_database)
    assert columns_of(pg_database) == [
        ("order_id", "integer", True, "d", None),
        ("customer_name", "text", True, "", "'it''s \\ new'::text"),
        ("country_code", "text", True, "", "'DE   '::text"),
        ("amount", "numeric(12,2)", False, "", "'-1.50'::numeric"),
        ("is_active", "boolean", True, "", "true"),
        ("kind", "smallint", False, "", "7"),
        ("created_at", "timestamp(3) without time zone", True, "", "LOCALTIMESTAMP"),
        ("changed_at", "timestamp(6) without time zone", False, "", UTC_NOW),
        ("seen_at", "timestamp(3) with time zone", False, "", "now()"),
        ("row_guid", "uuid", True, "", "gen_random_uuid()"),
        ("guess", "text", False, "", None),
        ("twice", "integer", False, "", None),
    ]  # fmt: skip
    assert any("'Guess' has no certain translation" in warning for warning in outcome.warnings)
    assert any("'Twice' is computed" in warning for warning in outcome.warnings)
    assert indexes_of(pg_database) == [
        "CREATE UNIQUE INDEX t_pkey ON public.t USING btree (order_id)",
        (
            "CREATE UNIQUE INDEX t_uq_t ON public.t USING btree (customer_name, kind) "
            "NULLS NOT DISTINCT"
        ),
    ]
    sent = sandbox.rows("SELECT OrderID, CustomerName, CountryCode FROM dbo.T ORDER BY OrderID")
    arrived = pg_database.rows("SELECT order_id, customer_name, country_code FROM t ORDER BY 1")
    assert arrived == sent


def test_a_row_inserted_later_gets_the_next_number_and_the_defaults(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    table_in(RICH)
    table_in("INSERT INTO dbo.T (CustomerName) VALUES (N'a'), (N'b')")
    created(sandbox, pg_database)
    pg_database.run("INSERT INTO t DEFAULT VALUES")
    row = pg_database.rows(
        "SELECT order_id, customer_name, amount::text, is_active, row_guid, "
        "changed_at BETWEEN (now() AT TIME ZONE 'UTC') - interval '1 hour' "
        "AND (now() AT TIME ZONE 'UTC') FROM t ORDER BY order_id DESC LIMIT 1"
    )[0]
    assert row[:4] == (110, "it's \\ new", "-1.50", True)
    assert isinstance(row[4], uuid.UUID)
    assert row[5] is True


@pytest.mark.parametrize(
    ("identity", "rows", "expected"),
    [
        ("IDENTITY(1,1)", [], 1),
        ("IDENTITY(1,1)", [7, 3], 8),
        ("IDENTITY(0,1)", [], 0),
        ("IDENTITY(-10,2)", [-10, -8], -6),
        ("IDENTITY(-1,-1)", [-1, -2], -3),
        ("IDENTITY(5,-3)", [5, 2], -1),
        ("IDENTITY(1,1)", [-4], 1),
        ("IDENTITY(1,1)", [32766], 32767),
        ("IDENTITY(-32768,1)", [], -32768),
        ("IDENTITY(-32768,1)", [-32768], -32767),
        ("IDENTITY(32767,-1)", [], 32767),
        ("IDENTITY(1,7)", [5], 12),
    ],
)
def test_the_sequence_continues_past_the_last_value(
    sandbox: Sandbox,
    pg_database: PgDatabase,
    table_in: Make,
    identity: str,
    rows: list[int],
    expected: int,
) -> None:
    table_in(f"CREATE TABLE dbo.T (ID smallint {identity} PRIMARY KEY, N int)")
    if rows:
        values = ", ".join(f"({value}, 1)" for value in rows)
        table_in(
            "SET IDENTITY_INSERT dbo.T ON; "
            f"INSERT INTO dbo.T (ID, N) VALUES {values}; SET IDENTITY_INSERT dbo.T OFF"
        )
    created(sandbox, pg_database)
    assert pg_database.rows("INSERT INTO t (n) VALUES (2) RETURNING id") == [(expected,)]


def test_indexes_are_ordered_included_and_filtered_as_in_the_source(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    table_in(RICH)
    table_in("CREATE INDEX IX_Created ON dbo.T (CreatedAt DESC, Kind) INCLUDE (CustomerName)")
    table_in("CREATE INDEX IX_Active ON dbo.T (Kind) WHERE [IsActive]=(1) AND [Amount] IS NOT NULL")
    created(sandbox, pg_database)
    assert indexes_of(pg_database)[:2] == [
        (
            "CREATE INDEX t_ix_active ON public.t USING btree (kind) "
            "WHERE ((is_active = true) AND (amount IS NOT NULL))"
        ),
        (
            "CREATE INDEX t_ix_created ON public.t USING btree (created_at DESC, kind) "
            "INCLUDE (customer_name)"
        ),
    ]


def test_constants_compared_with_trimmed_texts_are_not_padded(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Code char(5) NULL DEFAULT 'DE')")
    table_in("INSERT INTO dbo.T (ID) VALUES (1)")
    table_in("CREATE INDEX IX ON dbo.T (ID) WHERE Code = 'DE'")
    created(sandbox, pg_database, trailing_blanks="trim")
    pg_database.run("INSERT INTO t (id) VALUES (2)")
    assert pg_database.rows("SELECT code FROM t ORDER BY id") == [("DE",), ("DE",)]
    assert indexes_of(pg_database)[0].endswith("WHERE (code = 'DE'::text)")


def test_an_index_with_too_many_columns_includes_those_that_fit(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    more = [f"C{number}" for number in range(40)]
    table_in(f"CREATE TABLE dbo.T (ID int PRIMARY KEY, {', '.join(f'{c} int' for c in more)})")
    table_in(f"CREATE INDEX IX ON dbo.T (C0, C1) INCLUDE ({', '.join(more[2:])})")
    outcome = created(sandbox, pg_database)
    assert any("does not include 'C32', 'C33'" in warning for warning in outcome.warnings)
    [(columns,)] = pg_database.rows(
        "SELECT indnatts FROM pg_index WHERE indrelid = 't'::regclass AND NOT indisprimary"
    )
    assert columns == 32


def test_each_included_column_that_is_left_out_is_told_with_its_own_reason(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    more = [f"C{number}" for number in range(33)]
    table_in(
        "CREATE TABLE dbo.T (ID int PRIMARY KEY, Gone int, Long1 nvarchar(max), "
        f"Long2 varbinary(3000), {', '.join(f'{c} int' for c in more)})"
    )
    included = ["Gone", "Long1", "Long2", *more[1:]]
    table_in(f"CREATE INDEX IX ON dbo.T (C0) INCLUDE ({', '.join(included)})")
    warnings = created(sandbox, pg_database, exclude=["Gone"]).warnings
    told = [text for text in warnings if "does not include" in text]
    assert told == [
        "the index 'IX' does not include 'Gone': not carried",
        (
            "the index 'IX' does not include 'Long1', 'Long2': too long for the 2,704 bytes of a "
            "row of a btree"
        ),
        "the index 'IX' does not include 'C32': beyond the 32 columns of an index",
    ]


def test_index_names_of_a_renamed_table_are_not_reused(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    table_in("CREATE TABLE dbo.T (ID int IDENTITY(1,1) PRIMARY KEY, N int)")
    table_in("CREATE INDEX IX ON dbo.T (N)")
    created(sandbox, pg_database)
    pg_database.run("ALTER TABLE t RENAME TO t_old")
    created(sandbox, pg_database)
    found = (
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = {}::regclass ORDER BY 1"
    )
    assert pg_database.rows(found.format("'t_old'")) == [("t_ix",), ("t_pkey",)]
    assert pg_database.rows(found.format("'t'")) == [("t_ix_2",), ("t_pkey1",)]


def test_a_load_that_fails_leaves_no_table_behind(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL, N int)")
    table_in("INSERT INTO dbo.T VALUES (1, 1), (1, 2)")
    outcome = sync(sandbox, pg_database, primary_key="ID")
    assert outcome.status is Status.FAILED
    assert outcome.error is not None
    assert outcome.error.code == "23505"
    assert pg_database.rows("SELECT to_regclass('t')") == [(None,)]


def test_a_table_without_a_key_gets_none_with_a_warning(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL, N int)")
    outcome = created(sandbox, pg_database)
    assert indexes_of(pg_database) == []
    assert any("t gets no primary key" in warning for warning in outcome.warnings)
    again = sync(sandbox, pg_database)
    assert again.status is Status.OK, again.error
    assert not any("primary key" in warning for warning in again.warnings)


def test_hostile_and_long_names_work_as_names(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    long = "Größe" * 25
    names = ["a]b\"c'; DROP TABLE x--", "Größe m²", long, "%", "select", "xmin"]
    quoted = ["[" + name.replace("]", "]]") + "]" for name in names]
    table_in(
        f'CREATE TABLE dbo.T ({quoted[0]} int NOT NULL CONSTRAINT [PK;"]]] PRIMARY KEY, '
        + ", ".join(f"{name} nvarchar(10) DEFAULT N'x'" for name in quoted[1:])
        + ")"
    )
    table_in(f"CREATE INDEX [IX \"'; DROP TABLE t--] ON dbo.T ({quoted[2]}, {quoted[3]})")
    table_in(f"INSERT INTO dbo.T ({quoted[0]}) VALUES (1)")
    created(sandbox, pg_database)
    found = [row[0] for row in columns_of(pg_database)]
    assert found == [pg_name(name) for name in names]
    assert found == ["a_b_c_drop_table_x", "größe_m²", found[2], "%", "select", "xmin_"]
    assert len(str(found[2]).encode()) <= 63
    assert "t_ix_drop_table_t" in "".join(indexes_of(pg_database))
    assert pg_database.rows('SELECT a_b_c_drop_table_x, "%" FROM t') == [(1, "x")]


def test_columns_with_colliding_names_are_refused_by_both_names(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    table_in("CREATE TABLE dbo.T (ID int, [Net Price] int, NetPrice int)")
    outcome = sync(sandbox, pg_database)
    assert outcome.error is not None
    assert "'Net Price' and 'NetPrice' would both be named 'net_price'" in outcome.error.message
    created(sandbox, pg_database, exclude=["netprice"])
    assert [row[0] for row in columns_of(pg_database)] == ["id", "net_price"]


def test_an_existing_table_is_filled_without_its_columns_being_named(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    table_in("CREATE TABLE dbo.T (ID int PRIMARY KEY, FullName nvarchar(20))")
    table_in("INSERT INTO dbo.T VALUES (1, N'ä')")
    pg_database.run("CREATE TABLE t (id bigint, full_name varchar(20))")
    outcome = sync(sandbox, pg_database)
    assert outcome.status is Status.OK, outcome.error
    assert not outcome.created
    assert pg_database.rows("SELECT * FROM t") == [(1, "ä")]


def test_comments_are_those_of_the_source(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    table_in("CREATE TABLE dbo.T (ID int PRIMARY KEY, FullName nvarchar(20))")
    described = "EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'{}', "
    where = "@level0type = N'SCHEMA', @level0name = N'dbo', @level1type = N'TABLE', "
    table_in(described.format("It''s\\ die Tabelle") + where + "@level1name = N'T'")
    table_in(
        described.format("Ä\n;--")
        + where
        + "@level1name = N'T', @level2type = N'COLUMN', @level2name = N'FullName'"
    )
    table_in(
        "EXEC sp_addextendedproperty N'Other', N'unused', 'SCHEMA', 'dbo', 'TABLE', 'T', "
        "'COLUMN', 'ID'"
    )
    created(sandbox, pg_database)
    found = pg_database.rows(
        "SELECT obj_description('t'::regclass), col_description('t'::regclass, 1), "
        "col_description('t'::regclass, 2)"
    )
    assert found == [("It's\\ die Tabelle", None, "Ä\n;--")]


def test_a_sequence_at_its_limit_stays_there(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    table_in("CREATE TABLE dbo.T (ID bigint IDENTITY(1,1) PRIMARY KEY, N int)")
    last = 2**63 - 1
    table_in(
        "SET IDENTITY_INSERT dbo.T ON; "
        f"INSERT INTO dbo.T (ID, N) VALUES ({last}, 1), (7, 1); SET IDENTITY_INSERT dbo.T OFF"
    )
    created(sandbox, pg_database)
    assert pg_database.rows("SELECT max(id) FROM t") == [(last,)]
    with pytest.raises(psycopg.errors.SequenceGeneratorLimitExceeded):
        pg_database.run("INSERT INTO t (n) VALUES (2)")


def test_later_loads_advance_the_sequence_and_never_move_it_back(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    table_in("CREATE TABLE dbo.T (ID int IDENTITY(1,1) PRIMARY KEY, N int)")
    table_in("INSERT INTO dbo.T (N) VALUES (1), (2)")
    created(sandbox, pg_database)
    table_in("INSERT INTO dbo.T (N) VALUES (3), (4)")
    assert sync(sandbox, pg_database).status is Status.OK
    insert = "INSERT INTO t (n) VALUES (0) RETURNING id"
    assert pg_database.rows(insert) == [(5,)]
    assert sync(sandbox, pg_database).status is Status.OK
    assert pg_database.rows(insert) == [(6,)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("INCREMENT BY -1 START WITH 9 MAXVALUE 9", 2),
        ("INCREMENT BY -1 START WITH 2 MAXVALUE 9", 2),
        ("MAXVALUE 4", 1),
        ("START WITH 50", 50),
    ],
)
def test_the_targets_own_sequence_advances_within_its_bounds(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make, options: str, expected: int
) -> None:
    pg_database.run(
        f"CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY ({options}) PRIMARY KEY, n int)"
    )
    table_in("CREATE TABLE dbo.T (ID int PRIMARY KEY, N int)")
    table_in("INSERT INTO dbo.T VALUES (3, 1), (5, 1)")
    outcome = sync(sandbox, pg_database)
    assert outcome.status is Status.OK, outcome.error
    assert pg_database.rows("INSERT INTO t (n) VALUES (0) RETURNING id") == [(expected,)]


@pytest.mark.parametrize("rights", ["INSERT, TRUNCATE", "SELECT, INSERT, TRUNCATE"])
def test_a_login_that_may_not_set_the_sequence_can_still_load(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make, rights: str
) -> None:
    login = replace(pg_database, user=f"loader_{pg_database.name}", password="x")
    pg_database.run(
        "CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, n int)",
        f"CREATE ROLE {login.user} LOGIN PASSWORD 'x'",
        f"GRANT {rights} ON t TO {login.user}",
    )
    table_in("CREATE TABLE dbo.T (ID int PRIMARY KEY, N int)")
    table_in("INSERT INTO dbo.T VALUES (3, 1)")
    outcome = sync(sandbox, login, ledger="off", max_shrink=100)
    pg_database.run(f"DROP OWNED BY {login.user}", f"DROP ROLE {login.user}")
    assert outcome.status is Status.OK, outcome.error
    assert pg_database.rows("SELECT id FROM t") == [(3,)]


def test_a_table_in_a_schema_with_an_awkward_name_is_created_completely(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Make
) -> None:
    pg_database.run('CREATE SCHEMA "o\'s; x"')
    table_in("CREATE TABLE dbo.T (ID int IDENTITY(3,1) PRIMARY KEY, N int UNIQUE)")
    table_in("INSERT INTO dbo.T (N) VALUES (1)")
    created(sandbox, pg_database, pg_table='"o\'s; x"."T-1"')
    insert = 'INSERT INTO "o\'s; x"."T-1" (n) VALUES (0) RETURNING id'
    assert pg_database.rows(insert) == [(4,)]


@pytest.mark.parametrize("changes", [{}, {"chunks": 2}])
def test_rows_of_a_created_table_are_not_reported_as_merged(
    sandbox: Sandbox,
    pg_database: PgDatabase,
    table_in: Callable[[str], None],
    changes: dict[str, Any],
) -> None:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)")
    table_in("INSERT INTO dbo.T VALUES (1), (2), (3), (4)")
    outcome = created(sandbox, pg_database, **changes)
    assert outcome.rows_written == 4
    assert outcome.changes == {}
