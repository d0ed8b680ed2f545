"""Read the tables from a Python file that defines ``TABLE_CONFIGS``.

Its optional list of keys ``DEFAULT_SYNC_ORDER`` sets the order; without it, the dict's own applies.
"""

import runpy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tableferry.config import TableSpec, parse_table_configs, select_tables
from tableferry.errors import ConfigError

HINT = "See 'How to add a table' in README."


def read_tables(path: Path, names: Sequence[str] | None = None) -> list[TableSpec]:
    """Return the tables named in the file, in order, all for None; raises ConfigError."""
    found = _run(path)
    configs = found.get("TABLE_CONFIGS")
    if not isinstance(configs, Mapping):
        raise ConfigError(f"{path} does not define TABLE_CONFIGS as a dict", hint=HINT)
    order = found.get("DEFAULT_SYNC_ORDER", list(configs))
    if isinstance(order, str) or not isinstance(order, Sequence):
        raise ConfigError(f"DEFAULT_SYNC_ORDER in {path} is not a list of tables", hint=HINT)
    return select_tables(parse_table_configs(configs), names, order)


def _run(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ConfigError(
            f"There is no file {path}",
            hint="Name the file that defines TABLE_CONFIGS with --config.",
        )
    try:
        return runpy.run_path(str(path))
    except SyntaxError as error:
        raise ConfigError(
            f"{path} is not valid Python: {error.msg}, line {error.lineno}",
            hint="Correct the file.",
        ) from error
    except (Exception, SystemExit) as error:
        # The file is the user's own program, so whatever it raises is a problem of the file.
        raise ConfigError(
            f"{path} cannot be run: {type(error).__name__}: {error}", hint="Correct the file."
        ) from error
