"""The entry of a table or of a pattern: its keys, what each does and what it may be.

Checks, messages, the JSON Schema and the specification are made of this model. What keys mean
together is checked elsewhere (``entry_problems``), once the layers of an entry are merged.
"""

from enum import Enum, auto
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from tableferry.config.choices import (
    Consistency,
    DriftPolicy,
    LedgerUse,
    NewTables,
    OnExpired,
    OnInvalid,
    Publish,
    ReadMode,
    TrailingBlanks,
)
from tableferry.config.deletes import HARD
from tableferry.config.entry_types import (
    NOT_GIVEN,
    AnyText,
    Choice,
    ColumnTypes,
    DeletesText,
    NameList,
    Names,
    SourceName,
    Text,
)
from tableferry.config.table_spec import (
    DEFAULT_BATCH_SIZE,
    DEFAULT_LOCK_TIMEOUT,
    DEFAULT_MAX_DELETE_SHARE,
    DEFAULT_MAX_SHRINK,
    DEFAULT_RECONCILE_EVERY,
    DEFAULT_RESUME_WITHIN,
    DEFAULT_STALL_TIMEOUT,
    DEFAULT_STATEMENT_TIMEOUT,
)
from tableferry.model.depth import Depth


class Trait(Enum):
    """What distinguishes a key.

    ``NEEDED``: every table has it, from its entry or the defaults. ``OWN``: it says which table an
    entry is, so nothing gives it to several entries. ``OF_PATTERNS``: only patterns have it.
    """

    NEEDED = auto()
    OWN = auto()
    OF_PATTERNS = auto()


class TableEntry(BaseModel):
    """A table to carry, or a pattern that stands for many of them."""

    # Descriptions are for users: editors show them. What a value may be is added to each.
    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, title="Table"
    )

    db_type: Annotated[SourceName, Trait.NEEDED] = Field(
        "",
        description="The source's name. Its connection is in the environment variables "
        "`SQL_SERVER_<NAME>_HOST` and so on.",
    )
    sql_server_db: Annotated[Text, Trait.NEEDED] = Field(
        "",
        description="The source database. Where the server has it under another name, "
        "`SQL_SERVER_<NAME>_DB` gives that name.",
    )
    sql_table: Annotated[Text, Trait.NEEDED, Trait.OWN] = Field(
        description="The source table or view, as `dbo.Customer` or `[Shop].[dbo].[Customer]`. "
        "With `*` (any characters, or none) or `?` (one character) it is a pattern: the entry "
        "stands for every table with such a name.",
    )
    pg_table: Annotated[Text, Trait.OWN] = Field(
        "",
        description="The target table, as `customer` or `crm.customer`, created if it is missing. "
        "Without this key, its name is derived from the source table's.",
    )
    columns: NameList = Field(
        (), description="The source columns to carry. Without this key, all but those in `exclude`."
    )
    pg_columns: NameList = Field(
        (),
        description="The target columns, in the order of `columns`. Without this key, their names "
        "are derived: `CustomerID` becomes `customer_id`.",
    )
    primary_key: Names = Field(
        (),
        description="The source columns that identify a row. Without this key, the source table's "
        "primary key.",
    )
    exclude: NameList = Field((), description="The source columns to leave out, without `columns`.")
    order_by: Names = Field(
        (),
        description="The source columns by which rows are sorted when read, as `Name DESC`.",
    )
    batch_size: int = Field(
        DEFAULT_BATCH_SIZE,
        ge=1,
        le=1_000_000,
        description="The maximum rows in a batch; progress is reported after each.",
    )
    description: AnyText = Field("", description="A remark about the table, shown with it.")
    mode: Annotated[ReadMode, Choice()] = Field(
        ReadMode.FULL,
        description="What a run reads: `full` all rows, each time; `change_tracking` the changes "
        "that SQL Server's Change Tracking lists; `rowversion` the rows whose rowversion has "
        "risen; `watermark` the rows with a higher value of the column that the key `watermark` "
        "names.",
    )
    watermark: Text = Field(
        "",
        description="For the mode `watermark`: the source column whose value rises with every "
        "change of a row.",
    )
    overlap: int = Field(
        NOT_GIVEN,
        ge=0,
        le=1_000_000_000,
        description="For the mode `watermark`: how far below the highest value so far is read "
        "again, in seconds for dates and times (600 by default), in units for integers (0).",
    )
    deletes: DeletesText = Field(
        HARD,
        description="What becomes of rows that are deleted in the source: `hard` deletes them, "
        "`soft:<column>` marks them in that column of the target, `reconcile` compares the keys "
        "of both sides from time to time and deletes what only the target has, `ignore` leaves "
        "them in the target.",
    )
    on_expired: Annotated[OnExpired, Choice()] = Field(
        OnExpired.RELOAD,
        description="For the mode `change_tracking`, where changes since the last run are no "
        "longer kept: `reload` reads every row, `stop` refuses the table.",
    )
    reconcile_every: int = Field(
        DEFAULT_RECONCILE_EVERY,
        ge=0,
        le=31_536_000,
        description="For `deletes` `reconcile`: the minimum seconds between two comparisons of "
        "the keys; with 0, every run compares them.",
    )
    max_delete_share: int = Field(
        DEFAULT_MAX_DELETE_SHARE,
        ge=0,
        le=100,
        description="For `deletes` `reconcile`: the percentage of the target's rows that one "
        "comparison of the keys may delete.",
    )
    consistency: Annotated[Consistency, Choice()] = Field(
        Consistency.AUTO,
        description="How the source is read: `snapshot` as of one moment, `read_committed` "
        "committed rows only, `nolock` without locks, where rows may be missed or read twice; "
        "`auto` takes the best that the database offers.",
    )
    where: AnyText = Field(
        "",
        description="A condition in T-SQL that selects rows. Write dates as `'20261124'`.",
    )
    type_overrides: ColumnTypes = Field(
        default_factory=dict,
        description='Other PostgreSQL types for source columns, as `ChangedAt = "text"`.',
    )
    on_invalid: Annotated[OnInvalid, Choice()] = Field(
        OnInvalid.FAIL,
        description="What to do with values that PostgreSQL cannot hold: `fail` the load; `strip` "
        "or `replace` U+0000 and unpaired surrogates in texts; `quarantine` stores such rows "
        "apart.",
    )
    max_invalid: int = Field(
        0,
        ge=0,
        le=10_000,
        description="For `on_invalid` `quarantine`: how many rows may be stored apart; one more "
        "fails the load.",
    )
    trailing_blanks: Annotated[TrailingBlanks, Choice()] = Field(
        TrailingBlanks.KEEP,
        description="The blanks that pad `char` and `nchar`: `keep` or `trim` them.",
    )
    drift: Annotated[DriftPolicy, Choice()] = Field(
        DriftPolicy.STOP,
        description="Where source and target no longer have the same columns: `stop` refuses the "
        "table, `add_columns` adds those that the target lacks, `evolve` does as well and widens "
        "types, `ignore` carries the columns that both have.",
    )
    publish: Annotated[Publish, Choice()] = Field(
        Publish.AUTO,
        description="How a load becomes visible: `truncate` replaces the rows in place, `swap` "
        "replaces the table with one that was loaded apart, `merge` changes only the rows that "
        "differ, `auto` lets the plan choose.",
    )
    max_shrink: int = Field(
        DEFAULT_MAX_SHRINK,
        ge=0,
        le=100,
        description="The percentage of the target's rows that a load may remove; 100 allows an "
        "empty table.",
    )
    chunks: int = Field(
        1, ge=1, le=10_000, description="The number of key ranges that the table is cut into."
    )
    parallel: int = Field(
        1, ge=1, le=32, description="How many chunks are read at once, over as many connections."
    )
    resume_within: int = Field(
        DEFAULT_RESUME_WITHIN,
        ge=0,
        le=604_800,
        description="For how many seconds the chunks of an interrupted run may be used by the "
        "next one.",
    )
    ledger: Annotated[LedgerUse, Choice()] = Field(
        LedgerUse.ON,
        description="Whether runs are recorded in the target's schema `tableferry`, and one run "
        "at a time loads the table.",
    )
    verify: Annotated[Depth, Choice()] = Field(
        NOT_GIVEN,
        description="What is compared with the source after each publish: `rows` every value of "
        "every row, `sample` every value of some key ranges, `count` the number of rows; nothing "
        "without this key.",
    )
    repair: bool = Field(
        default=False, description="Whether rows that `verify` finds to differ are made equal."
    )
    max_age: int = Field(
        NOT_GIVEN,
        ge=1,
        le=31_536_000,
        description="How many seconds old the target's rows may be before `tableferry status` "
        "calls the table late; no limit without this key.",
    )
    max_rows_per_second: int = Field(
        NOT_GIVEN,
        ge=1,
        le=1_000_000_000,
        description="The maximum rate of reading, over all connections together; no limit "
        "without this key.",
    )
    lock_timeout: int = Field(
        DEFAULT_LOCK_TIMEOUT,
        ge=1,
        le=3600,
        description="How many seconds to wait for a lock in the source.",
    )
    statement_timeout: int = Field(
        DEFAULT_STATEMENT_TIMEOUT,
        ge=1,
        le=86_400,
        description="How many seconds the source may send nothing.",
    )
    stall_timeout: int = Field(
        DEFAULT_STALL_TIMEOUT,
        ge=0,
        le=86_400,
        description="How many seconds the source may send nothing while readers of the target "
        "wait for the load; with 0, as many as `statement_timeout` says.",
    )
    exclude_tables: Annotated[NameList, Trait.OF_PATTERNS] = Field(
        (), description="For a pattern: the tables to leave out, as names or patterns."
    )
    views: Annotated[bool, Trait.OF_PATTERNS] = Field(
        default=False, description="For a pattern: whether it matches views, too."
    )
    new_tables: Annotated[NewTables, Choice(), Trait.OF_PATTERNS] = Field(
        NewTables.TELL,
        description="For a pattern: what to do with a table that was created after the pattern's "
        "first run. `tell` names it in a warning and leaves it alone, `include` carries it, with "
        "a warning.",
    )


def _keys_with(trait: Trait) -> tuple[str, ...]:
    return tuple(key for key, field in TableEntry.model_fields.items() if trait in field.metadata)


KNOWN: Final = tuple(TableEntry.model_fields)
"""Every key that an entry, a pattern or the defaults may have."""

REQUIRED: Final = _keys_with(Trait.NEEDED)
OWN_KEYS: Final = _keys_with(Trait.OWN)
PATTERN_KEYS: Final = _keys_with(Trait.OF_PATTERNS)
OPTIONAL: Final = tuple(key for key in KNOWN if key not in (*REQUIRED, *PATTERN_KEYS))
"""The keys that a table may have and need not."""
