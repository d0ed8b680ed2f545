"""The table of ``docs/types.md``, printed from the rules: what becomes of each type, what is lost.

``script/types`` writes it; a test fails where the page and the data differ.
"""

from typing import Final

from tableferry.typemap.rule import SEVENTH_DIGIT, Conversion, TypeRule
from tableferry.typemap.rules import RULES

_BEGIN: Final = "<!-- the table: script/types -->\n"
_END: Final = "<!-- end of the table -->\n"

_COLUMNS: Final = (
    "SQL Server",
    "becomes",
    "lost",
    "an existing column may be",
    "by `type_overrides`",
)

_OTHER_ROWS: Final = (
    ("sysname, alias types", "as their base type"),
    ("computed columns", "as their type: their values are carried, persisted or not"),
    ("identity columns", "as their type; a table that is created numbers rows like the source"),
    ("hidden columns of a temporal table, sparse columns, column sets", "as their type"),
    ("types of an assembly of one's own (CLR)", "refused in the plan, by name"),
)
"""What is no type of its own: decided by the catalog's facts, not by a rule."""


def with_table(page: str) -> str:
    """Return the page with the table as the data are now, between its two marks."""
    head, rest = page.split(_BEGIN)
    _, foot = rest.split(_END)
    return f"{head}{_BEGIN}{types_table()}{_END}{foot}"


def types_table() -> str:
    """Return the table in Markdown; types that are treated alike share a row."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for rule in RULES.values():
        alike.setdefault(_cells(rule), []).append(rule.written)
    rows = [_COLUMNS, ("---",) * len(_COLUMNS)]
    rows += [(", ".join(written), *cells) for cells, written in alike.items()]
    rows += [(kind, becomes, "", "", "") for kind, becomes in _OTHER_ROWS]
    return "".join("".join(f"| {cell} ".replace("  ", " ") for cell in row) + "|\n" for row in rows)


def _cells(rule: TypeRule) -> tuple[str, ...]:
    """Return what is in the row of a type, and of others that are treated alike."""
    natural = [way for way in rule.ways if not way.by_override]
    asked = [way for way in rule.ways if way.by_override]
    return (
        rule.creates,
        _losses(natural),
        "; ".join(way.accepts for way in natural),
        "; ".join(way.accepts for way in asked),
    )


def _losses(ways: list[Conversion]) -> str:
    """Say what the way into a created column loses, and another where that is not the same."""
    first, *others = ways
    told = [_lost(first)]
    told += [f"{way.accepts}: {_lost(way) or 'nothing'}" for way in others if _lost(way) != told[0]]
    return "; ".join(filter(None, told))


def _lost(way: Conversion) -> str:
    cut = f"where n is 7, {SEVENTH_DIGIT}" if way.cuts_seventh_digit else ""
    return "; ".join(filter(None, (way.loss, cut)))
