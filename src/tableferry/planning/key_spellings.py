"""Keys that SQL Server holds for equal and PostgreSQL does not: spelled with other blanks or case.

SQL Server compares texts by the collation of their column, and without trailing blanks whatever it
is. So a row whose key becomes ``ABC`` where it was ``Abc`` is the same row there, and what lists
changes (Change Tracking, a rowversion, a newer value) tells of one key: the new spelling. The
target has the row under the old one, which has to go. No two rows of the source have keys that are
equal there, so a row of the target with such another spelling is always an old one. Pure.

Only what is certain is taken for equal: trailing blanks, and the case of A to Z where the collation
ignores case (a Turkish or Azeri one has another pair for I). Other letters that a collation holds
for equal, accented ones say, are not recognised.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.model.identifiers import quote_pg
from tableferry.planning.column_plan import ColumnPlan

_TEXTS: Final = frozenset({"text", "varchar", "bpchar"})
"""The target types that keep a text as it is spelled; citext compares without case itself."""

_OTHER_CASES: Final = ("turkish", "azeri")


@dataclass(frozen=True, slots=True)
class Spelling:
    """A text column of the key, by its name in the target, and whether the source ignores case."""

    column: str
    ignores_case: bool

    def folded(self, alias: str) -> str:
        """Return the SQL of the column's value without what the source does not compare."""
        text = f"rtrim({alias}.{quote_pg(self.column)}::text, ' ')"
        # In the collation C only A to Z have a case.
        return f'lower({text} COLLATE "C")' if self.ignores_case else f'{text} COLLATE "C"'


def key_spellings(
    key: Sequence[str], columns: Sequence[ColumnPlan], collations: Mapping[str, str]
) -> tuple[Spelling, ...]:
    """Return the text columns of a key, given the collations of the source's columns by name."""
    return tuple(
        Spelling(column.target.name, _ignores_case(collations.get(column.source.name, "")))
        for column in columns
        if column.target.name in key and column.target.type.name in _TEXTS
    )


def alike(key: Sequence[str], spellings: Sequence[Spelling], left: str, right: str) -> str:
    """Return the SQL that is true where two keys, under these aliases, are equal at the source."""
    texts = {spelling.column: spelling for spelling in spellings}
    return " AND ".join(
        f"{texts[name].folded(left)} = {texts[name].folded(right)}"
        if name in texts
        else f"{left}.{quote_pg(name)} = {right}.{quote_pg(name)}"
        for name in key
    )


def _ignores_case(collation: str) -> bool:
    name = collation.lower()
    return "_ci" in name and not name.startswith(_OTHER_CASES)
