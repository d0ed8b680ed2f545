"""Render the table in ``docs/types.md`` from the type rules.

``script/types`` writes it; a test fails where the page and the rules differ.
"""

from typing import Final

from tableferry.typemap.rule import SEVENTH_DIGIT_LOSS, Conversion, TypeRule
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
    ("identity columns", "as their type; a created table numbers rows like the source"),
    ("hidden columns of a temporal table, sparse columns, column sets", "as their type"),
    ("user-defined CLR types", "refused in the plan, by name"),
)
"""Columns whose handling follows from the catalog, not from a type rule."""


def with_table(page: str) -> str:
    """Return the page with the current table between its two markers."""
    head, rest = page.split(_BEGIN)
    _, foot = rest.split(_END)
    return f"{head}{_BEGIN}{types_table()}{_END}{foot}"


def types_table() -> str:
    """Return the table in Markdown; types with the same rule share a row."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for rule in RULES.values():
        alike.setdefault(_cells(rule), []).append(rule.source_label)
    rows = [_COLUMNS, ("---",) * len(_COLUMNS)]
    rows += [(", ".join(written), *cells) for cells, written in alike.items()]
    rows += [(kind, becomes, "", "", "") for kind, becomes in _OTHER_ROWS]
    return "".join("".join(f"| {cell} ".replace("  ", " ") for cell in row) + "|\n" for row in rows)


def _cells(rule: TypeRule) -> tuple[str, ...]:
    """Return the cells of a type's row, all but the first."""
    default = [conversion for conversion in rule.conversions if not conversion.on_request]
    on_request = [conversion for conversion in rule.conversions if conversion.on_request]
    return (
        rule.target_label,
        _losses(default),
        "; ".join(conversion.accepts for conversion in default),
        "; ".join(conversion.accepts for conversion in on_request),
    )


def _losses(conversions: list[Conversion]) -> str:
    """Return the loss of a created column, and that of other conversions where it differs."""
    first, *others = conversions
    losses = [_loss(first)]
    losses += [
        f"{conversion.accepts}: {_loss(conversion) or 'nothing'}"
        for conversion in others
        if _loss(conversion) != losses[0]
    ]
    return "; ".join(filter(None, losses))


def _loss(conversion: Conversion) -> str:
    digit = f"where n is 7, {SEVENTH_DIGIT_LOSS}" if conversion.drops_seventh_digit else ""
    return "; ".join(filter(None, (conversion.loss, digit)))
