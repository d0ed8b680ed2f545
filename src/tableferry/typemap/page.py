"""Render the two tables in ``docs/types.md`` from the type rules and the checked conversions.

``script/types`` writes it; a test fails where the page and the rules differ.
"""

from collections.abc import Iterable
from typing import Final

from tableferry.typemap.checked import CHECKED, CheckedConversion
from tableferry.typemap.rule import SEVENTH_DIGIT_LOSS, Conversion, TypeRule
from tableferry.typemap.rules import RULES

_BEGIN: Final = "<!-- the table: script/types -->\n"
_END: Final = "<!-- end of the table -->\n"
_BEGIN_CHECKED: Final = "<!-- the checked conversions: script/types -->\n"
_END_CHECKED: Final = "<!-- end of the checked conversions -->\n"

_COLUMNS: Final = (
    "SQL Server",
    "becomes",
    "lost",
    "an existing column may be",
    "by `type_overrides`",
)

_CHECKED_COLUMNS: Final = (
    "SQL Server",
    "an existing column may be",
    "asked for by `type_overrides`",
    "checked of each value",
    "lost",
)

_WITH_SEVENTH_DIGIT: Final = frozenset({"time", "datetime2", "datetimeoffset"})

_OTHER_ROWS: Final = (
    ("sysname, alias types", "as their base type"),
    ("computed columns", "as their type: their values are carried, persisted or not"),
    ("identity columns", "as their type; a created table numbers rows like the source"),
    ("hidden columns of a temporal table, sparse columns, column sets", "as their type"),
    ("user-defined CLR types", "refused in the plan, by name"),
)
"""Columns whose handling follows from the catalog, not from a type rule."""


def with_tables(page: str) -> str:
    """Return the page with both current tables between their markers."""
    page = _between(page, _BEGIN, types_table(), _END)
    return _between(page, _BEGIN_CHECKED, checked_table(), _END_CHECKED)


def _between(page: str, begin: str, table: str, end: str) -> str:
    head, rest = page.split(begin)
    _, foot = rest.split(end)
    return f"{head}{begin}{table}{end}{foot}"


def types_table() -> str:
    """Return the table in Markdown; types with the same rule share a row."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for rule in RULES.values():
        alike.setdefault(_cells(rule), []).append(rule.source_label)
    rows = [_COLUMNS, ("---",) * len(_COLUMNS)]
    rows += [(", ".join(written), *cells) for cells, written in alike.items()]
    rows += [(kind, becomes, "", "", "") for kind, becomes in _OTHER_ROWS]
    return _markdown(rows)


def checked_table() -> str:
    """Return the table of the checked conversions in Markdown."""
    rows = [_CHECKED_COLUMNS, ("---",) * len(_CHECKED_COLUMNS)]
    rows += [
        (
            ", ".join(row.sources),
            row.conversion.accepts,
            "yes" if row.conversion.on_request else "no need",
            row.conversion.checks,
            _checked_loss(row),
        )
        for row in CHECKED
    ]
    return _markdown(rows)


def _checked_loss(row: CheckedConversion) -> str:
    """Return the loss of a row, with the seventh digit only where a source type has one."""
    if _WITH_SEVENTH_DIGIT.isdisjoint(row.sources):
        return row.conversion.loss
    return _loss(row.conversion)


def _markdown(rows: Iterable[tuple[str, ...]]) -> str:
    return "".join("".join(f"| {cell} ".replace("  ", " ") for cell in row) + "|\n" for row in rows)


def _cells(rule: TypeRule) -> tuple[str, ...]:
    """Return the cells of a type's row, all but the first."""
    default = [conversion for conversion in rule.conversions if not conversion.on_request]
    checked = [row.conversion.accepts for row in CHECKED if row.conversion.on_request]
    on_request = [
        conversion
        for conversion in rule.conversions
        if conversion.on_request and conversion.accepts not in checked
    ]
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
