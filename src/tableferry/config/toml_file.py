"""Read the tables from a TOML file: the entries of ``TABLE_CONFIGS`` as ``[tables.<key>]``."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tableferry.errors import ConfigError
from tableferry.model.identifiers import shown

TABLES: Final = "tables"
"""The table of the entries."""

ORDER: Final = "default_sync_order"
"""The list of keys that sets the order; without it, the file's own applies."""

HINT: Final = (
    'Write each table as [tables.KEY], with the keys of an entry of TABLE_CONFIGS; "tableferry '
    'info --schema" prints the JSON Schema of such a file for editors.'
)


def read_toml(path: Path) -> tuple[Mapping[str, Any], Sequence[str]]:
    """Return the entries by their keys, and the order of the keys; raises ConfigError."""
    found = _parse(path)
    if unknown := [key for key in found if key not in {TABLES, ORDER}]:
        raise ConfigError(f"{path} has unknown keys: {', '.join(map(shown, unknown))}", hint=HINT)
    entries = found.get(TABLES)
    if not isinstance(entries, Mapping) or not entries:
        raise ConfigError(f"{path} has no [{TABLES}.KEY]", hint=HINT)
    order = found.get(ORDER, list(entries))
    if not isinstance(order, list) or not all(isinstance(key, str) for key in order):
        raise ConfigError(f"{ORDER} in {path} is not a list of tables", hint=HINT)
    return entries, order


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", hint=HINT) from error
    except UnicodeDecodeError:
        raise ConfigError(
            f"{path} is not valid TOML: it is not in UTF-8", hint="Save the file in UTF-8."
        ) from None
    except tomllib.TOMLDecodeError as error:
        # It says what is wrong and where; a value is never part of it.
        raise ConfigError(f"{path} is not valid TOML: {error}", hint="Correct the file.") from None
    except (ValueError, RecursionError):
        raise ConfigError(
            f"{path} is not valid TOML: a number is too long, or arrays are nested too deeply",
            hint="Correct the file.",
        ) from None
