"""Discovered tables as Python: entries of TABLE_CONFIGS, to be pasted and edited."""

from collections.abc import Sequence
from typing import Final

from tableferry.inspect.discover import Discovered
from tableferry.model.counting import counted

NAMES_A_LINE: Final = 4
"""Few enough to compare ``columns`` and ``pg_columns`` by eye."""

UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")


def python_text(found: Sequence[Discovered]) -> str:
    """Return Python that defines TABLE_CONFIGS and DEFAULT_SYNC_ORDER."""
    lines = ["TABLE_CONFIGS = {"]
    for table in found:
        lines += _entry(table)
    keys = [_literal(table.key) for table in found]
    return "\n".join([*lines, "}", f"DEFAULT_SYNC_ORDER = {_list(keys, '')}", ""])


def _entry(found: Discovered) -> list[str]:
    rows = "rows unknown" if found.rows is None else f"about {counted(found.rows, 'row')}"
    size = "size unknown" if found.size is None else _size(found.size)
    view = "a view, " if found.is_view else ""
    lines = [f"    # {_comment(str(found.table))}: {view}{rows}, {size}"]
    lines += [f"    # {_comment(note)}" for note in found.notes]
    lines.append(f"    {_literal(found.key)}: {{")
    for key, value in found.config.items():
        if isinstance(value, list):
            text = _list([_literal(item) for item in value], " " * 8)
        else:
            text = _literal(value)
        lines.append(f"        {_literal(key)}: {text},")
    return [*lines, "    },"]


def _list(items: Sequence[str], indent: str) -> str:
    if len(items) == 1:
        return f"[{items[0]}]"
    groups = [items[at : at + NAMES_A_LINE] for at in range(0, len(items), NAMES_A_LINE)]
    inner = "".join(f"{indent}    {', '.join(group)},\n" for group in groups)
    return f"[\n{inner}{indent}]"


def _literal(text: str) -> str:
    """Return Python's literal, in double quotes where that changes nothing else."""
    written = repr(text)
    return f'"{written[1:-1]}"' if '"' not in written else written


def _comment(text: str) -> str:
    """Return text on one line: a newline in a name must not end the comment."""
    return "".join(character if character.isprintable() else " " for character in text)


def _size(count: int) -> str:
    number, unit = float(count), 0
    while number >= 1000 and unit < len(UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.{0 if unit == 0 else 1}f} {UNITS[unit]}"
