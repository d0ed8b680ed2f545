"""The DDL of a missing target table."""

from dataclasses import replace

import pytest

from tableferry.model.identifiers import TargetTable
from tableferry.model.schema import UNLIMITED, PgType, SourceColumn, SourceType, TargetColumn
from tableferry.model.table_details import Identity, IndexColumn, SourceIndex, TableDetails
from tableferry.model.target_database import TargetDatabase
from tableferry.planning.ddl.create_table import Creation, advance_identity, plan_creation
from tableferry.planning.ddl.filters import translated_condition

INT = SourceType("int", 4, 10)
PAIRS = [
    (SourceColumn("ID", INT, nullable=False), TargetColumn("id", PgType("int4"), nullable=False)),
    (SourceColumn("Name", SourceType("nvarchar", 100)), TargetColumn("name", PgType("text"))),
    (
        SourceColumn("At", SourceType("datetime2", 8, 27, 7), nullable=False),
        TargetColumn("at", PgType("timestamp", (6,)), nullable=False),
    ),
    (SourceColumn("On", SourceType("bit", 1)), TargetColumn("on", PgType("bool"))),
    (
        SourceColumn("Text", SourceType("nvarchar", UNLIMITED)),
        TargetColumn("text", PgType("text")),
    ),
    (
        SourceColumn("Code", SourceType("varchar", 1000), nullable=False),
        TargetColumn("code", PgType("text"), nullable=False),
    ),
]
COLUMNS = {source.name: (source, into) for source, into in PAIRS}
NAME_INDEX = SourceIndex("IX_Name", (IndexColumn("Name"),))


def create(details: TableDetails, *, key: tuple[str, ...] = ("ID",), pg: int = 180000) -> Creation:
    return plan_creation(TargetTable("", "t"), PAIRS, key, details, TargetDatabase(pg))


def with_index(index: SourceIndex, pg: int = 180000) -> tuple[tuple[str, ...], tuple[str, ...]]:
    made = create(TableDetails(indexes=(index,)), pg=pg)
    return made.after[1:], made.warnings


def test_pages_of_a_table_that_is_updated_in_place_have_room() -> None:
    def made(*, updated: bool) -> str:
        database = TargetDatabase(180000)
        planned = plan_creation(
            TargetTable("", "t"), PAIRS, ("ID",), TableDetails(), database, updated=updated
        )
        return planned.before[-1]

    assert made(updated=True) == f"{made(updated=False)} WITH (fillfactor = 90)"


def test_the_key_and_the_indexes_come_after_the_rows_and_the_comments_before() -> None:
    made = create(
        TableDetails(
            indexes=(NAME_INDEX,), comment="It's\\", column_comments={"Name": "n", "Gone": "x"}
        )
    )
    assert made.before[0].startswith('CREATE TABLE "t" (\n  "id" integer NOT NULL,\n')
    assert made.before[1:] == (
        "COMMENT ON TABLE \"t\" IS E'It''s\\\\'",
        'COMMENT ON COLUMN "t"."name" IS \'n\'',
    )
    assert made.after == (
        'ALTER TABLE "t" ADD PRIMARY KEY ("id")',
        'CREATE INDEX "t_ix_name" ON "t" ("name")',
    )


def test_a_comment_that_postgresql_cannot_hold_is_a_warning() -> None:
    made = create(TableDetails(comment="a\0b"))
    assert len(made.before) == 1
    assert "NUL" in made.warnings[0]


def test_the_index_of_the_primary_key_is_not_created_twice() -> None:
    key = SourceIndex("PK", (IndexColumn("ID"),), unique=True, primary=True, kind="CLUSTERED")
    assert with_index(key) == ((), ())


WIDE_KEY = SourceIndex(
    "PK", (IndexColumn("ID"), IndexColumn("Code2")), unique=True, primary=True, kind="CLUSTERED"
)
WIDE = [
    *PAIRS[:1],
    (
        SourceColumn("Code2", SourceType("varchar", 10), nullable=False),
        TargetColumn("code2", PgType("text"), nullable=False),
    ),
    (SourceColumn("Note", INT), TargetColumn("note", PgType("int4"))),
]


def beside_the_key(*indexes: SourceIndex, primary: SourceIndex = WIDE_KEY) -> Creation:
    details = TableDetails(indexes=(primary, *indexes))
    return plan_creation(
        TargetTable("", "t"), WIDE, details.primary_key, details, TargetDatabase(180000)
    )


@pytest.mark.parametrize(
    ("index", "sql"),
    [
        (
            SourceIndex("IX", (IndexColumn("Code2"), IndexColumn("ID")), unique=True),
            'CREATE UNIQUE INDEX "t_ix" ON "t" ("code2", "id")',
        ),
        (
            SourceIndex("IX", (IndexColumn("ID", descending=True), IndexColumn("Code2")),
                        unique=True),
            'CREATE UNIQUE INDEX "t_ix" ON "t" ("id" DESC, "code2")',
        ),
        (
            SourceIndex("IX", (IndexColumn("ID"), IndexColumn("Code2")), ("Note",), unique=True),
            'CREATE UNIQUE INDEX "t_ix" ON "t" ("id", "code2") INCLUDE ("note")',
        ),
        (
            SourceIndex("IX", (IndexColumn("ID"), IndexColumn("Code2"))),
            'CREATE INDEX "t_ix" ON "t" ("id", "code2")',
        ),
    ],
)  # fmt: skip
def test_an_index_on_the_keys_columns_is_kept_unless_it_is_the_same(
    index: SourceIndex, sql: str
) -> None:
    made = beside_the_key(index)
    assert made.after == ('ALTER TABLE "t" ADD PRIMARY KEY ("id", "code2")', sql)
    assert made.warnings == ()


@pytest.mark.parametrize("down", [False, True])
def test_a_unique_index_that_is_the_same_as_the_primary_key_is_left_out_with_a_warning(
    down: bool,
) -> None:
    columns = tuple(IndexColumn(name, down) for name in ("ID", "Code2"))
    made = beside_the_key(SourceIndex("UQ", columns, unique=True))
    assert made.after == ('ALTER TABLE "t" ADD PRIMARY KEY ("id", "code2")',)
    assert made.warnings == ("the index 'UQ' is not created: the primary key is the same",)


@pytest.mark.parametrize(
    ("down", "said"),
    [((True, False), "'ID'"), ((False, True), "'Code2'"), ((True, True), ""), ((False, False), "")],
)
def test_a_primary_key_of_mixed_order_is_a_warning(down: tuple[bool, bool], said: str) -> None:
    columns = tuple(map(IndexColumn, ("ID", "Code2"), down))
    made = beside_the_key(primary=replace(WIDE_KEY, columns=columns))
    assert made.after == ('ALTER TABLE "t" ADD PRIMARY KEY ("id", "code2")',)
    assert len(made.warnings) == bool(said)
    assert said in "".join(made.warnings)


def test_the_sources_key_in_another_order_than_configured_becomes_an_index() -> None:
    details = TableDetails(indexes=(WIDE_KEY,))
    made = plan_creation(
        TargetTable("", "t"), WIDE, ("Code2", "ID"), details, TargetDatabase(180000)
    )
    assert made.after == (
        'ALTER TABLE "t" ADD PRIMARY KEY ("code2", "id")',
        'CREATE UNIQUE INDEX "t_pk" ON "t" ("id", "code2")',
    )


def test_the_sources_key_becomes_a_unique_index_where_another_key_is_configured() -> None:
    key = SourceIndex("PK", (IndexColumn("ID"),), unique=True, primary=True)
    made = create(TableDetails(indexes=(key,)), key=("Code",))
    assert made.after == (
        'ALTER TABLE "t" ADD PRIMARY KEY ("code")',
        'CREATE UNIQUE INDEX "t_pk" ON "t" ("id")',
    )


@pytest.mark.parametrize(
    ("pg", "sql", "said"),
    [
        (150000, 'CREATE UNIQUE INDEX "t_u" ON "t" ("on") NULLS NOT DISTINCT', ""),
        (140000, 'CREATE UNIQUE INDEX "t_u" ON "t" ("on")', "several NULLs"),
    ],
)
def test_a_unique_index_admits_one_null_from_postgresql_15(pg: int, sql: str, said: str) -> None:
    made, warnings = with_index(SourceIndex("U", (IndexColumn("On"),), unique=True), pg)
    assert made == (sql,)
    assert said in "".join(warnings)


def test_a_unique_index_on_a_case_insensitive_text_warns_that_it_is_less_strict() -> None:
    index = SourceIndex("U", (IndexColumn("Code"),), unique=True)
    details = TableDetails(indexes=(index,), collations={"Code": "Latin1_General_100_CI_AS"})
    index_on_code = replace(details, indexes=(index,))
    warnings = " ".join(create(index_on_code).warnings)
    assert "not created" in warnings, "3,000 bytes are too long for a btree"
    name = replace(index, columns=(IndexColumn("Name"),))
    blind = TableDetails(indexes=(name,), collations={"Name": "Latin1_General_100_CI_AS"})
    exact = TableDetails(indexes=(name,), collations={"Name": "Latin1_General_100_BIN2"})
    assert "is less strict in PostgreSQL" in " ".join(create(blind).warnings)
    assert create(exact).warnings == ()
    accents = replace(blind, collations={"Name": "Latin1_General_CS_AI"})
    assert "(case, accents, trailing blanks)" in " ".join(create(accents).warnings)


def test_an_index_over_lost_digits_is_not_unique() -> None:
    made, warnings = with_index(SourceIndex("U", (IndexColumn("At"),), unique=True))
    assert made == ('CREATE INDEX "t_u" ON "t" ("at")',)
    assert "values of 'At' may become equal" in warnings[0]


def test_a_key_over_lost_digits_is_a_warning() -> None:
    made = create(TableDetails(), key=("ID", "At"))
    assert made.after == ('ALTER TABLE "t" ADD PRIMARY KEY ("id", "at")',)
    assert "'At'" in made.warnings[0]


def test_a_key_that_may_be_null_is_a_warning() -> None:
    made = create(TableDetails(), key=("On",))
    assert "'On', which may be NULL in the source" in made.warnings[0]


def test_a_key_longer_than_a_btree_takes_is_a_warning() -> None:
    made = create(TableDetails(), key=("ID", "Code"))
    assert made.after == ('ALTER TABLE "t" ADD PRIMARY KEY ("id", "code")',)
    assert "can be longer than the 2,704 bytes" in made.warnings[-1]


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        ("([Name]<>'none')", ""),
        ("([At]<='20240101')", ""),
        ("([At] IN ('20240101'))", ""),
        ("([Name]='some')", "UNIQUE "),
        ("([At]>='20240101')", "UNIQUE "),
        ("([ID]<>(1))", "UNIQUE "),
    ],
)
def test_an_index_whose_condition_may_hold_for_more_rows_is_not_unique(
    condition: str, kind: str
) -> None:
    """'NONE' is 'none' to SQL Server and another text to PostgreSQL: two rows may be NONE there."""
    index = SourceIndex("U", (IndexColumn("On"),), unique=True, condition=condition)
    (made,), warnings = with_index(index)
    assert made.startswith(f'CREATE {kind}INDEX "t_u" ON "t" ("on")')
    assert ("its condition may hold for more rows there" in " ".join(warnings)) == (not kind)


def test_an_included_column_too_long_for_a_btree_is_omitted_with_a_warning() -> None:
    index = replace(NAME_INDEX, included=("On", "Text", "Gone"))
    made, warnings = with_index(index)
    assert made == ('CREATE INDEX "t_ix_name" ON "t" ("name") INCLUDE ("on")',)
    assert "does not include 'Text': too long for the 2,704 bytes" in warnings[0]
    assert "'Gone'" in " ".join(warnings)


@pytest.mark.parametrize(
    ("index", "why"),
    [
        (replace(NAME_INDEX, kind="NONCLUSTERED COLUMNSTORE"), "nonclustered columnstore"),
        (replace(NAME_INDEX, kind="SPATIAL"), "spatial"),
        (replace(NAME_INDEX, disabled=True), "disabled"),
        (replace(NAME_INDEX, columns=(IndexColumn("Gone"),)), "'Gone' is not carried"),
        (replace(NAME_INDEX, columns=(IndexColumn("Code"),)), "2,704 bytes"),
        (replace(NAME_INDEX, condition="([Name]>'a')"), "no certain translation"),
        (replace(NAME_INDEX, columns=()), "no key columns"),
    ],
)
def test_an_index_that_cannot_be_created_is_a_warning_with_the_reason(
    index: SourceIndex, why: str
) -> None:
    made, warnings = with_index(index)
    assert made == ()
    assert "the index 'IX_Name' is not created" in warnings[0]
    assert why in warnings[0]


def test_two_indexes_with_the_same_derived_name_get_different_names() -> None:
    one = SourceIndex("IX Name", (IndexColumn("Name"),))
    other = SourceIndex("ix_name", (IndexColumn("On"),))
    made = create(TableDetails(indexes=(one, other, replace(one, name="N" * 120)))).after[1:]
    assert made[0].startswith('CREATE INDEX "t_ix_name" ON')
    assert made[1].startswith('CREATE INDEX "t_ix_name_2" ON')
    assert len(made[2].split('"')[1]) == 63


@pytest.mark.parametrize(
    ("seed", "step", "clause"),
    [
        (1, 1, "AS IDENTITY,"),
        (100, 5, "AS IDENTITY (START WITH 100 INCREMENT BY 5),"),
        (0, 1, "AS IDENTITY (START WITH 0 INCREMENT BY 1 MINVALUE -2147483648),"),
        (-1, -1, "AS IDENTITY (START WITH -1 INCREMENT BY -1),"),
        (5, -1, "AS IDENTITY (START WITH 5 INCREMENT BY -1 MAXVALUE 2147483647),"),
    ],
)
def test_an_identity_starts_and_steps_as_in_the_source(seed: int, step: int, clause: str) -> None:
    made = create(TableDetails(identity=Identity("ID", seed, step)))
    assert f'"id" integer NOT NULL GENERATED BY DEFAULT {clause}' in made.before[0]
    assert made.after[-1] == advance_identity(TargetTable("", "t"), PAIRS[0][1])


def test_an_identity_that_is_not_an_integer_is_a_warning() -> None:
    number = (
        SourceColumn("ID", SourceType("decimal", 9, 18), nullable=False),
        TargetColumn("id", PgType("numeric", (18, 0)), nullable=False),
    )
    details = TableDetails(identity=Identity("ID", 1, 1))
    made = plan_creation(TargetTable("", "t"), [number], ("ID",), details, TargetDatabase(180000))
    assert "IDENTITY" not in made.before[0]
    assert "does not number" in made.warnings[0]


def test_a_default_that_cannot_be_seen_or_translated_is_a_warning() -> None:
    made = create(
        TableDetails(defaults={"ID": "", "Name": "(user_name())", "Gone": "", "On": "(NULL)"})
    )
    assert "DEFAULT" not in made.before[0]
    assert "'ID' could not be read" in made.warnings[0]
    assert "'Name' has no certain translation" in made.warnings[1]
    assert len(made.warnings) == 2


def test_a_key_that_is_not_carried_is_a_warning() -> None:
    key = SourceIndex("PK", (IndexColumn("Key]"),), unique=True, primary=True)
    made = create(TableDetails(indexes=(key,)), key=())
    assert made.after == ()
    assert "'Key]' of the source's key is not carried" in made.warnings[0]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("([On]=(1))", '("on" = true)'),
        ("([ID]>=(-5) AND [Name] IS NOT NULL)", '("id" >= -5 AND "name" IS NOT NULL)'),
        ("([Name]=N'it''s')", "(\"name\" = 'it''s')"),
        ("([ID] IN ((1), (2)))", '("id" IN (1, 2))'),
        ("([ID]!=1 AND ([On]=0 OR [ID]!<(2)))", '("id" <> 1 AND ("on" = false OR "id" >= 2))'),
        ("ID = 1", '"id" = 1'),
        ("([On]=CONVERT([bit],(1)) AND [ID]>(0))", '("on" = true AND "id" > 0)'),
        ("([At]>='20240101')", "(\"at\" >= '2024-01-01'::timestamp)"),
        ("([Name]>'a')", None),
        ("([Name] LIKE 'a%')", None),
        ("([ID]=[ID])", None),
        ("([ID]=(1)) OR", None),
        ("([ID]=NULL)", None),
        ("([Gone]=(1))", None),
        ("(abs([ID])=(1))", None),
        ("([ID]=(1); DROP TABLE t)", None),
        ("([ID]=(1)", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_condition_is_translated_completely_or_not_at_all(
    condition: str, expected: str | None
) -> None:
    assert translated_condition(condition, COLUMNS) == expected
