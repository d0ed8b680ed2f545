"""Read a table file in TOML: entries and patterns as ``[tables.<key>]``, beside their defaults."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tableferry.config.entry_problems import did_you_mean
from tableferry.config.file_model import TablesFile
from tableferry.errors import ConfigError
from tableferry.model.identifiers import shown

TABLES: Final = "tables"
"""The table of the entries."""

ORDER: Final = "default_sync_order"
"""The list of keys that sets the order; without it, the file's own applies."""

DEFAULTS: Final = "defaults"
"""The table of the keys that every entry gets, unless it says something else."""

SCHEMAS: Final = "schemas"
"""The table of the target's schemas, by the source's."""

PARTS: Final = tuple(TablesFile.model_fields)

HINT: Final = (
    'Write each table as [tables.KEY], with the keys of an entry of TABLE_CONFIGS; "tableferry '
    'info --schema" prints the JSON Schema of such a file for editors.'
)

_HEADER: Final = re.compile(r"\s*\[[^\[].*")


@dataclass(frozen=True, slots=True)
class TomlTables:
    """What a file says; ``lines`` is where each entry begins, where its header is on one line."""

    entries: Mapping[str, Any]
    order: Sequence[str]
    defaults: object
    schemas: object
    lines: Mapping[str, int]


def parse_toml(content: bytes, name: str) -> TomlTables:
    """Parse the content of the file that messages call ``name``; raises ConfigError."""
    text, found = _parse(content, name)
    if unknown := [key for key in found if key not in PARTS]:
        named = ", ".join(f"{shown(key)}{did_you_mean(key, PARTS)}" for key in unknown)
        raise ConfigError(f"{name} has unknown keys: {named}", hint=HINT)
    entries = found.get(TABLES)
    if not isinstance(entries, Mapping) or not entries:
        raise ConfigError(f"{name} has no [{TABLES}.KEY]", hint=HINT)
    order = found.get(ORDER, list(entries))
    if not isinstance(order, list) or not all(isinstance(key, str) for key in order):
        raise ConfigError(f"{ORDER} in {name} is not a list of tables", hint=HINT)
    return TomlTables(entries, order, found.get(DEFAULTS, {}), found.get(SCHEMAS, {}), _lines(text))


def _lines(text: str) -> dict[str, int]:
    """Return the line of each entry's header, by the entry's key.

    The parser tells no lines, so it is asked for each line that looks like a header. What two lines
    look like (one of them in a text of several lines) is not told.
    """
    found: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not _HEADER.match(line):
            continue
        try:
            parsed = tomllib.loads(line)
        except tomllib.TOMLDecodeError:
            continue
        tables = parsed.get(TABLES)
        if isinstance(tables, dict):
            for key, entry in tables.items():
                if entry == {}:
                    found.setdefault(key, []).append(number)
    return {key: numbers[0] for key, numbers in found.items() if len(numbers) == 1}


def _parse(content: bytes, name: str) -> tuple[str, dict[str, Any]]:
    try:
        text = content.decode()
        return text, tomllib.loads(text)
    except UnicodeDecodeError:
        raise ConfigError(
            f"{name} is not valid TOML: it is not in UTF-8", hint="Save the file in UTF-8."
        ) from None
    except tomllib.TOMLDecodeError as error:
        # It says what is wrong and where; a value is never part of it.
        raise ConfigError(f"{name} is not valid TOML: {error}", hint="Correct the file.") from None
    except (ValueError, RecursionError):
        raise ConfigError(
            f"{name} is not valid TOML: a number is too long, or arrays are nested too deeply",
            hint="Correct the file.",
        ) from None
